// The database's own clock.
import { sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

/**
 * PostgreSQL's clock in epoch ms; null before the first setting is written. Not for SQLite, whose clock is this process's.
 */
export async function readPostgresqlClock(db: Db): Promise<number | null> {
  const [row] = await db
    .select({ now: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint` })
    .from(db.tables.settings)
    .limit(1);
  return row?.now ?? null;
}
