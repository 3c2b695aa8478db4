// `gatewarden hardware-token …`: the stock of hardware tokens, and who has which. `gatewarden migrate pskc` is its import, dry at first.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { counted } from '../base/counted.ts';
import { OperatorError } from '../base/errors.ts';
import { tokenFaultTexts, tokenRemarkTexts } from '../core/token-fault-texts.ts';
import { type ReadTokens, readTokenFile, type TokenSeed } from '../services/hardware-tokens/read-file.ts';
import {
  handOverToken,
  type Imported,
  importTokens,
  replaceToken,
  setTokenState,
  synchroniseToken,
} from '../services/hardware-tokens/stock.ts';
import { listTokens, type TokenState } from '../store/queries/hardware-tokens.ts';
import type { PskcSecret } from '../wire/pskc/pskc.ts';
import {
  administrationDeps,
  administratorOf,
  inputLine,
  iso,
  operand,
  orderSchema,
  readInputLine,
} from './administrator.ts';
import {
  type CliCommand,
  type CommandResult,
  defineOperation,
  type Invocation,
  type Operation,
} from './command.ts';
import { text, warning } from './output.ts';

const serial = Type.String({ maxLength: 64 });
const reason = Type.String({ maxLength: 2000 });

const importOperation = defineOperation(
  'hardware-token.import',
  orderSchema({ unit: Type.Union([Type.String(), Type.Null()]), dryRun: Type.Boolean() }),
  async (context, args) => {
    // The seeds come by the stream, not among the arguments.
    const sent = JSON.parse(await readInputLine(context)) as (Omit<TokenSeed, 'seed'> & { seed: string })[];
    const tokens = sent.map((token) => ({ ...token, seed: Buffer.from(token.seed, 'base64') }));
    return importTokens(administrationDeps(context, args), { tokens, unit: args.unit, dryRun: args.dryRun });
  },
);

const listOperation = defineOperation(
  'hardware-token.list',
  Type.Object({ state: Type.Union([Type.String(), Type.Null()]), serial: Type.String() }),
  async (context, args, output) => {
    const found: Awaited<ReturnType<typeof listTokens>> = [];
    const limit = 500;
    for (;;) {
      const page = await context.store.read((db) =>
        listTokens(db, {
          within: 'everywhere',
          state: args.state as TokenState | null,
          serial: args.serial,
          after: found.at(-1)?.serialNumber ?? '',
          limit,
        }),
      );
      found.push(...page);
      if (page.length < limit) break;
    }
    const tokens = found.map(({ importedAt, handedOverAt, ...token }) => ({
      ...token,
      importedAt: iso(importedAt),
      handedOverAt: iso(handedOverAt),
    }));
    output.emit({
      type: 'table',
      columns: ['Serial number', 'Model', 'Kind', 'State', 'Unit', 'Holder', 'Handed over (UTC)'],
      rows: tokens.map((token) => [
        token.serialNumber,
        token.model ?? '',
        `${token.mode} ${token.algorithm} ${token.digits}${token.mode === 'totp' ? `/${token.periodSeconds}s` : ''}`,
        token.state,
        token.unitCode ?? '',
        token.userName === null ? '' : `${token.userName} (${token.fullName})`,
        token.state === 'assigned' ? (token.handedOverAt ?? '') : '',
      ]),
    });
    return tokens;
  },
);

const handOverOperation = defineOperation(
  'hardware-token.hand-over',
  orderSchema({ serialNumber: serial, user: Type.String(), replace: Type.Boolean() }),
  async (context, args, output) => {
    const done = await handOverToken(administrationDeps(context, args), args);
    output.emit(text(`The token ${done.serialNumber} is ${done.userName}'s from now on.`));
    if (done.revoked > 0) output.emit(text(`What ${done.userName} had before does not count any more.`));
    return done;
  },
);

const synchroniseOperation = defineOperation(
  'hardware-token.synchronise',
  orderSchema({ serialNumber: serial }),
  async (context, args, output) => {
    const [first = '', second = ''] = (await readInputLine(context)).trim().split(/\s+/);
    const done = await synchroniseToken(administrationDeps(context, args), {
      serialNumber: args.serialNumber,
      codes: [first, second],
    });
    output.emit(
      text(`The token ${done.serialNumber} of ${done.userName} is found again; wait for its next code.`),
    );
    return done;
  },
);

const replaceOperation = defineOperation(
  'hardware-token.replace',
  orderSchema({
    serialNumber: serial,
    newSerialNumber: serial,
    formerIs: Type.Enum(['stock', 'lost', 'retired']),
    reason,
  }),
  async (context, args, output) => {
    const done = await replaceToken(administrationDeps(context, args), {
      serialNumber: args.serialNumber,
      by: args.newSerialNumber,
      formerIs: args.formerIs,
      reason: args.reason,
    });
    output.emit(
      text(`The token ${done.serialNumber} is ${done.userName}'s, in the place of ${args.serialNumber}.`),
    );
    return done;
  },
);

const setStateOperation = defineOperation(
  'hardware-token.set-state',
  orderSchema({ serialNumber: serial, state: Type.Enum(['stock', 'lost', 'retired']), reason }),
  async (context, args, output) => {
    const done = await setTokenState(administrationDeps(context, args), args);
    const words = { stock: 'lies in stock', lost: 'is lost', retired: 'is retired' } as const;
    output.emit(text(`The token ${done.serialNumber} ${words[done.state]}.`));
    if (done.userName !== null) {
      output.emit(warning(`${done.userName} can not connect with it any more`));
    }
    return done;
  },
);

export const hardwareTokenOperations: readonly Operation[] = [
  importOperation,
  listOperation,
  handOverOperation,
  synchroniseOperation,
  replaceOperation,
  setStateOperation,
];

function read(invocation: Invocation, at: string, file: string): Buffer {
  const path = resolve(invocation.workingDirectory, file);
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${at}: ${path} cannot be read (${code}).`, {
      at,
      remedy: 'Check the path, and the right to read it.',
      cause,
    });
  }
}

/** The first line of a file: a key in hexadecimal, or a passphrase. */
function secretOf(invocation: Invocation): PskcSecret | null {
  const { keyFile, passphraseFile } = invocation.options;
  const line = (at: string, file: unknown) =>
    read(invocation, at, String(file))
      .toString('utf8')
      .replace(/\r?\n[\s\S]*$/, '');
  if (keyFile !== undefined) {
    const hex = line('--key-file', keyFile).replaceAll(/\s/g, '');
    if (!/^([0-9A-Fa-f]{2}){16,32}$/.test(hex)) {
      throw new OperatorError('--key-file: its first line is no key.', {
        at: '--key-file',
        remedy: 'Put the key there in hexadecimal: 32, 48 or 64 digits.',
      });
    }
    return { kind: 'key', octets: Buffer.from(hex, 'hex') };
  }
  return passphraseFile === undefined
    ? null
    : { kind: 'passphrase', text: line('--passphrase-file', passphraseFile) };
}

async function importFile(invocation: Invocation, dryRun: boolean): Promise<CommandResult> {
  const { output } = invocation;
  const { unit } = invocation.options;
  const file: ReadTokens = await readTokenFile(
    read(invocation, 'FILE', operand(invocation, 0)),
    secretOf(invocation),
  );
  const seeds = file.tokens.map(({ seed, ...token }) => ({ ...token, seed: seed.toString('base64') }));
  const order = {
    by: administratorOf(invocation),
    unit: typeof unit === 'string' ? unit : null,
    dryRun,
  };
  const done = (await invocation.call(importOperation, order, inputLine(JSON.stringify(seeds)))) as Imported;
  const known = done.known.map((serialNumber) => ({ serialNumber, place: null, fault: 'known' as const }));
  const refused = [...file.refused, ...known].map(({ serialNumber, place, fault }) => ({
    what: serialNumber ?? `${file.format === 'csv' ? 'line' : 'key'} ${place}`,
    fault,
    why: tokenFaultTexts[fault].en,
  }));
  if (refused.length > 0) {
    output.emit({
      type: 'table',
      columns: ['Not taken', 'Why'],
      rows: refused.map(({ what, why }) => [what, why]),
    });
  }
  const count = counted(done.added, 'token');
  output.emit(
    text(dryRun ? `${count} would be added to the stock. This was a dry run.` : `${count} lie in stock now.`),
  );
  for (const remark of file.remarks) output.emit(warning(tokenRemarkTexts[remark].en));
  return { value: { added: done.added, dryRun, refused } };
}

type Declared = Parameters<CliCommand['declare']>[0];
const declareFile = (command: Declared) =>
  command
    .argument(
      '<file>',
      'PSKC (RFC 6030), or CSV with serial, seed, model, mode, algorithm, digits, period, counter',
    )
    .option('--key-file <file>', 'the pre-shared key of an encrypted file, in hexadecimal')
    .option('--passphrase-file <file>', 'the passphrase of an encrypted file')
    .option('--unit <code>', 'the unit whose stock it is; left out: of the whole organisation');

const declareReason = (command: Declared) =>
  command.argument('<serial>', 'number on the back').requiredOption('--reason <text>', 'why; it is recorded');

const setStateCommand = (word: string, state: 'stock' | 'lost' | 'retired', summary: string): CliCommand => ({
  path: ['hardware-token', word],
  summary,
  declare: (command) => void declareReason(command),
  run: async (invocation) => ({
    value: await invocation.call(setStateOperation, {
      by: administratorOf(invocation),
      serialNumber: operand(invocation, 0),
      state,
      reason: String(invocation.options['reason']),
    }),
  }),
});

export const pskcCommand: CliCommand = {
  path: ['migrate', 'pskc'],
  summary: "hardware tokens of another system, from its maker's file of seeds (RFC 6030) or CSV",
  declare: (command) =>
    void declareFile(command).option('--apply', 'put them into the stock; without it nothing is written'),
  run: (invocation) => importFile(invocation, invocation.options['apply'] !== true),
};

export const hardwareTokenCommands: readonly CliCommand[] = [
  {
    path: ['hardware-token', 'import'],
    summary: "put tokens into the stock, from their maker's file of seeds",
    declare: (command) => void declareFile(command).option('--dry-run', 'only say what would come of it'),
    run: (invocation) => importFile(invocation, invocation.options['dryRun'] === true),
  },
  {
    path: ['hardware-token', 'list'],
    summary: 'list tokens with state and holder',
    declare: (command) =>
      void command
        .option('--state <state>', 'only those that are stock, assigned, lost or retired')
        .option('--serial <beginning>', 'only those whose number begins so', ''),
    async run(invocation) {
      const { state, serial: beginning } = invocation.options;
      if (state !== undefined && !['stock', 'assigned', 'lost', 'retired'].includes(String(state))) {
        throw new OperatorError('--state: there is no such state.', {
          at: '--state',
          remedy: 'Choose among stock, assigned, lost and retired.',
        });
      }
      const query = { state: state ?? null, serial: String(beginning).toUpperCase() };
      return { value: await invocation.call(listOperation, query) };
    },
  },
  {
    path: ['hardware-token', 'hand-over'],
    summary: 'hand a token of the stock to the holder of an account',
    declare: (command) =>
      void command
        .argument('<serial>', 'number on the back')
        .argument('<user>', 'user name')
        .option('--replace', 'it takes the place of all authenticators that the account has'),
    run: async (invocation) => ({
      value: await invocation.call(handOverOperation, {
        by: administratorOf(invocation),
        serialNumber: operand(invocation, 0),
        user: operand(invocation, 1),
        replace: invocation.options['replace'] === true,
      }),
    }),
  },
  {
    path: ['hardware-token', 'synchronise'],
    summary: 'find a token again by two codes that it showed one after the other',
    declare: (command) =>
      void command
        .argument('<serial>', 'number on the back')
        .argument('<first>', 'the code that it showed first')
        .argument('<second>', 'the next one'),
    run: async (invocation) => ({
      value: await invocation.call(
        synchroniseOperation,
        { by: administratorOf(invocation), serialNumber: operand(invocation, 0) },
        // Both are spent by it, so that nobody can use what the shell remembers.
        inputLine(`${operand(invocation, 1)} ${operand(invocation, 2)}`),
      ),
    }),
  },
  {
    path: ['hardware-token', 'replace'],
    summary: 'put one token in the place of another, in one act',
    declare: (command) =>
      void declareReason(command)
        .argument('<new>', 'number on the back of the one that takes its place')
        .option('--former <state>', 'what becomes of the former: lost, retired or stock', 'lost'),
    async run(invocation) {
      const former = String(invocation.options['former']);
      if (former !== 'lost' && former !== 'retired' && former !== 'stock') {
        throw new OperatorError('--former: there is no such state.', {
          at: '--former',
          remedy: 'Choose among lost, retired and stock.',
        });
      }
      return {
        value: await invocation.call(replaceOperation, {
          by: administratorOf(invocation),
          serialNumber: operand(invocation, 0),
          newSerialNumber: operand(invocation, 1),
          formerIs: former,
          reason: String(invocation.options['reason']),
        }),
      };
    },
  },
  setStateCommand('lost', 'lost', 'a token is lost: its codes are worth nothing from now on'),
  setStateCommand('take-back', 'stock', "a token is back in stock, and nobody's"),
  setStateCommand('retire', 'retired', 'a token is done with'),
];
