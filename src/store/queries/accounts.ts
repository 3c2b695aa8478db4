// Accounts: finding them, and making one. Changes are in account-changes.ts.
import { eq, isNotNull } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type AccountRow = Tables['accounts']['$inferSelect'];

/** Who checks passwords of single accounts, whatever the policies say: each name once. */
export async function listFirstFactors(db: Db): Promise<string[]> {
  const { accounts: t } = db.tables;
  const rows = await db.selectDistinct({ name: t.firstFactor }).from(t).where(isNotNull(t.firstFactor));
  return rows.flatMap(({ name }) => (name === null ? [] : [name])).sort();
}

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

/** Inserts an account and returns its id; null: the user name is taken. */
export async function insertAccount(db: Db, row: Tables['accounts']['$inferInsert']): Promise<number | null> {
  const { accounts: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).onConflictDoNothing().returning({ id: t.id });
  return inserted?.id ?? null;
}
