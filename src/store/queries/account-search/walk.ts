// Pages for conditions that all leave many: names are walked in their order.
import { and, asc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import { givenNameKeys } from '../../../core/names.ts';
import type { Db } from '../../tables.ts';
import { among } from '../many.ts';
import { rowsOf } from '../rows-of.ts';
import { type AccountSearch, conditions } from './conditions.ts';
import type { Limits } from './limits.ts';
import {
  type AccountPlace,
  after,
  fromSource,
  listRows,
  type Page,
  type PageFound,
  pageFrom,
  placeOf,
} from './page.ts';
import { type Source, unionOf } from './sources.ts';

/** People in the order of names from a place on, one at the place itself included. */
function fromPlace({ people: t }: Db['tables'], place: AccountPlace | null): SQL | undefined {
  if (place === null) return undefined;
  return sql`(${t.nameSortKey}, ${t.id}) >= (${place.nameSortKey}, ${place.personId})`;
}

/** Of names in their order those whose keys begin so; null: all. */
type Span = string | null;

function inSpan({ people: t }: Db['tables'], span: Span): SQL | undefined {
  // Keys are ASCII, and have no such character.
  return span === null ? undefined : and(gte(t.nameSortKey, span), lt(t.nameSortKey, `${span}\x7f`));
}

/** Who stands so many further on, by the index alone; null: nobody. */
export async function personAfter(
  db: Db,
  place: AccountPlace | null,
  steps: number,
  span: Span = null,
): Promise<AccountPlace | null> {
  const { people: t } = db.tables;
  const [row] = await db
    .select({ nameSortKey: t.nameSortKey, personId: t.id })
    .from(t)
    .where(and(inSpan(db.tables, span), fromPlace(db.tables, place)))
    .orderBy(asc(t.nameSortKey), asc(t.id))
    .limit(1)
    .offset(steps);
  // Before every account of the person.
  return row === undefined ? null : { ...row, accountId: 0 };
}

/** The next people by the name of their table, with the columns that conditions look at: none is looked for twice. */
export function nextPeople(db: Db, place: AccountPlace | null, limit: number, span: Span = null) {
  const { people: t } = db.tables;
  const { id, nameSortKey, nameSearchKey, staffCode, unitId } = t;
  return db
    .select({ id, nameSortKey, nameSearchKey, staffCode, unitId })
    .from(t)
    .where(and(inSpan(db.tables, span), fromPlace(db.tables, place)))
    .orderBy(asc(nameSortKey), asc(id))
    .limit(limit)
    .as('people');
}

/** Names in their order, span after span, each judged, until the page is full or enough were looked at. */
export async function byWalking(
  db: Db,
  search: AccountSearch,
  page: Page,
  steps: readonly number[],
  spans: readonly Span[] = [null],
): Promise<PageFound> {
  const { accounts, people, units } = db.tables;
  const ids: number[] = [];
  let place: AccountPlace | null = null;
  for (const span of spans) {
    place = page.after;
    for (const step of steps) {
      const last = await personAfter(db, place, step, span);
      const found = await db
        .select({ id: accounts.id })
        .from(nextPeople(db, place, step, span))
        .crossJoin(accounts)
        .leftJoin(units, eq(units.id, people.unitId))
        .where(
          and(
            eq(accounts.personId, people.id),
            after([people.nameSortKey, people.id, accounts.id], place),
            conditions(db, search),
          ),
        )
        .orderBy(asc(people.nameSortKey), asc(people.id), asc(accounts.id))
        .limit(page.limit + 1 - ids.length);
      ids.push(...found.map(({ id }) => id));
      place = last;
      if (place === null || ids.length > page.limit) break;
    }
    if (place !== null || ids.length > page.limit) break;
  }
  const { rows, next } = pageFrom(await listRows(db, ids), page.limit);
  return { rows, next: next ?? place };
}

/** Where among names those stand whose given name begins with a word, in their order; names that nobody bears are left out. */
async function spansOf(db: Db, word: string): Promise<string[]> {
  const { people } = db.tables;
  const keys = givenNameKeys(word);
  if (keys.length === 0) return [];
  const borne = keys.map((key) =>
    db
      .select({ key: sql<string>`cast(${key} as text)`.as('key') })
      .from(people)
      .where(inSpan(db.tables, key))
      .limit(1),
  );
  const rows = await db.select({ key: sql<string>`key` }).from(sql`${unionOf(borne)} as found`);
  return rows.map(({ key }) => key).sort();
}

/** A source without the people of spans; null: they are not so few. */
async function without(
  db: Db,
  source: Source,
  spans: readonly string[],
  most: number,
): Promise<Source | null> {
  const { people } = db.tables;
  const idsIn = (span: string) =>
    db.select({ id: people.id }).from(people).where(inSpan(db.tables, span)).getSQL();
  const parts = [sql`select id from ${source.ids(null)} as ids`, ...spans.map(idsIn)];
  const apart = await db
    .select({ id: sql<number>`id` })
    .from(sql`(${sql.join(parts, sql` except `)}) as apart`)
    .limit(most + 1);
  if (apart.length > most) return null;
  const ids = apart.map(({ id }) => Number(id));
  return { ...source, ids: () => db.select({ id: people.id }).from(people).where(among(people.id, ids)) };
}

const inOrder = (a: AccountPlace, b: AccountPlace): number =>
  a.nameSortKey === b.nameSortKey
    ? a.personId - b.personId || a.accountId - b.accountId
    : a.nameSortKey < b.nameSortKey
      ? -1
      : 1;

/** Two pages from the same place as one: no further than either tells of. */
function merged(pages: readonly PageFound[], limit: number): PageFound {
  const ends = pages.flatMap(({ next }) => (next === null ? [] : [next])).sort(inOrder);
  const end = ends[0] ?? null;
  const rows = pages
    .flatMap((page) => page.rows)
    .filter((row) => end === null || inOrder(placeOf(row), end) <= 0)
    .sort((a, b) => inOrder(placeOf(a), placeOf(b)));
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? { rows: rows.slice(0, limit), next: placeOf(last) }
    : { rows, next: end };
}

/**
 * Whose given name begins with the one word that is asked for stand together in the order of names, however late: they are walked there,
 * and those who bear it otherwise are few, judged and sorted. Null: they are not.
 */
export async function byGivenName(
  db: Db,
  search: AccountSearch,
  page: Page,
  source: Source,
  limits: Limits,
): Promise<PageFound | null> {
  const word = source.text?.word ?? null;
  if (word === null || search.text?.words.length !== 1) return null;
  const spans = await spansOf(db, word);
  if (spans.length === 0) return null;
  const all = sql`(select * from ${source.ids(limits.named + 1)} as ids limit ${limits.named + 1}) as some_ids`;
  if ((await rowsOf(db, all)) > limits.named) return null;
  const apart = await without(db, source, spans, limits.apart);
  if (apart === null) return null;
  const { rows, next } = await fromSource(db, apart, search, page);
  return merged([{ rows, next }, await byWalking(db, search, page, limits.walkSteps, spans)], page.limit);
}
