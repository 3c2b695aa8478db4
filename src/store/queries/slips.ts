// Slips and the roll-out: for whom one is to be printed, who has got how far, by unit.
import { and, asc, eq, gt, inArray, ne, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { hasLoggedIn } from './attention.ts';
import { withinUnits } from './within.ts';

/** How far an account has got: each state needs the one before it. */
export const rolloutStates = ['not-printed', 'printed', 'handed-over', 'activated', 'logged-in'] as const;
export type RolloutState = (typeof rolloutStates)[number];

/** The state as SQL, for an account joined as `accounts`. Of withdrawn accounts nothing is asked. */
function stateOf(db: Db, now: number): SQL<RolloutState> {
  const { accounts, activationCodes: c, authenticators } = db.tables;
  const hasCode = (more: SQL) =>
    sql`exists (select 1 from ${c} where ${c.accountId} = ${accounts.id} and ${c.usedAt} is null and ${c.voidedAt} is null and ${c.expiresAt} > ${now} and ${more})`;
  return sql<RolloutState>`case
    when ${accounts.status} = 'active' and ${hasLoggedIn(db, 0)} then 'logged-in'
    when ${accounts.status} = 'active' and exists (select 1 from ${authenticators} where ${authenticators.accountId} = ${accounts.id} and ${authenticators.state} = 'active') then 'activated'
    when ${hasCode(sql`${c.handedOverAt} is not null`)} then 'handed-over'
    when ${hasCode(sql`1 = 1`)} then 'printed'
    else 'not-printed' end`;
}

function newestSlipOf(db: Db, now: number): SQL<number | null> {
  const { accounts, activationCodes: c } = db.tables;
  return sql<
    number | null
  >`(select max(${c.id}) from ${c} where ${c.accountId} = ${accounts.id} and ${c.usedAt} is null and ${c.voidedAt} is null and ${c.expiresAt} > ${now})`.mapWith(
    (id: unknown) => (id === null ? null : Number(id)),
  );
}

/** Accounts by unit and state, of a unit and below; without withdrawn ones. */
export async function countRollout(
  db: Db,
  unitPaths: readonly string[] | null,
  now: number,
): Promise<
  {
    unitId: number;
    unitCode: string;
    unitName: string;
    unitPath: string;
    state: RolloutState;
    count: number;
  }[]
> {
  const { accounts, people, units } = db.tables;
  const state = stateOf(db, now);
  const inner = db
    .select({ unitId: people.unitId, state: state.as('state') })
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(and(ne(accounts.status, 'withdrawn'), withinUnits(db, unitPaths ?? 'everywhere')))
    .as('rollout');
  const rows = await db
    .select({
      unitId: units.id,
      unitCode: units.code,
      unitName: units.name,
      unitPath: units.path,
      state: inner.state,
      count: sql<number>`count(*)`,
    })
    .from(inner)
    .innerJoin(units, eq(units.id, inner.unitId))
    .groupBy(units.id, units.code, units.name, units.path, sql`${inner.state}`)
    .orderBy(asc(units.path), asc(units.id));
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/** Holders with how far they have got, by unit and name, after a place in that order. */
export async function listRollout(
  db: Db,
  filter: {
    readonly unitPaths: readonly string[] | null;
    readonly states: readonly RolloutState[];
    readonly userNames?: readonly string[];
    /** Whoever this is, is left out. */
    readonly exceptPersonId?: number;
    readonly limit: number;
    readonly now: number;
  },
) {
  const { accounts, people, units } = db.tables;
  const { unitPaths, states, userNames, exceptPersonId, limit, now } = filter;
  const state = stateOf(db, now);
  return await db
    .select({
      accountId: accounts.id,
      userName: accounts.userName,
      personId: people.id,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitCode: units.code,
      unitName: units.name,
      unitPath: units.path,
      state: state.as('state'),
      /** Of the slip that can be used. */
      slipId: newestSlipOf(db, now).as('slip_id'),
    })
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(
      and(
        ne(accounts.status, 'withdrawn'),
        gt(accounts.validUntil, now),
        withinUnits(db, unitPaths ?? 'everywhere'),
        userNames === undefined ? undefined : inArray(accounts.userName, [...userNames]),
        exceptPersonId === undefined ? undefined : ne(people.id, exceptPersonId),
        sql`${state} in ${[...states]}`,
      ),
    )
    .orderBy(asc(units.path), asc(people.nameSortKey), asc(accounts.id))
    .limit(limit);
}

/** A place among the people of units, in the order of the tree and of their names. */
interface RolloutPlace {
  readonly unitPath: string;
  readonly nameSortKey: string;
  readonly personId: number;
  readonly accountId: number;
}

const listOf = (parts: readonly SQLWrapper[]) => sql.join([...parts], sql`, `);

/** Holders of some units, those alone, by unit and name after a place in that order. */
export async function listRolloutOfUnits(
  db: Db,
  filter: {
    readonly unitIds: readonly number[];
    readonly states: readonly RolloutState[];
    readonly after: RolloutPlace | null;
    readonly limit: number;
    readonly now: number;
  },
) {
  const { accounts, people, units } = db.tables;
  const { unitIds, states, after, limit, now } = filter;
  const state = stateOf(db, now);
  const [unitId] = unitIds;
  const isOne = unitIds.length === 1 && unitId !== undefined;
  // Of one unit an index has them in this order, and begins at any place.
  const order = [...(isOne ? [] : [units.path]), people.nameSortKey, people.id, accounts.id];
  const place =
    after === null
      ? []
      : [...(isOne ? [] : [after.unitPath]), after.nameSortKey, after.personId, after.accountId];
  return await db
    .select({
      accountId: accounts.id,
      personId: people.id,
      nameSortKey: people.nameSortKey,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitCode: units.code,
      unitName: units.name,
      unitPath: units.path,
      userName: accounts.userName,
      state: state.as('state'),
    })
    .from(people)
    .innerJoin(units, eq(units.id, people.unitId))
    .innerJoin(accounts, eq(accounts.personId, people.id))
    .where(
      and(
        isOne ? eq(people.unitId, unitId) : inArray(people.unitId, [...unitIds]),
        after === null
          ? undefined
          : sql`(${listOf(order)}) > (${listOf(place.map((value) => sql`${value}`))})`,
        ne(accounts.status, 'withdrawn'),
        gt(accounts.validUntil, now),
        sql`${state} in ${[...states]}`,
      ),
    )
    .orderBy(...order.map((column) => asc(column)))
    .limit(limit);
}

/** Units within reach that have people, in the order of the tree, with how many each has itself. */
export async function countPeopleOfUnits(db: Db, unitPaths: readonly string[] | null) {
  const { people, units } = db.tables;
  const rows = await db
    .select({ unitId: units.id, people: sql<number>`count(*)` })
    .from(units)
    .innerJoin(people, eq(people.unitId, units.id))
    .where(withinUnits(db, unitPaths ?? 'everywhere'))
    .groupBy(units.id, units.path)
    .orderBy(asc(units.path));
  return rows.map((row) => ({ ...row, people: Number(row.people) }));
}

export type RolloutRow = Awaited<ReturnType<typeof listRolloutOfUnits>>[number];
