// Live sessions in the API, and ending them.
import { type Static, Type } from 'typebox';
import { closed } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

const instant = Type.Integer({ description: 'epoch milliseconds' });

const sessionSchema = Type.Object({
  id: Type.Integer(),
  accountId: Type.Integer(),
  userName: Type.String(),
  fullName: Type.String(),
  staffCode: Type.String(),
  unitName: Type.String(),
  gateway: Type.String(),
  workstation: nullable(Type.String({ description: 'asset tag' })),
  station: Type.String({ description: 'where it connects from, as the gateway reported it' }),
  state: Type.Enum(['pending', 'live', 'ended']),
  startedAt: instant,
  until: instant,
  lastSeenAt: nullable(instant),
  framedIpAddress: nullable(Type.String()),
  octetsIn: nullable(Type.Integer()),
  octetsOut: nullable(Type.Integer()),
  cut: nullable(
    Type.Object({
      state: Type.String(),
      reason: Type.String(),
      orderedAt: instant,
      attempts: Type.Integer(),
      error: nullable(Type.String()),
    }),
  ),
});
export type Session = Static<typeof sessionSchema>;

export const sessionsQuerySchema = Type.Object(
  {
    q: Type.Optional(Type.String({ maxLength: 100, description: 'beginning of the user name' })),
    account: Type.Optional(Type.Integer()),
    gateway: Type.Optional(Type.String({ maxLength: 63 })),
    cut: Type.Optional(Type.Enum(['open'])),
    right: Type.Optional(
      Type.Enum(['none'], { description: 'past their end, or of an account that may not be used any more' }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  closed,
);

export const sessionPageSchema = Type.Object({
  items: Type.Array(sessionSchema),
  next: nullable(Type.String()),
});

export const sessionDetailSchema = Type.Object({
  session: sessionSchema,
  /** Of the last order to end it: `confirmed` is proof that the tunnel is down. */
  cutState: nullable(Type.String()),
});

export const cutSchema = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500 }) },
  { additionalProperties: false },
);
