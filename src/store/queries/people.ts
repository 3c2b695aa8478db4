// People: finding them by what identifies them.
import { and, asc, desc, eq, inArray, like, or, type SQL } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

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

/** People whose name has words with these beginnings, or whose staff code is the text; in the order of staff lists. */
export async function findPeopleLike(
  db: Db,
  query: {
    readonly within: UnitsWithin;
    readonly words: readonly string[];
    readonly literal: string;
    readonly limit: number;
  },
) {
  const { people: t, units } = db.tables;
  const plain = query.words.map((word) => word.replaceAll(/[%_\\]/g, ''));
  const named: SQL[] = plain.flatMap((word) => {
    const either = or(like(t.nameSearchKey, `${word}%`), like(t.nameSearchKey, `% ${word}%`));
    return either === undefined || word === '' ? [] : [either];
  });
  return await db
    .select({
      id: t.id,
      staffCode: t.staffCode,
      fullName: t.fullName,
      position: t.position,
      unitId: units.id,
      unitCode: units.code,
      unitName: units.name,
    })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(
      and(
        withinUnits(db, query.within),
        named.length === 0
          ? eq(t.staffCode, query.literal)
          : or(and(...named), eq(t.staffCode, query.literal)),
      ),
    )
    .orderBy(asc(t.nameSortKey), asc(t.id))
    .limit(query.limit);
}

/** All accounts of a person, the newest first. */
export async function listAccountsOfPerson(db: Db, personId: number) {
  const { accounts: t } = db.tables;
  return await db
    .select({
      id: t.id,
      userName: t.userName,
      status: t.status,
      suspendedDetail: t.suspendedDetail,
      validFrom: t.validFrom,
      validUntil: t.validUntil,
    })
    .from(t)
    .where(eq(t.personId, personId))
    .orderBy(desc(t.id));
}

/** Workstations that a person answers for. */
export async function listWorkstationsKeptBy(db: Db, personId: number) {
  const { workstations: t } = db.tables;
  return await db
    .select({ id: t.id, assetTag: t.assetTag, name: t.name, kind: t.kind, state: t.state })
    .from(t)
    .where(eq(t.keeperPersonId, personId))
    .orderBy(asc(t.assetTag));
}
