// Passkeys of operators, and the challenges that were answered: each once.
import { and, asc, eq } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type PasskeyRow = Tables['passkeys']['$inferSelect'];

export async function listPasskeysOf(db: Db, operatorId: number): Promise<PasskeyRow[]> {
  const { passkeys: t } = db.tables;
  return await db.select().from(t).where(eq(t.operatorId, operatorId)).orderBy(asc(t.createdAt));
}

export async function findPasskey(db: Db, id: string): Promise<PasskeyRow | null> {
  const { passkeys: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** False when the credential is registered already, whoever has it. */
export async function insertPasskey(db: Db, row: Tables['passkeys']['$inferInsert']): Promise<boolean> {
  const { passkeys: t } = db.tables;
  const inserted = await db.insert(t).values(row).onConflictDoNothing().returning({ id: t.id });
  return inserted.length === 1;
}

/** Notes a use, if nobody used it since it was read; whether so. */
export async function notePasskeyUse(
  db: Db,
  passkey: Pick<PasskeyRow, 'id' | 'counter'>,
  use: { readonly counter: number; readonly at: number },
): Promise<boolean> {
  const { passkeys: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ counter: use.counter, lastUsedAt: use.at })
    .where(and(eq(t.id, passkey.id), eq(t.counter, passkey.counter)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Takes one of the operator's passkeys away; the name it had, null when there is none such. */
export async function deletePasskey(db: Db, operatorId: number, id: string): Promise<string | null> {
  const { passkeys: t } = db.tables;
  const [gone] = await db
    .delete(t)
    .where(and(eq(t.id, id), eq(t.operatorId, operatorId)))
    .returning({ name: t.name });
  return gone?.name ?? null;
}

/** Takes all of them away; how many there were. */
export async function deletePasskeysOf(db: Db, operatorId: number): Promise<number> {
  const { passkeys: t } = db.tables;
  const gone = await db.delete(t).where(eq(t.operatorId, operatorId)).returning({ id: t.id });
  return gone.length;
}

/** Spends a challenge; false when it was spent before. */
export async function spendChallenge(db: Db, challengeId: string, expiresAt: number): Promise<boolean> {
  const { challengeClaims: t } = db.tables;
  const spent = await db
    .insert(t)
    .values({ challengeId, expiresAt })
    .onConflictDoNothing()
    .returning({ id: t.challengeId });
  return spent.length === 1;
}
