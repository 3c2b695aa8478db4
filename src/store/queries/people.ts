// People: finding them by what identifies them.
import { and, asc, desc, eq, inArray, notExists, or, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { hasWords, rarestWord, rotationsWith } from './name-words.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

/** Of a name that more people have, some are shown: the rest of it is to be typed. */
const mostLooked = 10_000;
/** In the search box, where accounts are looked for too. */
const mostLookedBeside = 1_000;

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
    readonly withoutAccount?: boolean;
  },
) {
  const { people: t, units, nameWords, accounts } = db.tables;
  const { within, words, literal, limit, withoutAccount = false } = query;
  const word = await rarestWord(db, words);
  const named = () =>
    db
      .select({ id: sql<number>`${nameWords.personId}`.as('id') })
      .from(nameWords)
      .where(word === null ? sql`1 = 0` : rotationsWith(db, word, words))
      .limit(withoutAccount ? mostLookedBeside : mostLooked);
  const coded = db.select({ id: t.id }).from(t).where(eq(t.staffCode, literal));
  const isFound =
    within === 'everywhere'
      ? // One condition, not two of which PostgreSQL would look for neither by an index.
        sql`${t.id} in (select id from ${named().as('named')} union all select id from ${coded.as('coded')})`
      : // Of the people of some units each is looked at.
        or(words.length === 0 ? undefined : hasWords(t.nameSearchKey, words), eq(t.staffCode, literal));
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
        withinUnits(db, within),
        isFound,
        withoutAccount
          ? notExists(db.select({ id: accounts.id }).from(accounts).where(eq(accounts.personId, t.id)))
          : undefined,
      ),
    )
    .orderBy(asc(t.nameSortKey), asc(t.id))
    .limit(limit);
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
