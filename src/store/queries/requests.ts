// Requests of holders and units: filed, listed, decided. Every change of state is compare-and-set.
import { and, asc, count, desc, eq, gt, inArray, like, lte, or, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type RequestRow = Tables['requests']['$inferSelect'];
export type RequestKind = RequestRow['kind'];
export type RequestState = RequestRow['state'];

export async function insertRequest(
  db: Db,
  request: Omit<Tables['requests']['$inferInsert'], 'id' | 'state'>,
): Promise<number> {
  const [row] = await db
    .insert(db.tables.requests)
    .values({ ...request, state: 'open' })
    .returning({ id: db.tables.requests.id });
  if (row === undefined) throw new Error('the request was not inserted');
  return row.id;
}

export async function findRequest(db: Db, id: number): Promise<RequestRow | null> {
  const { requests: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** All that were filed for an account, the newest first. */
export async function listRequestsOfAccount(db: Db, accountId: number, limit: number): Promise<RequestRow[]> {
  const { requests: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(eq(t.accountId, accountId))
    .orderBy(desc(t.filedAt), desc(t.id))
    .limit(limit);
}

/** Requests of one kind that still wait for a decision. */
export async function countOpenRequests(db: Db, accountId: number, kind: RequestKind): Promise<number> {
  const { requests: t } = db.tables;
  const [row] = await db
    .select({ count: count() })
    .from(t)
    .where(and(eq(t.accountId, accountId), eq(t.kind, kind), eq(t.state, 'open')));
  return row?.count ?? 0;
}

/** Where the next page begins: after this request. */
export interface RequestCursor {
  readonly filedAt: number;
  readonly id: number;
}

/** Requests with their account and holder, the oldest first: what waits longest comes first. */
export async function listRequests(
  db: Db,
  filter: {
    /** Of holders in these units and below; null: all. */
    readonly unitPaths: readonly string[] | null;
    readonly states: readonly RequestState[];
    readonly kind?: RequestKind;
    readonly after: RequestCursor | null;
    readonly limit: number;
  },
) {
  const { requests: t, accounts, people, units } = db.tables;
  const { unitPaths, states, kind, after, limit } = filter;
  return await db
    .select({
      request: t,
      userName: accounts.userName,
      personId: people.id,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitCode: units.code,
      unitName: units.name,
      unitPath: units.path,
    })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(
      and(
        inArray(t.state, [...states]),
        kind === undefined ? undefined : eq(t.kind, kind),
        unitPaths === null ? undefined : or(...unitPaths.map((path) => like(units.path, `${path}%`))),
        after === null
          ? undefined
          : or(gt(t.filedAt, after.filedAt), and(eq(t.filedAt, after.filedAt), gt(t.id, after.id))),
      ),
    )
    .orderBy(asc(t.filedAt), asc(t.id))
    .limit(limit);
}

/** Moves a request on if it is still in one of the states; whether it was. */
export async function moveRequest(
  db: Db,
  id: number,
  from: readonly RequestState[],
  set: Partial<
    Pick<
      RequestRow,
      | 'state'
      | 'terms'
      | 'expiresAt'
      | 'decidedAt'
      | 'decidedBy'
      | 'decidedByPersonId'
      | 'decisionReason'
      | 'reason'
      | 'documentNumber'
    >
  >,
): Promise<boolean> {
  const { requests: t } = db.tables;
  const moved = await db
    .update(t)
    .set(set)
    .where(and(eq(t.id, id), inArray(t.state, [...from])))
    .returning({ id: t.id });
  return moved.length === 1;
}

/** Requests that nobody decided in time; they are closed in the same statement. */
export async function expireRequests(
  db: Db,
  now: number,
): Promise<{ readonly id: number; readonly accountId: number }[]> {
  const { requests: t } = db.tables;
  return await db
    .update(t)
    .set({ state: 'expired', decidedAt: now })
    // As literals: SQLite compares a list of parameters with the condition of no index.
    .where(and(sql`${t.state} in ('open', 'returned')`, lte(t.expiresAt, now)))
    .returning({ id: t.id, accountId: t.accountId });
}

/** The approved request of a code that its holder was given. */
export async function findApprovedRequestByCode(
  db: Db,
  accountId: number,
  codeHashes: readonly string[],
  now: number,
): Promise<RequestRow | null> {
  const { requests: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(
      and(
        eq(t.accountId, accountId),
        eq(t.state, 'approved'),
        inArray(t.codeHash, [...codeHashes]),
        gt(t.expiresAt, now),
      ),
    );
  return row ?? null;
}

/** Cancels what still waits of one kind; how many there were. */
export async function cancelOpenRequests(
  db: Db,
  accountId: number,
  kind: RequestKind,
  at: number,
): Promise<number> {
  const { requests: t } = db.tables;
  const cancelled = await db
    .update(t)
    .set({ state: 'cancelled', decidedAt: at })
    .where(and(eq(t.accountId, accountId), eq(t.kind, kind), eq(t.state, 'open')))
    .returning({ id: t.id });
  return cancelled.length;
}
