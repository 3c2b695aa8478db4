// Whose account it is, for messages that leave the host.
import { eq } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export async function findAccountNames(
  db: Db,
  accountId: number,
): Promise<{ readonly userName: string; readonly fullName: string; readonly unitId: number } | null> {
  const { accounts, people } = db.tables;
  const [row] = await db
    .select({ userName: accounts.userName, fullName: people.fullName, unitId: people.unitId })
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .where(eq(accounts.id, accountId));
  return row ?? null;
}
