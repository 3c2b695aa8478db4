// How many rows a subquery has.
import { type SQL, type Subquery, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export async function rowsOf(db: Db, rows: Subquery | SQL): Promise<number> {
  const [row] = await db.select({ count: sql<number>`count(*)` }).from(rows);
  return Number(row?.count ?? 0);
}
