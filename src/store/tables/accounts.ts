// VPN accounts, the papers that they rest on, and failed tries.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import { holds, oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

const suspensions = ['by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant'] as const;

/** In the words of partial indexes. */
const usable = `"status" = 'active' and "suspended_detail" is null`;

export function accountsTables(kit: Kit, { units, people }: ReturnType<typeof organisationTables>) {
  const assignments = kit.table(
    'assignments',
    {
      id: kit.id(),
      documentNumber: kit.text('document_number').notNull(),
      documentDate: kit.instant('document_date').notNull(),
      signatory: kit.text('signatory').notNull(),
      purpose: kit.text('purpose').notNull(),
      dataScope: kit.text('data_scope').notNull(),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      validFrom: kit.instant('valid_from').notNull(),
      validUntil: kit.instant('valid_until'),
      revision: kit.integer('revision').notNull().default(1),
    },
    (t) => [
      kit.index('assignments_unit_index').on(t.unitId),
      kit.index('assignments_date_index').on(t.documentDate, t.id),
      kit.uniqueIndex('assignments_document_unique').on(t.documentNumber, t.unitId),
      holds(kit, 'assignments_term_check', '"valid_until" is null or "valid_until" > "valid_from"'),
    ],
  );

  const accounts = kit.table(
    'accounts',
    {
      id: kit.id(),
      /** Canonical (core/user-name.ts). */
      userName: kit.text('user_name').notNull(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      status: kit.choice('status', ['pending', 'active', 'withdrawn']).notNull(),
      suspendedDetail: kit.choice('suspended_detail', suspensions),
      suspendedAt: kit.instant('suspended_at'),
      suspendedBy: kit.text('suspended_by'),
      validFrom: kit.instant('valid_from').notNull(),
      validUntil: kit.instant('valid_until').notNull(),
      passwordPhc: kit.text('password_phc'),
      passwordState: kit
        .choice('password_state', ['usable', 'compromised', 'change-required'])
        .notNull()
        .default('usable'),
      /** Who knows its password, before any policy: `own`, or an upstream's name; null: as the policy says. */
      firstFactor: kit.text('first_factor'),
      rulesVersionAccepted: kit.integer('rules_version_accepted').notNull().default(0),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.instant('created_at').notNull(),
      updatedAt: kit.instant('updated_at').notNull(),
      // What lists find accounts of units by, and those that need a look (queries/attention.ts). Triggers keep it, whoever writes
      // (migration 0027).
      /** The holder's. */
      unitId: kit.integer('unit_id').notNull().default(0),
      /** When it was made or let in last, as far as was looked: it may have been let in since. */
      usedAt: kit.instant('used_at').notNull().default(0),
      /** Without a paper, a workstation or an active authenticator. */
      isIncomplete: kit.boolean('is_incomplete').notNull().default(true),
      /** From this instant on it is known that the holder has not left, or has come back; null: they never left. */
      endedUntil: kit.instant('ended_until'),
    },
    (t) => [
      kit.uniqueIndex('accounts_user_name_unique').on(t.userName),
      kit.index('accounts_person_index').on(t.personId, t.id),
      // Holds what lists and figures ask of the accounts of units: the rows themselves lie far apart.
      kit
        .index('accounts_unit_index')
        .on(
          t.unitId,
          t.status,
          t.suspendedDetail,
          t.validFrom,
          t.validUntil,
          t.usedAt,
          t.isIncomplete,
          t.endedUntil,
          t.personId,
          t.id,
        ),
      kit
        .index('accounts_dormant_index')
        .on(t.usedAt, t.id, t.validUntil, t.validFrom, t.personId)
        .where(sql.raw(usable)),
      kit
        .index('accounts_incomplete_index')
        .on(t.validUntil, t.validFrom, t.personId, t.id)
        .where(sql.raw(`${usable} and "is_incomplete"`)),
      kit
        .index('accounts_ended_index')
        .on(t.validUntil, t.endedUntil, t.validFrom, t.personId, t.id)
        .where(sql.raw(`${usable} and "ended_until" is not null`)),
      kit.index('accounts_valid_until_index').on(t.validUntil),
      // Partial, so that no query takes them but those that say the same (queries/account-search/).
      kit
        .index('accounts_in_use_index')
        .on(t.validUntil, t.validFrom, t.suspendedDetail, t.id)
        .where(sql.raw(`"status" = 'active'`)),
      kit.index('accounts_not_in_use_index').on(t.status).where(sql.raw(`"status" <> 'active'`)),
      kit.index('accounts_valid_from_index').on(t.validFrom),
      kit
        .index('accounts_suspended_index')
        .on(t.suspendedDetail)
        .where(sql.raw('"suspended_detail" is not null')),
      oneOf(kit, 'accounts', 'status', ['pending', 'active', 'withdrawn']),
      oneOf(kit, 'accounts', 'suspended_detail', suspensions),
      oneOf(kit, 'accounts', 'password_state', ['usable', 'compromised', 'change-required']),
      holds(kit, 'accounts_term_check', '"valid_until" > "valid_from"'),
      holds(kit, 'accounts_suspension_check', '("suspended_detail" is null) = ("suspended_at" is null)'),
    ],
  );

  const accountAssignments = kit.table(
    'account_assignments',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      assignmentId: kit
        .integer('assignment_id')
        .notNull()
        .references(() => assignments.id),
    },
    (t) => [
      kit.primaryKey({ columns: [t.accountId, t.assignmentId] }),
      kit.index('account_assignments_assignment_index').on(t.assignmentId),
    ],
  );

  const counters = kit.table(
    'counters',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      scope: kit.text('scope').notNull(),
      failures: kit.integer('failures').notNull(),
      lastFailureAt: kit.instant('last_failure_at').notNull(),
      lockedUntil: kit.instant('locked_until').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.accountId, t.scope] }),
      kit.index('counters_locked_index').on(t.lockedUntil).where(sql.raw('"locked_until" > 0')),
    ],
  );

  /** Failed tries that belong to no account: by the place they come from. */
  const throttles = kit.table('throttles', {
    key: kit.text('key').primaryKey(),
    failures: kit.integer('failures').notNull(),
    lastFailureAt: kit.instant('last_failure_at').notNull(),
    lockedUntil: kit.instant('locked_until').notNull(),
  });

  /** Warnings before the end of a term, once each; a term that is set anew is warned of anew. */
  const expiryWarnings = kit.table(
    'expiry_warnings',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      validUntil: kit.instant('valid_until').notNull(),
      /** 0: it has ended. */
      daysBefore: kit.integer('days_before').notNull(),
      at: kit.instant('at').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.accountId, t.validUntil, t.daysBefore] })],
  );

  return { assignments, accounts, accountAssignments, counters, throttles, expiryWarnings };
}
