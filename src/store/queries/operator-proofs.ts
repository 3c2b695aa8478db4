// What operators prove themselves with: counters of failures, one-time links (hashed).
import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { CounterFact } from '../../core/facts.ts';
import type { LockoutPolicy } from '../../core/policy.ts';
import type { Db, Tables } from '../tables.ts';
import { countedFailure } from './counted-failure.ts';

export type OneTimeLinkRow = Tables['oneTimeLinks']['$inferSelect'];

export async function listOperatorCounters(db: Db, operatorId: number): Promise<CounterFact[]> {
  const { operatorCounters: t } = db.tables;
  return await db
    .select({
      scope: t.scope,
      failures: t.failures,
      lastFailureAt: t.lastFailureAt,
      lockedUntil: t.lockedUntil,
    })
    .from(t)
    .where(eq(t.operatorId, operatorId));
}

/**
 * Holds the operator until the write ends: proofs of one operator are judged one after the other, on all nodes, each on what those
 * before it have counted.
 */
export async function holdOperator(db: Db, operatorId: number): Promise<void> {
  const { operators: t } = db.tables;
  await db
    .update(t)
    .set({ state: sql`${t.state}` })
    .where(eq(t.id, operatorId));
}

/** Counts one more failure; the counter as it is now. */
export async function countOperatorFailure(
  db: Db,
  operatorId: number,
  scope: string,
  policy: LockoutPolicy,
  now: number,
): Promise<CounterFact> {
  const { operatorCounters: t } = db.tables;
  const { insert, update } = countedFailure(t, scope, policy, now);
  const [row] = await db
    .insert(t)
    .values({ operatorId, scope, ...insert })
    .onConflictDoUpdate({ target: [t.operatorId, t.scope], set: update })
    .returning();
  if (row === undefined) throw new Error('the failure was not counted');
  return row;
}

export async function clearOperatorCounters(db: Db, operatorId: number): Promise<void> {
  const { operatorCounters: t } = db.tables;
  await db.delete(t).where(eq(t.operatorId, operatorId));
}

export async function insertOneTimeLink(db: Db, row: Tables['oneTimeLinks']['$inferInsert']): Promise<void> {
  await db.insert(db.tables.oneTimeLinks).values(row);
}

/** The link of a token, unless it was used or has run out. */
export async function findOneTimeLink(
  db: Db,
  tokenHash: Buffer,
  now: number,
): Promise<OneTimeLinkRow | null> {
  const { oneTimeLinks: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(and(eq(t.tokenHash, tokenHash), isNull(t.usedAt), gt(t.expiresAt, now)));
  return row ?? null;
}

/** Uses a link up; false when somebody was first, or it has run out. */
export async function useOneTimeLink(
  db: Db,
  id: number,
  now: number,
  used: { readonly redeemedFrom: string; readonly replacedCredentials: boolean },
): Promise<boolean> {
  const { oneTimeLinks: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ usedAt: now, ...used })
    .where(and(eq(t.id, id), isNull(t.usedAt), gt(t.expiresAt, now)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Makes links that nobody used void: those of one operator, or those for the first. */
export async function voidOneTimeLinks(db: Db, operatorId: number | null, now: number): Promise<void> {
  const { oneTimeLinks: t } = db.tables;
  await db
    .update(t)
    .set({ usedAt: now })
    .where(and(operatorId === null ? isNull(t.operatorId) : eq(t.operatorId, operatorId), isNull(t.usedAt)));
}

/** Counts a wrong second fact on a link that is still good; how many there were, null when it is none any more. */
export async function countWrongLinkFact(db: Db, id: number): Promise<number | null> {
  const { oneTimeLinks: t } = db.tables;
  const [row] = await db
    .update(t)
    .set({ wrongFacts: sql`${t.wrongFacts} + 1` })
    .where(and(eq(t.id, id), isNull(t.usedAt)))
    .returning({ wrongFacts: t.wrongFacts });
  return row?.wrongFacts ?? null;
}

/** Makes one link void. */
export async function voidOneTimeLink(db: Db, id: number, now: number): Promise<void> {
  const { oneTimeLinks: t } = db.tables;
  await db
    .update(t)
    .set({ usedAt: now })
    .where(and(eq(t.id, id), isNull(t.usedAt)));
}

/** The last link that took the place of an operator's password and authenticator since an instant. */
export async function findReplacingLink(
  db: Db,
  operatorId: number,
  since: number,
): Promise<OneTimeLinkRow | null> {
  const { oneTimeLinks: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(and(eq(t.operatorId, operatorId), eq(t.replacedCredentials, true), gt(t.usedAt, since)))
    .orderBy(desc(t.usedAt))
    .limit(1);
  return row ?? null;
}
