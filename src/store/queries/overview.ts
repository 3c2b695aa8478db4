// Figures of the overview, each within the units that somebody looks after.
import {
  and,
  count,
  eq,
  gt,
  inArray,
  isNull,
  lt,
  lte,
  min,
  ne,
  not,
  notExists,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

const day = 86_400_000;
const expiringMs = 30 * day;
const dormantMs = 90 * day;

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

/** Accounts that may be used by their own columns. */
function isValid(db: Db, now: number): SQL | undefined {
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

export async function countAccountsForOverview(db: Db, within: UnitsWithin, now: number) {
  const { accounts, accountAssignments, accountWorkstations, authenticators, sessions } = db.tables;
  const valid = isValid(db, now);
  const has = (query: Parameters<typeof notExists>[0]) => not(notExists(query));
  const papers = db.select().from(accountAssignments).where(eq(accountAssignments.accountId, accounts.id));
  const machines = db
    .select()
    .from(accountWorkstations)
    .where(eq(accountWorkstations.accountId, accounts.id));
  const apps = db
    .select()
    .from(authenticators)
    .where(and(eq(authenticators.accountId, accounts.id), eq(authenticators.state, 'active')));
  const recent = db
    .select()
    .from(sessions)
    .where(and(eq(sessions.accountId, accounts.id), gt(sessions.startedAt, now - dormantMs)));
  return {
    valid: await countAccounts(db, within, valid),
    expiring: await countAccounts(db, within, valid, lt(accounts.validUntil, now + expiringMs)),
    dormant: await countAccounts(
      db,
      within,
      valid,
      lt(accounts.createdAt, now - dormantMs),
      notExists(recent),
    ),
    incomplete: await countAccounts(
      db,
      within,
      valid,
      not(and(has(papers), has(machines), has(apps)) as SQL),
    ),
    pending: await countAccounts(db, within, eq(accounts.status, 'pending')),
    goneButActive: await countAccounts(db, within, valid, isGone(db, now)),
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
    live: await counted(eq(t.state, 'live')),
    // Past its end, or of an account that may not be used any more.
    withoutRight: await counted(sql`not (${isValid(db, now) ?? sql`1 = 1`} and ${t.until} > ${now})`),
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
