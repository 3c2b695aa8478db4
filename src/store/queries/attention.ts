// What the overview counts and the list of accounts shows one by one: accounts that may be used and need a look.
import { and, eq, gt, inArray, isNull, lt, lte, not, notExists, or, type SQL, sql } from 'drizzle-orm';
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

/** Holders whose last fact of employment in force is that it ended. */
function isGone(db: Db, now: number): SQL {
  const { accounts, employmentEvents: t } = db.tables;
  return eq(
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
}

function isDormant(db: Db, now: number): SQL | undefined {
  const { accounts, sessions: t } = db.tables;
  const recent = db
    .select()
    .from(t)
    .where(and(eq(t.accountId, accounts.id), gt(t.startedAt, now - dormantMs)));
  return and(lt(accounts.createdAt, now - dormantMs), notExists(recent));
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
