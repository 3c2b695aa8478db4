// accounts.used_at: found out of the log for the accounts that may not have been let in for long.
import { and, asc, desc, eq, gt, lt, lte, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { dormantMs, isUsableAsIndexed } from './attention.ts';

/** A place among accounts in the order of `usedAt`. */
export interface UsedPlace {
  readonly usedAt: number;
  readonly id: number;
}

/** The next accounts after a place that may be dormant, each with the instant at which it was let in last; null: not since `usedAt`. */
export async function listMaybeDormant(db: Db, after: UsedPlace | null, now: number, limit: number) {
  const { accounts, audit } = db.tables;
  const lastAccept = db
    .select({ at: audit.at })
    .from(audit)
    .where(
      and(
        eq(audit.accountId, accounts.id),
        gt(audit.at, accounts.usedAt),
        eq(audit.kind, 'decision'),
        eq(audit.outcome, 'accept'),
      ),
    )
    .orderBy(desc(audit.at))
    .limit(1);
  const rows = await db
    .select({
      id: accounts.id,
      usedAt: accounts.usedAt,
      lastAcceptAt: sql<number | null>`${lastAccept}`.as('last_accept_at'),
    })
    .from(accounts)
    .where(
      and(
        isUsableAsIndexed(db.tables),
        lte(accounts.usedAt, now - dormantMs),
        after === null
          ? undefined
          : sql`(${accounts.usedAt}, ${accounts.id}) > (${after.usedAt}, ${after.id})`,
      ),
    )
    .orderBy(asc(accounts.usedAt), asc(accounts.id))
    .limit(limit);
  return rows.map(({ lastAcceptAt, ...row }) => ({
    ...row,
    lastAcceptAt: lastAcceptAt === null ? null : Number(lastAcceptAt),
  }));
}

/**
 * Notes when accounts were let in, one after the other in the order of their ids, in which decisions lock them too. It is no change that
 * a decision or anybody else must see.
 */
export async function noteUse(
  db: Db,
  uses: readonly { readonly id: number; readonly at: number }[],
): Promise<void> {
  const { accounts: t } = db.tables;
  for (const { id, at } of [...uses].sort((a, b) => a.id - b.id)) {
    await db
      .update(t)
      .set({ usedAt: at })
      .where(and(eq(t.id, id), lt(t.usedAt, at)));
  }
}
