// Failed tries that belong to no account, counted by the place they come from. Shared by all nodes of a store.
import { eq, lt, sql } from 'drizzle-orm';
import type { CounterFact } from '../../core/facts.ts';
import type { LockoutPolicy } from '../../core/policy.ts';
import type { Db } from '../tables.ts';
import { countedFailure } from './counted-failure.ts';

export async function findThrottle(db: Db, key: string): Promise<CounterFact | null> {
  const { throttles: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.key, key));
  if (row === undefined) return null;
  const { key: scope, ...rest } = row;
  return { scope, ...rest };
}

/** The counter, held until the write ends: whoever counts on it waits. */
export async function holdThrottle(db: Db, key: string): Promise<CounterFact | null> {
  const { throttles: t } = db.tables;
  const [row] = await db
    .update(t)
    .set({ failures: sql`${t.failures}` })
    .where(eq(t.key, key))
    .returning();
  if (row === undefined) return null;
  const { key: scope, ...rest } = row;
  return { scope, ...rest };
}

/** Counts one more failure; counters that nothing was counted on for long go. */
export async function countThrottle(
  db: Db,
  key: string,
  policy: LockoutPolicy,
  now: number,
): Promise<CounterFact> {
  const { throttles: t } = db.tables;
  await db.delete(t).where(lt(t.lastFailureAt, now - policy.forgetMs));
  const { insert, update } = countedFailure(t, key, policy, now);
  const [row] = await db
    .insert(t)
    .values({ key, ...insert })
    .onConflictDoUpdate({ target: t.key, set: update })
    .returning();
  if (row === undefined) throw new Error('the failure was not counted');
  const { key: scope, ...rest } = row;
  return { scope, ...rest };
}
