// `gatewarden workstation registration-code | keys | approve-key | refuse-key | revoke-key | add-certificate | issue-certificate | authority`.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { OperatorError } from '../../base/errors.ts';
import { formatMoment } from '../../core/dates.ts';
import { readOrganisation } from '../../services/administration.ts';
import { authorityCertificate } from '../../services/workstation-keys/authority.ts';
import { enterCertificate, issueForRequest } from '../../services/workstation-keys/certificates.ts';
import {
  approveKey,
  createRegistrationCode,
  listKeys,
  listPending,
  refuseKey,
  revokeKey,
} from '../../services/workstation-keys/keys.ts';
import { pageSize } from '../account/show.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from '../administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from '../command.ts';
import { text } from '../output.ts';

const name = Type.String({ minLength: 1, maxLength: 300 });
const key = Type.Integer({ minimum: 1 });
const reason = Type.String({ maxLength: 2_000 });
const longestFile = 65_536;
const file = Type.String({ maxLength: longestFile });

const codeOperation = defineOperation(
  'workstation.registration-code',
  orderSchema({ assetTag: name, hours: Type.Integer({ minimum: 1, maximum: 720 }) }),
  async (context, args, output) => {
    const { assetTag, code, expiresAt } = await createRegistrationCode(
      administrationDeps(context, args),
      args,
    );
    const { timeZone } = await readOrganisation(context.store);
    output.emit(
      text(`Code for ${assetTag}, good once until ${formatMoment(expiresAt, 'from', timeZone)}: ${code}`),
    );
    output.emit(
      text(`On the workstation: gatewarden-agent enroll --server https://PORTAL. It asks for the code.`),
    );
    return { assetTag, code, expiresAt: iso(expiresAt) };
  },
);

const keysOperation = defineOperation(
  'workstation.keys',
  Type.Object({
    assetTag: Type.Optional(name),
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
  }),
  async ({ store }, { assetTag, after, limit }, output) => {
    const { timeZone } = await readOrganisation(store);
    if (assetTag !== undefined) {
      const keys = await listKeys(store, assetTag);
      output.emit({
        type: 'table',
        columns: ['Key', 'State', 'Kept in', 'Origin', 'Until', 'SPKI SHA-256'],
        rows: keys.map((one) => [
          one.keyId,
          one.state,
          one.storage,
          one.origin,
          one.validUntil === null ? '' : formatMoment(one.validUntil, 'until', timeZone),
          one.identifier.replace('spki-sha256:', ''),
        ]),
      });
      return {
        keys: keys.map((one) => ({
          ...one,
          validUntil: iso(one.validUntil),
          requestedAt: iso(one.requestedAt),
        })),
      };
    }
    const { keys, next } = await listPending(store, {
      unitIds: null,
      limit,
      ...(after === undefined ? {} : { after }),
    });
    output.emit(text(keys.length === 0 ? 'No key waits for approval.' : 'Waiting for approval:'));
    if (keys.length > 0) {
      output.emit({
        type: 'table',
        columns: ['Key', 'Asset', 'Unit', 'Computer', 'Kept in', 'Asked at'],
        rows: keys.map((one) => [
          one.keyId,
          one.assetTag,
          one.unitCode,
          one.label,
          one.storage,
          formatMoment(one.requestedAt, 'from', timeZone),
        ]),
      });
    }
    if (next !== null) output.emit(text(`More: --after ${next}`));
    return { keys: keys.map((one) => ({ ...one, requestedAt: iso(one.requestedAt) })), next };
  },
);

const approveOperation = defineOperation(
  'workstation.approve-key',
  orderSchema({ keyId: key }),
  async (context, args, output) => {
    const done = await approveKey(administrationDeps(context, args), args);
    output.emit(
      text(`The key ${done.keyId} of ${done.assetTag} counts from now on; its other keys for 14 days more.`),
    );
    return { ...done, validUntil: iso(done.validUntil) };
  },
);

const refuseOperation = defineOperation(
  'workstation.refuse-key',
  orderSchema({ keyId: key, reason }),
  async (context, args, output) => {
    const done = await refuseKey(administrationDeps(context, args), args);
    output.emit(text(`The key ${done.keyId} of ${done.assetTag} is refused.`));
    return done;
  },
);

const revokeOperation = defineOperation(
  'workstation.revoke-key',
  orderSchema({ keyId: key, reason }),
  async (context, args, output) => {
    const done = await revokeKey(administrationDeps(context, args), args);
    output.emit(
      text(
        `The key ${done.keyId} of ${done.assetTag} proves nothing from now on; sessions that it let in end.`,
      ),
    );
    for (const { keyId, identifier } of done.alsoRevoked) {
      output.emit(text(`  So does the key ${keyId}, which it had brought in: ${identifier}`));
    }
    return done;
  },
);

const addCertificateOperation = defineOperation(
  'workstation.add-certificate',
  orderSchema({ assetTag: name, certificate: file, authority: Type.Optional(file) }),
  async (context, args, output) => {
    const { pem: _, ...done } = await enterCertificate(administrationDeps(context, args), args);
    output.emit(text(`${done.assetTag} has the key ${done.keyId}: ${done.identifier}`));
    return { ...done, validUntil: iso(done.validUntil) };
  },
);

const issueOperation = defineOperation(
  'workstation.issue-certificate',
  orderSchema({ assetTag: name, request: file }),
  async (context, args, output) => {
    const done = await issueForRequest(administrationDeps(context, args), args);
    output.emit(text(done.pem.trimEnd()));
    return { ...done, validUntil: iso(done.validUntil) };
  },
);

const authorityOperation = defineOperation(
  'workstation.authority',
  Type.Object({}),
  async (context, _args, output) => {
    const certificate = await authorityCertificate(context);
    output.emit(text(certificate.trimEnd()));
    return { certificate };
  },
);

export const keyOperations: readonly Operation[] = [
  codeOperation,
  keysOperation,
  approveOperation,
  refuseOperation,
  revokeOperation,
  addCertificateOperation,
  issueOperation,
  authorityOperation,
];

async function order(invocation: Invocation, operation: Operation, args: object) {
  return { value: await invocation.call(operation, { by: administratorOf(invocation), ...args }) };
}

function keyId(invocation: Invocation): number {
  const given = operand(invocation, 0);
  if (/^[1-9][0-9]{0,14}$/.test(given)) return Number(given);
  throw new OperatorError(`${given} is no number of a key.`, {
    at: 'KEY',
    remedy: 'Give the number that "gatewarden workstation keys" shows.',
  });
}

/** A certificate or request: PEM as it is, DER as base64, which is what the other side reads too. */
async function read(invocation: Invocation, given: string, at: string): Promise<string> {
  const path = resolve(invocation.workingDirectory, given);
  let octets: Buffer;
  try {
    octets = await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${path} cannot be read (${code}).`, {
      at,
      remedy: 'Name a file that is there.',
      cause,
    });
  }
  const isPem = octets.includes('-----BEGIN ');
  return isPem
    ? octets.toString('utf8').slice(0, longestFile)
    : octets.toString('base64').slice(0, longestFile);
}

const declareKey = (command: Parameters<CliCommand['declare']>[0]) =>
  command.argument('<key>', 'number of the key, as "workstation keys" shows it');

export const keyCommands: readonly CliCommand[] = [
  {
    path: ['workstation', 'registration-code'],
    summary: 'make a one-time code with which a workstation registers its key',
    declare(command) {
      command.argument('<asset>', 'asset tag').option('--hours <n>', 'how long it is good', pageSize, 24);
    },
    run: (invocation) =>
      order(invocation, codeOperation, { assetTag: operand(invocation, 0), ...invocation.options }),
  },
  {
    path: ['workstation', 'keys'],
    summary: 'show the keys of a workstation, or those that wait for approval',
    declare(command) {
      command
        .argument('[asset]', 'asset tag; without it: what waits')
        .option('--limit <n>', 'rows a page', pageSize, 50)
        .option('--after <key>', 'next page: after this key', pageSize);
    },
    async run(invocation) {
      const [assetTag] = invocation.operands;
      const args = { ...invocation.options, ...(assetTag === undefined ? {} : { assetTag }) };
      return { value: await invocation.call(keysOperation, args) };
    },
  },
  {
    path: ['workstation', 'approve-key'],
    summary: 'let a key count that waits for approval',
    declare: (command) => void declareKey(command),
    run: (invocation) => order(invocation, approveOperation, { keyId: keyId(invocation) }),
  },
  {
    path: ['workstation', 'refuse-key'],
    summary: 'refuse a key that waits for approval',
    declare: (command) => void declareKey(command).requiredOption('--reason <text>', 'why, for the record'),
    run: (invocation) =>
      order(invocation, refuseOperation, { keyId: keyId(invocation), ...invocation.options }),
  },
  {
    path: ['workstation', 'revoke-key'],
    summary: 'withdraw a key: it proves nothing any more, and its sessions end',
    declare: (command) => void declareKey(command).requiredOption('--reason <text>', 'why, for the record'),
    run: (invocation) =>
      order(invocation, revokeOperation, { keyId: keyId(invocation), ...invocation.options }),
  },
  {
    path: ['workstation', 'add-certificate'],
    summary: "register a workstation's certificate, pinned or of the organisation's authority",
    declare(command) {
      command
        .argument('<asset>', 'asset tag')
        .argument('<file>', 'X.509 certificate, PEM or DER')
        .option('--authority <file>', 'PEM file of the authorities one of which must have issued it');
    },
    async run(invocation) {
      const { authority } = invocation.options;
      return await order(invocation, addCertificateOperation, {
        assetTag: operand(invocation, 0),
        certificate: pemOf(await read(invocation, operand(invocation, 1), 'FILE')),
        ...(typeof authority === 'string'
          ? { authority: await read(invocation, authority, '--authority') }
          : {}),
      });
    },
  },
  {
    path: ['workstation', 'issue-certificate'],
    summary: 'issue a certificate of the own authority for a signing request',
    declare(command) {
      command.argument('<asset>', 'asset tag').argument('<file>', 'PKCS #10 request, PEM or DER');
    },
    run: async (invocation) =>
      order(invocation, issueOperation, {
        assetTag: operand(invocation, 0),
        request: await read(invocation, operand(invocation, 1), 'FILE'),
      }),
  },
  {
    path: ['workstation', 'authority'],
    summary: 'print the certificate of the own authority',
    declare: () => undefined,
    run: async (invocation) => ({ value: await invocation.call(authorityOperation, {}) }),
  },
];

/** DER that was read as base64 gets its armour. */
function pemOf(read: string): string {
  if (read.includes('-----BEGIN ')) return read;
  const lines = read.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
