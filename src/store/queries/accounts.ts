// Accounts: finding them, and changes of theirs as compare-and-set on the revision.
import { and, eq } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type AccountRow = Tables['accounts']['$inferSelect'];

/** The account of a canonical user name. */
export async function findAccountByUserName(db: Db, userName: string): Promise<AccountRow | null> {
  const { accounts } = db.tables;
  const [row] = await db.select().from(accounts).where(eq(accounts.userName, userName));
  return row ?? null;
}

export async function findAccountById(db: Db, accountId: number): Promise<AccountRow | null> {
  const { accounts } = db.tables;
  const [row] = await db.select().from(accounts).where(eq(accounts.id, accountId));
  return row ?? null;
}

/**
 * Sets the term of an account that is still as the caller saw it.
 * @returns the new revision, or null when somebody else changed the account meanwhile
 */
export async function setTerm(
  db: Db,
  change: {
    readonly accountId: number;
    /** Revision that the caller saw. */
    readonly revision: number;
    readonly validFrom: number;
    readonly validUntil: number;
    readonly at: number;
  },
): Promise<number | null> {
  const { accounts } = db.tables;
  const { accountId, revision, validFrom, validUntil, at } = change;
  const [row] = await db
    .update(accounts)
    .set({ validFrom, validUntil, updatedAt: at, revision: revision + 1 })
    .where(and(eq(accounts.id, accountId), eq(accounts.revision, revision)))
    .returning({ revision: accounts.revision });
  return row?.revision ?? null;
}
