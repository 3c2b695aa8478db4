// Orders to end sessions: at most one open order of a session, claimed and settled by compare-and-set.
import { and, asc, count, eq, isNull, lte, ne } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { among, insertRows } from './many.ts';
import type { SessionRow } from './sessions.ts';

export type CutRow = Tables['cuts']['$inferSelect'];

/** An order with what is needed to carry it out. */
export interface CutOfSession extends CutRow {
  readonly session: SessionRow;
  readonly userName: string;
}

/**
 * Orders the end of sessions.
 * @returns the orders' ids by session; a session is missing that has an open order already
 */
export async function insertCuts(
  db: Db,
  sessionIds: readonly number[],
  order: { readonly reason: string; readonly at: number },
): Promise<ReadonlyMap<number, number>> {
  if (sessionIds.length === 0) return new Map();
  const { cuts } = db.tables;
  const { reason, at } = order;
  const rows = await insertRows(
    db,
    cuts,
    sessionIds.map((sessionId) => ({
      sessionId,
      reason,
      state: 'ordered' as const,
      orderedAt: at,
      dueAt: at,
    })),
  )
    .onConflictDoNothing()
    .returning({ id: cuts.id, sessionId: cuts.sessionId });
  return new Map(rows.map(({ sessionId, id }) => [sessionId, id]));
}

function selectCuts(db: Db) {
  const { cuts, sessions, accounts } = db.tables;
  return db
    .select({ cut: cuts, session: sessions, userName: accounts.userName })
    .from(cuts)
    .innerJoin(sessions, eq(sessions.id, cuts.sessionId))
    .innerJoin(accounts, eq(accounts.id, sessions.accountId));
}

const toCut = (row: Awaited<ReturnType<typeof selectCuts>>[number]): CutOfSession => ({
  ...row.cut,
  session: row.session,
  userName: row.userName,
});

/** Open orders that are due, the longest overdue first. */
export async function listDueCuts(db: Db, now: number, limit: number): Promise<CutOfSession[]> {
  const { cuts } = db.tables;
  const rows = await selectCuts(db)
    .where(and(isNull(cuts.settledAt), lte(cuts.dueAt, now)))
    .orderBy(asc(cuts.dueAt))
    .limit(limit);
  return rows.map(toCut);
}

/** All open orders, the oldest first. */
export async function listOpenCuts(db: Db, limit: number): Promise<CutOfSession[]> {
  const { cuts } = db.tables;
  const rows = await selectCuts(db).where(isNull(cuts.settledAt)).orderBy(asc(cuts.orderedAt)).limit(limit);
  return rows.map(toCut);
}

/** Takes orders that are still due, so that no other node tries them until then. The ids of those taken. */
export async function claimCuts(
  db: Db,
  ids: readonly number[],
  claim: { readonly now: number; readonly until: number },
): Promise<ReadonlySet<number>> {
  const { cuts } = db.tables;
  const rows = await db
    .update(cuts)
    .set({ dueAt: claim.until })
    .where(and(among(cuts.id, ids), isNull(cuts.settledAt), lte(cuts.dueAt, claim.now)))
    .returning({ id: cuts.id });
  return new Set(rows.map(({ id }) => id));
}

/** What attempts came to that ended alike. Nothing happens to an order that was settled meanwhile; the ids of the others. */
export async function noteAttempts(
  db: Db,
  ids: readonly number[],
  attempt: Pick<CutRow, 'state' | 'attempts' | 'dueAt' | 'lastError' | 'acknowledgedAt'>,
): Promise<ReadonlySet<number>> {
  const { cuts } = db.tables;
  const changed = await db
    .update(cuts)
    .set(attempt)
    .where(and(among(cuts.id, ids), isNull(cuts.settledAt)))
    .returning({ id: cuts.id });
  return new Set(changed.map(({ id }) => id));
}

/** Closes the open orders of sessions; those closed. */
export async function settleCuts(
  db: Db,
  sessionIds: readonly number[],
  settlement: { readonly state: CutRow['state']; readonly at: number },
): Promise<CutRow[]> {
  const { cuts } = db.tables;
  return await db
    .update(cuts)
    .set({ state: settlement.state, settledAt: settlement.at })
    .where(and(among(cuts.sessionId, sessionIds), isNull(cuts.settledAt)))
    .returning();
}

/** Makes the open orders of sessions due: there is something to cut now. */
export async function hastenCuts(db: Db, sessionIds: readonly number[]): Promise<void> {
  const { cuts } = db.tables;
  await db
    .update(cuts)
    .set({ dueAt: 0 })
    .where(and(among(cuts.sessionId, sessionIds), isNull(cuts.settledAt)));
}

/** Open sessions of accounts. */
export async function listOpenSessionsOf(db: Db, accountIds: readonly number[]): Promise<SessionRow[]> {
  const { sessions: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(and(among(t.accountId, accountIds), ne(t.state, 'ended')));
}

/** How many sessions may be up, and how many orders are open, by state. */
export async function countSessionsAndCuts(
  db: Db,
): Promise<{ readonly open: Record<string, number>; readonly cuts: Record<string, number> }> {
  const { sessions, cuts } = db.tables;
  const open = await db
    .select({ state: sessions.state, count: count() })
    .from(sessions)
    .where(ne(sessions.state, 'ended'))
    .groupBy(sessions.state);
  const ordered = await db
    .select({ state: cuts.state, count: count() })
    .from(cuts)
    .where(isNull(cuts.settledAt))
    .groupBy(cuts.state);
  const byState = (rows: readonly { state: string; count: number }[]) =>
    Object.fromEntries(rows.map((row) => [row.state, Number(row.count)]));
  return { open: byState(open), cuts: byState(ordered) };
}

/** Whether the account has another open session at the same gateway that nobody has ordered to end. */
export async function hasOtherSession(
  db: Db,
  of: Pick<SessionRow, 'id' | 'accountId' | 'gatewayId'>,
): Promise<boolean> {
  const { sessions: t, cuts } = db.tables;
  const [other] = await db
    .select({ id: t.id })
    .from(t)
    .leftJoin(cuts, and(eq(cuts.sessionId, t.id), isNull(cuts.settledAt)))
    .where(
      and(
        eq(t.accountId, of.accountId),
        eq(t.gatewayId, of.gatewayId),
        ne(t.id, of.id),
        ne(t.state, 'ended'),
        isNull(cuts.id),
      ),
    )
    .limit(1);
  return other !== undefined;
}
