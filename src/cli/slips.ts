// `gatewarden slips …`: activation slips printed, handed over, made void; birth dates; the roll-out.
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { readOrganisation } from '../services/administration.ts';
import { parseCsv } from '../services/lifecycle/file/csv.ts';
import { renderHandOverList } from '../services/slips/hand-over-paper.ts';
import { handOverSlip, issueSlips, recordBirthDates, type Slip, voidSlip } from '../services/slips/issue.ts';
import { missingCsv, rolloutByUnit } from '../services/slips/rollout.ts';
import { renderSlips, type SlipFrame } from '../services/slips/slip-paper.ts';
import { getUnit } from '../services/units.ts';
import { administrationDeps, administratorOf, operand, orderSchema } from './administrator.ts';
import {
  type CliCommand,
  defineOperation,
  type Invocation,
  type Operation,
  type OperationContext,
} from './command.ts';
import { text } from './output.ts';

const name = Type.String({ minLength: 1, maxLength: 200 });

async function scopeOf({ store }: OperationContext, unit: string | undefined): Promise<string[] | null> {
  return unit === undefined ? null : [(await getUnit(store, unit)).path];
}

interface Printed {
  readonly slips: readonly Slip[];
  readonly organisationName: string;
  readonly timeZone: string;
}

const printOperation = defineOperation(
  'slips.print',
  orderSchema({ unit: Type.Optional(name), userNames: Type.Optional(Type.Array(name, { minItems: 1 })) }),
  async (context, args): Promise<Printed> => {
    const { unit, userNames } = args;
    const organisation = await readOrganisation(context.store);
    const slips = await issueSlips(administrationDeps(context, args), {
      scope: await scopeOf(context, unit),
      ...(userNames === undefined ? {} : { userNames }),
    });
    return { slips, organisationName: organisation.name, timeZone: organisation.timeZone };
  },
);

const handOverOperation = defineOperation(
  'slips.hand-over',
  orderSchema({ user: name, receivedBy: Type.Optional(name) }),
  async (context, args, output) => {
    const { user, receivedBy } = args;
    const order = receivedBy === undefined ? { user } : { user, receivedBy };
    const done = await handOverSlip(administrationDeps(context, args), { ...order, scope: null });
    output.emit(text(`The slip of ${done.userName} is handed over; it can be used without a second fact.`));
    return done;
  },
);

const voidOperation = defineOperation(
  'slips.void',
  orderSchema({ user: name, reason: Type.String({ maxLength: 2000 }) }),
  async (context, args, output) => {
    const done = await voidSlip(administrationDeps(context, args), args);
    output.emit(text(`The slip of ${done.userName} is void.`));
    return done;
  },
);

const birthDatesOperation = defineOperation(
  'slips.birth-dates',
  orderSchema({}),
  async (context, args, output) => {
    const chunks: Buffer[] = [];
    for await (const chunk of context.input ?? []) chunks.push(chunk);
    const { rows } = parseCsv(
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    );
    const facts = rows.map(({ line, fields: [staffCode = '', birthDate = ''] }) => ({
      line,
      staffCode: staffCode.trim(),
      birthDate,
    }));
    const done = await recordBirthDates(administrationDeps(context, args), facts);
    output.emit(text(`Birth dates of ${done.recorded} people are kept, as keyed hashes.`));
    return done;
  },
);

const rolloutOperation = defineOperation(
  'slips.rollout',
  Type.Object({ unit: Type.Optional(name), export: Type.Boolean() }),
  async (context, args, output) => {
    const deps = { store: context.store, now: context.clock.now() };
    const scope = await scopeOf(context, args.unit);
    const units = await rolloutByUnit(deps, scope);
    output.emit({
      type: 'table',
      columns: ['Unit', 'Name', 'Not printed', 'Printed', 'Handed over', 'Activated', 'Logged in', 'All'],
      rows: units.map(({ unitCode, unitName, counts, total }) => [
        unitCode,
        unitName,
        counts['not-printed'],
        counts.printed,
        counts['handed-over'],
        counts.activated,
        counts['logged-in'],
        total,
      ]),
    });
    return { units, csv: args.export ? await textOf(missingCsv(deps, scope)) : null };
  },
);

export const slipsOperations: readonly Operation[] = [
  printOperation,
  handOverOperation,
  voidOperation,
  birthDatesOperation,
  rolloutOperation,
];

/** Papers with codes are for the operator's eyes alone; a file that is there is somebody's. */
async function writeOwn(invocation: Invocation, file: string, octets: Buffer | string): Promise<string> {
  const path = resolve(invocation.workingDirectory, file);
  try {
    await writeFile(path, octets, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${path} cannot be written (${code}).`, {
      at: 'FILE',
      remedy:
        code === 'EEXIST' ? 'Name a file that does not exist yet.' : 'Name a file in a folder of your own.',
      cause,
    });
  }
  return path;
}

function activationUrlOf(given: unknown): string {
  if (typeof given === 'string' && /^https:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(given)) {
    return `${given.replace(/\/+$/, '')}/activate`;
  }
  throw new OperatorError('--portal: this is no address of the portal.', {
    at: '--portal',
    remedy: 'Give what staff have in the address bar, such as --portal https://vpn.example.org.',
  });
}

export const slipsCommands: readonly CliCommand[] = [
  {
    path: ['slips', 'print'],
    summary: 'print activation slips (A5) and the hand-over list (A4); former codes are void',
    declare(command) {
      command
        .argument('<file>', 'PDF file to write the slips to; the list goes beside it, as FILE-list.pdf')
        .requiredOption('--portal <url>', 'address of the portal, as staff type it')
        .option('--unit <code>', 'a unit and those below: everybody without a slip')
        .option('--user <name...>', 'these accounts, whatever they have');
    },
    async run(invocation) {
      const { unit, user, portal } = invocation.options;
      const activationUrl = activationUrlOf(portal);
      const file = operand(invocation, 0);
      if (unit === undefined && user === undefined) {
        throw new OperatorError('It is not said for whom.', {
          at: '--unit',
          remedy: 'Give --unit CODE, or --user NAME.',
        });
      }
      const order = { by: administratorOf(invocation), unit, userNames: user };
      // Before anything is printed: the codes exist once.
      const slipsFile = await writeOwn(invocation, file, '');
      const listFile = await writeOwn(invocation, `${file.replace(/\.pdf$/i, '')}-list.pdf`, '');
      const { slips, ...frame } = (await invocation.call(printOperation, order)) as Printed;
      const slipFrame: SlipFrame = { ...frame, activationUrl };
      await writeFile(slipsFile, await renderSlips(slips, slipFrame));
      await writeFile(listFile, await renderHandOverList(slips, frame));
      invocation.output.emit(
        text(`${slips.length} slips in ${slipsFile}, the list for signature in ${listFile}.`),
      );
      return { value: { slips: slips.length, file: slipsFile, list: listFile } };
    },
  },
  {
    path: ['slips', 'hand-over'],
    summary: 'record that a slip reached its holder: stands in for the second fact',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .option('--received-by <name>', 'who signed for it, if not the holder');
    },
    async run(invocation) {
      const { receivedBy } = invocation.options;
      const order = { by: administratorOf(invocation), user: operand(invocation, 0), receivedBy };
      return { value: await invocation.call(handOverOperation, order) };
    },
  },
  {
    path: ['slips', 'void'],
    summary: 'make a slip void that was lost on the way',
    declare(command) {
      command.argument('<user>', 'user name').requiredOption('--reason <text>', 'why');
    },
    async run(invocation) {
      const { reason } = invocation.options;
      const order = { by: administratorOf(invocation), user: operand(invocation, 0), reason };
      return { value: await invocation.call(voidOperation, order) };
    },
  },
  {
    path: ['slips', 'birth-dates'],
    summary: 'keep birth dates (as keyed hashes) as the second fact of activations',
    declare(command) {
      command.argument('<file>', 'CSV with a heading: staff code, birth date (28/02/1985)');
    },
    async run(invocation) {
      const octets = await readFile(resolve(invocation.workingDirectory, operand(invocation, 0)));
      async function* stream() {
        yield octets;
      }
      return {
        value: await invocation.call(birthDatesOperation, { by: administratorOf(invocation) }, stream()),
      };
    },
  },
  {
    path: ['slips', 'rollout'],
    summary: 'how far each unit has got: printed, handed over, activated, first login',
    declare(command) {
      command
        .option('--unit <code>', 'a unit and those below')
        .option('--missing <file>', 'write who has not logged in yet, as CSV');
    },
    async run(invocation) {
      const { unit, missing } = invocation.options;
      const args = { unit, export: missing !== undefined };
      const { units, csv } = (await invocation.call(rolloutOperation, args)) as {
        units: unknown;
        csv: string | null;
      };
      if (csv !== null) await writeOwn(invocation, String(missing), csv);
      return { value: units };
    },
  },
];
