// `gatewarden audit`: verify the log, export it, sign a checkpoint, erase personal values.
import { createReadStream, readFileSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { JWK } from 'jose';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { parseTermDate } from '../core/dates.ts';
import { defaultTimeZone } from '../core/time-zone.ts';
import { createNotifiers } from '../notifiers/notifiers.ts';
import { type CheckpointMessage, makeCheckpoint } from '../services/checkpoints.ts';
import { openCheckpointKey } from '../services/secrets/checkpoint-key.ts';
import { appendRecord } from '../store/audit/append.ts';
import { exportAudit, readExport } from '../store/audit/export.ts';
import { erasePersonal, readAudit } from '../store/audit/read.ts';
import { type AuditEntry, type Verification, verifyAudit } from '../store/audit/verify.ts';
import { findNewestPayload } from '../store/queries/outbox.ts';
import { findSetting, settingKeys } from '../store/queries/settings.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { type Output, text } from './output.ts';
import { refuseOwnFile } from './own-files.ts';

const keySchema = Type.Object({ kty: Type.String(), crv: Type.String(), x: Type.String() });
const progressEvery = 10_000;

async function* withProgress(entries: AsyncIterable<AuditEntry>, output: Output): AsyncGenerator<AuditEntry> {
  let records = 0;
  for await (const entry of entries) {
    if (entry.type === 'record') {
      records += 1;
      if (records % progressEvery === 0) {
        output.emit({ type: 'progress', label: 'records', done: records, total: null });
      }
    }
    yield entry;
  }
}

function show(verification: Verification, output: Output): void {
  const { sound, first, faultCount, faults, provenUntil } = verification;
  output.emit({
    type: 'fields',
    fields: [
      ['Chains', verification.chains],
      ['Records', verification.records],
      ['Records with erased personal values', verification.erased],
      ['Checkpoints that hold', verification.checkpoints],
      ['Checkpoints not checked (no key)', verification.checkpointsUnchecked],
      ['Proven complete until', provenUntil === null ? null : new Date(provenUntil).toISOString()],
    ],
  });
  if (sound) {
    output.emit(text('The log is sound: nothing in it was changed, and no chain has a gap.'));
    if (provenUntil === null) {
      output.emit(
        text(
          "Without a checkpoint kept elsewhere a cut at its end, or a log written anew as a whole, can't be seen.",
        ),
      );
    }
    return;
  }
  const place = first?.chain === null ? '' : ` in chain ${first?.chain}, record ${first?.seq ?? '—'}`;
  output.emit(text(`THE LOG IS NOT SOUND: ${faultCount} fault(s), the first${place}: ${first?.kind}.`));
  output.emit({
    type: 'table',
    columns: ['Fault', 'Chain', 'Record', 'Detail'],
    rows: faults.map(({ kind, chain, seq, detail }) => [kind, chain, seq, detail]),
  });
}

const verifyOperation = defineOperation(
  'audit.verify',
  Type.Object({ checkpoints: Type.Array(Type.String()), keys: Type.Array(keySchema) }),
  async ({ store, keyring, random }, args, output): Promise<Verification> => {
    const { publicKey } = await openCheckpointKey({ store, keyring, random });
    const keys: JWK[] = args.keys.length > 0 ? args.keys : [publicKey];
    const verification = await verifyAudit(withProgress(readAudit(store), output), {
      checkpoints: args.checkpoints,
      keys,
    });
    show(verification, output);
    return verification;
  },
);

const exportOperation = defineOperation(
  'audit.export',
  Type.Object({ file: Type.String() }),
  async ({ config, store, clock }, { file }, output) => {
    refuseOwnFile(config, file);
    const part = `${file}.part`;
    let lines = 0;
    try {
      // Never into a file that somebody else has put there, who would read along.
      await rm(part, { force: true });
      const target = await open(part, 'wx', 0o600);
      try {
        let buffer: string[] = [];
        for await (const line of exportAudit(withProgress(readAudit(store), output), clock.now())) {
          buffer.push(line);
          lines += 1;
          if (buffer.length === 1_000) await target.appendFile(`${buffer.splice(0).join('\n')}\n`);
        }
        await target.appendFile(`${buffer.join('\n')}\n`);
        buffer = [];
        await target.sync();
      } finally {
        await target.close();
      }
      await rename(part, file);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw cause;
      throw new OperatorError(`${file} cannot be written (${code}).`, {
        at: file,
        remedy: 'While the broker runs it writes the file: name a place where its account may write.',
        cause,
      });
    }
    output.emit(text(`${lines} lines written to ${file}. It holds personal data: keep it as such.`));
    return { file, lines };
  },
);

const checkpointOperation = defineOperation(
  'audit.checkpoint',
  Type.Object({}),
  async ({ config, store, keyring, clock, random }, _args, output) => {
    const { privateKey: key } = await openCheckpointKey({ store, keyring, random });
    const targets = createNotifiers(config.audit.checkpoints.targets, { clock, node: config.node });
    const made = await makeCheckpoint({
      store,
      key,
      clock,
      targets: targets.map(({ target }) => target),
      leastAgeMs: 0,
    });
    const kept = made === null ? await store.read((db) => findNewestPayload(db, 'checkpoint')) : null;
    const checkpoint = made ?? (kept === null ? null : (JSON.parse(kept) as CheckpointMessage));
    if (checkpoint === null) {
      throw new OperatorError('There is no record yet, so there is nothing to sign.', {
        remedy: 'Try again after the first decision.',
      });
    }
    output.emit(text(checkpoint.jws));
    return { instant: checkpoint.instant, jws: checkpoint.jws };
  },
);

const publicKeyOperation = defineOperation(
  'audit.public-key',
  Type.Object({}),
  async ({ store, keyring, random }, _args, output) => {
    const { publicKey } = await openCheckpointKey({ store, keyring, random });
    output.emit(text(JSON.stringify(publicKey)));
    return publicKey;
  },
);

const eraseOperation = defineOperation(
  'audit.erase-personal',
  Type.Object({ before: Type.String() }),
  async ({ store, clock }, args, output) => {
    const timeZone = (await store.read((db) => findSetting(db, settingKeys.timeZone))) ?? defaultTimeZone;
    const before = parseTermDate(args.before, 'from', timeZone);
    if (before > clock.now()) {
      throw new OperatorError(`--before: ${args.before} lies in the future.`, {
        at: '--before',
        remedy: 'Name a day that has passed.',
      });
    }
    let erased = 0;
    for (;;) {
      // A page a write, so that decisions never wait long.
      const page = await store.write((db) => erasePersonal(db, before));
      if (page === 0) break;
      erased += page;
      output.emit({ type: 'progress', label: 'records', done: erased, total: null });
    }
    await store.write((db) =>
      appendRecord(db, {
        kind: 'administration',
        at: clock.now(),
        accountId: null,
        gatewayId: null,
        outcome: 'audit.erase-personal',
        reason: null,
        detail: null,
        lookupCode: null,
        body: { before, erased },
        personal: {},
      }),
    );
    output.emit(
      text(
        `Personal values of ${erased} records before ${new Date(before).toISOString()} are erased. The chain still holds.`,
      ),
    );
    return { before, erased };
  },
);

export const auditOperations: readonly Operation[] = [
  verifyOperation,
  exportOperation,
  checkpointOperation,
  publicKeyOperation,
  eraseOperation,
];

function readGiven(invocation: Invocation, option: string, path: string): string {
  try {
    return readFileSync(resolve(invocation.workingDirectory, path), 'utf8').trim();
  } catch (cause) {
    throw new OperatorError(`${option}: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, {
      at: option,
      remedy: 'Check the path.',
      cause,
    });
  }
}

function readKeys(invocation: Invocation, path: string | undefined): JWK[] {
  if (path === undefined) return [];
  const fault = () =>
    new OperatorError(`--public-key: ${path} holds no Ed25519 key in JWK form.`, {
      at: '--public-key',
      remedy:
        'Save the output of "gatewarden audit public-key" there, taken when the log could still be trusted.',
    });
  let value: unknown;
  try {
    value = JSON.parse(readGiven(invocation, '--public-key', path));
  } catch (error) {
    throw error instanceof OperatorError ? error : fault();
  }
  const { keys = [value] } = value as { keys?: unknown[] };
  return keys.map((key) => {
    const { kty, crv, x } = (key ?? {}) as Record<string, unknown>;
    if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') throw fault();
    return { kty, crv, x };
  });
}

interface VerifyOptions {
  readonly export?: string;
  readonly checkpoint: readonly string[];
  readonly publicKey?: string;
}

/** Begins to read with the first line asked for: readline loses what comes while nobody listens yet. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

async function verify(invocation: Invocation): Promise<Verification> {
  const options = invocation.options as unknown as VerifyOptions;
  const checkpoints = options.checkpoint.map((path) => readGiven(invocation, '--checkpoint', path));
  const keys = readKeys(invocation, options.publicKey);
  if (options.export === undefined) {
    return (await invocation.call(verifyOperation, { checkpoints, keys })) as Verification;
  }
  const file = resolve(invocation.workingDirectory, options.export);
  const input = createReadStream(file);
  const opened = new Promise<void>((found, failed) => {
    input.once('open', () => found());
    input.once('error', (cause: NodeJS.ErrnoException) =>
      failed(
        new OperatorError(`--export: ${options.export} cannot be read (${cause.code}).`, {
          at: '--export',
          remedy: 'Check the path.',
          cause,
        }),
      ),
    );
  });
  await opened;
  const verification = await verifyAudit(withProgress(readExport(linesOf(input)), invocation.output), {
    checkpoints,
    keys,
  });
  show(verification, invocation.output);
  return verification;
}

export const auditCommands: readonly CliCommand[] = [
  {
    path: ['audit', 'verify'],
    summary: 'prove that the audit log is complete and unchanged, or name the first fault',
    declare(command) {
      command
        .option('--export <file>', 'verify an export instead of the store; needs neither broker nor keys')
        .option(
          '--checkpoint <file>',
          'a checkpoint that was kept elsewhere; may be repeated',
          (value: string, former: readonly string[]) => [...former, value],
          [] as readonly string[],
        )
        .option('--public-key <file>', 'key of the checkpoints (JWK), kept elsewhere');
    },
    async run(invocation) {
      const verification = await verify(invocation);
      return { value: verification, exitCode: verification.sound ? 0 : 1 };
    },
  },
  {
    path: ['audit', 'export'],
    summary: 'write the audit log to a file that can be verified anywhere',
    declare(command) {
      command.argument('<file>', 'JSON lines');
    },
    async run(invocation) {
      const file = resolve(invocation.workingDirectory, String(invocation.operands[0]));
      return { value: await invocation.call(exportOperation, { file }) };
    },
  },
  {
    path: ['audit', 'checkpoint'],
    summary: 'sign a checkpoint now, send it to its targets and print it',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(checkpointOperation, {}) }),
  },
  {
    path: ['audit', 'public-key'],
    summary: 'print the key by which checkpoints are verified; keep it elsewhere',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(publicKeyOperation, {}) }),
  },
  {
    path: ['audit', 'erase-personal'],
    summary: 'erase names, addresses and stations from records before a day; the chain still holds',
    declare(command) {
      command.requiredOption('--before <date>', 'a day, dd/MM/yyyy');
    },
    run: async (invocation) => ({
      value: await invocation.call(eraseOperation, { before: String(invocation.options['before']) }),
    }),
  },
];
