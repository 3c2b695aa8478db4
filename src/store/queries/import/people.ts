// What an import reads and writes of people and their employment, many at a time.
import { eq } from 'drizzle-orm';
import type { Db, Tables } from '../../tables.ts';
import { among, insertRows } from '../many.ts';
import { deleteNameWords, insertNameWords } from '../name-words.ts';
import { bumpRevision } from '../revision.ts';

export type PersonRow = Tables['people']['$inferSelect'];
export type EmploymentRow = Tables['employmentEvents']['$inferSelect'];

export async function findPeople(
  db: Db,
  staffCodes: readonly string[],
): Promise<(PersonRow & { readonly unit: string })[]> {
  if (staffCodes.length === 0) return [];
  const { people: t, units } = db.tables;
  const rows = await db
    .select({ person: t, unit: units.code })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(among(t.staffCode, new Set(staffCodes)));
  return rows.map(({ person, unit }) => ({ ...person, unit }));
}

/** Ids of people by their staff codes. */
export async function findPersonIds(
  db: Db,
  staffCodes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (staffCodes.length === 0) return new Map();
  const { people: t } = db.tables;
  const rows = await db
    .select({ id: t.id, staffCode: t.staffCode })
    .from(t)
    .where(among(t.staffCode, new Set(staffCodes)));
  return new Map(rows.map(({ staffCode, id }) => [staffCode, id]));
}

export async function findEmployment(db: Db, personIds: readonly number[]): Promise<EmploymentRow[]> {
  if (personIds.length === 0) return [];
  const { employmentEvents: t } = db.tables;
  return await db.select().from(t).where(among(t.personId, personIds));
}

/** Inserts people and returns their ids by staff code. */
export async function insertPeople(
  db: Db,
  rows: readonly Tables['people']['$inferInsert'][],
): Promise<ReadonlyMap<string, number>> {
  if (rows.length === 0) return new Map();
  const { people: t } = db.tables;
  const inserted = await insertRows(db, t, rows).returning({ id: t.id, staffCode: t.staffCode });
  const ids = new Map(inserted.map(({ staffCode, id }) => [staffCode, id]));
  await insertNameWords(
    db,
    rows.flatMap(({ staffCode, nameSearchKey }) => {
      const personId = ids.get(staffCode);
      return personId === undefined ? [] : [{ personId, nameSearchKey }];
    }),
  );
  return ids;
}

export async function updatePerson(
  db: Db,
  id: number,
  change: Partial<Omit<Tables['people']['$inferInsert'], 'id'>>,
): Promise<void> {
  const { people: t } = db.tables;
  const { nameSearchKey } = change;
  if (nameSearchKey !== undefined) {
    await deleteNameWords(db, [id]);
    await insertNameWords(db, [{ personId: id, nameSearchKey }]);
  }
  await db.update(t).set(change).where(eq(t.id, id));
}

export async function insertEmployment(
  db: Db,
  rows: readonly Tables['employmentEvents']['$inferInsert'][],
): Promise<void> {
  if (rows.length === 0) return;
  await insertRows(db, db.tables.employmentEvents, rows);
}

export async function correctEmployment(
  db: Db,
  id: number,
  change: Pick<EmploymentRow, 'detail' | 'documentNumber'>,
): Promise<void> {
  const { employmentEvents: t } = db.tables;
  await db.update(t).set(change).where(eq(t.id, id));
}

/** Bumps the revision of every account of these people. */
export async function bumpAccountsOfPeople(db: Db, personIds: readonly number[]): Promise<void> {
  if (personIds.length === 0) return;
  const { accounts: t } = db.tables;
  const concerned = await db.select({ id: t.id }).from(t).where(among(t.personId, personIds));
  await bumpRevision(db, { accountIds: concerned.map(({ id }) => id) });
}
