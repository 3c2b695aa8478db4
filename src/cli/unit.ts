// `gatewarden unit …`: units that are merged, split, renamed or dissolved.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Type } from 'typebox';
import { parse as parseYaml } from 'yaml';
import { OperatorError } from '../base/errors.ts';
import { formatMoment } from '../core/dates.ts';
import { type UnitEventKind, unitEventKinds } from '../core/unit-events.ts';
import { readOrganisation } from '../services/administration.ts';
import { enterUnitEvent, showUnitEvents, undoUnitEvent } from '../services/lifecycle/unit-events.ts';
import { administratorOf, iso, lifecycleDepsOf, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { text } from './output.ts';

const short = Type.String({ minLength: 1, maxLength: 300 });

const enterOperation = defineOperation(
  'unit.event',
  orderSchema({
    kind: Type.Enum([...unitEventKinds]),
    unit: short,
    from: short,
    documentNumber: short,
    reapproveBy: Type.Optional(short),
    into: Type.Optional(short),
    name: Type.Optional(short),
    code: Type.Optional(short),
    parts: Type.Optional(Type.Record(Type.String(), Type.Array(short, { maxItems: 50_000 }))),
    dryRun: Type.Boolean(),
  }),
  async (context, { by, ...order }, output) => {
    const entered = await enterUnitEvent(lifecycleDepsOf(context, { by }), order);
    const { timeZone } = await readOrganisation(context.store);
    const { effectiveAt, reapproveBy, state } = entered;
    output.emit({
      type: 'fields',
      fields: [
        ['event', entered.eventId ?? 'none: this was a dry run, nothing was changed'],
        ['takes effect', formatMoment(effectiveAt, 'from', timeZone)],
        ['people who move', entered.people],
        ['accounts of the unit', entered.accounts],
        ['units below it', entered.unitsBelow],
        [
          'to be approved anew',
          reapproveBy === null ? 'nothing' : formatMoment(reapproveBy, 'until', timeZone),
        ],
        ['state', state],
      ],
    });
    return { ...entered, effectiveAt: iso(effectiveAt), reapproveBy: iso(reapproveBy) };
  },
);

const listOperation = defineOperation('unit.events', Type.Object({}), async ({ store }, _args, output) => {
  const { timeZone } = await readOrganisation(store);
  const events = await showUnitEvents({ store }, 1_000);
  output.emit({
    type: 'table',
    columns: ['Event', 'Unit', 'What', 'From', 'Document', 'State'],
    rows: events.map(({ id, unitCode, kind, effectiveAt, documentNumber, state }) => [
      id,
      unitCode,
      kind,
      formatMoment(effectiveAt, 'from', timeZone),
      documentNumber,
      state,
    ]),
  });
  return {
    events: events.map(({ id, unitCode, kind, effectiveAt, reapproveBy, documentNumber, state }) => ({
      id,
      unit: unitCode,
      kind,
      effectiveAt: iso(effectiveAt),
      reapproveBy: iso(reapproveBy),
      documentNumber,
      state,
    })),
  };
});

const undoOperation = defineOperation(
  'unit.undo',
  orderSchema({ eventId: Type.Integer({ minimum: 1 }), reason: Type.String({ maxLength: 2000 }) }),
  async (context, { by, ...order }, output) => {
    const undone = await undoUnitEvent(lifecycleDepsOf(context, { by }), order);
    output.emit(text(`Event ${undone.eventId} is undone; ${undone.people} people are back in their unit.`));
    return undone;
  },
);

export const unitOperations: readonly Operation[] = [enterOperation, listOperation, undoOperation];

async function readParts(invocation: Invocation): Promise<Record<string, string[]>> {
  const file = resolve(invocation.workingDirectory, String(invocation.options['parts']));
  const parts: unknown = parseYaml(await readFile(file, 'utf8'));
  const isList = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string');
  if (typeof parts === 'object' && parts !== null && Object.values(parts).every(isList))
    return parts as Record<string, string[]>;
  throw new OperatorError(`${file}: it does not name people by units.`, {
    at: '--parts',
    remedy: 'Write lines such as  PTC-02: [CB0123, CB0124]  ; staff codes of digits alone in quotes.',
  });
}

const words: readonly (readonly [word: string, kind: UnitEventKind, summary: string])[] = [
  ['merge', 'merged', 'a unit goes into another'],
  ['split', 'split', 'people of a unit go to other units'],
  ['rename', 'renamed', 'a unit gets another name'],
  ['dissolve', 'dissolved', 'a unit ends; another takes its people over'],
];

const eventCommands = words.map(([word, kind, summary]): CliCommand => {
  return {
    path: ['unit', word],
    summary,
    declare(command: Command) {
      command
        .argument('<unit>', 'code')
        .requiredOption('--from <date>', 'day on which it takes effect')
        .requiredOption('--document <number>', 'number of the decision paper')
        .option('--dry-run', 'show what it would do, and change nothing');
      if (kind === 'renamed')
        command.requiredOption('--name <text>', 'its new name').option('--code <code>', 'its new code');
      else command.requiredOption('--reapprove-by <date>', 'last day on which papers given before count');
      if (kind === 'merged' || kind === 'dissolved')
        command.requiredOption('--into <code>', 'unit that takes over');
      if (kind === 'split')
        command.requiredOption('--parts <file>', 'YAML: staff codes by the unit that they go to');
    },
    async run(invocation) {
      const { dryRun, document, parts: _parts, ...options } = invocation.options;
      const args = {
        by: administratorOf(invocation),
        kind,
        unit: operand(invocation, 0),
        documentNumber: document,
        dryRun: dryRun === true,
        ...options,
        ...(kind === 'split' ? { parts: await readParts(invocation) } : {}),
      };
      return { value: await invocation.call(enterOperation, args) };
    },
  };
});

export const unitCommands: readonly CliCommand[] = [
  ...eventCommands,
  {
    path: ['unit', 'events'],
    summary: 'list what has happened to units, or will',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(listOperation, {}) }),
  },
  {
    path: ['unit', 'undo'],
    summary: 'put back what such an event changed',
    declare: (command) =>
      void command.argument('<event>', 'its number').requiredOption('--reason <text>', 'why, for the record'),
    async run(invocation) {
      const args = {
        by: administratorOf(invocation),
        eventId: Number(operand(invocation, 0)),
        reason: String(invocation.options['reason']),
      };
      return { value: await invocation.call(undoOperation, args) };
    },
  },
];
