// `gatewarden lifecycle …`: personnel events: import, list, the brake's holds, undo.
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Argument, type Command, Option } from 'commander';
import { Type } from 'typebox';
import { parse as parseYaml } from 'yaml';
import { OperatorError } from '../base/errors.ts';
import { formatMoment } from '../core/dates.ts';
import { lifecycleKinds } from '../core/lifecycle.ts';
import { type EventFault, eventFaultTexts } from '../core/lifecycle-texts.ts';
import { readOrganisation } from '../services/administration.ts';
import {
  type FileReport,
  formatOf,
  importLifecycleFile,
  largestFile,
  rejectedRows,
} from '../services/lifecycle/file/import.ts';
import { approveHeld, rejectHeld } from '../services/lifecycle/hold.ts';
import { listEvents, type ShownEvent, showEvent } from '../services/lifecycle/list.ts';
import { enterEvent } from '../services/lifecycle/manual.ts';
import { undoEvent } from '../services/lifecycle/undo.ts';
import { administratorOf, iso, lifecycleDepsOf, operand, orderSchema } from './administrator.ts';
import {
  type CliCommand,
  defineOperation,
  type Invocation,
  type Language,
  type Operation,
  type OperationContext,
} from './command.ts';
import { type Output, text, warning } from './output.ts';

const language = Type.Enum(['en', 'vi']);
const reason = Type.String({ maxLength: 2000 });
const name = Type.String({ minLength: 1, maxLength: 100 });
const states = ['held', 'scheduled', 'applied', 'rejected', 'undone'] as const;
const choice = {
  eventIds: Type.Optional(Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 10_000 })),
  source: Type.Optional(name),
};

async function readInput({ input }: OperationContext): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of input ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const listedFaults = 20;

function showReport(report: FileReport, lang: Language, output: Output): void {
  const { rejected, ignoredColumns, dryRun, held } = report;
  if (ignoredColumns.length > 0) output.emit(warning(`columns not read: ${ignoredColumns.join(', ')}`));
  for (const { line, fault } of rejected.slice(0, listedFaults))
    output.emit(text(`line ${line}: ${eventFaultTexts[fault][lang]}`));
  if (rejected.length > listedFaults) output.emit(text(`… and ${rejected.length - listedFaults} more`));
  output.emit({
    type: 'fields',
    fields: [
      ['rows', report.rows],
      [dryRun ? 'would be applied' : 'applied', report.applied],
      [dryRun ? 'would be scheduled' : 'scheduled', report.scheduled],
      [dryRun ? 'would be held back' : 'held back', held],
      ['known already', report.same],
      ['rejected', rejected.length],
    ],
  });
  if (dryRun) output.emit(text('This was a dry run: nothing was changed.'));
  else if (held > 0) {
    output.emit(
      warning(
        'the brake holds events back; access of those people is unchanged: see "gatewarden lifecycle hold list"',
      ),
    );
  }
}

const importOperation = defineOperation(
  'lifecycle.import',
  orderSchema({
    source: name,
    dryRun: Type.Boolean(),
    language,
    mapping: Type.Record(Type.String(), Type.String({ maxLength: 200 })),
  }),
  async (context, args, output): Promise<FileReport> => {
    const { signal } = context;
    const { source, dryRun, mapping } = args;
    const octets = await readInput(context);
    const report = await importLifecycleFile(lifecycleDepsOf(context, args), {
      octets,
      source,
      dryRun,
      mapping,
      signal,
      progress: (done, total) => output.emit({ type: 'progress', label: 'rows', done, total }),
    });
    showReport(report, args.language, output);
    return report;
  },
);

function shownJson({
  effectiveAt,
  endsAt,
  keepUntil,
  recordedAt,
  nextDueAt,
  decidedAt,
  ...event
}: ShownEvent) {
  return {
    ...event,
    effectiveAt: iso(effectiveAt),
    endsAt: iso(endsAt),
    keepUntil: iso(keepUntil),
    recordedAt: iso(recordedAt),
    nextDueAt: iso(nextDueAt),
    decidedAt: iso(decidedAt),
  };
}

const whatOf = ({ kind, detail }: Pick<ShownEvent, 'kind' | 'detail'>) =>
  detail === null ? kind : `${kind} (${detail})`;

const listOperation = defineOperation(
  'lifecycle.list',
  Type.Object({
    state: Type.Optional(Type.Enum([...states])),
    source: Type.Optional(name),
    staffCode: Type.Optional(name),
    before: Type.Optional(Type.Integer()),
    limit: Type.Integer({ minimum: 1, maximum: 1000 }),
  }),
  async ({ store }, args, output) => {
    const { timeZone } = await readOrganisation(store);
    const events = await listEvents(store, args);
    output.emit({
      type: 'table',
      columns: ['Event', 'Staff code', 'Name', 'What', 'From', 'State', 'Accounts', 'Source'],
      rows: events.map((event) => [
        event.eventId,
        event.staffCode,
        event.fullName,
        whatOf(event),
        formatMoment(event.effectiveAt, 'from', timeZone),
        event.state,
        event.withdrawals,
        event.source,
      ]),
    });
    if (events.length === args.limit) output.emit(text(`More: --before ${events.at(-1)?.eventId ?? 0}`));
    return events.map(shownJson);
  },
);

const showOperation = defineOperation(
  'lifecycle.show',
  Type.Object({ eventId: Type.Integer({ minimum: 1 }) }),
  async ({ store }, { eventId }, output) => {
    const { timeZone } = await readOrganisation(store);
    const event = await showEvent(store, eventId);
    const moment = (instant: number | null, kind: 'from' | 'until' = 'from') =>
      instant === null ? null : formatMoment(instant, kind, timeZone);
    output.emit({
      type: 'fields',
      fields: [
        ['event', event.eventId],
        ['person', `${event.staffCode} ${event.fullName}`],
        ['what', whatOf(event)],
        ['from', moment(event.effectiveAt)],
        ['until', moment(event.endsAt, 'until')],
        ['papers kept until', moment(event.keepUntil, 'until')],
        ['unit', event.unit],
        ['document', event.documentNumber],
        ['source', event.source],
        ['state', event.state],
        ['accounts that lose access', event.withdrawals],
        ['recorded', moment(event.recordedAt)],
        ['next step', moment(event.nextDueAt)],
        ['decided', event.decidedAt === null ? null : `${moment(event.decidedAt)} by ${event.decidedBy}`],
      ],
    });
    output.emit(text('What it does:'));
    for (const [what, value] of Object.entries(event.rule)) output.emit(text(`  ${what}: ${String(value)}`));
    for (const change of event.changes) output.emit(text(`  changed: ${change}`));
    return shownJson(event);
  },
);

const choiceOf = (args: { eventIds?: number[]; source?: string }) => {
  if (args.eventIds !== undefined) return { eventIds: args.eventIds };
  if (args.source !== undefined) return { source: args.source };
  throw new OperatorError('It is not said which held events are meant.', {
    at: 'EVENT',
    remedy: 'Name some events, or all of a source with --source NAME.',
  });
};

const approveOperation = defineOperation(
  'lifecycle.approve',
  orderSchema({ ...choice, reason, language }),
  async (context, args, output) => {
    const deps = lifecycleDepsOf(context, args);
    const done = await approveHeld(deps, { choice: choiceOf(args), reason: args.reason });
    output.emit(text(`${done.approved} events approved; they take access from ${done.accounts} accounts.`));
    for (const { eventId, fault } of done.misfits)
      output.emit(warning(`event ${eventId} stays held back: ${eventFaultTexts[fault][args.language]}`));
    return done;
  },
);

const rejectOperation = defineOperation(
  'lifecycle.reject',
  orderSchema({ ...choice, reason }),
  async (context, args, output) => {
    const deps = lifecycleDepsOf(context, args);
    const rejected = await rejectHeld(deps, { choice: choiceOf(args), reason: args.reason });
    output.emit(text(`${rejected} events rejected. Nothing was changed by them.`));
    return { rejected };
  },
);

const undoOperation = defineOperation(
  'lifecycle.undo',
  orderSchema({ eventId: Type.Integer({ minimum: 1 }), reason }),
  async (context, args, output) => {
    const done = await undoEvent(lifecycleDepsOf(context, args), args);
    const accounts = done.accounts.length === 0 ? '' : `; accounts put back: ${done.accounts.join(', ')}`;
    output.emit(text(`Event ${done.eventId} is undone${accounts}.`));
    output.emit(text(`Employment of ${done.staffCode} is now: ${done.employment.state}.`));
    return done;
  },
);

const date = Type.Optional(Type.String({ maxLength: 60 }));

const recordOperation = defineOperation(
  'lifecycle.record',
  orderSchema({
    staffCode: name,
    kind: Type.Enum([...lifecycleKinds]),
    detail: Type.Optional(name),
    from: Type.String({ maxLength: 60 }),
    until: date,
    keepUntil: date,
    unit: Type.Optional(name),
    documentNumber: Type.String({ maxLength: 200 }),
    language,
  }),
  async (context, args, output) => {
    const { effectiveAt, ...done } = await enterEvent(lifecycleDepsOf(context, args), args);
    const { timeZone } = await readOrganisation(context.store);
    const said = {
      applied: 'is recorded and applied',
      scheduled: 'is recorded; it takes effect by itself',
      held: 'is held back',
      same: `was recorded before${done.outcome === 'same' ? ` (${done.state})` : ''}`,
      known: 'is known from another source',
    }[done.outcome];
    const number = 'eventId' in done && done.eventId !== null ? `Event ${done.eventId}` : 'The event';
    output.emit(text(`${number} ${said}: ${args.kind} from ${formatMoment(effectiveAt, 'from', timeZone)}.`));
    return { ...done, effectiveAt: iso(effectiveAt) };
  },
);

export const lifecycleOperations: readonly Operation[] = [
  importOperation,
  recordOperation,
  listOperation,
  showOperation,
  approveOperation,
  rejectOperation,
  undoOperation,
];

function integer(value: unknown, at: string): number {
  const number = Number(value);
  if (typeof value === 'string' && Number.isInteger(number) && number > 0) return number;
  throw new OperatorError(`${JSON.stringify(value)} is no number of an event.`, {
    at,
    remedy: 'Give the number in the first column of "gatewarden lifecycle list".',
  });
}

const eventsOf = (invocation: Invocation): number[] | undefined => {
  const [events] = invocation.operands;
  if (!Array.isArray(events) || events.length === 0) return undefined;
  return events.map((event) => integer(event, 'EVENT'));
};

async function readMapping(invocation: Invocation): Promise<Readonly<Record<string, string>>> {
  const file = invocation.options['mapping'];
  if (typeof file !== 'string') return {};
  const value: unknown = parseYaml(
    (await readLocal(resolve(invocation.workingDirectory, file))).toString('utf8'),
  );
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.every(([, title]) => typeof title === 'string'))
      return Object.fromEntries(entries) as Record<string, string>;
  }
  throw new OperatorError(`${file} is no mapping.`, {
    at: '--mapping',
    remedy: 'Write one line for each column, such as "staffCode: Số hiệu".',
  });
}

async function readLocal(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new OperatorError(`${file} cannot be read.`, {
      at: file,
      remedy: 'Name a file that is there and that this account may read.',
      cause,
    });
  }
}

async function* streamed(octets: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < octets.length; at += 65_536) yield octets.subarray(at, at + 65_536);
}

async function runImport(invocation: Invocation) {
  const { options, workingDirectory, language: lang } = invocation;
  const file = resolve(workingDirectory, operand(invocation, 0));
  const mapping = await readMapping(invocation);
  const octets = await readLocal(file);
  if (octets.length > largestFile) {
    throw new OperatorError(`${file} is larger than ${largestFile / 1024 / 1024} MiB.`, {
      at: 'FILE',
      remedy: 'Divide it, and import the parts in order.',
    });
  }
  const args = {
    by: administratorOf(invocation),
    source: options['source'],
    dryRun: options['dryRun'] === true,
    language: lang,
    mapping,
  };
  const report = (await invocation.call(importOperation, args, streamed(octets))) as FileReport;
  let rejectedFile: string | null = null;
  if (report.rejected.length > 0) {
    rejectedFile = `${file.replace(/\.[^./\\]*$/, '')}.rejected.${formatOf(octets).extension}`;
    const fault = {
      title: lang === 'vi' ? 'Lỗi' : 'Fault',
      text: (one: EventFault) => eventFaultTexts[one][lang],
    };
    await writeFile(rejectedFile, await rejectedRows(octets, report.rejected, fault), { mode: 0o600 });
    invocation.output.emit(
      text(`The rejected rows are in ${rejectedFile}: correct them and import that file.`),
    );
  }
  return { value: { ...report, rejectedFile } };
}

const withReason = (command: Command) => command.requiredOption('--reason <text>', 'why, for the record');

const withChoice = (command: Command) =>
  withReason(command)
    .argument('[events...]', 'numbers of held events')
    .option('--source <name>', 'everything that is held of a source');

async function decide(invocation: Invocation, operation: Operation, more: object = {}) {
  const args = {
    by: administratorOf(invocation),
    eventIds: eventsOf(invocation),
    source: invocation.options['source'],
    reason: invocation.options['reason'],
    ...more,
  };
  return { value: await invocation.call(operation, args) };
}

const list = async (invocation: Invocation, more: object = {}) => {
  const { state, source, staffCode, before, limit } = invocation.options;
  const args = {
    state,
    source,
    staffCode,
    before: before === undefined ? undefined : integer(before, '--before'),
    limit: integer(limit, '--limit'),
    ...more,
  };
  return { value: await invocation.call(listOperation, args) };
};

const withPages = (command: Command) =>
  command
    .option('--source <name>', 'of one source')
    .option('--before <event>', 'older than this event')
    .option('--limit <number>', 'at most so many', '50');

export const lifecycleCommands: readonly CliCommand[] = [
  {
    path: ['lifecycle', 'import'],
    summary: 'record the events of a personnel file (CSV)',
    declare(command) {
      command
        .argument('<file>', 'CSV in UTF-8 or UTF-16; see docs/lifecycle.md')
        .requiredOption('--source <name>', 'which source the file comes from')
        .option('--mapping <file>', 'YAML: column, and its heading in the file')
        .option('--dry-run', 'say what would happen, and change nothing');
    },
    run: runImport,
  },
  {
    path: ['lifecycle', 'record'],
    summary: 'enter one event of a person',
    declare(command) {
      command
        .argument('<staff-code>', 'number in the personnel file')
        .addArgument(new Argument('<event>', 'what happens').choices(lifecycleKinds))
        .option('--detail <detail>', 'of which kind a leave or an end is')
        .requiredOption('--from <date>', 'first day on which it holds (00:00), such as 01/03/2026')
        .option('--until <date>', 'planned last day; new last day of the term for "extended"')
        .option('--keep-until <date>', 'last day on which assignments given before still count')
        .option('--unit <code>', 'unit moved or seconded to')
        .requiredOption('--document <number>', 'number of the decision paper');
    },
    async run(invocation) {
      const { document, ...options } = invocation.options;
      const args = {
        ...options,
        by: administratorOf(invocation),
        staffCode: operand(invocation, 0),
        kind: operand(invocation, 1),
        documentNumber: document,
        language: invocation.language,
      };
      return { value: await invocation.call(recordOperation, args) };
    },
  },
  {
    path: ['lifecycle', 'list'],
    summary: 'list events, the newest first',
    declare(command) {
      withPages(command)
        .addOption(new Option('--state <state>', 'in this state').choices(states))
        .option('--staff-code <code>', 'about one person');
    },
    run: (invocation) => list(invocation),
  },
  {
    path: ['lifecycle', 'show'],
    summary: 'show an event: what it does, and what it has changed',
    declare: (command) => void command.argument('<event>', 'number of the event'),
    async run(invocation) {
      const eventId = integer(operand(invocation, 0), 'EVENT');
      return { value: await invocation.call(showOperation, { eventId }) };
    },
  },
  {
    path: ['lifecycle', 'hold', 'list'],
    summary: 'list what the brake holds back',
    declare: (command) => void withPages(command),
    run: (invocation) => list(invocation, { state: 'held' }),
  },
  {
    path: ['lifecycle', 'approve'],
    summary: 'let held events happen',
    declare: (command) => void withChoice(command),
    run: (invocation) => decide(invocation, approveOperation, { language: invocation.language }),
  },
  {
    path: ['lifecycle', 'reject'],
    summary: 'drop held events',
    declare: (command) => void withChoice(command),
    run: (invocation) => decide(invocation, rejectOperation),
  },
  {
    path: ['lifecycle', 'undo'],
    summary: 'put back exactly what an event changed',
    declare: (command) => void withReason(command).argument('<event>', 'number of the event'),
    async run(invocation) {
      const args = {
        by: administratorOf(invocation),
        eventId: integer(operand(invocation, 0), 'EVENT'),
        reason: invocation.options['reason'],
      };
      return { value: await invocation.call(undoOperation, args) };
    },
  },
];
