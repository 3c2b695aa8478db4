// Data keys as kept: wrapped, never in clear. Wrapping and purposes are services/secrets' business.
import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export interface DataKeyRow {
  readonly id: number;
  readonly wrapped: Buffer;
  readonly createdAt: number;
  readonly retiredAt: number | null;
}

/** All of them, oldest first; retired ones may still open what was sealed late. */
export async function listDataKeys(db: Db): Promise<DataKeyRow[]> {
  const { dataKeys } = db.tables;
  return await db.select().from(dataKeys).orderBy(asc(dataKeys.id));
}

export async function insertDataKey(db: Db, wrapped: Buffer, createdAt: number): Promise<void> {
  await db.insert(db.tables.dataKeys).values({ wrapped, createdAt });
}

/** Replaces the wrapping, if it is still the one read. */
export async function rewrapDataKeyRow(
  db: Db,
  row: Pick<DataKeyRow, 'id' | 'wrapped'>,
  wrapped: Buffer,
): Promise<boolean> {
  const { dataKeys } = db.tables;
  const changed = await db
    .update(dataKeys)
    .set({ wrapped })
    .where(and(eq(dataKeys.id, row.id), eq(dataKeys.wrapped, row.wrapped)))
    .returning({ id: dataKeys.id });
  return changed.length === 1;
}

/** Marks a key that nothing is sealed under any more. */
export async function retireDataKeyRow(db: Db, id: number, at: number): Promise<boolean> {
  const { dataKeys } = db.tables;
  const changed = await db
    .update(dataKeys)
    .set({ retiredAt: at })
    .where(and(eq(dataKeys.id, id), isNull(dataKeys.retiredAt)))
    .returning({ id: dataKeys.id });
  return changed.length === 1;
}
