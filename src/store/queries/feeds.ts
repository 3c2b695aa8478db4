// What feeds say of people and units: rows of users, groups and members, and of the feeds themselves.
import { and, asc, count, desc, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { among, insertRows } from './many.ts';

export type FeedRow = Tables['feeds']['$inferSelect'];
export type FeedUserRow = Tables['feedUsers']['$inferSelect'];
export type FeedGroupRow = Tables['feedGroups']['$inferSelect'];
type NewUser = Tables['feedUsers']['$inferInsert'];
type NewGroup = Tables['feedGroups']['$inferInsert'];

/** Rows in one statement. */
const chunk = 500;

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / chunk) }, (_, i) =>
    all.slice(i * chunk, (i + 1) * chunk),
  );
}

export async function findFeed(db: Db, source: string): Promise<FeedRow | null> {
  const { feeds: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.source, source));
  return row ?? null;
}

/** All that is known of feeds: there are few. */
export async function listFeeds(db: Db): Promise<FeedRow[]> {
  return await db.select().from(db.tables.feeds);
}

export async function putFeedSettings(db: Db, source: string, settings: string): Promise<void> {
  const { feeds: t } = db.tables;
  await db.insert(t).values({ source, settings }).onConflictDoUpdate({ target: t.source, set: { settings } });
}

/** A user by one of its names in the source. */
export async function findFeedUser(
  db: Db,
  source: string,
  by: { readonly resourceId: string } | { readonly id: number },
): Promise<FeedUserRow | null> {
  const { feedUsers: t } = db.tables;
  const condition = 'resourceId' in by ? eq(t.resourceId, by.resourceId) : eq(t.id, by.id);
  const [row] = await db
    .select()
    .from(t)
    .where(and(eq(t.source, source), condition));
  return row ?? null;
}

export interface FeedUserFilter {
  readonly resourceId?: string;
  readonly userNameKey?: string;
  readonly externalId?: string;
}

function userConditions(db: Db, source: string, filter: FeedUserFilter): SQL | undefined {
  const { feedUsers: t } = db.tables;
  return and(
    eq(t.source, source),
    filter.resourceId === undefined ? undefined : eq(t.resourceId, filter.resourceId),
    filter.userNameKey === undefined ? undefined : eq(t.userNameKey, filter.userNameKey),
    filter.externalId === undefined ? undefined : eq(t.externalId, filter.externalId),
  );
}

export async function countFeedUsers(db: Db, source: string, filter: FeedUserFilter = {}): Promise<number> {
  const { feedUsers: t } = db.tables;
  const [row] = await db
    .select({ total: count() })
    .from(t)
    .where(userConditions(db, source, filter));
  return row?.total ?? 0;
}

/** Users in the order of their ids. */
export async function listFeedUsers(
  db: Db,
  source: string,
  page: FeedUserFilter & { readonly after?: number; readonly offset?: number; readonly limit: number },
): Promise<FeedUserRow[]> {
  const { feedUsers: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(and(userConditions(db, source, page), page.after === undefined ? undefined : gt(t.id, page.after)))
    .orderBy(asc(t.id))
    .limit(page.limit)
    .offset(page.offset ?? 0);
}

/** Inserts users; their ids by the ids of the resources. */
export async function insertFeedUsers(
  db: Db,
  rows: readonly NewUser[],
): Promise<ReadonlyMap<string, number>> {
  const { feedUsers: t } = db.tables;
  const ids = new Map<string, number>();
  for (const some of chunks(rows)) {
    const made = await insertRows(db, t, some).returning({ id: t.id, resourceId: t.resourceId });
    for (const { id, resourceId } of made) ids.set(resourceId, id);
  }
  return ids;
}

export async function updateFeedUser(
  db: Db,
  id: number,
  set: Partial<Omit<NewUser, 'id' | 'source' | 'resourceId'>>,
): Promise<void> {
  const { feedUsers: t } = db.tables;
  await db.update(t).set(set).where(eq(t.id, id));
}

/** Removes users with their memberships. */
export async function deleteFeedUsers(db: Db, ids: readonly number[]): Promise<void> {
  const { feedUsers: t, feedMembers: m } = db.tables;
  for (const some of chunks(ids)) {
    await db.delete(m).where(among(m.userId, some));
    await db.delete(t).where(among(t.id, some));
  }
}

export async function findFeedGroup(
  db: Db,
  source: string,
  by: { readonly resourceId: string } | { readonly unitId: number },
): Promise<FeedGroupRow | null> {
  const { feedGroups: t } = db.tables;
  const condition = 'resourceId' in by ? eq(t.resourceId, by.resourceId) : eq(t.unitId, by.unitId);
  const [row] = await db
    .select()
    .from(t)
    .where(and(eq(t.source, source), condition));
  return row ?? null;
}

/** All groups of a source: there are as many as units. */
export async function listFeedGroups(db: Db, source: string): Promise<FeedGroupRow[]> {
  const { feedGroups: t } = db.tables;
  return await db.select().from(t).where(eq(t.source, source)).orderBy(asc(t.id));
}

export async function insertFeedGroup(db: Db, row: NewGroup): Promise<number> {
  const { feedGroups: t } = db.tables;
  const [made] = await db.insert(t).values(row).returning({ id: t.id });
  if (made === undefined) throw new Error('the group was not inserted');
  return made.id;
}

export async function updateFeedGroup(
  db: Db,
  id: number,
  set: Partial<Omit<NewGroup, 'id' | 'source' | 'resourceId'>>,
): Promise<void> {
  const { feedGroups: t } = db.tables;
  await db.update(t).set(set).where(eq(t.id, id));
}

/** Removes a group with its memberships. */
export async function deleteFeedGroup(db: Db, id: number): Promise<void> {
  const { feedGroups: t, feedMembers: m } = db.tables;
  await db.delete(m).where(eq(m.groupId, id));
  await db.delete(t).where(eq(t.id, id));
}

/** Members of groups with the resources that they are. */
export async function listFeedMembers(db: Db, groupIds: readonly number[]) {
  const { feedMembers: m, feedUsers: u } = db.tables;
  const rows: {
    groupId: number;
    userId: number;
    resourceId: string;
    userName: string;
    personId: number | null;
  }[] = [];
  for (const some of chunks(groupIds))
    rows.push(
      ...(await db
        .select({
          groupId: m.groupId,
          userId: m.userId,
          resourceId: u.resourceId,
          userName: u.userName,
          personId: u.personId,
        })
        .from(m)
        .innerJoin(u, eq(u.id, m.userId))
        .where(among(m.groupId, some))
        .orderBy(asc(m.joinedAt), asc(m.userId))),
    );
  return rows;
}

/** Groups of users, the one joined last first. */
export async function listGroupsOfFeedUsers(db: Db, userIds: readonly number[]) {
  const { feedMembers: m, feedGroups: g, units } = db.tables;
  const rows: { userId: number; resourceId: string; unitId: number; unitName: string }[] = [];
  for (const some of chunks(userIds))
    rows.push(
      ...(await db
        .select({ userId: m.userId, resourceId: g.resourceId, unitId: g.unitId, unitName: units.name })
        .from(m)
        .innerJoin(g, eq(g.id, m.groupId))
        .innerJoin(units, eq(units.id, g.unitId))
        .where(among(m.userId, some))
        .orderBy(desc(m.joinedAt), desc(m.groupId))),
    );
  return rows;
}

export async function findFeedUsersByResource(
  db: Db,
  source: string,
  resourceIds: readonly string[],
): Promise<FeedUserRow[]> {
  const { feedUsers: t } = db.tables;
  const rows: FeedUserRow[] = [];
  for (const some of chunks([...new Set(resourceIds)]))
    rows.push(
      ...(await db
        .select()
        .from(t)
        .where(and(eq(t.source, source), among(t.resourceId, some)))),
    );
  return rows;
}

export async function findFeedUsersByName(
  db: Db,
  source: string,
  userNameKeys: readonly string[],
): Promise<FeedUserRow[]> {
  const { feedUsers: t } = db.tables;
  const rows: FeedUserRow[] = [];
  for (const some of chunks([...new Set(userNameKeys)]))
    rows.push(
      ...(await db
        .select()
        .from(t)
        .where(and(eq(t.source, source), among(t.userNameKey, some)))),
    );
  return rows;
}

/** Users of a source by the people they are. */
export async function findFeedUsersByPerson(
  db: Db,
  source: string,
  personIds: readonly number[],
): Promise<Pick<FeedUserRow, 'id' | 'personId' | 'resourceId'>[]> {
  const { feedUsers: t } = db.tables;
  const rows: Pick<FeedUserRow, 'id' | 'personId' | 'resourceId'>[] = [];
  for (const some of chunks([...new Set(personIds)]))
    rows.push(
      ...(await db
        .select({ id: t.id, personId: t.personId, resourceId: t.resourceId })
        .from(t)
        .where(and(eq(t.source, source), among(t.personId, some)))),
    );
  return rows;
}

/** Those of people whom somebody entered by hand, and of whom no source tells. */
export async function findPeopleByHand(db: Db, personIds: readonly number[]): Promise<ReadonlySet<number>> {
  const { feedUsers: u, lifecycleEvents: e } = db.tables;
  const byHand = new Set<number>();
  for (const some of chunks([...new Set(personIds)])) {
    const events = await db
      .select({ personId: e.personId, kind: e.kind, byPerson: e.byPerson })
      .from(e)
      .where(and(among(e.personId, some), inArray(e.state, ['applied', 'scheduled'])));
    for (const { personId, kind, byPerson } of events) if (kind === 'hired' && byPerson) byHand.add(personId);
    for (const { personId, byPerson } of events) if (!byPerson) byHand.delete(personId);
    const held = await db.select({ personId: u.personId }).from(u).where(among(u.personId, some));
    for (const { personId } of held) if (personId !== null) byHand.delete(personId);
  }
  return byHand;
}

/** Those of people whom another source holds or has hired, and this one does not. */
export async function findPeopleOfOtherSources(
  db: Db,
  source: string,
  personIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const { feedUsers: u, lifecycleEvents: e, lifecycleSources: s } = db.tables;
  const [own, others] = [new Set<number | null>(), new Set<number>()];
  for (const some of chunks([...new Set(personIds)])) {
    const held = await db
      .select({ personId: u.personId, source: u.source })
      .from(u)
      .where(among(u.personId, some));
    const hired = await db
      .select({ personId: e.personId, source: e.source })
      .from(e)
      .innerJoin(s, eq(s.name, e.source))
      .where(
        and(
          among(e.personId, some),
          eq(e.kind, 'hired'),
          inArray(e.state, ['applied', 'scheduled']),
          eq(e.byPerson, false),
        ),
      );
    for (const row of [...held, ...hired])
      if (row.source === source) own.add(row.personId);
      else if (row.personId !== null) others.add(row.personId);
  }
  return new Set([...others].filter((id) => !own.has(id)));
}

export async function insertFeedMembers(
  db: Db,
  groupId: number,
  userIds: readonly number[],
  joinedAt: number,
): Promise<void> {
  const { feedMembers: m } = db.tables;
  for (const some of chunks(userIds))
    await insertRows(
      db,
      m,
      some.map((userId) => ({ groupId, userId, joinedAt })),
    );
}

export async function deleteFeedMembers(db: Db, groupId: number, userIds: readonly number[]): Promise<void> {
  const { feedMembers: m } = db.tables;
  for (const some of chunks(userIds))
    await db.delete(m).where(and(eq(m.groupId, groupId), among(m.userId, some)));
}

/** Events of a source that have changed nothing yet: held ones, and those of a future day. */
export async function findOpenEventsOf(
  db: Db,
  source: string,
  personIds: readonly number[],
): Promise<Tables['lifecycleEvents']['$inferSelect'][]> {
  const { lifecycleEvents: t } = db.tables;
  const rows: Tables['lifecycleEvents']['$inferSelect'][] = [];
  for (const some of chunks(personIds))
    rows.push(
      ...(await db
        .select()
        .from(t)
        .where(and(eq(t.source, source), among(t.personId, some), inArray(t.state, ['held', 'scheduled'])))
        .orderBy(asc(t.id))),
    );
  return rows;
}

/** The root unit that was made first; null: there is none. */
export async function findFirstRoot(db: Db): Promise<{ readonly id: number; readonly code: string } | null> {
  const { units: t } = db.tables;
  const [row] = await db
    .select({ id: t.id, code: t.code })
    .from(t)
    .where(sql`${t.parentId} is null`)
    .orderBy(asc(t.id))
    .limit(1);
  return row ?? null;
}
/** Notes that a feed was read whole, or why not. */
export async function noteFeed(
  db: Db,
  source: string,
  set: Pick<FeedRow, 'fault' | 'faultSince'> & { readonly lastSuccessAt?: number },
): Promise<void> {
  const { feeds: t } = db.tables;
  await db
    .insert(t)
    .values({ source, settings: '{}', ...set })
    .onConflictDoUpdate({ target: t.source, set });
}
