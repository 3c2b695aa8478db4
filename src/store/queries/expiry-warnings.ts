// Accounts whose term ends within some days and whose holders have not been warned of it: each is claimed once.
import { and, asc, eq, gt, lte, ne, notExists, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export interface ExpiryThreshold {
  /** 0: it has ended. */
  readonly days: number;
  readonly now: number;
  /** Of ends that lie behind: how long they are worth a word. */
  readonly newsForMs: number;
  readonly limit: number;
}

const dayMs = 86_400_000;

/** The accounts concerned; with `claim` only those that were claimed just now, by this write. */
export async function claimExpiryWarnings(
  db: Db,
  { days, now, newsForMs, limit }: ExpiryThreshold,
  how: 'look' | 'claim',
): Promise<{ readonly accountId: number; readonly validUntil: number; readonly unitId: number }[]> {
  const { accounts: a, people, expiryWarnings: w } = db.tables;
  const given = db
    .select({ one: sql`1` })
    .from(w)
    .where(and(eq(w.accountId, a.id), eq(w.validUntil, a.validUntil), lte(w.daysBefore, days)));
  const isNear =
    days === 0
      ? and(lte(a.validUntil, now), gt(a.validUntil, now - newsForMs))
      : and(
          gt(a.validUntil, now),
          lte(a.validUntil, now + days * dayMs),
          // A term that is shorter than the warning was warned of by its being set.
          lte(a.validFrom, sql`${a.validUntil} - ${days * dayMs}`),
        );
  const due = await db
    .select({ accountId: a.id, validUntil: a.validUntil, unitId: people.unitId })
    .from(a)
    .innerJoin(people, eq(people.id, a.personId))
    .where(and(ne(a.status, 'withdrawn'), isNear, notExists(given)))
    .orderBy(asc(a.validUntil), asc(a.id))
    .limit(limit);
  if (how === 'look' || due.length === 0) return due;
  const claimed = await db
    .insert(w)
    .values(due.map(({ accountId, validUntil }) => ({ accountId, validUntil, daysBefore: days, at: now })))
    .onConflictDoNothing()
    .returning({ accountId: w.accountId });
  const ours = new Set(claimed.map(({ accountId }) => accountId));
  return due.filter(({ accountId }) => ours.has(accountId));
}
