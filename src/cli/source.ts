// `gatewarden source …`: who may report personnel events, and how much each may withdraw without a person's word.
import type { Command } from 'commander';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { setFeedSettings } from '../services/feeds/settings.ts';
import { addSource, listSources, setBrake } from '../services/lifecycle/sources.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { text } from './output.ts';

const name = Type.String({ minLength: 1, maxLength: 100 });
const brake = { brakeCount: Type.Optional(Type.Number()), brakePercent: Type.Optional(Type.Number()) };

const sourceKinds = ['file', 'scim', 'directory'] as const;

const brakeText = ({ brakeCount, brakeShare }: { brakeCount: number; brakeShare: number }) =>
  `${brakeCount} accounts or ${brakeShare / 100} % of all, whichever is more`;

const addOperation = defineOperation(
  'source.add',
  orderSchema({ name, kind: Type.Optional(Type.Enum(sourceKinds)), ...brake }),
  async (context, args, output) => {
    const { kind = 'file' } = args;
    const done = await addSource(administrationDeps(context, args), { ...args, kind });
    output.emit(text(`Source ${done.name} is added. It may withdraw ${brakeText(done)}, in any 24 hours.`));
    return { name: done.name, kind: done.kind, brakeCount: done.brakeCount, brakeShare: done.brakeShare };
  },
);

const setBrakeOperation = defineOperation(
  'source.set-brake',
  orderSchema({ name, ...brake }),
  async (context, args, output) => {
    const done = await setBrake(administrationDeps(context, args), args);
    output.emit(text(`${done.name} may withdraw ${brakeText(done)}, in any 24 hours.`));
    return { name: done.name, brakeCount: done.brakeCount, brakeShare: done.brakeShare };
  },
);

const setOperation = defineOperation(
  'source.set',
  orderSchema({
    name,
    staffCodeFrom: Type.Optional(Type.String()),
    defaultUnit: Type.Optional(Type.String()),
  }),
  async (context, args, output) => {
    const done = await setFeedSettings(administrationDeps(context, args), args.name, args);
    const unit = done.defaultUnit === null ? 'no unit' : `unit ${done.defaultUnit}`;
    output.emit(
      text(
        `${args.name}: staff codes stand in ${done.staffCodeFrom}; people and units without a place: ${unit}.`,
      ),
    );
    return { name: args.name, ...done };
  },
);

const listOperation = defineOperation('source.list', Type.Object({}), async ({ store }, _args, output) => {
  const sources = await store.read(listSources);
  output.emit({
    type: 'table',
    columns: ['Source', 'Kind', 'May withdraw in 24 hours', 'Last run (UTC)'],
    rows: sources.map((source) => [source.name, source.kind, brakeText(source), iso(source.lastRunAt)]),
  });
  return sources.map(({ createdAt, lastRunAt, ...source }) => ({
    ...source,
    createdAt: iso(createdAt),
    lastRunAt: iso(lastRunAt),
  }));
});

export const sourceOperations: readonly Operation[] = [
  addOperation,
  setOperation,
  setBrakeOperation,
  listOperation,
];

const withBrake = (command: Command) =>
  command
    .argument('<name>', 'name of the source; it stays with every event')
    .option('--brake-count <accounts>', 'so many accounts may be withdrawn in 24 hours (20)')
    .option('--brake-percent <percent>', 'or this share of all accounts, whichever is more (2)');

function numberOf(invocation: Invocation, option: string): number | undefined {
  const value = invocation.options[option];
  if (typeof value !== 'string') return undefined;
  const number = Number(value.replace(',', '.'));
  if (value.trim() !== '' && Number.isFinite(number)) return number;
  throw new OperatorError(`${JSON.stringify(value.slice(0, 40))} is not a number.`, {
    at: option,
    remedy: 'Give a number, such as 20.',
  });
}

async function order(invocation: Invocation, operation: Operation, more: object = {}) {
  return {
    value: await invocation.call(operation, {
      by: administratorOf(invocation),
      name: operand(invocation, 0),
      brakeCount: numberOf(invocation, 'brakeCount'),
      brakePercent: numberOf(invocation, 'brakePercent'),
      ...more,
    }),
  };
}

export const sourceCommands: readonly CliCommand[] = [
  {
    path: ['source', 'add'],
    summary: 'add a source of personnel events',
    declare: (command) => void withBrake(command).option('--kind <kind>', 'file, scim or directory', 'file'),
    async run(invocation) {
      const { kind } = invocation.options;
      if (!sourceKinds.some((one) => one === kind)) {
        throw new OperatorError(`${JSON.stringify(String(kind).slice(0, 40))} is no kind of source.`, {
          at: '--kind',
          remedy: `Give one of ${sourceKinds.join(', ')}.`,
        });
      }
      return await order(invocation, addOperation, { kind });
    },
  },
  {
    path: ['source', 'set'],
    summary: 'set how a SCIM source or a directory finds people and units',
    declare: (command) =>
      void command
        .argument('<name>', 'name of the source')
        .option('--staff-code-from <attribute>', 'SCIM: employeeNumber, externalId or userName')
        .option('--default-unit <code>', 'unit of people and units for whom none is named'),
    async run(invocation) {
      const { staffCodeFrom, defaultUnit } = invocation.options;
      return {
        value: await invocation.call(setOperation, {
          by: administratorOf(invocation),
          name: operand(invocation, 0),
          ...(typeof staffCodeFrom === 'string' ? { staffCodeFrom } : {}),
          ...(typeof defaultUnit === 'string' ? { defaultUnit } : {}),
        }),
      };
    },
  },
  {
    path: ['source', 'set-brake'],
    summary: 'set how much a source may withdraw',
    declare: (command) => void withBrake(command),
    run: (invocation) => order(invocation, setBrakeOperation),
  },
  {
    path: ['source', 'list'],
    summary: 'list the sources',
    declare() {},
    async run(invocation) {
      return { value: await invocation.call(listOperation, {}) };
    },
  },
];
