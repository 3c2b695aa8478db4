// `gatewarden source …`: who may report personnel events, and how much each may withdraw without a person's word.
import type { Command } from 'commander';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { addSource, listSources, setBrake } from '../services/lifecycle/sources.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { text } from './output.ts';

const name = Type.String({ minLength: 1, maxLength: 100 });
const brake = { brakeCount: Type.Optional(Type.Number()), brakePercent: Type.Optional(Type.Number()) };

const brakeText = ({ brakeCount, brakeShare }: { brakeCount: number; brakeShare: number }) =>
  `${brakeCount} accounts or ${brakeShare / 100} % of all, whichever is more`;

const addOperation = defineOperation(
  'source.add',
  orderSchema({ name, ...brake }),
  async (context, args, output) => {
    const done = await addSource(administrationDeps(context, args), { ...args, kind: 'file' });
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

export const sourceOperations: readonly Operation[] = [addOperation, setBrakeOperation, listOperation];

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

async function order(invocation: Invocation, operation: Operation) {
  return {
    value: await invocation.call(operation, {
      by: administratorOf(invocation),
      name: operand(invocation, 0),
      brakeCount: numberOf(invocation, 'brakeCount'),
      brakePercent: numberOf(invocation, 'brakePercent'),
    }),
  };
}

export const sourceCommands: readonly CliCommand[] = [
  {
    path: ['source', 'add'],
    summary: 'add a source of personnel events',
    declare: (command) => void withBrake(command),
    run: (invocation) => order(invocation, addOperation),
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
