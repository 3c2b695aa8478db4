// Accounts: finding them. Changes are in account-changes.ts.
import { eq } from 'drizzle-orm';
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
