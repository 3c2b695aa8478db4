// Failed tries that belong to no account, counted by the place they come from. Shared by all nodes of a store.
import { eq, lt } from 'drizzle-orm';
import type { CounterFact } from '../../core/facts.ts';
import type { Db } from '../tables.ts';

export async function findThrottle(db: Db, key: string): Promise<CounterFact | null> {
  const { throttles: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.key, key));
  if (row === undefined) return null;
  const { key: scope, ...rest } = row;
  return { scope, ...rest };
}

/** Keeps a counter; those that nothing was counted on since `forgetBefore` go. */
export async function putThrottle(db: Db, counter: CounterFact, forgetBefore: number): Promise<void> {
  const { throttles: t } = db.tables;
  const { scope: key, ...set } = counter;
  await db.delete(t).where(lt(t.lastFailureAt, forgetBefore));
  await db
    .insert(t)
    .values({ key, ...set })
    .onConflictDoUpdate({ target: t.key, set });
}
