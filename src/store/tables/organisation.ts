// Units and people: the tree, its changes, who belongs where, and what is known of their employment.
import { sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Kit } from '../columns.sqlite.ts';
import { holds, oneOf } from './checks.ts';

const employmentKinds = [
  'hired',
  'returned',
  'leave',
  'ended',
  'moved',
  'duties-changed',
  'suspended',
  'reinstated',
] as const;
const calendarDayKinds = ['holiday', 'make-up-day'] as const;
const unitEventKinds = ['merged', 'split', 'renamed', 'dissolved'] as const;

export function organisationTables(kit: Kit) {
  const units = kit.table(
    'units',
    {
      id: kit.id(),
      code: kit.text('code').notNull(),
      name: kit.text('name').notNull(),
      nameSearchKey: kit.text('name_search_key').notNull(),
      parentId: kit.integer('parent_id').references((): AnySQLiteColumn => units.id),
      /** Ids from the root to this unit: `/1/7/`. Kept by queries/units.ts alone. */
      path: kit.text('path').notNull().default(''),
      kind: kit.text('kind'),
      /** When it was merged into another or dissolved; null: it is there. */
      closedAt: kit.instant('closed_at'),
    },
    (t) => [
      kit.uniqueIndex('units_code_unique').on(t.code),
      kit.index('units_path_index').on(t.path),
      kit.index('units_parent_index').on(t.parentId),
      kit.index('units_name_search_index').on(t.nameSearchKey),
    ],
  );

  const people = kit.table(
    'people',
    {
      id: kit.id(),
      staffCode: kit.text('staff_code').notNull(),
      fullName: kit.text('full_name').notNull(),
      givenName: kit.text('given_name'),
      nameSearchKey: kit.text('name_search_key').notNull(),
      nameSortKey: kit.text('name_sort_key').notNull(),
      kind: kit.choice('kind', ['civil-servant', 'public-employee', 'worker', 'external']).notNull(),
      position: kit.text('position'),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('people_staff_code_unique').on(t.staffCode),
      kit.index('people_name_sort_index').on(t.nameSortKey, t.id),
      kit.index('people_unit_index').on(t.unitId, t.nameSortKey, t.id),
      oneOf(kit, 'people', 'kind', ['civil-servant', 'public-employee', 'worker', 'external']),
    ],
  );

  // Names as they are looked for: one row for each word, from that word on and round to it (queries/name-words.ts).
  const nameWords = kit.table(
    'name_words',
    {
      rotation: kit.text('rotation').notNull(),
      /** Of `people`; no foreign key, for which every person who is deleted would be looked for in all rows. */
      personId: kit.integer('person_id').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.rotation, t.personId] })],
  );

  /** Something that the holder knows and no slip says, as a keyed hash. */
  const personFacts = kit.table('person_facts', {
    personId: kit
      .integer('person_id')
      .primaryKey()
      .references(() => people.id),
    kind: kit.choice('kind', ['birth-date']).notNull(),
    factHash: kit.text('fact_hash').notNull(),
    recordedAt: kit.instant('recorded_at').notNull(),
  });

  const employmentEvents = kit.table(
    'employment_events',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      kind: kit.choice('kind', employmentKinds).notNull(),
      detail: kit.text('detail'),
      effectiveAt: kit.instant('effective_at').notNull(),
      endsAt: kit.instant('ends_at'),
      documentNumber: kit.text('document_number'),
      unitId: kit.integer('unit_id').references(() => units.id),
      source: kit.text('source').notNull(),
      sourceKey: kit.text('source_key').notNull(),
      recordedAt: kit.instant('recorded_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('employment_events_source_unique').on(t.source, t.sourceKey),
      // Covers what the hot query reads (facts.ts); so do those of workstation_identifiers and account_workstations.
      kit.index('employment_events_person_index').on(t.personId, t.effectiveAt, t.kind, t.detail, t.endsAt),
      kit.index('employment_events_effective_index').on(t.effectiveAt),
      oneOf(kit, 'employment_events', 'kind', employmentKinds),
    ],
  );

  const unitEvents = kit.table(
    'unit_events',
    {
      id: kit.id(),
      kind: kit.choice('kind', unitEventKinds).notNull(),
      /** The unit that is merged into another, split, renamed or dissolved. */
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      effectiveAt: kit.instant('effective_at').notNull(),
      /** Until then papers given before still count; null: the people keep them (a new name only). */
      reapproveBy: kit.instant('reapprove_by'),
      documentNumber: kit.text('document_number').notNull(),
      /** What is to be done (core/unit-events.ts), as JSON. */
      plan: kit.text('plan').notNull(),
      state: kit.choice('state', ['scheduled', 'applied', 'undone']).notNull(),
      /** What it changed, as JSON; null: nothing yet. */
      changes: kit.text('changes'),
      recordedAt: kit.instant('recorded_at').notNull(),
      recordedBy: kit.text('recorded_by').notNull(),
    },
    (t) => [
      kit.uniqueIndex('unit_events_document_unique').on(t.unitId, t.kind, t.documentNumber),
      kit.index('unit_events_due_index').on(t.effectiveAt).where(sql.raw(`"state" = 'scheduled'`)),
      oneOf(kit, 'unit_events', 'kind', unitEventKinds),
      oneOf(kit, 'unit_events', 'state', ['scheduled', 'applied', 'undone']),
    ],
  );

  /** Units that people have left: where somebody was at an instant is the one with the least later `until`, else the present one. */
  const formerUnits = kit.table(
    'former_units',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      until: kit.instant('until').notNull(),
      /** The unit's event that moved them; null: a move of their own. */
      unitEventId: kit.integer('unit_event_id').references(() => unitEvents.id),
    },
    (t) => [
      kit.index('former_units_person_index').on(t.personId, t.until),
      kit.index('former_units_event_index').on(t.unitEventId),
    ],
  );

  /** Names and places that units have had, until when. */
  const formerUnitNames = kit.table(
    'former_unit_names',
    {
      id: kit.id(),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      code: kit.text('code').notNull(),
      name: kit.text('name').notNull(),
      until: kit.instant('until').notNull(),
    },
    (t) => [kit.index('former_unit_names_unit_index').on(t.unitId, t.until)],
  );

  /** The working calendar: days that are not like their weekday. */
  const calendarDays = kit.table(
    'calendar_days',
    {
      /** `yyyy-MM-dd`. */
      day: kit.text('day').primaryKey(),
      kind: kit.choice('kind', calendarDayKinds).notNull(),
      /** Of a make-up day: the weekday (Monday 1) whose hours it has. */
      worksLike: kit.integer('works_like'),
      name: kit.text('name').notNull(),
      changedAt: kit.instant('changed_at').notNull(),
      changedBy: kit.text('changed_by').notNull(),
    },
    () => [
      oneOf(kit, 'calendar_days', 'kind', calendarDayKinds),
      holds(
        kit,
        'calendar_days_works_like_check',
        `case when "kind" = 'holiday' then "works_like" is null else "works_like" between 1 and 7 end`,
      ),
    ],
  );

  return {
    calendarDays,
    units,
    people,
    nameWords,
    personFacts,
    employmentEvents,
    unitEvents,
    formerUnits,
    formerUnitNames,
  };
}
