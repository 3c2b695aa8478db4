// What an account is by its own columns, as every list of accounts understands it.
import { and, eq, exists, gt, isNotNull, isNull, lte, ne, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export const accountStates = [
  'pending',
  'withdrawn',
  'suspended',
  'expired',
  'not-yet-valid',
  'locked',
  'valid',
] as const;
export type AccountListState = (typeof accountStates)[number];

/** Whether a row of `accounts` is in a state at `now`: one that is suspended counts as that, not as expired too. */
export function stateIs(db: Db, state: AccountListState, now: number): SQL | undefined {
  const { accounts, counters } = db.tables;
  const active = eq(accounts.status, 'active');
  switch (state) {
    case 'pending':
    case 'withdrawn':
      return eq(accounts.status, state);
    case 'suspended':
      return and(ne(accounts.status, 'withdrawn'), isNotNull(accounts.suspendedDetail));
    case 'expired':
      return and(active, isNull(accounts.suspendedDetail), lte(accounts.validUntil, now));
    case 'not-yet-valid':
      return and(active, isNull(accounts.suspendedDetail), gt(accounts.validFrom, now));
    case 'locked':
      return exists(
        db
          .select({ one: sql`1` })
          .from(counters)
          .where(and(eq(counters.accountId, accounts.id), gt(counters.lockedUntil, now))),
      );
    case 'valid':
      return and(
        active,
        isNull(accounts.suspendedDetail),
        lte(accounts.validFrom, now),
        gt(accounts.validUntil, now),
      );
  }
}
