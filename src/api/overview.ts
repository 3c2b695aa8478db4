// The overview: what must be zero, my work, health, denials, what is due; the first steps of a new installation; search.
import { type Static, Type } from 'typebox';
import { closed, totalSchema } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });
const count = Type.Integer({ minimum: 0 });

export const overviewSchema = Type.Object({
  at: instant,
  mustBeZero: Type.Object({
    sessionsWithoutRight: count,
    unconfirmedCuts: count,
    goneButActive: totalSchema,
  }),
  work: Type.Object({
    requests: count,
    /** Of the oldest open request; null: there is none. */
    oldestRequestAt: nullable(instant),
    heldEvents: nullable(count),
  }),
  accounts: Type.Object({
    valid: totalSchema,
    expiring: totalSchema,
    dormant: totalSchema,
    incomplete: totalSchema,
    pending: totalSchema,
  }),
  sessions: Type.Object({ live: count }),
  /** Denials of the last 24 hours by reason, and what is usual: the daily mean of the seven days before. */
  denials: Type.Array(
    Type.Object({ reason: Type.String(), title: Type.String(), today: count, usual: Type.Number() }),
  ),
  /** Decisions of the last 24 hours by hour. */
  hours: Type.Array(Type.Object({ at: instant, accepted: count, denied: count })),
  /** What keeps this node from answering; empty: it answers. Null for those who may not see it. */
  causes: nullable(Type.Array(Type.String())),
});
export type Overview = Static<typeof overviewSchema>;

export const checklistSchema = Type.Object({
  isSample: Type.Boolean({ description: 'the organisation is the invented one of the trial' }),
  steps: Type.Array(
    Type.Object({
      step: Type.Enum([
        'organisation',
        'units',
        'gateway',
        'policy',
        'people',
        'account',
        'slip',
        'login',
        'sample',
      ]),
      isDone: Type.Boolean(),
    }),
  ),
});
export type Checklist = Static<typeof checklistSchema>;

export const searchQuerySchema = Type.Object({ q: Type.String({ minLength: 1, maxLength: 100 }) }, closed);

export const searchSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      kind: Type.Enum(['account', 'person', 'workstation', 'assignment', 'decision'], {
        description: 'person: one who has no account',
      }),
      id: Type.String(),
      title: Type.String(),
      subtitle: Type.String(),
    }),
  ),
});
export type Search = Static<typeof searchSchema>;

export const savedViewsQuerySchema = Type.Object(
  { page: Type.String({ minLength: 1, maxLength: 40 }) },
  closed,
);

const filters = Type.Record(Type.String({ maxLength: 40 }), Type.String({ maxLength: 200 }), {
  maxProperties: 20,
});

export const newSavedViewSchema = Type.Object(
  {
    page: Type.String({ minLength: 1, maxLength: 40 }),
    name: Type.String({ minLength: 1, maxLength: 60 }),
    query: filters,
  },
  { additionalProperties: false },
);

export const savedViewSchema = Type.Object({ id: Type.Integer(), name: Type.String(), query: filters });

export const savedViewsSchema = Type.Object({ items: Type.Array(savedViewSchema) });
export type SavedViews = Static<typeof savedViewsSchema>;
