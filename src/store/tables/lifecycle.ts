// Lifecycle events, the sources that tell them, and what feeds say of people and units.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import { oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

const lifecycleKinds = [
  'hired',
  'returned',
  'leave',
  'ended',
  'moved',
  'seconded',
  'secondment-ended',
  'duties-changed',
  'extended',
  'suspended',
  'reinstated',
  'head-appointed',
  'head-acting',
  'head-relieved',
] as const;
const sourceKinds = ['file', 'scim', 'directory'] as const;
/** `checked`: on trial, nothing was recorded. */
const feedFileStates = ['done', 'refused', 'checked'] as const;
const lifecycleStates = ['held', 'scheduled', 'applied', 'rejected', 'undone'] as const;

export function lifecycleTables(kit: Kit, { units, people }: ReturnType<typeof organisationTables>) {
  const lifecycleSources = kit.table(
    'lifecycle_sources',
    {
      name: kit.text('name').primaryKey(),
      kind: kit.choice('kind', sourceKinds).notNull(),
      /** The brake: so many accounts, or this share of all (hundredths of a per cent), whichever is more. */
      brakeCount: kit.integer('brake_count').notNull(),
      brakeShare: kit.integer('brake_share').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      lastRunAt: kit.instant('last_run_at'),
    },
    () => [oneOf(kit, 'lifecycle_sources', 'kind', sourceKinds)],
  );

  const lifecycleEvents = kit.table(
    'lifecycle_events',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      kind: kit.choice('kind', lifecycleKinds).notNull(),
      detail: kit.text('detail'),
      effectiveAt: kit.instant('effective_at').notNull(),
      /** Planned end of a leave or secondment; the new end of the term for `extended`. */
      endsAt: kit.instant('ends_at'),
      /** Until then papers given before the event still count. */
      keepUntil: kit.instant('keep_until'),
      unitId: kit.integer('unit_id').references(() => units.id),
      documentNumber: kit.text('document_number'),
      source: kit.text('source').notNull(),
      sourceKey: kit.text('source_key').notNull(),
      state: kit.choice('state', lifecycleStates).notNull(),
      /** When something of it is to be applied next; null: nothing any more. */
      nextDueAt: kit.instant('next_due_at'),
      /** How many accounts it takes access from. */
      withdrawals: kit.integer('withdrawals').notNull(),
      /** On a person's word: the brake does not count it. */
      byPerson: kit.boolean('by_person').notNull(),
      /** What it changed (core/lifecycle.ts), as JSON: what an undo restores. */
      changes: kit.text('changes').notNull(),
      recordedAt: kit.instant('recorded_at').notNull(),
      decidedAt: kit.instant('decided_at'),
      decidedBy: kit.text('decided_by'),
    },
    (t) => [
      kit.uniqueIndex('lifecycle_events_source_unique').on(t.source, t.sourceKey),
      kit.index('lifecycle_events_person_index').on(t.personId, t.effectiveAt),
      kit.index('lifecycle_events_due_index').on(t.nextDueAt).where(sql.raw('"next_due_at" is not null')),
      kit.index('lifecycle_events_held_index').on(t.source, t.id).where(sql.raw(`"state" = 'held'`)),
      kit.index('lifecycle_events_recorded_index').on(t.source, t.recordedAt),
      kit.index('lifecycle_events_effective_index').on(t.source, t.effectiveAt),
      oneOf(kit, 'lifecycle_events', 'kind', lifecycleKinds),
      oneOf(kit, 'lifecycle_events', 'state', lifecycleStates),
    ],
  );

  // What feeds say of people and units as they are now: SCIM resources and entries of directories.
  const feeds = kit.table('feeds', {
    source: kit.text('source').primaryKey(),
    /** How people and units are found (services/feeds/settings.ts), as JSON. */
    settings: kit.text('settings').notNull(),
    lastSuccessAt: kit.instant('last_success_at'),
    /** Since when it can't be read, and why; null: it could be the last time. */
    faultSince: kit.instant('fault_since'),
    fault: kit.text('fault'),
  });

  const feedFiles = kit.table(
    'feed_files',
    {
      id: kit.id(),
      source: kit.text('source').notNull(),
      name: kit.text('name').notNull(),
      /** Of the content, in hexadecimal digits. */
      sha256: kit.text('sha256').notNull(),
      state: kit.choice('state', feedFileStates).notNull(),
      rows: kit.integer('rows').notNull(),
      applied: kit.integer('applied').notNull(),
      scheduled: kit.integer('scheduled').notNull(),
      held: kit.integer('held').notNull(),
      same: kit.integer('same').notNull(),
      rejected: kit.integer('rejected').notNull(),
      /** Why it could not be read at all; null: it could. */
      fault: kit.text('fault'),
      at: kit.instant('at').notNull(),
    },
    (t) => [
      kit.index('feed_files_source_index').on(t.source, t.id),
      kit.index('feed_files_content_index').on(t.source, t.sha256),
      oneOf(kit, 'feed_files', 'state', feedFileStates),
    ],
  );

  const feedUsers = kit.table(
    'feed_users',
    {
      id: kit.id(),
      source: kit.text('source').notNull(),
      /** The resource's id in its source. */
      resourceId: kit.text('resource_id').notNull(),
      userName: kit.text('user_name').notNull(),
      /** Lower case: unique in its source. */
      userNameKey: kit.text('user_name_key').notNull(),
      externalId: kit.text('external_id'),
      /** Null: nobody here yet. */
      personId: kit.integer('person_id').references(() => people.id),
      /** The attributes as told, as JSON. */
      document: kit.text('document').notNull(),
      version: kit.integer('version').notNull(),
      /** Counts changes of employment: the keys of its events. */
      stateVersion: kit.integer('state_version').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      updatedAt: kit.instant('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('feed_users_resource_unique').on(t.source, t.resourceId),
      kit.uniqueIndex('feed_users_name_unique').on(t.source, t.userNameKey),
      kit.uniqueIndex('feed_users_person_unique').on(t.source, t.personId),
      kit.index('feed_users_external_index').on(t.source, t.externalId),
      kit.index('feed_users_person_index').on(t.personId),
    ],
  );

  const feedGroups = kit.table(
    'feed_groups',
    {
      id: kit.id(),
      source: kit.text('source').notNull(),
      resourceId: kit.text('resource_id').notNull(),
      externalId: kit.text('external_id'),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      /** The attributes as told without the members, as JSON. */
      document: kit.text('document').notNull(),
      version: kit.integer('version').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      updatedAt: kit.instant('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('feed_groups_resource_unique').on(t.source, t.resourceId),
      kit.uniqueIndex('feed_groups_unit_unique').on(t.source, t.unitId),
      kit.index('feed_groups_unit_index').on(t.unitId),
    ],
  );

  const feedMembers = kit.table(
    'feed_members',
    {
      groupId: kit
        .integer('group_id')
        .notNull()
        .references(() => feedGroups.id),
      userId: kit
        .integer('user_id')
        .notNull()
        .references(() => feedUsers.id),
      joinedAt: kit.instant('joined_at').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.groupId, t.userId] }),
      kit.index('feed_members_user_index').on(t.userId, t.joinedAt),
    ],
  );

  return { lifecycleSources, lifecycleEvents, feeds, feedFiles, feedUsers, feedGroups, feedMembers };
}
