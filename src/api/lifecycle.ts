// Personnel events in the API: what came, what is held back, undoing, sources, files.
import { type Static, Type } from 'typebox';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });
const closed = { additionalProperties: false } as const;
const reason = Type.String({ minLength: 1, maxLength: 500 });

const eventSchema = Type.Object({
  eventId: Type.Integer(),
  staffCode: Type.String(),
  fullName: Type.String(),
  kind: Type.String(),
  detail: nullable(Type.String()),
  effectiveAt: instant,
  endsAt: nullable(instant),
  unit: nullable(Type.String()),
  documentNumber: nullable(Type.String()),
  source: Type.String(),
  state: Type.Enum(['held', 'scheduled', 'applied', 'rejected', 'undone']),
  withdrawals: Type.Integer({ description: 'how many accounts it takes access from' }),
  recordedAt: instant,
  decidedAt: nullable(instant),
  decidedBy: nullable(Type.String()),
});
export type LifecycleEvent = Static<typeof eventSchema>;

export const eventsQuerySchema = Type.Object(
  {
    state: Type.Optional(Type.Enum(['held', 'scheduled', 'applied', 'rejected', 'undone'])),
    source: Type.Optional(Type.String({ maxLength: 100 })),
    staffCode: Type.Optional(Type.String({ maxLength: 64 })),
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  closed,
);

export const eventPageSchema = Type.Object({ items: Type.Array(eventSchema), next: nullable(Type.String()) });

export const newEventSchema = Type.Object(
  {
    staffCode: Type.String({ minLength: 1, maxLength: 64 }),
    kind: Type.Enum([
      'hired',
      'returned',
      'leave',
      'ended',
      'moved',
      'seconded',
      'secondment-ended',
      'duties-changed',
      'suspended',
      'reinstated',
    ]),
    detail: Type.Optional(Type.String({ minLength: 1, maxLength: 60 })),
    from: Type.String({ minLength: 1, maxLength: 30, description: 'day from which it counts' }),
    until: Type.Optional(Type.String({ minLength: 1, maxLength: 30 })),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'code' })),
    documentNumber: Type.String({ minLength: 1, maxLength: 100 }),
  },
  closed,
);

export const enteredEventSchema = Type.Object({ outcome: Type.String(), effectiveAt: instant });

export const heldChoiceSchema = Type.Object(
  { eventIds: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems: 10_000 }), reason },
  closed,
);

export const approvedSchema = Type.Object({
  approved: Type.Integer(),
  accounts: Type.Integer(),
  misfits: Type.Array(Type.Integer()),
});
export type Approved = Static<typeof approvedSchema>;

export const rejectedSchema = Type.Object({ rejected: Type.Integer() });

export const reasonSchema = Type.Object({ reason }, closed);

export const undoneSchema = Type.Object({ eventId: Type.Integer(), accounts: Type.Array(Type.String()) });

export const sourcesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.String(),
      brakeCount: Type.Integer(),
      brakePercent: Type.Number(),
      lastRunAt: nullable(instant),
      readFrom: nullable(Type.Enum(['directory', 'folder'], { description: 'null: it sends by itself' })),
      faultSince: nullable(instant),
      fault: nullable(Type.String({ description: 'why it cannot be read' })),
    }),
  ),
});
export type Sources = Static<typeof sourcesSchema>;

export const pollSchema = Type.Object({ dryRun: Type.Boolean() }, closed);

export const polledSchema = Type.Object({
  fault: nullable(Type.Object({ kind: Type.String(), message: Type.String() })),
  events: Type.Integer(),
  held: Type.Integer(),
  leftOut: Type.Integer({ description: 'rows or entries that are wrong, or nobody here' }),
  files: Type.Integer(),
  waiting: Type.Integer({ description: 'files that are still being written' }),
});
export type Polled = Static<typeof polledSchema>;

export const newSourceSchema = Type.Object({ name: Type.String({ minLength: 1, maxLength: 40 }) }, closed);

export const importQuerySchema = Type.Object(
  {
    source: Type.String({ minLength: 1, maxLength: 100 }),
    dryRun: Type.Boolean({ default: true }),
  },
  closed,
);

export const importRunSchema = Type.Object({
  id: Type.String(),
  source: Type.String(),
  dryRun: Type.Boolean(),
  startedAt: instant,
  by: Type.String(),
  done: Type.Integer(),
  total: Type.Integer(),
  state: Type.Enum(['running', 'done', 'failed']),
  report: nullable(
    Type.Object({
      rows: Type.Integer(),
      applied: Type.Integer(),
      scheduled: Type.Integer(),
      held: Type.Integer(),
      same: Type.Integer(),
      rejectedCount: Type.Integer(),
      /** The first of them. */
      rejected: Type.Array(Type.Object({ line: Type.Integer(), text: Type.String() })),
      ignoredColumns: Type.Array(Type.String()),
    }),
  ),
  fault: nullable(Type.String()),
});
export type ImportRun = Static<typeof importRunSchema>;

export const importRunsSchema = Type.Object({ items: Type.Array(importRunSchema) });
export type ImportRuns = Static<typeof importRunsSchema>;
