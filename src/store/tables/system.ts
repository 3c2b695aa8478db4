// What the program keeps for itself: settings, keys, leases, imports, requests that may come twice.
import type { Kit } from '../columns.sqlite.ts';
import { oneOf } from './checks.ts';

export function systemTables(kit: Kit) {
  const settings = kit.table('settings', {
    key: kit.text('key').primaryKey(),
    value: kit.text('value').notNull(),
  });

  const dataKeys = kit.table('data_keys', {
    id: kit.id(),
    wrapped: kit.bytes('wrapped').notNull(),
    createdAt: kit.instant('created_at').notNull(),
    retiredAt: kit.instant('retired_at'),
  });

  /** Which process does work that one at a time may do. */
  const leases = kit.table('leases', {
    name: kit.text('name').primaryKey(),
    holder: kit.text('holder').notNull(),
    /** Free from then on, unless it is claimed again. */
    until: kit.instant('until').notNull(),
  });

  const imports = kit.table(
    'imports',
    {
      id: kit.text('id').primaryKey(),
      digest: kit.text('digest').notNull(),
      state: kit.choice('state', ['staging', 'applying', 'applied', 'abandoned']).notNull(),
      /** JSON. */
      totals: kit.text('totals').notNull(),
      /** Last sequence number of the staging area that is applied, so that a broken import goes on there. */
      appliedThrough: kit.integer('applied_through').notNull().default(0),
      createdAt: kit.instant('created_at').notNull(),
      finishedAt: kit.instant('finished_at'),
    },
    () => [oneOf(kit, 'imports', 'state', ['staging', 'applying', 'applied', 'abandoned'])],
  );

  const importStaging = kit.table(
    'import_staging',
    {
      importId: kit
        .text('import_id')
        .notNull()
        .references(() => imports.id),
      seq: kit.integer('seq').notNull(),
      kind: kit.text('kind').notNull(),
      key: kit.text('key').notNull(),
      payload: kit.text('payload').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.importId, t.seq] }),
      kit.index('import_staging_key_index').on(t.importId, t.kind, t.key),
    ],
  );

  const idempotencyKeys = kit.table(
    'idempotency_keys',
    {
      /** Who asked: `operator:7`, `token:3`, `account:12`. */
      caller: kit.text('caller').notNull(),
      key: kit.text('key').notNull(),
      /** HMAC-SHA-256 of method, path, If-Match and body. */
      digest: kit.bytes('digest').notNull(),
      /** Drawn by whoever is at work on the request: what a former one still writes is refused. */
      claim: kit.text('claim').notNull().default(''),
      /** Set in the write of the act itself. Null: nothing was done yet. */
      actedAt: kit.instant('acted_at'),
      /** Null while the request is at work. */
      status: kit.integer('status'),
      /** Null: the answer is not kept. */
      sealedAnswer: kit.bytes('sealed_answer'),
      /** When it was claimed. */
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.caller, t.key] }),
      kit.index('idempotency_keys_created_index').on(t.createdAt),
    ],
  );

  return { settings, dataKeys, leases, imports, importStaging, idempotencyKeys };
}
