// Words of people's names, found by their beginnings through an index.
import { and, eq, gte, inArray, lt, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { among, insertRows } from './many.ts';

/** Of a longer name the words after these are not found. */
const mostWords = 12;
/** To tell which word is the rarest, no more are counted. */
const mostCounted = 30_000;
/** Rows in one statement. */
const chunk = 2_000;

/** The name from each of its words on, and round to it: `van an nguyen` for the second of `nguyen van an`. */
export function rotations(nameSearchKey: string): string[] {
  const words = nameSearchKey.split(' ').filter((word) => word !== '');
  const all = words.map((_, at) => [...words.slice(at), ...words.slice(0, at)].join(' '));
  return [...new Set(all.slice(0, mostWords))];
}

/** Makes people found by their names; in the write that adds them. */
export async function insertNameWords(
  db: Db,
  people: readonly { readonly personId: number; readonly nameSearchKey: string }[],
): Promise<void> {
  const rows = people.flatMap(({ personId, nameSearchKey }) =>
    rotations(nameSearchKey).map((rotation) => ({ rotation, personId })),
  );
  for (let at = 0; at < rows.length; at += chunk) {
    await insertRows(db, db.tables.nameWords, rows.slice(at, at + chunk));
  }
}

/** People are no longer found by the names that they have; before those change or the people are deleted. */
export async function deleteNameWords(db: Db, personIds: readonly number[]): Promise<void> {
  if (personIds.length === 0) return;
  const { people, nameWords: t } = db.tables;
  const former = await db
    .select({ id: people.id, key: people.nameSearchKey })
    .from(people)
    .where(among(people.id, personIds));
  for (const { id, key } of former) {
    await db.delete(t).where(and(inArray(t.rotation, rotations(key)), eq(t.personId, id)));
  }
}

/** LIKE's own characters begin no word. */
const plain = (word: string) => word.replaceAll(/[%_\\]/g, '\\$&');

/** Every one of the words is the beginning of some word of the name in a column. */
export function hasWords(column: SQLWrapper, words: readonly string[]): SQL | undefined {
  return and(
    ...words.map((word) => {
      const wanted = plain(word);
      return sql`(${column} like ${`${wanted}%`} escape '\\' or ${column} like ${`% ${wanted}%`} escape '\\')`;
    }),
  );
}

function beginsWith(db: Db, word: string): SQL | undefined {
  const { rotation } = db.tables.nameWords;
  return and(gte(rotation, word), lt(rotation, `${word}\uffff`));
}

/** The word that begins the fewest words of names, as far as counting so many tells; null: there are none. */
export async function rarestWord(db: Db, words: readonly string[]): Promise<string | null> {
  const [first, ...others] = words;
  if (first === undefined || others.length === 0) return first ?? null;
  const { nameWords: t } = db.tables;
  // Where all are too many to be counted, the given name: it comes last, and two in five are Nguyễn.
  const isMostFrequent = (word: string) => 'nguyen'.startsWith(word);
  let rarest = { word: words.findLast((word) => !isMostFrequent(word)) ?? first, count: mostCounted };
  // No more of the others are counted than there are of it.
  for (const word of words.toReversed()) {
    const some = db
      .select({ one: sql`1` })
      .from(t)
      .where(beginsWith(db, word))
      .limit(rarest.count)
      .as('some');
    const [row] = await db.select({ count: sql<number>`count(*)` }).from(some);
    const count = Number(row?.count ?? 0);
    if (count < rarest.count) rarest = { word, count };
  }
  return rarest.word;
}

/** Rows of `name_words` that begin with one of the words and have the others. */
export function rotationsWith(db: Db, word: string, words: readonly string[]): SQL | undefined {
  const { rotation } = db.tables.nameWords;
  const others = words.filter((other) => other !== word);
  // The word that a row begins with is another than the one looked for, unless one is the beginning of the other.
  const isApart = (other: string) => !word.startsWith(other) && !other.startsWith(word);
  return and(
    beginsWith(db, word),
    ...others.filter(isApart).map((other) => sql`${rotation} like ${`% ${plain(other)}%`} escape '\\'`),
    hasWords(
      rotation,
      others.filter((other) => !isApart(other)),
    ),
  );
}
