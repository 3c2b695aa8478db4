// Requests of holders and units in the API, and deciding them.
import { type Static, Type } from 'typebox';
import { closed, etagText } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });
const reason = Type.String({ minLength: 1, maxLength: 500 });

const requestSchema = Type.Object({
  id: Type.Integer(),
  etag: etagText,
  kind: Type.String(),
  state: Type.String(),
  accountId: Type.Integer(),
  userName: Type.String(),
  fullName: Type.String(),
  staffCode: Type.String(),
  position: nullable(Type.String()),
  unitName: Type.String(),
  terms: Type.Record(Type.String(), Type.String()),
  reason: Type.String(),
  documentNumber: nullable(Type.String()),
  filedAt: instant,
  filedBy: Type.String(),
  expiresAt: instant,
  waitsFor: nullable(
    Type.String({
      description: 'unit whose head decides: the nearest with one who may; null: the centre',
    }),
  ),
});
export type Request = Static<typeof requestSchema>;

export const requestsQuerySchema = Type.Object(
  {
    state: Type.Enum(['open', 'approved', 'done', 'rejected', 'returned'], { default: 'open' }),
    cursor: Type.Optional(Type.String({ maxLength: 40 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  closed,
);

export const requestPageSchema = Type.Object({
  items: Type.Array(requestSchema),
  next: nullable(Type.String()),
});

export const requestDecisionSchema = Type.Object(
  {
    outcome: Type.Enum(['approved', 'rejected', 'returned']),
    reason,
    /** For a new authenticator: what the holder reads out. */
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
  },
  { additionalProperties: false },
);

export const requestDecidedSchema = Type.Object({ id: Type.Integer(), state: Type.String() });
