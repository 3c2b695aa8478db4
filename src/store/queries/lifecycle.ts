// Lifecycle events: rows of events and of their sources, and what is known of the people they are about.
import { and, asc, count, desc, eq, gt, inArray, isNotNull, lt, lte, ne, type SQL, sum } from 'drizzle-orm';
import type { AssignmentFact, EmploymentFact } from '../../core/facts.ts';
import type { LifecycleAccount } from '../../core/lifecycle.ts';
import type { Db, Tables } from '../tables.ts';
import { among, each, insertRows } from './many.ts';
import { inUnitsWithin, type UnitsWithin } from './within.ts';

export type LifecycleRow = Tables['lifecycleEvents']['$inferSelect'];
export type LifecycleState = LifecycleRow['state'];
export type LifecycleSourceRow = Tables['lifecycleSources']['$inferSelect'];

/** Rows in one statement. */
const chunk = 1_000;

async function inChunks<K, R>(
  keys: readonly K[],
  query: (some: K[]) => PromiseLike<readonly R[]>,
): Promise<R[]> {
  const rows: R[] = [];
  for (let at = 0; at < keys.length; at += chunk) rows.push(...(await query(keys.slice(at, at + chunk))));
  return rows;
}

interface KnownAccount extends LifecycleAccount {
  readonly userName: string;
}

export interface KnownPerson {
  readonly personId: number;
  readonly staffCode: string;
  readonly fullName: string;
  readonly unitId: number;
  readonly employment: readonly EmploymentFact[];
  readonly accounts: readonly KnownAccount[];
}

/** People with what the rules of lifecycle look at. Unknown staff codes are missing in the answer. */
export async function findLifecyclePeople(
  db: Db,
  wanted: { readonly staffCodes: readonly string[] } | { readonly personIds: readonly number[] },
): Promise<KnownPerson[]> {
  const { people, employmentEvents: e, accounts: a, accountAssignments: l, assignments: s } = db.tables;
  const columns = {
    personId: people.id,
    staffCode: people.staffCode,
    fullName: people.fullName,
    unitId: people.unitId,
  };
  const found =
    'staffCodes' in wanted
      ? await inChunks([...new Set(wanted.staffCodes)], (some) =>
          db.select(columns).from(people).where(among(people.staffCode, some)),
        )
      : await inChunks([...new Set(wanted.personIds)], (some) =>
          db.select(columns).from(people).where(among(people.id, some)),
        );
  const ids = found.map(({ personId }) => personId);
  const facts = await inChunks(ids, (some) =>
    db
      .select({
        personId: e.personId,
        kind: e.kind,
        detail: e.detail,
        effectiveAt: e.effectiveAt,
        endsAt: e.endsAt,
      })
      .from(e)
      .where(among(e.personId, some))
      .orderBy(asc(e.effectiveAt), asc(e.id)),
  );
  const held = await inChunks(ids, (some) =>
    db
      .select({
        accountId: a.id,
        personId: a.personId,
        userName: a.userName,
        status: a.status,
        validFrom: a.validFrom,
        validUntil: a.validUntil,
      })
      .from(a)
      .where(among(a.personId, some))
      .orderBy(asc(a.id)),
  );
  const papers = await inChunks(
    held.map(({ accountId }) => accountId),
    (some) =>
      db
        .select({
          accountId: l.accountId,
          assignmentId: s.id,
          validFrom: s.validFrom,
          validUntil: s.validUntil,
        })
        .from(l)
        .innerJoin(s, eq(s.id, l.assignmentId))
        .where(among(l.accountId, some)),
  );
  const factsOf = Map.groupBy(facts, ({ personId }) => personId);
  const accountsOf = Map.groupBy(held, ({ personId }) => personId);
  const papersOf = Map.groupBy(papers, ({ accountId }) => accountId);
  return found.map((person) => ({
    ...person,
    employment: (factsOf.get(person.personId) ?? []).map(({ personId: _, ...fact }): EmploymentFact => fact),
    accounts: (accountsOf.get(person.personId) ?? []).map(({ personId: _, ...account }) => ({
      ...account,
      assignments: (papersOf.get(account.accountId) ?? []).map(
        ({ accountId: __, ...paper }): AssignmentFact => paper,
      ),
    })),
  }));
}

/** Full names of people by their staff codes. */
export async function findFullNames(
  db: Db,
  staffCodes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { people: t } = db.tables;
  const found = await inChunks([...new Set(staffCodes)], (some) =>
    db.select({ staffCode: t.staffCode, fullName: t.fullName }).from(t).where(among(t.staffCode, some)),
  );
  return new Map(found.map(({ staffCode, fullName }) => [staffCode, fullName]));
}

/** Events of a source by its keys. */
export async function findLifecycleEventsByKey(
  db: Db,
  source: string,
  keys: readonly string[],
): Promise<LifecycleRow[]> {
  const { lifecycleEvents: t } = db.tables;
  return await inChunks([...new Set(keys)], (some) =>
    db
      .select()
      .from(t)
      .where(and(eq(t.source, source), among(t.sourceKey, some))),
  );
}

export async function findLifecycleEvents(db: Db, ids: readonly number[]): Promise<LifecycleRow[]> {
  const { lifecycleEvents: t } = db.tables;
  return await inChunks(ids, (some) => db.select().from(t).where(among(t.id, some)));
}

/** Inserts events; their ids by key. A key that somebody else took meanwhile is an error: nothing is written then. */
export async function insertLifecycleEvents(
  db: Db,
  rows: readonly Tables['lifecycleEvents']['$inferInsert'][],
): Promise<ReadonlyMap<string, number>> {
  const { lifecycleEvents: t } = db.tables;
  const inserted = await inChunks(rows, (some) =>
    insertRows(db, t, some).returning({ id: t.id, sourceKey: t.sourceKey }),
  );
  return new Map(inserted.map(({ id, sourceKey }) => [sourceKey, id]));
}

export async function updateLifecycleEvent(
  db: Db,
  id: number,
  set: Partial<Omit<Tables['lifecycleEvents']['$inferInsert'], 'id'>>,
): Promise<void> {
  const { lifecycleEvents: t } = db.tables;
  await db.update(t).set(set).where(eq(t.id, id));
}

/** Where events stand after what was done of them; in few statements, however many they are. */
export async function saveLifecycleStandings(
  db: Db,
  standings: readonly Pick<LifecycleRow, 'id' | 'state' | 'nextDueAt' | 'changes'>[],
): Promise<void> {
  const { lifecycleEvents: t } = db.tables;
  const alike = Map.groupBy(standings, ({ state, nextDueAt }) => `${state} ${nextDueAt}`);
  for (const rows of alike.values()) {
    await inChunks(rows, async (some) => {
      const [{ state, nextDueAt } = { state: undefined, nextDueAt: undefined }] = some;
      const changesById = new Map(some.map(({ id, changes }) => [id, changes]));
      await db
        .update(t)
        .set({ state, nextDueAt, changes: each(t.id, changesById, 'text') })
        .where(among(t.id, changesById.keys()));
      return [];
    });
  }
}

/** Moves events out of a state; those that were in it and are therefore the caller's. */
export async function claimLifecycleEvents(
  db: Db,
  ids: readonly number[],
  from: LifecycleState,
  set: Partial<Pick<LifecycleRow, 'state' | 'nextDueAt' | 'byPerson' | 'decidedAt' | 'decidedBy'>>,
): Promise<LifecycleRow[]> {
  const { lifecycleEvents: t } = db.tables;
  const claimed = await inChunks(ids, (some) =>
    db
      .update(t)
      .set(set)
      .where(and(among(t.id, some), eq(t.state, from)))
      .returning(),
  );
  return claimed.sort((a, b) => a.id - b.id);
}

/** Takes events of which something is due, the earliest first: nobody else applies them in this write or after it. */
export async function claimDueLifecycleEvents(
  db: Db,
  now: number,
  limit: number,
): Promise<(LifecycleRow & { readonly dueAt: number })[]> {
  const { lifecycleEvents: t } = db.tables;
  const due = await db
    .select({ id: t.id, nextDueAt: t.nextDueAt })
    .from(t)
    .where(and(isNotNull(t.nextDueAt), lte(t.nextDueAt, now)))
    .orderBy(asc(t.nextDueAt), asc(t.id))
    .limit(limit);
  if (due.length === 0) return [];
  const claimed = await db
    .update(t)
    .set({ nextDueAt: null })
    .where(
      and(
        among(
          t.id,
          due.map(({ id }) => id),
        ),
        lte(t.nextDueAt, now),
      ),
    )
    .returning();
  const byId = new Map(claimed.map((row) => [row.id, row]));
  return due.flatMap(({ id, nextDueAt }) => {
    const row = byId.get(id);
    return row === undefined ? [] : [{ ...row, dueAt: nextDueAt ?? now }];
  });
}

/** Whether something is due; cheap, and without taking a turn at writing. */
export async function isLifecycleDue(db: Db, now: number): Promise<boolean> {
  const { lifecycleEvents: t } = db.tables;
  const [due] = await db
    .select({ id: t.id })
    .from(t)
    .where(and(isNotNull(t.nextDueAt), lte(t.nextDueAt, now)))
    .limit(1);
  return due !== undefined;
}

export interface LifecycleFilter {
  readonly state: LifecycleState | null;
  readonly source: string | null;
  readonly personId: number | null;
  /** Events older than this one; null: from the newest. */
  readonly before: number | null;
  /** Of people in these units. */
  readonly within?: UnitsWithin;
  readonly limit: number;
}

/** Events with whom they are about, the newest first. */
export async function listLifecycleEvents(db: Db, filter: LifecycleFilter) {
  const { lifecycleEvents: t, people, units } = db.tables;
  const { state, source, personId, before, limit, within = 'everywhere' } = filter;
  const conditions: (SQL | undefined)[] = [
    state === null ? undefined : eq(t.state, state),
    source === null ? undefined : eq(t.source, source),
    personId === null ? undefined : eq(t.personId, personId),
    before === null ? undefined : lt(t.id, before),
    inUnitsWithin(db, people.unitId, within),
  ];
  return await db
    .select({ event: t, staffCode: people.staffCode, fullName: people.fullName, unitCode: units.code })
    .from(t)
    .innerJoin(people, eq(people.id, t.personId))
    .leftJoin(units, eq(units.id, t.unitId))
    .where(and(...conditions))
    .orderBy(desc(t.id))
    .limit(limit);
}

/** Ids of held events, of one source or of all, the oldest first. */
export async function listHeldIds(db: Db, source: string | null): Promise<number[]> {
  const { lifecycleEvents: t } = db.tables;
  const rows = await db
    .select({ id: t.id })
    .from(t)
    .where(and(eq(t.state, 'held'), source === null ? undefined : eq(t.source, source)))
    // The index has them by source: ordered by the database, all events would be read for their numbers.
    .orderBy(asc(t.source), asc(t.id));
  return rows.map(({ id }) => id).sort((a, b) => a - b);
}

/** Whether anything of the source is held that was recorded after an instant. */
export async function isAnythingHeldSince(db: Db, source: string, since: number): Promise<boolean> {
  const { lifecycleEvents: t } = db.tables;
  const [held] = await db
    .select({ id: t.id })
    .from(t)
    .where(and(eq(t.source, source), eq(t.state, 'held'), gt(t.recordedAt, since)))
    .limit(1);
  return held !== undefined;
}

async function sumWithdrawals(db: Db, source: string, more: SQL | undefined): Promise<number> {
  const { lifecycleEvents: t } = db.tables;
  const [row] = await db
    .select({ total: sum(t.withdrawals) })
    .from(t)
    .where(
      and(eq(t.source, source), eq(t.byPerson, false), inArray(t.state, ['scheduled', 'applied']), more),
    );
  return Number(row?.total ?? 0);
}

/** Accounts that a source has taken access from without a person's word, by events recorded after `since`. */
export function countWithdrawnSince(db: Db, source: string, since: number): Promise<number> {
  return sumWithdrawals(db, source, gt(db.tables.lifecycleEvents.recordedAt, since));
}

/** The same by when they take effect; events that were late count by their recording only. */
export function countWithdrawnAround(db: Db, source: string, at: number, widthMs: number): Promise<number> {
  const { lifecycleEvents: t } = db.tables;
  return sumWithdrawals(
    db,
    source,
    and(gt(t.effectiveAt, at - widthMs), lt(t.effectiveAt, at + widthMs), gt(t.effectiveAt, t.recordedAt)),
  );
}

/** Accounts that the brake's share is of: those not withdrawn, and those that the source has withdrawn since. */
export async function countAccountsAtStake(db: Db, source: string, since: number): Promise<number> {
  const { accounts, lifecycleEvents: t } = db.tables;
  const [row] = await db.select({ total: count() }).from(accounts).where(ne(accounts.status, 'withdrawn'));
  const gone = await sumWithdrawals(
    db,
    source,
    and(gt(t.recordedAt, since), eq(t.kind, 'ended'), eq(t.state, 'applied')),
  );
  return (row?.total ?? 0) + gone;
}

export async function withdrawAccounts(db: Db, ids: readonly number[], at: number): Promise<void> {
  const { accounts: t } = db.tables;
  await inChunks(ids, async (some) => {
    await db.update(t).set({ status: 'withdrawn', updatedAt: at }).where(among(t.id, some));
    return [];
  });
}

export async function setAccountField(
  db: Db,
  accountId: number,
  set: Pick<Tables['accounts']['$inferInsert'], 'status'> | { readonly validUntil: number },
  at: number,
): Promise<void> {
  const { accounts: t } = db.tables;
  await db
    .update(t)
    .set({ ...set, updatedAt: at })
    .where(eq(t.id, accountId));
}

/** Puts a person into another unit, and remembers until when the former one was theirs. */
export async function setUnitOfPerson(
  db: Db,
  personId: number,
  move: { readonly from: number; readonly into: number; readonly at: number },
): Promise<void> {
  const { people: t, formerUnits } = db.tables;
  await db.insert(formerUnits).values({ personId, unitId: move.from, until: move.at });
  await db.update(t).set({ unitId: move.into }).where(eq(t.id, personId));
}

/** Takes such a move back, as if it had not been. */
export async function restoreUnitOfPerson(
  db: Db,
  personId: number,
  move: { readonly from: number; readonly into: number; readonly at: number },
): Promise<void> {
  const { people: t, formerUnits: f } = db.tables;
  await db.delete(f).where(and(eq(f.personId, personId), eq(f.unitId, move.from), eq(f.until, move.at)));
  await db.update(t).set({ unitId: move.from }).where(eq(t.id, personId));
}

/** How many of these facts of a source are there. */
export async function countEmploymentFacts(db: Db, source: string, keys: readonly string[]): Promise<number> {
  const { employmentEvents: t } = db.tables;
  if (keys.length === 0) return 0;
  const [row] = await db
    .select({ total: count() })
    .from(t)
    .where(and(eq(t.source, source), among(t.sourceKey, keys)));
  return row?.total ?? 0;
}

/** Takes facts of employment back. */
export async function deleteEmploymentFacts(db: Db, source: string, keys: readonly string[]): Promise<void> {
  const { employmentEvents: t } = db.tables;
  if (keys.length === 0) return;
  await db.delete(t).where(and(eq(t.source, source), among(t.sourceKey, keys)));
}

export async function insertLifecycleSource(
  db: Db,
  row: Omit<Tables['lifecycleSources']['$inferInsert'], 'lastRunAt'>,
): Promise<boolean> {
  const { lifecycleSources: t } = db.tables;
  const inserted = await db.insert(t).values(row).onConflictDoNothing().returning({ name: t.name });
  return inserted.length === 1;
}

export async function listLifecycleSources(db: Db): Promise<LifecycleSourceRow[]> {
  const { lifecycleSources: t } = db.tables;
  return await db.select().from(t).orderBy(asc(t.name));
}

export async function updateLifecycleSource(
  db: Db,
  name: string,
  set: Partial<Pick<LifecycleSourceRow, 'brakeCount' | 'brakeShare'>>,
): Promise<void> {
  const { lifecycleSources: t } = db.tables;
  await db.update(t).set(set).where(eq(t.name, name));
}

/** Holds the source for the rest of the write: its brake is counted by one run at a time. */
export async function lockLifecycleSource(db: Db, name: string, now: number): Promise<void> {
  const { lifecycleSources: t } = db.tables;
  await db.update(t).set({ lastRunAt: now }).where(eq(t.name, name));
}

/** Keeps an alert that no decision raised. */
export async function insertAlert(
  db: Db,
  alert: Omit<Tables['alerts']['$inferInsert'], 'id'>,
): Promise<void> {
  await db.insert(db.tables.alerts).values(alert);
}
