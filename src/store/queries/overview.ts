// Figures of the overview, each within the units that somebody looks after.
import { and, count, eq, isNull, lt, min, ne, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { type Attention, isUsable, isWithoutRight, needsAttention } from './attention.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

const day = 86_400_000;
const expiringMs = 30 * day;

async function one(query: PromiseLike<readonly { readonly n: number | string | null }[]>): Promise<number> {
  const [row] = await query;
  return Number(row?.n ?? 0);
}

function countAccounts(db: Db, within: UnitsWithin, ...conditions: (SQL | undefined)[]): Promise<number> {
  const { accounts, people, units } = db.tables;
  return one(
    db
      .select({ n: count() })
      .from(accounts)
      .innerJoin(people, eq(people.id, accounts.personId))
      .innerJoin(units, eq(units.id, people.unitId))
      .where(and(withinUnits(db, within), ...conditions)),
  );
}

export async function countAccountsForOverview(db: Db, within: UnitsWithin, now: number) {
  const { accounts } = db.tables;
  const usable = isUsable(db, now);
  const needing = (what: Attention) => countAccounts(db, within, needsAttention(db, what, now));
  return {
    valid: await countAccounts(db, within, usable),
    expiring: await countAccounts(db, within, usable, lt(accounts.validUntil, now + expiringMs)),
    dormant: await needing('dormant'),
    incomplete: await needing('incomplete'),
    pending: await countAccounts(db, within, eq(accounts.status, 'pending')),
    goneButActive: await needing('gone'),
  };
}

export async function countSessionsForOverview(db: Db, within: UnitsWithin, now: number) {
  const { sessions: t, accounts, people, units, cuts } = db.tables;
  const counted = (...conditions: (SQL | undefined)[]) =>
    one(
      db
        .select({ n: count() })
        .from(t)
        .innerJoin(accounts, eq(accounts.id, t.accountId))
        .innerJoin(people, eq(people.id, accounts.personId))
        .innerJoin(units, eq(units.id, people.unitId))
        .leftJoin(cuts, and(eq(cuts.sessionId, t.id), isNull(cuts.settledAt)))
        .where(and(ne(t.state, 'ended'), withinUnits(db, within), ...conditions)),
    );
  return {
    // Those that a gateway has yet to tell of too: the list shows them.
    live: await counted(),
    withoutRight: await counted(isWithoutRight(db, now)),
    unconfirmedCuts: await counted(sql`${cuts.id} is not null`),
  };
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
