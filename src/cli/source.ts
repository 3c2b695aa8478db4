// `gatewarden source …`: who may report personnel events, and how much each may withdraw without a person's word.
import type { Command } from 'commander';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { pollNow } from '../services/feeds/poll.ts';
import { readFeedSettings, setFeedSettings } from '../services/feeds/settings.ts';
import { getSource } from '../services/lifecycle/record.ts';
import { addSource, listSources, setBrake } from '../services/lifecycle/sources.ts';
import { type FeedFileRow, listFeedFiles } from '../store/queries/feed-files.ts';
import { findFeed } from '../store/queries/feeds.ts';
import {
  administrationDeps,
  administratorOf,
  iso,
  lifecycleDepsOf,
  operand,
  orderSchema,
} from './administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { type OutputEvent, text, warning } from './output.ts';

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

const peopleText = (people: 'own' | 'all') =>
  people === 'all' ? 'those of other sources too' : 'its own and those of no source';

const setOperation = defineOperation(
  'source.set',
  orderSchema({
    name,
    staffCodeFrom: Type.Optional(Type.String()),
    defaultUnit: Type.Optional(Type.String()),
    within: Type.Optional(Type.String()),
    people: Type.Optional(Type.String()),
  }),
  async (context, args, output) => {
    const done = await setFeedSettings(administrationDeps(context, args), args.name, args);
    const unit = done.defaultUnit === null ? 'no unit' : `unit ${done.defaultUnit}`;
    const units = done.within === null ? 'all units' : `${done.within} and below`;
    output.emit(
      text(
        `${args.name}: staff codes stand in ${done.staffCodeFrom}; people and units without a place: ${unit}. ` +
          `It may tell of ${units}; of people: ${peopleText(done.people)}.`,
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

const pollOperation = defineOperation(
  'source.poll',
  orderSchema({ name, dryRun: Type.Boolean() }),
  async (context, args, output) => {
    const { store, clock, random, config, signal } = context;
    const lifecycle = lifecycleDepsOf(context, args);
    const { read } = await pollNow(
      { store, clock, random, lifecycle, sources: config },
      { source: args.name, dryRun: args.dryRun, signal },
    );
    if (read.outcome === 'fault')
      throw new OperatorError(`${args.name} could not be read (${read.kind}): ${read.message}.`, {
        remedy: 'Nobody is withdrawn by it. See docs/directory.md and docs/lifecycle.md, then ask again.',
      });
    if ('report' in read) {
      const { entries, changed, gone, events, held, skipped } = read.report;
      const left = Object.entries(skipped).filter(([, count]) => count > 0);
      output.emit({
        type: 'fields',
        fields: [
          ['entries', entries],
          ['that say something new', changed],
          ['that are gone', gone],
          ['events', events],
          ['held back', held],
          ...left.map(([why, count]) => [`left out: ${why}`, count] as const),
        ],
      });
    } else if (read.outcome === 'read') {
      if (read.files.length === 0) output.emit(text('There was no file to take.'));
      else
        output.emit(
          filesTable(
            read.files.map(({ report, ...file }) => ({
              ...emptyReport,
              ...report,
              ...file,
              at: null,
              rejected: report?.rejected.length ?? 0,
            })),
          ),
        );
      if (read.waiting > 0) output.emit(warning(`files that are still being written: ${read.waiting}`));
    }
    if (args.dryRun) output.emit(text('This was a dry run: nothing was changed in access.'));
    return read;
  },
);

const emptyReport = { rows: 0, applied: 0, scheduled: 0, held: 0, same: 0 };

type ShownFile = Pick<
  FeedFileRow,
  'name' | 'rows' | 'applied' | 'scheduled' | 'held' | 'same' | 'rejected' | 'fault'
> & {
  readonly state: string;
  readonly at: number | null;
};

function filesTable(files: readonly ShownFile[]): OutputEvent {
  return {
    type: 'table',
    columns: [
      'File',
      'State',
      'Rows',
      'Applied',
      'Scheduled',
      'Held',
      'Known',
      'Rejected',
      'Taken (UTC)',
      'Fault',
    ],
    rows: files.map((file) => [
      file.name,
      file.state,
      file.rows,
      file.applied,
      file.scheduled,
      file.held,
      file.same,
      file.rejected,
      iso(file.at),
      file.fault,
    ]),
  };
}

/** Files that `source show` lists. */
const listedFiles = 20;

const showOperation = defineOperation('source.show', Type.Object({ name }), async (context, args, output) => {
  const { store, config } = context;
  const source = await getSource(store, args.name);
  const { feed, files, settings } = await store.read(async (db) => ({
    feed: await findFeed(db, args.name),
    files: await listFeedFiles(db, args.name, listedFiles),
    settings: await readFeedSettings(db, args.name),
  }));
  const folder = config.folders.find(({ source: of }) => of === args.name) ?? null;
  const directory = config.directories.find(({ source: of }) => of === args.name) ?? null;
  const readFrom = folder?.directory ?? directory?.url ?? null;
  const every = folder?.intervalSeconds ?? directory?.intervalSeconds ?? null;
  output.emit({
    type: 'fields',
    fields: [
      ['name', source.name],
      ['kind', source.kind],
      ['may withdraw in 24 hours', brakeText(source)],
      ['may tell of units', settings.within ?? 'all'],
      ['may tell of people', peopleText(settings.people)],
      ['last run (UTC)', iso(source.lastRunAt)],
      ['read from', readFrom],
      ['every', every === null ? null : `${every} s`],
      ['dry run', folder === null ? null : folder.dryRun],
      ['cannot be read since (UTC)', iso(feed?.faultSince ?? null)],
      ['because', feed?.fault ?? null],
    ],
  });
  if (files.length > 0) output.emit(filesTable(files));
  return {
    name: source.name,
    kind: source.kind,
    brakeCount: source.brakeCount,
    brakeShare: source.brakeShare,
    within: settings.within,
    people: settings.people,
    lastRunAt: iso(source.lastRunAt),
    readFrom,
    intervalSeconds: every,
    dryRun: folder?.dryRun ?? false,
    faultSince: iso(feed?.faultSince ?? null),
    fault: feed?.fault ?? null,
    files: files.map(({ id: _, source: __, at, ...file }) => ({ ...file, at: iso(at) })),
  };
});

export const sourceOperations: readonly Operation[] = [
  addOperation,
  setOperation,
  setBrakeOperation,
  listOperation,
  showOperation,
  pollOperation,
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
    summary: 'set how a source finds people and units, and of whom it may tell',
    declare: (command) =>
      void command
        .argument('<name>', 'name of the source')
        .option('--staff-code-from <attribute>', 'SCIM: employeeNumber, externalId or userName')
        .option('--default-unit <code>', 'unit of people and units for whom none is named')
        .option(
          '--within <code>',
          'unit that the source is bound to, with all below; *: the whole organisation',
        )
        .option('--people <whose>', 'own (and those of no source), or all: those of other sources too'),
    async run(invocation) {
      const { staffCodeFrom, defaultUnit, within, people } = invocation.options;
      return {
        value: await invocation.call(setOperation, {
          by: administratorOf(invocation),
          name: operand(invocation, 0),
          ...(typeof staffCodeFrom === 'string' ? { staffCodeFrom } : {}),
          ...(typeof defaultUnit === 'string' ? { defaultUnit } : {}),
          ...(typeof within === 'string' ? { within } : {}),
          ...(typeof people === 'string' ? { people } : {}),
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
    path: ['source', 'poll'],
    summary: 'read a directory or a watched folder now',
    declare: (command) =>
      void command
        .argument('<name>', 'name of the source')
        .option('--dry-run', 'show what would happen, and change nothing'),
    async run(invocation) {
      return {
        value: await invocation.call(pollOperation, {
          by: administratorOf(invocation),
          name: operand(invocation, 0),
          dryRun: invocation.options['dryRun'] === true,
        }),
      };
    },
  },
  {
    path: ['source', 'show'],
    summary: 'show where a source is read from, what is wrong with it, and its last files',
    declare: (command) => void command.argument('<name>', 'name of the source'),
    async run(invocation) {
      return { value: await invocation.call(showOperation, { name: operand(invocation, 0) }) };
    },
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
