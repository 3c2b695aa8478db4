// Decisions about logins in the API: attempts with their reasons, and "would this login work?".
import { type Static, Type } from 'typebox';
import { closed } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });

export const explanationSchema = Type.Object({
  title: Type.String(),
  explanation: Type.String(),
  next: Type.Array(Type.Object({ who: Type.String(), text: Type.String() })),
});
export type Explanation = Static<typeof explanationSchema>;

const decisionFields = {
  record: Type.String({ description: 'chain:seq, the place in the audit log' }),
  at: instant,
  outcome: Type.String({ description: 'accept, deny or challenge' }),
  reason: nullable(Type.String()),
  detail: nullable(Type.String()),
  lookupCode: nullable(Type.String()),
  title: Type.String({ description: 'the reason in words' }),
  accountId: nullable(Type.Integer()),
  userName: nullable(Type.String({ description: 'as typed; null: erased' })),
  fullName: nullable(Type.String()),
  unitName: nullable(Type.String()),
  gateway: nullable(Type.String()),
  station: nullable(Type.String()),
  evidence: nullable(Type.String({ description: 'E0 to E3' })),
};

const decisionItemSchema = Type.Object(decisionFields);
export type DecisionItem = Static<typeof decisionItemSchema>;

export const decisionsQuerySchema = Type.Object(
  {
    outcome: Type.Optional(Type.Enum(['accept', 'deny', 'challenge'])),
    reason: Type.Optional(Type.String({ maxLength: 60 })),
    account: Type.Optional(Type.Integer()),
    gateway: Type.Optional(Type.String({ maxLength: 63 })),
    since: Type.Optional(instant),
    before: Type.Optional(instant),
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  closed,
);

export const decisionPageSchema = Type.Object({
  items: Type.Array(decisionItemSchema),
  next: nullable(Type.String()),
});

export const decisionDetailSchema = Type.Object({
  ...decisionFields,
  explanation: explanationSchema,
  observed: nullable(explanationSchema),
  password: nullable(Type.String()),
  until: nullable(instant),
  personal: nullable(Type.Record(Type.String(), Type.String())),
});
export type DecisionDetail = Static<typeof decisionDetailSchema>;

export const reasonsSchema = Type.Object({
  items: Type.Array(Type.Object({ reason: Type.String(), title: Type.String() })),
});
export type Reasons = Static<typeof reasonsSchema>;

export const whatIfSchema = Type.Object(
  {
    userName: Type.String({ minLength: 1, maxLength: 200 }),
    gateway: Type.String({ minLength: 1, maxLength: 63 }),
    /** Asset tag; left out: a computer that nobody has registered. */
    workstation: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    /** Left out: now. */
    at: Type.Optional(instant),
    password: Type.Enum(['right', 'wrong'], { default: 'right' }),
    code: Type.Enum(['right', 'wrong', 'absent'], { default: 'right' }),
  },
  { additionalProperties: false },
);

export const whatIfAnswerSchema = Type.Object({
  outcome: Type.Enum(['accept', 'deny']),
  reason: nullable(Type.String()),
  explanation: explanationSchema,
  observed: nullable(explanationSchema),
  evidence: Type.String(),
  /** When the session would end at the latest. */
  until: nullable(instant),
});
export type WhatIfAnswer = Static<typeof whatIfAnswerSchema>;
