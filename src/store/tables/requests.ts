// Rules of use with their acceptances, and requests of holders and units.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import type { accountsTables } from './accounts.ts';
import { oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

const requestKinds = [
  'extension',
  'workstation-register',
  'workstation-replace',
  'workstation-temporary',
  'unlock',
  'new-authenticator',
  'reset-authenticator',
] as const;
const requestStates = ['open', 'returned', 'approved', 'rejected', 'cancelled', 'expired', 'done'] as const;

export function requestsTables(
  kit: Kit,
  { people }: ReturnType<typeof organisationTables>,
  { accounts }: ReturnType<typeof accountsTables>,
) {
  const rulesTexts = kit.table('rules_texts', {
    version: kit.integer('version').primaryKey(),
    /** Markdown-free paragraphs. */
    textVi: kit.text('text_vi').notNull(),
    textEn: kit.text('text_en').notNull(),
    publishedAt: kit.instant('published_at').notNull(),
    publishedBy: kit.text('published_by').notNull(),
  });

  const rulesAcceptances = kit.table(
    'rules_acceptances',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      version: kit.integer('version').notNull(),
      acceptedAt: kit.instant('accepted_at').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.accountId, t.version] })],
  );

  /** What holders and units ask for; decided by somebody else (four eyes). */
  const requests = kit.table(
    'requests',
    {
      id: kit.id(),
      kind: kit.choice('kind', requestKinds).notNull(),
      state: kit.choice('state', requestStates).notNull(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      /** JSON: what is asked, by kind (services/requests/terms.ts). */
      terms: kit.text('terms').notNull(),
      reason: kit.text('reason').notNull(),
      documentNumber: kit.text('document_number'),
      filedAt: kit.instant('filed_at').notNull(),
      /** Name of who filed it, and the person behind it (null: not a person of the store). */
      filedBy: kit.text('filed_by').notNull(),
      filedByPersonId: kit.integer('filed_by_person_id').references(() => people.id),
      expiresAt: kit.instant('expires_at').notNull(),
      /** Keyed hash of the code that the holder reads to whoever decides. */
      codeHash: kit.text('code_hash'),
      decidedAt: kit.instant('decided_at'),
      decidedBy: kit.text('decided_by'),
      decidedByPersonId: kit.integer('decided_by_person_id').references(() => people.id),
      decisionReason: kit.text('decision_reason'),
    },
    (t) => [
      kit.index('requests_account_index').on(t.accountId, t.filedAt),
      kit.index('requests_open_index').on(t.filedAt, t.id).where(sql.raw(`"state" = 'open'`)),
      kit.index('requests_expiry_index').on(t.expiresAt).where(sql.raw(`"state" in ('open', 'returned')`)),
      oneOf(kit, 'requests', 'kind', requestKinds),
      oneOf(kit, 'requests', 'state', requestStates),
    ],
  );

  return { rulesTexts, rulesAcceptances, requests };
}
