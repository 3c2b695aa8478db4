// Figures of the overview, each within the units that somebody looks after.
import { and, count, eq, exists, isNull, lt, min, ne, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { type Attention, countAttention, isUsable, isWithoutRight } from './attention.ts';
import { rowsOf } from './rows-of.ts';
import { inUnitsWithin, type UnitsWithin, withinUnits } from './within.ts';

const day = 86_400_000;
const expiringMs = 30 * day;

async function one(query: PromiseLike<readonly { readonly n: number | string | null }[]>): Promise<number> {
  const [row] = await query;
  return Number(row?.n ?? 0);
}

/** How many of the rows satisfy a condition too. */
const countOf = (condition: SQL | undefined) =>
  sql<number>`count(*) filter (where ${condition})`.mapWith(Number);

/** Accounts of an index are counted so far, and so many that need a look: each of these is told by what it did last. */
const most = { indexed: 100_000, attention: { count: 10_000, looked: 12_000 } };

/** `isCapped`: there may be more, which were not looked at. */
interface Figure {
  readonly count: number;
  readonly isCapped: boolean;
}

/** Counted from indexes up to a limit, so that they cost the same however many accounts there are. */
export async function countAccountsForOverview(db: Db, within: UnitsWithin, now: number) {
  const { accounts: t } = db.tables;
  const usable = isUsable(db, now);
  const isExpiring = and(usable, lt(t.validUntil, now + expiringMs));
  const counted = { valid: usable, expiring: isExpiring, pending: eq(t.status, 'pending') };
  const needing = (what: Attention) => countAttention(db, { what, within, now }, most.attention);
  return {
    ...(within === 'everywhere'
      ? await countAllAccounts(db, counted)
      : await countAccountsOf(db, within, counted)),
    dormant: await needing('dormant'),
    incomplete: await needing('incomplete'),
    goneButActive: await needing('gone'),
  };
}

type Counted = Readonly<Record<'valid' | 'expiring' | 'pending', SQL | undefined>>;

/** Each by its index. */
async function countAllAccounts(db: Db, { valid, expiring, pending }: Counted) {
  const { accounts: t } = db.tables;
  const upTo = async (condition: SQL | undefined): Promise<Figure> => {
    const some = db
      .select({ id: t.id })
      .from(t)
      .where(condition)
      .limit(most.indexed + 1)
      .as('some_accounts');
    const found = await rowsOf(db, some);
    return { count: Math.min(found, most.indexed), isCapped: found > most.indexed };
  };
  // In the words of partial indexes.
  const isInUse = sql`${t.status} = 'active'`;
  return {
    valid: await upTo(and(isInUse, valid)),
    expiring: await upTo(and(isInUse, expiring)),
    pending: await upTo(and(sql`${t.status} <> 'active'`, pending)),
  };
}

/** All in one pass over the accounts of units. */
async function countAccountsOf(db: Db, within: UnitsWithin, { valid, expiring, pending }: Counted) {
  const { accounts: t } = db.tables;
  const { id, status, suspendedDetail, validFrom, validUntil } = t;
  const some = db
    .select({ id, status, suspendedDetail, validFrom, validUntil })
    .from(t)
    .where(inUnitsWithin(db, t.unitId, within))
    .limit(most.indexed)
    .as('accounts');
  const [counts] = await db
    .select({
      all: sql<number>`count(*)`.mapWith(Number),
      valid: countOf(valid),
      expiring: countOf(expiring),
      pending: countOf(pending),
    })
    .from(some);
  if (counts === undefined) throw new Error('a count has no row');
  const isCapped = counts.all === most.indexed;
  return {
    valid: { count: counts.valid, isCapped },
    expiring: { count: counts.expiring, isCapped },
    pending: { count: counts.pending, isCapped },
  };
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
