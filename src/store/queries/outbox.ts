// The outbox: messages that left a transaction with it, and leave the host later.
import { and, asc, count, desc, eq, gte, isNull, lte, min } from 'drizzle-orm';
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
    .where(and(eq(t.kind, kind), isNull(t.deliveredAt), lte(t.nextAttemptAt, now)))
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

export async function settleOutbox(db: Db, id: number, deliveredAt: number): Promise<void> {
  await db.update(db.tables.outbox).set({ deliveredAt }).where(eq(db.tables.outbox.id, id));
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
