// What the overview counts and the list of accounts shows one by one: accounts that may be used and need a look.
import {
  and,
  eq,
  exists,
  gt,
  inArray,
  isNull,
  lt,
  lte,
  not,
  notExists,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { Db } from '../tables.ts';

export type Attention = 'gone' | 'dormant' | 'incomplete';

const day = 86_400_000;
const dormantMs = 90 * day;

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

/** Holders whose last fact of employment in force is that it ended: few have such a fact at all. */
function isGone(db: Db, now: number): SQL | undefined {
  const { accounts, employmentEvents: t } = db.tables;
  const everEnded = db
    .select({ id: t.personId })
    .from(t)
    .where(and(eq(t.kind, 'ended'), lte(t.effectiveAt, now)));
  const lastEnded = eq(
    db
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
      .limit(1) as unknown as SQL,
    'ended',
  );
  return and(inArray(accounts.personId, everEnded), lastEnded);
}

/** That the account was let in since an instant, from the index alone. */
export function hasLoggedIn(db: Db, since: number): SQL {
  const { accounts, audit: t } = db.tables;
  const accepts = db
    .select({ at: t.at })
    .from(t)
    .where(
      and(eq(t.accountId, accounts.id), gt(t.at, since), eq(t.kind, 'decision'), eq(t.outcome, 'accept')),
    );
  return exists(accepts);
}

function isDormant(db: Db, now: number): SQL | undefined {
  const { accounts } = db.tables;
  return and(lt(accounts.createdAt, now - dormantMs), not(hasLoggedIn(db, now - dormantMs)));
}

/** Without a paper, a workstation or an authenticator. */
function isIncomplete(db: Db): SQL | undefined {
  const {
    accounts,
    accountAssignments: papers,
    accountWorkstations: machines,
    authenticators: apps,
  } = db.tables;
  return or(
    notExists(db.select().from(papers).where(eq(papers.accountId, accounts.id))),
    notExists(db.select().from(machines).where(eq(machines.accountId, accounts.id))),
    notExists(
      db
        .select()
        .from(apps)
        .where(and(eq(apps.accountId, accounts.id), eq(apps.state, 'active'))),
    ),
  );
}

export function needsAttention(db: Db, what: Attention, now: number): SQL | undefined {
  const isSo = { gone: isGone, dormant: isDormant, incomplete: isIncomplete }[what];
  return and(isUsable(db, now), isSo(db, now));
}

/** Sessions past their end, or of an account that may not be used any more. */
export function isWithoutRight(db: Db, now: number): SQL {
  return not(and(isUsable(db, now), gt(db.tables.sessions.until, now)) as SQL);
}
