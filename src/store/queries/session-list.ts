// Open sessions as the console lists them, within the units that an operator looks after; the newest first.
import { and, desc, eq, inArray, isNull, lt, ne, or, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { isWithoutRight } from './attention.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

interface SessionPlace {
  readonly startedAt: number;
  readonly id: number;
}

interface SessionFilter {
  readonly within: UnitsWithin;
  /** Beginning of the user name, canonical. */
  readonly userName: string | null;
  readonly accountId: number | null;
  readonly gateway: string | null;
  /** Only those with an order to end that is not settled. */
  readonly isBeingCut: boolean;
  /** Only those that may not be up at this instant. */
  readonly withoutRightAt: number | null;
  readonly after: SessionPlace | null;
  readonly limit: number;
}

function selectSessions(db: Db) {
  const { sessions: t, accounts, people, units, gateways, workstations, cuts } = db.tables;
  return db
    .select({
      id: t.id,
      accountId: t.accountId,
      userName: accounts.userName,
      fullName: people.fullName,
      staffCode: people.staffCode,
      unitName: units.name,
      gateway: gateways.name,
      workstation: workstations.assetTag,
      station: t.station,
      state: t.state,
      startedAt: t.startedAt,
      until: t.until,
      lastSeenAt: t.lastSeenAt,
      framedIpAddress: t.framedIpAddress,
      octetsIn: t.octetsIn,
      octetsOut: t.octetsOut,
      endedAt: t.endedAt,
      endCause: t.endCause,
      cutState: cuts.state,
      cutReason: cuts.reason,
      cutOrderedAt: cuts.orderedAt,
      cutAttempts: cuts.attempts,
      cutError: cuts.lastError,
    })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .innerJoin(gateways, eq(gateways.id, t.gatewayId))
    .leftJoin(workstations, eq(workstations.id, t.workstationId))
    .leftJoin(cuts, and(eq(cuts.sessionId, t.id), isNull(cuts.settledAt)));
}

export type ListedSession = Awaited<ReturnType<typeof selectSessions>>[number];

export async function listOpenSessionPage(db: Db, filter: SessionFilter): Promise<ListedSession[]> {
  const { sessions: t, accounts, people, units, gateways, cuts } = db.tables;
  const { within, userName, accountId, gateway, isBeingCut, withoutRightAt, after, limit } = filter;
  // The open ones are sorted by their places alone, beside no more than the conditions look at.
  const places = db.select({ id: t.id }).from(t).$dynamic();
  if (within !== 'everywhere' || userName !== null || withoutRightAt !== null) {
    places.innerJoin(accounts, eq(accounts.id, t.accountId));
  }
  if (within !== 'everywhere') {
    places.innerJoin(people, eq(people.id, accounts.personId)).innerJoin(units, eq(units.id, people.unitId));
  }
  if (gateway !== null) places.innerJoin(gateways, eq(gateways.id, t.gatewayId));
  if (isBeingCut) places.innerJoin(cuts, and(eq(cuts.sessionId, t.id), isNull(cuts.settledAt)));
  places
    .where(
      and(
        ne(t.state, 'ended'),
        withinUnits(db, within),
        userName === null
          ? undefined
          : and(sql`${accounts.userName} >= ${userName}`, lt(accounts.userName, `${userName}\uffff`)),
        accountId === null ? undefined : eq(t.accountId, accountId),
        gateway === null ? undefined : eq(gateways.name, gateway),
        withoutRightAt === null ? undefined : isWithoutRight(db, withoutRightAt),
        after === null
          ? undefined
          : or(lt(t.startedAt, after.startedAt), and(eq(t.startedAt, after.startedAt), lt(t.id, after.id))),
      ),
    )
    .orderBy(desc(t.startedAt), desc(t.id))
    .limit(limit);
  return await selectSessions(db).where(inArray(t.id, places)).orderBy(desc(t.startedAt), desc(t.id));
}

/** One session, ended or not, with the last order to end it. */
export async function findSessionInList(
  db: Db,
  id: number,
): Promise<
  | (ListedSession & {
      readonly lastCut: { readonly state: string; readonly settledAt: number | null } | null;
    })
  | null
> {
  const { sessions: t, cuts } = db.tables;
  const [row] = await selectSessions(db).where(eq(t.id, id));
  if (row === undefined) return null;
  const [lastCut] = await db
    .select({ state: cuts.state, settledAt: cuts.settledAt })
    .from(cuts)
    .where(eq(cuts.sessionId, id))
    .orderBy(desc(cuts.id))
    .limit(1);
  return { ...row, lastCut: lastCut ?? null };
}
