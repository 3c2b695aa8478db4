// The audit log, alerts and what is to be delivered.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import type { accountsTables } from './accounts.ts';
import { oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

export function recordsTables(
  kit: Kit,
  { units }: ReturnType<typeof organisationTables>,
  { accounts }: ReturnType<typeof accountsTables>,
) {
  // No foreign keys from records: they outlive what they speak of.
  const audit = kit.table(
    'audit',
    {
      chain: kit.text('chain').notNull(),
      seq: kit.integer('seq').notNull(),
      at: kit.instant('at').notNull(),
      kind: kit.choice('kind', ['decision', 'undecided', 'administration', 'system']).notNull(),
      accountId: kit.integer('account_id'),
      gatewayId: kit.integer('gateway_id'),
      outcome: kit.text('outcome').notNull(),
      reason: kit.text('reason'),
      detail: kit.text('detail'),
      lookupCode: kit.text('lookup_code'),
      /** The octets that the chain covers. */
      body: kit.text('body').notNull(),
      hash: kit.bytes('hash').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.chain, t.seq] }),
      kit.index('audit_lookup_code_index').on(t.lookupCode).where(sql.raw('"lookup_code" is not null')),
      // Hold what figures ask of them (queries/overview.ts, slips.ts): the rows themselves are wide.
      kit.index('audit_account_index').on(t.accountId, t.at, t.kind, t.outcome),
      kit.index('audit_at_index').on(t.at, t.kind, t.outcome, t.reason, t.accountId),
    ],
  );

  const auditPersonal = kit.table(
    'audit_personal',
    {
      chain: kit.text('chain').notNull(),
      seq: kit.integer('seq').notNull(),
      /** JSON of values and salts; the row may be erased without breaking the chain. */
      personalValues: kit.text('personal_values').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.chain, t.seq] })],
  );

  const auditChains = kit.table('audit_chains', {
    chain: kit.text('chain').primaryKey(),
    node: kit.text('node').notNull(),
    lane: kit.text('lane').notNull(),
    startedAt: kit.instant('started_at').notNull(),
    startHash: kit.bytes('start_hash').notNull(),
  });

  const alerts = kit.table(
    'alerts',
    {
      id: kit.id(),
      rule: kit.text('rule').notNull(),
      accountId: kit.integer('account_id').references(() => accounts.id),
      unitId: kit.integer('unit_id').references(() => units.id),
      evidence: kit.text('evidence').notNull(),
      at: kit.instant('at').notNull(),
      /** The record that raised it. */
      chain: kit.text('chain').notNull(),
      seq: kit.integer('seq').notNull(),
    },
    (t) => [
      kit.index('alerts_account_index').on(t.accountId, t.at),
      kit.index('alerts_unit_index').on(t.unitId, t.at),
      kit.index('alerts_at_index').on(t.at),
    ],
  );

  const outbox = kit.table(
    'outbox',
    {
      id: kit.id(),
      kind: kit.choice('kind', ['alert', 'notice', 'checkpoint']).notNull(),
      payload: kit.text('payload').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      deliveredAt: kit.instant('delivered_at'),
      attempts: kit.integer('attempts').notNull().default(0),
      nextAttemptAt: kit.instant('next_attempt_at').notNull(),
    },
    (t) => [
      kit.index('outbox_due_index').on(t.nextAttemptAt).where(sql.raw('"delivered_at" is null')),
      oneOf(kit, 'outbox', 'kind', ['alert', 'notice', 'checkpoint']),
    ],
  );

  return { audit, auditPersonal, auditChains, alerts, outbox };
}
