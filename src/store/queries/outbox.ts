// The outbox: messages that left a transaction with it, and leave the host later.
import { and, asc, count, desc, eq, gte, isNull, like, lte, min, ne, notLike } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export type OutboxKind = 'alert' | 'notice' | 'checkpoint';

export interface OutboxRow {
  readonly id: number;
  readonly payload: string;
  readonly createdAt: number;
  readonly attempts: number;
  readonly nextAttemptAt: number;
}

/** Puts a message in; `deliveredAt` when it has nowhere to go and is only kept. */
export async function insertOutbox(
  db: Db,
  message: { kind: OutboxKind; payload: string; createdAt: number; deliveredAt: number | null },
): Promise<void> {
  await db.insert(db.tables.outbox).values({ ...message, nextAttemptAt: message.createdAt });
}

/** Undelivered messages of a kind whose time has come, the longest waiting first. */
export async function listDue(db: Db, kind: OutboxKind, now: number, limit: number): Promise<OutboxRow[]> {
  const { outbox: t } = db.tables;
  return await db
    .select({
      id: t.id,
      payload: t.payload,
      createdAt: t.createdAt,
      attempts: t.attempts,
      nextAttemptAt: t.nextAttemptAt,
    })
    .from(t)
    .where(
      and(
        eq(t.kind, kind),
        isNull(t.deliveredAt),
        lte(t.nextAttemptAt, now),
        kind === 'checkpoint' ? undefined : like(t.payload, isForOne),
      ),
    )
    .orderBy(asc(t.nextAttemptAt), asc(t.id))
    .limit(limit);
}

/** Takes a message for one attempt; false when another node has taken it meanwhile. `until`: when it is due again unless settled. */
export async function claimOutbox(db: Db, row: OutboxRow, until: number): Promise<boolean> {
  const { outbox: t } = db.tables;
  const claimed = await db
    .update(t)
    .set({ nextAttemptAt: until, attempts: row.attempts + 1 })
    .where(and(eq(t.id, row.id), eq(t.nextAttemptAt, row.nextAttemptAt), isNull(t.deliveredAt)))
    .returning({ id: t.id });
  return claimed.length === 1;
}

/** Settles a message; false when somebody else has. */
export async function settleOutbox(db: Db, id: number, deliveredAt: number): Promise<boolean> {
  const { outbox: t } = db.tables;
  const settled = await db
    .update(t)
    .set({ deliveredAt })
    .where(and(eq(t.id, id), isNull(t.deliveredAt)))
    .returning({ id: t.id });
  return settled.length === 1;
}

/** How a message that is for one target begins: its first key names it. */
const isForOne = '{"target":%';

/** Alerts and notices that have not been made into messages for targets yet, the oldest first. */
export async function listUnsorted(
  db: Db,
  limit: number,
): Promise<(Pick<OutboxRow, 'id' | 'payload' | 'createdAt'> & { readonly kind: 'alert' | 'notice' })[]> {
  const { outbox: t } = db.tables;
  const rows = await db
    .select({ id: t.id, kind: t.kind, payload: t.payload, createdAt: t.createdAt })
    .from(t)
    .where(and(ne(t.kind, 'checkpoint'), isNull(t.deliveredAt), notLike(t.payload, isForOne)))
    // As they were written, in the order of the index: by number alone, all that was ever delivered would be read first.
    .orderBy(asc(t.nextAttemptAt), asc(t.id))
    .limit(limit);
  return rows.flatMap(({ kind, ...row }) => (kind === 'checkpoint' ? [] : [{ ...row, kind }]));
}

export async function postponeOutbox(db: Db, id: number, nextAttemptAt: number): Promise<void> {
  await db.update(db.tables.outbox).set({ nextAttemptAt }).where(eq(db.tables.outbox.id, id));
}

/** How many messages of a kind have been tried twice or more and not taken, and when the oldest of them was written. */
export async function countUndelivered(
  db: Db,
  kind: OutboxKind,
): Promise<{ readonly count: number; readonly oldestAt: number | null }> {
  const { outbox: t } = db.tables;
  const [row] = await db
    .select({ count: count(), oldestAt: min(t.createdAt) })
    .from(t)
    .where(and(eq(t.kind, kind), isNull(t.deliveredAt), gte(t.attempts, 2)));
  return { count: row?.count ?? 0, oldestAt: row?.oldestAt ?? null };
}

/** The payload of the newest message of a kind; null when there is none. */
export async function findNewestPayload(db: Db, kind: OutboxKind): Promise<string | null> {
  const { outbox: t } = db.tables;
  const [newest] = await db
    .select({ payload: t.payload })
    .from(t)
    .where(eq(t.kind, kind))
    .orderBy(desc(t.id))
    .limit(1);
  return newest?.payload ?? null;
}
