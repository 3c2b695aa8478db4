// Keys by which a repeated request is known. Whoever claims one does the request; the others get its answer.
import { and, eq, isNull, lte } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type IdempotencyKeyRow = Tables['idempotencyKeys']['$inferSelect'];

/** A key of a caller as it is held by one try at the request. */
export interface HeldKey {
  readonly caller: string;
  readonly key: string;
  readonly claim: string;
}

const isHeld = ({ idempotencyKeys: t }: Tables, { caller, key, claim }: HeldKey) =>
  and(eq(t.caller, caller), eq(t.key, key), eq(t.claim, claim));

/**
 * Claims a key that is free, or whose time is over.
 * @returns null when it is claimed; else the row of whoever has it
 */
export async function claimIdempotencyKey(
  db: Db,
  held: HeldKey & { readonly digest: Buffer; readonly now: number; readonly overBefore: number },
): Promise<IdempotencyKeyRow | null> {
  const { idempotencyKeys: t } = db.tables;
  const { caller, key, claim, digest, now, overBefore } = held;
  const isNamed = and(eq(t.caller, caller), eq(t.key, key));
  await db.delete(t).where(and(isNamed, lte(t.createdAt, overBefore)));
  const claimed = await db
    .insert(t)
    .values({ caller, key, claim, digest, createdAt: now })
    .onConflictDoNothing()
    .returning({ key: t.key });
  if (claimed.length === 1) return null;
  const [row] = await db.select().from(t).where(isNamed);
  // Given back between the two statements: as good as still at work.
  return (
    row ?? { caller, key, claim: '', digest, actedAt: null, status: null, sealedAnswer: null, createdAt: now }
  );
}

/** Takes a key over from a try that has done nothing; false when it has acted or answered meanwhile, or a third was faster. */
export async function takeOverIdempotencyKey(
  db: Db,
  former: HeldKey,
  next: { readonly claim: string; readonly now: number },
): Promise<boolean> {
  const { idempotencyKeys: t } = db.tables;
  const taken = await db
    .update(t)
    .set({ claim: next.claim, createdAt: next.now })
    .where(and(isHeld(db.tables, former), isNull(t.actedAt), isNull(t.status)))
    .returning({ key: t.key });
  return taken.length === 1;
}

/** Notes, within the write of the act, that it is done; false when the key is another's. */
export async function markActed(db: Db, held: HeldKey, at: number): Promise<boolean> {
  const { idempotencyKeys: t } = db.tables;
  const marked = await db
    .update(t)
    .set({ actedAt: at })
    .where(isHeld(db.tables, held))
    .returning({ key: t.key });
  return marked.length === 1;
}

/** Gives back a key with which nothing was done; false when something was. */
export async function releaseIdempotencyKey(db: Db, held: HeldKey): Promise<boolean> {
  const { idempotencyKeys: t } = db.tables;
  const released = await db
    .delete(t)
    .where(and(isHeld(db.tables, held), isNull(t.actedAt)))
    .returning({ key: t.key });
  return released.length === 1;
}

/** Keeps the answer; null: that there was one, not what it said. */
export async function keepAnswer(
  db: Db,
  held: HeldKey,
  answer: { readonly status: number; readonly sealedAnswer: Buffer | null },
): Promise<void> {
  const { idempotencyKeys: t } = db.tables;
  await db.update(t).set(answer).where(isHeld(db.tables, held));
}

export async function deleteIdempotencyKeys(db: Db, overBefore: number): Promise<void> {
  const { idempotencyKeys: t } = db.tables;
  await db.delete(t).where(lte(t.createdAt, overBefore));
}
