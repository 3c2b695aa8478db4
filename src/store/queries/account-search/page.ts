// Rows of a list of accounts, and a page of what one index finds.
import { and, asc, eq, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Db } from '../../tables.ts';
import { type AccountSearch, conditions } from './conditions.ts';
import { countCap } from './limits.ts';
import { candidatesOf, type Source } from './sources.ts';

/** A place in the list: a holder's name and id, and one of their accounts; every account of later holders comes after. */
export interface AccountPlace {
  readonly nameSortKey: string;
  readonly personId: number;
  readonly accountId: number;
}

const columnsOf = ({ accounts, people, units }: Db['tables']) => ({
  id: accounts.id,
  userName: accounts.userName,
  status: accounts.status,
  suspendedDetail: accounts.suspendedDetail,
  validFrom: accounts.validFrom,
  validUntil: accounts.validUntil,
  personId: people.id,
  fullName: people.fullName,
  staffCode: people.staffCode,
  position: people.position,
  unitId: units.id,
  unitCode: units.code,
  unitName: units.name,
  nameSortKey: people.nameSortKey,
});

export function after(columns: readonly SQLWrapper[], place: AccountPlace | null): SQL | undefined {
  if (place === null) return undefined;
  const values = [place.nameSortKey, place.personId, place.accountId].slice(0, columns.length);
  return sql`(${sql.join([...columns], sql`, `)}) > (${sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )})`;
}

export async function listRows(db: Db, ids: readonly number[]) {
  const { accounts, people, units } = db.tables;
  if (ids.length === 0) return [];
  return await db
    .select(columnsOf(db.tables))
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(inArray(accounts.id, [...ids]))
    .orderBy(asc(people.nameSortKey), asc(people.id), asc(accounts.id));
}

export type Row = Awaited<ReturnType<typeof listRows>>[number];

export interface AccountsFound {
  readonly rows: readonly Row[];
  /** Where to go on; null: there is nothing more. */
  readonly next: AccountPlace | null;
  readonly total: { readonly count: number; readonly isCapped: boolean };
}

export type PageFound = Omit<AccountsFound, 'total'>;

export interface Page {
  readonly after: AccountPlace | null;
  readonly limit: number;
}

export const placeOf = ({ nameSortKey, personId, id }: Row): AccountPlace => ({
  nameSortKey,
  personId,
  accountId: id,
});

/** `rows` has one more than the page where there is another. */
export function pageFrom(rows: readonly Row[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
}

/** All that one source leaves, judged and sorted. */
export async function fromSource(
  db: Db,
  source: Source,
  search: AccountSearch,
  page: Page,
): Promise<AccountsFound> {
  const { accounts, people, units } = db.tables;
  const isOfPeople = source.of === 'people';
  const { text, state, expiringBefore, lacks } = search;
  const isWhole =
    source.has !== undefined && [text, state, expiringBefore, lacks].every((one) => one === null);
  // SQLite goes through tables that are joined so in this order. What the source tells of accounts may be all that is asked of them.
  const joined = isWhole
    ? sql`(select * from ${source.ids(null)} as ids order by +person_id) as accounts cross join ${people}`
    : sql`${candidatesOf(source.ids(null))} cross join ${isOfPeople ? people : accounts} cross join ${isOfPeople ? accounts : people}`;
  const matched = db
    .select({
      id: sql<number>`${accounts.id}`.as('id'),
      key: sql<string>`${people.nameSortKey}`.as('name_sort_key'),
      personId: sql<number>`${people.id}`.as('person_id'),
      total: sql<number>`count(*) over ()`.as('total'),
    })
    .from(joined)
    // Both databases leave it out where no condition is on units.
    .leftJoin(units, eq(units.id, people.unitId))
    .where(
      and(
        isWhole ? undefined : sql`${isOfPeople ? people.id : accounts.id} = candidates.id`,
        eq(people.id, accounts.personId),
        conditions(db, { ...search, ...source.has }, source.text !== undefined),
      ),
    )
    .as('matched');
  const found = await db
    .select({ id: matched.id, total: matched.total })
    .from(matched)
    .where(after([matched.key, matched.personId, matched.id], page.after))
    .orderBy(asc(matched.key), asc(matched.personId), asc(matched.id))
    .limit(page.limit + 1);
  const count = Number(found[0]?.total ?? 0);
  const rows = await listRows(
    db,
    found.map(({ id }) => id),
  );
  return {
    ...pageFrom(rows, page.limit),
    total: { count: Math.min(count, countCap), isCapped: count > countCap },
  };
}
