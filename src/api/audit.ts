// The audit log in the API: search, and an export that can be verified elsewhere.
import { type Static, Type } from 'typebox';
import { closed } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });

const auditRecordSchema = Type.Object({
  record: Type.String({ description: 'chain:seq' }),
  at: instant,
  kind: Type.Enum(['decision', 'undecided', 'administration', 'system']),
  outcome: Type.String({ description: 'the act, or what was decided' }),
  title: Type.String({ description: 'the same in words' }),
  reason: nullable(Type.String()),
  accountId: nullable(Type.Integer()),
  userName: nullable(Type.String()),
  by: nullable(Type.String({ description: 'who acted; null: nobody, or erased' })),
  data: Type.Array(Type.Object({ name: Type.String(), value: Type.String() })),
});
export type AuditRecord = Static<typeof auditRecordSchema>;

export const auditQuerySchema = Type.Object(
  {
    kind: Type.Optional(Type.Enum(['decision', 'undecided', 'administration', 'system'])),
    outcome: Type.Optional(Type.String({ maxLength: 60, description: 'beginning of the act: account.' })),
    account: Type.Optional(Type.Integer()),
    since: Type.Optional(instant),
    before: Type.Optional(instant),
    cursor: Type.Optional(Type.String({ maxLength: 500 })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  closed,
);

export const auditPageSchema = Type.Object({
  items: Type.Array(auditRecordSchema),
  next: nullable(Type.String()),
});
