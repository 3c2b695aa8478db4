// Figures of the overview, each within the units that somebody looks after.
import { and, count, eq, exists, isNull, lt, min, ne, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { isUsable, isWithoutRight, needsAttention } from './attention.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

const day = 86_400_000;
const expiringMs = 30 * day;

async function one(query: PromiseLike<readonly { readonly n: number | string | null }[]>): Promise<number> {
  const [row] = await query;
  return Number(row?.n ?? 0);
}

/** How many of the rows satisfy a condition too. */
const countOf = (condition: SQL | undefined) =>
  sql<number>`count(*) filter (where ${condition})`.mapWith(Number);

/** All in one pass; people and units are looked at only where reach is bounded. */
export async function countAccountsForOverview(db: Db, within: UnitsWithin, now: number) {
  const { accounts, people, units } = db.tables;
  const usable = isUsable(db, now);
  const query = db
    .select({
      valid: countOf(usable),
      expiring: countOf(and(usable, lt(accounts.validUntil, now + expiringMs))),
      dormant: countOf(needsAttention(db, 'dormant', now)),
      incomplete: countOf(needsAttention(db, 'incomplete', now)),
      pending: countOf(eq(accounts.status, 'pending')),
      goneButActive: countOf(needsAttention(db, 'gone', now)),
    })
    .from(accounts)
    .$dynamic();
  if (within !== 'everywhere') {
    query
      .innerJoin(people, eq(people.id, accounts.personId))
      .innerJoin(units, eq(units.id, people.unitId))
      .where(withinUnits(db, within));
  }
  const [counts] = await query;
  if (counts === undefined) throw new Error('a count has no row');
  return counts;
}

/** Open sessions, those that a gateway has yet to tell of too: the list shows them. */
export async function countSessionsForOverview(db: Db, within: UnitsWithin, now: number) {
  const { sessions: t, accounts, people, units, cuts } = db.tables;
  const isBeingCut = exists(
    db
      .select({ id: cuts.id })
      .from(cuts)
      .where(and(eq(cuts.sessionId, t.id), isNull(cuts.settledAt))),
  );
  const query = db
    .select({
      live: sql<number>`count(*)`.mapWith(Number),
      withoutRight: countOf(isWithoutRight(db, now)),
      unconfirmedCuts: countOf(isBeingCut),
    })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .$dynamic();
  if (within !== 'everywhere') {
    query.innerJoin(people, eq(people.id, accounts.personId)).innerJoin(units, eq(units.id, people.unitId));
  }
  const [counts] = await query.where(and(ne(t.state, 'ended'), withinUnits(db, within)));
  if (counts === undefined) throw new Error('a count has no row');
  return counts;
}

export async function countOpenRequests(
  db: Db,
  within: UnitsWithin,
): Promise<{ readonly open: number; readonly oldestAt: number | null }> {
  const { requests: t, accounts, people, units } = db.tables;
  const [row] = await db
    .select({ open: count(), oldestAt: min(t.filedAt) })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(and(eq(t.state, 'open'), withinUnits(db, within)));
  return { open: Number(row?.open ?? 0), oldestAt: row?.oldestAt == null ? null : Number(row.oldestAt) };
}

export function countHeldEvents(db: Db): Promise<number> {
  const { lifecycleEvents: t } = db.tables;
  return one(db.select({ n: count() }).from(t).where(eq(t.state, 'held')));
}

/** What there is already, of the steps of a new installation. */
export async function countForChecklist(db: Db) {
  const { units, gateways, policies, people, accounts, audit, activationCodes } = db.tables;
  const number = (query: PromiseLike<readonly { readonly n: number }[]>) => one(query);
  return {
    units: await number(db.select({ n: count() }).from(units)),
    gateways: await number(db.select({ n: count() }).from(gateways)),
    policies: await number(db.select({ n: count() }).from(policies)),
    people: await number(db.select({ n: count() }).from(people)),
    accounts: await number(db.select({ n: count() }).from(accounts)),
    slips: await number(db.select({ n: count() }).from(activationCodes)),
    logins: await number(
      db
        .select({ n: count() })
        .from(audit)
        .where(and(eq(audit.kind, 'decision'), eq(audit.outcome, 'accept'))),
    ),
  };
}
