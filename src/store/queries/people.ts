// People: finding them by what identifies them.
import { eq, inArray } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

type PersonRow = Tables['people']['$inferSelect'];

export async function findPersonByStaffCode(db: Db, staffCode: string): Promise<PersonRow | null> {
  const { people } = db.tables;
  const [row] = await db.select().from(people).where(eq(people.staffCode, staffCode));
  return row ?? null;
}

/** Full names by id. */
export async function findNamesOfPeople(
  db: Db,
  ids: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0) return new Map();
  const { people } = db.tables;
  const rows = await db
    .select({ id: people.id, fullName: people.fullName })
    .from(people)
    .where(inArray(people.id, [...new Set(ids)]));
  return new Map(rows.map(({ id, fullName }) => [id, fullName]));
}
