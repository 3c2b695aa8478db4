// Sessions as accounting changes them: candidates for news, and changes by compare-and-set on the row's revision.
import { and, asc, desc, eq, inArray, lte, ne, type SQL, sql } from 'drizzle-orm';
import type { SessionState } from '../../core/session.ts';
import type { Db, Tables } from '../tables.ts';
import { among, each } from './many.ts';

export type SessionRow = Tables['sessions']['$inferSelect'];

/** The ids of accounts by their canonical user names. */
export async function findAccountIds(
  db: Db,
  userNames: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (userNames.length === 0) return new Map();
  const { accounts } = db.tables;
  const rows = await db
    .select({ id: accounts.id, userName: accounts.userName })
    .from(accounts)
    .where(among(accounts.userName, userNames));
  return new Map(rows.map(({ id, userName }) => [userName, id]));
}

/** Every session that news with these names could be about. */
export async function findSessionCandidates(
  db: Db,
  news: {
    readonly references: readonly string[];
    readonly acctSessionIds: readonly string[];
    readonly accountIds: readonly number[];
    readonly gatewayIds: readonly number[];
  },
): Promise<SessionRow[]> {
  const { sessions: t } = db.tables;
  const ofGateways = among(t.gatewayId, news.gatewayIds);
  const grounds = [
    ...(news.references.length > 0 ? [among(t.reference, news.references)] : []),
    ...(news.acctSessionIds.length > 0 ? [and(ofGateways, among(t.acctSessionId, news.acctSessionIds))] : []),
    ...(news.accountIds.length > 0 ? [and(among(t.accountId, news.accountIds), ne(t.state, 'ended'))] : []),
  ];
  const found = new Map<number, SessionRow>();
  // One question each: with OR between them neither database would use its indexes for certain.
  for (const ground of grounds) {
    for (const row of await db.select().from(t).where(ground)) found.set(row.id, row);
  }
  return [...found.values()];
}

const changing = (state: SessionState) => {
  const { openUntil, endedAt, endCause, acctSessionId, liveAt, lastSeenAt, framedIpAddress } = state;
  const { octetsIn, octetsOut, terminateCause, identification } = state;
  return {
    state: state.state,
    openUntil,
    endedAt,
    endCause,
    acctSessionId,
    liveAt,
    lastSeenAt,
    framedIpAddress,
    octetsIn,
    octetsOut,
    terminateCause,
    identification,
  };
};

/**
 * Writes a session that is still as it was read.
 * @returns false when somebody else changed it meanwhile
 */
export async function saveSession(
  db: Db,
  seen: { readonly id: number; readonly revision: number },
  state: SessionState,
  more: { readonly judgeAt?: number; readonly until?: number } = {},
): Promise<boolean> {
  const { sessions: t } = db.tables;
  const saved = await db
    .update(t)
    .set({ ...changing(state), ...more, revision: seen.revision + 1 })
    .where(and(eq(t.id, seen.id), eq(t.revision, seen.revision)))
    .returning({ id: t.id });
  return saved.length === 1;
}

/**
 * Writes sessions that are still as they were read, in one statement.
 * @returns false when somebody else changed one meanwhile; the write must not go on then
 */
export async function saveSessions(
  db: Db,
  changes: readonly {
    readonly seen: SessionRow;
    readonly state: SessionState & { readonly judgeAt?: number };
  }[],
): Promise<boolean> {
  if (changes.length === 0) return true;
  const { sessions: t } = db.tables;
  const ids = changes.map(({ seen }) => seen.id);
  const rows = changes.map(({ seen, state }) => ({
    ...changing(state),
    judgeAt: state.judgeAt ?? seen.judgeAt,
  }));
  const [first] = rows;
  const set: Partial<Record<keyof (typeof rows)[number], SQL>> = {};
  for (const column of Object.keys(first ?? {}) as (keyof typeof set)[]) {
    const isChanged = rows.some((row, at) => row[column] !== changes[at]?.seen[column]);
    const type = t[column].dataType === 'number' ? 'bigint' : 'text';
    const values = rows.map((row, at) => [ids[at] ?? 0, row[column] ?? null] as const);
    if (isChanged) set[column] = each(t.id, new Map(values), type);
  }
  const revisions = new Map(changes.map(({ seen }) => [seen.id, seen.revision]));
  const saved = await db
    .update(t)
    .set({ ...set, revision: sql`${t.revision} + 1` })
    .where(and(among(t.id, ids), sql`${t.revision} = ${each(t.id, revisions, 'bigint')}`))
    .returning({ id: t.id });
  return saved.length === changes.length;
}

/** Adds a session that no Accept is known for; it is to be judged at once. */
export async function insertSession(db: Db, state: SessionState): Promise<SessionRow> {
  const { sessions: t } = db.tables;
  const { accountId, gatewayId, station, startedAt, until, reference } = state;
  const [row] = await db
    .insert(t)
    .values({ accountId, gatewayId, station, startedAt, until, reference, ...changing(state) })
    .returning();
  if (row === undefined) throw new Error('the session was not inserted');
  return row;
}

/** Ends all open sessions of a gateway that began at an instant or before; it has restarted. Those ended. */
export async function endSessionsOfGateway(db: Db, gatewayId: number, at: number): Promise<SessionRow[]> {
  const { sessions: t } = db.tables;
  return await db
    .update(t)
    .set({ state: 'ended', endCause: 'gateway-restarted', endedAt: at, revision: sql`${t.revision} + 1` })
    .where(and(eq(t.gatewayId, gatewayId), ne(t.state, 'ended'), lte(t.startedAt, at)))
    .returning();
}

/** Open sessions that count as ended by now, the longest overdue first. */
export async function listLapsedSessions(db: Db, now: number, limit: number): Promise<SessionRow[]> {
  const { sessions: t } = db.tables;
  const open = (isOver: SQL) =>
    db
      .select()
      .from(t)
      .where(and(ne(t.state, 'ended'), isOver));
  // Apart: asked for in one, all open sessions would be read each time.
  const lapsed = await open(lte(t.openUntil, now)).orderBy(asc(t.openUntil)).limit(limit);
  // A session from before there was accounting has no such instant.
  const fromBefore = await open(sql`${t.openUntil} is null and ${t.until} <= ${now}`).limit(limit);
  return [...lapsed, ...fromBefore].slice(0, limit);
}

export interface JudgedSession extends SessionRow {
  readonly userName: string;
}

/** Open sessions that are to be looked at by now, those that something changed for first. */
export async function listSessionsToJudge(db: Db, now: number, limit: number): Promise<JudgedSession[]> {
  const { sessions: t, accounts } = db.tables;
  const rows = await db
    .select({ session: t, userName: accounts.userName })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .where(and(ne(t.state, 'ended'), lte(t.judgeAt, now)))
    .orderBy(asc(t.judgeAt))
    .limit(limit);
  return rows.map(({ session, userName }) => ({ ...session, userName }));
}

/**
 * Notes when a session is to be looked at again, and its end as it is known now.
 * @returns false when it was changed meanwhile, or marked to be judged once more
 */
export async function putJudgement(
  db: Db,
  seen: Pick<SessionRow, 'id' | 'revision' | 'judgeAt' | 'until' | 'openUntil'>,
  judgement: { readonly judgeAt: number; readonly until: number },
): Promise<boolean> {
  const { sessions: t } = db.tables;
  // Where no accounting comes it counts as open until its end, whenever that is.
  const openUntil = seen.openUntil === seen.until ? judgement.until : seen.openUntil;
  const put = await db
    .update(t)
    .set({ ...judgement, openUntil, revision: seen.revision + 1 })
    .where(and(eq(t.id, seen.id), eq(t.revision, seen.revision), eq(t.judgeAt, seen.judgeAt)))
    .returning({ id: t.id });
  return put.length === 1;
}

/**
 * Has the open sessions of accounts looked at, in the write that changed what they rest on. `which` is a condition on
 * accounts.
 */
export async function markSessionsToJudge(db: Db, which: SQL | undefined): Promise<void> {
  const { sessions: t, accounts } = db.tables;
  const concerned = db.select({ id: accounts.id }).from(accounts).where(which);
  // The revision too: whoever judged them on what was before must not overwrite the mark.
  await db
    .update(t)
    .set({ judgeAt: 0, revision: sql`${t.revision} + 1` })
    .where(and(ne(t.state, 'ended'), inArray(t.accountId, concerned)));
}

/** Has open sessions looked at again then, whatever they were marked for. */
export async function postponeJudgement(db: Db, ids: readonly number[], judgeAt: number): Promise<void> {
  if (ids.length === 0) return;
  const { sessions: t } = db.tables;
  await db
    .update(t)
    .set({ judgeAt, revision: sql`${t.revision} + 1` })
    .where(and(among(t.id, ids), ne(t.state, 'ended')));
}

export async function findSession(db: Db, id: number): Promise<SessionRow | null> {
  const { sessions: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** What a list of sessions shows. */
export interface OpenSession extends Omit<SessionRow, 'identification'> {
  readonly userName: string;
  readonly gateway: string;
  readonly workstation: string | null;
}

/** Open sessions, of one account or one gateway if it is given, the newest first. */
export async function listSessions(
  db: Db,
  filter: { readonly accountId?: number; readonly gatewayId?: number; readonly limit: number },
): Promise<OpenSession[]> {
  const { sessions: t, accounts, gateways, workstations } = db.tables;
  const rows = await db
    .select({
      session: t,
      userName: accounts.userName,
      gateway: gateways.name,
      workstation: workstations.assetTag,
    })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .innerJoin(gateways, eq(gateways.id, t.gatewayId))
    .leftJoin(workstations, eq(workstations.id, t.workstationId))
    .where(
      and(
        ne(t.state, 'ended'),
        filter.accountId === undefined ? undefined : eq(t.accountId, filter.accountId),
        filter.gatewayId === undefined ? undefined : eq(t.gatewayId, filter.gatewayId),
      ),
    )
    .orderBy(desc(t.startedAt), desc(t.id))
    .limit(filter.limit);
  return rows.map(({ session, userName, gateway, workstation }) => {
    const { identification: _, ...rest } = session;
    return { ...rest, userName, gateway, workstation };
  });
}
