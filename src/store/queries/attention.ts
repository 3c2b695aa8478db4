// What the overview counts and the list of accounts shows one by one: accounts that may be used and need a look.
import { and, eq, gt, inArray, isNotNull, isNull, lte, not, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { rowsOf } from './rows-of.ts';
import { inUnitsWithin, type UnitsWithin } from './within.ts';

export type Attention = 'gone' | 'dormant' | 'incomplete';

const day = 86_400_000;
/** Whoever was not let in for so long. */
export const dormantMs = 90 * day;

/** Accounts that may be used by their own columns. */
export function isUsable(db: Db, now: number): SQL | undefined {
  const { accounts } = db.tables;
  return and(
    eq(accounts.status, 'active'),
    isNull(accounts.suspendedDetail),
    lte(accounts.validFrom, now),
    gt(accounts.validUntil, now),
  );
}

/** In the words of the partial indexes that find what needs a look. */
export const isUsableAsIndexed = ({ accounts }: Db['tables']) =>
  sql`${accounts.status} = 'active' and ${accounts.suspendedDetail} is null`;

/** Of holders who may have left: that the last fact of employment in force says so. */
function hasLeft(db: Db, now: number): SQL {
  const { accounts, employmentEvents: t } = db.tables;
  const last = db
    .select({ kind: t.kind })
    .from(t)
    .where(
      and(
        eq(t.personId, accounts.personId),
        lte(t.effectiveAt, now),
        inArray(t.kind, ['hired', 'returned', 'leave', 'ended']),
      ),
    )
    .orderBy(sql`${t.effectiveAt} desc`, sql`${t.id} desc`)
    .limit(1);
  return sql`${last} = 'ended'`;
}

/** That the account was let in since an instant, from the index alone. Not an EXISTS: PostgreSQL would read all that were let in. */
export function hasLoggedIn(db: Db, since: number): SQL {
  const { accounts, audit: t } = db.tables;
  const accept = db
    .select({ at: t.at })
    .from(t)
    .where(
      and(eq(t.accountId, accounts.id), gt(t.at, since), eq(t.kind, 'decision'), eq(t.outcome, 'accept')),
    )
    .limit(1);
  return sql`${accept} is not null`;
}

/**
 * What an index finds: all that need the look, and few besides. `incomplete` are those alone; of the others some are told by their
 * last fact of employment, or by their last login.
 */
function mayNeed(db: Db, what: Attention, now: number): SQL | undefined {
  const { accounts } = db.tables;
  const isThere = and(isUsableAsIndexed(db.tables), gt(accounts.validUntil, now));
  switch (what) {
    case 'gone':
      return and(isThere, isNotNull(accounts.endedUntil), gt(accounts.endedUntil, now));
    case 'dormant':
      return and(isThere, lte(accounts.usedAt, now - dormantMs));
    case 'incomplete':
      return and(isThere, sql`${accounts.isIncomplete}`);
  }
}

/** What the index leaves to be told. */
function isSo(db: Db, what: Attention, now: number): SQL | undefined {
  return and(
    lte(db.tables.accounts.validFrom, now),
    what === 'gone' ? hasLeft(db, now) : undefined,
    what === 'dormant' ? not(hasLoggedIn(db, now - dormantMs)) : undefined,
  );
}

/** Accounts that may be used: of people who have left, not let in for 90 days, or without a paper, a workstation or an authenticator. */
export function needsAttention(db: Db, what: Attention, now: number): SQL | undefined {
  return and(mayNeed(db, what, now), isSo(db, what, now));
}

interface AttentionWithin {
  readonly what: Attention;
  readonly within: UnitsWithin;
  readonly now: number;
}

/** Those within units that may need it, as an index tells them. */
export function accountsThatMayNeed(db: Db, { what, within, now }: AttentionWithin) {
  const { accounts: t } = db.tables;
  return db
    .select({ id: t.id, personId: t.personId, validFrom: t.validFrom })
    .from(t)
    .where(and(mayNeed(db, what, now), inUnitsWithin(db, t.unitId, within)));
}

/** Those within units that do. */
export function accountsThatNeed(db: Db, { what, within, now }: AttentionWithin) {
  const { accounts: t } = db.tables;
  return db
    .select({ id: t.id, personId: t.personId })
    .from(t)
    .where(and(needsAttention(db, what, now), inUnitsWithin(db, t.unitId, within)));
}

/** How many within units do, up to a cap; of the index no more than so many are looked at. */
export async function countAttention(
  db: Db,
  asked: AttentionWithin,
  most: { readonly count: number; readonly looked: number },
): Promise<{ readonly count: number; readonly isCapped: boolean }> {
  const looked = accountsThatMayNeed(db, asked).limit(most.looked).as('accounts');
  const found = db
    .select({ id: looked.id })
    .from(looked)
    .where(isSo(db, asked.what, asked.now))
    .limit(most.count + 1)
    .as('found');
  const count = await rowsOf(db, found);
  if (count > most.count) return { count: most.count, isCapped: true };
  return { count, isCapped: (await rowsOf(db, looked)) === most.looked };
}

/** Sessions past their end, or of an account that may not be used any more. */
export function isWithoutRight(db: Db, now: number): SQL {
  return not(and(isUsable(db, now), gt(db.tables.sessions.until, now)) as SQL);
}
