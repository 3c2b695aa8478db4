// Accounts as the console lists them: filtered, within scope, in the order of Vietnamese staff lists, counted up to a cap.
//
// Whatever the filter, no more than some ten thousand rows are looked at. Each condition with an index says how many rows it
// leaves: the fewest are taken, judged by the other conditions and sorted. Where every condition leaves many, names are
// walked in their order from the last place on, and what is wanted comes soon; where it does not (conditions that many
// satisfy and hardly anybody together), the page ends early and the next goes on from there.
import {
  and,
  asc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  not,
  or,
  type SQL,
  type SQLWrapper,
  type Subquery,
  sql,
} from 'drizzle-orm';
import { givenNameKeys } from '../../core/names.ts';
import type { Db } from '../tables.ts';
import type { AccountListState } from './account-list.ts';
import {
  type Attention,
  accountsThatMayNeed,
  accountsThatNeed,
  countAttention,
  isUsableAsIndexed,
  needsAttention,
} from './attention.ts';
import { among } from './many.ts';
import { hasWords, rarestWord, rotationsWith } from './name-words.ts';
import { rowsOf } from './rows-of.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

/** Counting stops here: nobody reads on. */
const countCap = 10_000;
/** How much is looked at for one page. */
interface Limits {
  /** Up to so many rows of one condition are looked at one by one; where there are more, so many are counted. */
  readonly candidates: number;
  /** Of those that need a look, each of which is told by what it did last. */
  readonly attention: number;
  /** So many names are walked, and more when the page is not full; then it ends. */
  readonly walkSteps: readonly number[];
  /** Of a word that so many bear at most, given names are walked by themselves, where so many bear it otherwise. */
  readonly named: number;
  readonly apart: number;
  /** Where counting means judging one by one, so many are judged: of people by name, or of accounts as they lie. */
  readonly counted: number;
  readonly lying: number;
}

const usualLimits: Limits = {
  candidates: 12_000,
  attention: 8_000,
  walkSteps: [400, 2_000],
  named: 40_000,
  apart: 6_000,
  counted: 2_000,
  lying: 20_000,
};

export interface AccountSearch {
  readonly scope: UnitsWithin;
  /** A unit with all below it; within the scope. */
  readonly unitPath: string | null;
  /** Beginnings of words (core/names.ts nameSearchKey), all of which must match; or a staff code or user name. */
  readonly text: AccountText | null;
  readonly state: AccountListState | null;
  readonly expiringBefore: number | null;
  readonly lacks: 'workstation' | 'authenticator' | 'assignment' | null;
  /** What a figure of the overview counts. */
  readonly attention: Attention | null;
  readonly now: number;
}

interface AccountText {
  readonly words: readonly string[];
  /** Of a staff code: all of it, or the beginning. */
  readonly staffCode: string;
  /** Of a user name, canonical: all of it, or the beginning; null: it can't be one. */
  readonly userName: string | null;
  readonly match: 'whole' | 'beginning';
}

/** A place in the list: a holder's name and id, and one of their accounts; every account of later holders comes after. */
export interface AccountPlace {
  readonly nameSortKey: string;
  readonly personId: number;
  readonly accountId: number;
}

const one = { one: sql`1` };
function stateIs(db: Db, state: AccountListState, now: number): SQL | undefined {
  const { accounts, counters } = db.tables;
  const active = eq(accounts.status, 'active');
  switch (state) {
    case 'pending':
    case 'withdrawn':
      return eq(accounts.status, state);
    case 'suspended':
      return and(ne(accounts.status, 'withdrawn'), isNotNull(accounts.suspendedDetail));
    case 'expired':
      return and(active, isNull(accounts.suspendedDetail), lte(accounts.validUntil, now));
    case 'not-yet-valid':
      return and(active, isNull(accounts.suspendedDetail), gt(accounts.validFrom, now));
    case 'locked':
      return exists(
        db
          .select(one)
          .from(counters)
          .where(and(eq(counters.accountId, accounts.id), gt(counters.lockedUntil, now))),
      );
    case 'valid':
      return and(
        active,
        isNull(accounts.suspendedDetail),
        lte(accounts.validFrom, now),
        gt(accounts.validUntil, now),
      );
  }
}

function expiring(db: Db, from: number, through: number): SQL | undefined {
  const { accounts } = db.tables;
  return and(eq(accounts.status, 'active'), gt(accounts.validUntil, from), lte(accounts.validUntil, through));
}

function lacking(db: Db, what: NonNullable<AccountSearch['lacks']>, now: number): SQL | undefined {
  const { accounts, accountWorkstations: w, authenticators: a, accountAssignments: g } = db.tables;
  const held = {
    workstation: db
      .select(one)
      .from(w)
      .where(
        and(
          eq(w.accountId, accounts.id),
          lte(w.validFrom, now),
          or(isNull(w.validUntil), gt(w.validUntil, now)),
        ),
      ),
    authenticator: db
      .select(one)
      .from(a)
      .where(and(eq(a.accountId, accounts.id), eq(a.state, 'active'))),
    assignment: db.select(one).from(g).where(eq(g.accountId, accounts.id)),
  }[what];
  // What is incomplete holds all of them, but for workstations: those that are no longer assigned count there.
  const isIncomplete = what === 'workstation' ? undefined : sql`${accounts.isIncomplete}`;
  return and(eq(accounts.status, 'active'), isIncomplete, not(exists(held)));
}

function beginsOrIs(column: SQLWrapper, value: string, match: AccountText['match']): SQL | undefined {
  return match === 'whole'
    ? sql`${column} = ${value}`
    : and(sql`${column} >= ${value}`, sql`${column} < ${`${value}\uffff`}`);
}

/** @param isFew those called so are few: found once, so that PostgreSQL need not leave the index for each account */
function textMatches(
  db: Db,
  { words, staffCode, userName, match }: AccountText,
  isFew: boolean,
): SQL | undefined {
  const { people, accounts } = db.tables;
  const called = userName === null ? undefined : beginsOrIs(accounts.userName, userName, match);
  const ids = db.select({ id: accounts.id }).from(accounts).where(called);
  return or(
    hasWords(people.nameSearchKey, words),
    beginsOrIs(people.staffCode, staffCode, match),
    isFew && called !== undefined ? inArray(accounts.id, ids) : called,
  );
}

function conditions(db: Db, search: AccountSearch, isFew = false): SQL | undefined {
  const { scope, unitPath, text, state, expiringBefore, lacks, attention, now } = search;
  return and(
    withinUnits(db, scope),
    unitPath === null ? undefined : withinUnits(db, [unitPath]),
    text === null ? undefined : textMatches(db, text, isFew || text.match === 'whole'),
    state === null ? undefined : stateIs(db, state, now),
    expiringBefore === null ? undefined : expiring(db, now, expiringBefore),
    lacks === null ? undefined : lacking(db, lacks, now),
    attention === null ? undefined : needsAttention(db, attention, now),
  );
}

/** Ids of people or accounts, all those of a search among them; ids may come several times. */
interface Source {
  readonly of: 'people' | 'accounts';
  /** Looked at one by one where there are no more. */
  readonly most?: number;
  /** With a limit for counting only: then there may be more among them than have what it is of. */
  readonly ids: (limit: number | null) => SQLWrapper;
  readonly text?: {
    /** Of names, the rarest word; null: there is none. */
    readonly word: string | null;
    /** People by name and staff code alone, and the condition of accounts by user name. */
    readonly people: (limit: number) => SQLWrapper;
    readonly called: SQL | undefined;
  };
  /** With what tells states, where the source is all that a condition looks at. */
  readonly accounts?: (limit: number) => Subquery;
  /** Of the search what all of them have. */
  readonly has?: Partial<AccountSearch>;
}

/** SQLite takes no LIMIT on a member of a union but inside brackets of its own. */
function unionOf(queries: readonly { as(alias: string): unknown }[]): SQL {
  const parts = queries.map((query, at) => sql`select * from ${query.as(`part${at}`)}`);
  return sql`(${sql.join(parts, sql` union all `)})`;
}

function accountsWhere(db: Db, condition: SQL | undefined): Source {
  const { accounts } = db.tables;
  return {
    of: 'accounts',
    ids(limit) {
      const query = db.select({ id: accounts.id }).from(accounts).where(condition).$dynamic();
      return limit === null ? query : query.limit(limit);
    },
    accounts(limit) {
      const { id, status, suspendedDetail, validFrom, validUntil } = accounts;
      const columns = { id, status, suspendedDetail, validFrom, validUntil };
      return db.select(columns).from(accounts).where(condition).limit(limit).as('accounts');
    },
  };
}

/** Active accounts that may lack a paper or an authenticator: those that are incomplete, and those suspended, of which no index tells. */
function incompleteAccounts(db: Db): Source {
  const { accounts: t } = db.tables;
  const select = () => db.select({ id: t.id }).from(t);
  return {
    of: 'accounts',
    ids(limit) {
      const most = limit ?? Number.MAX_SAFE_INTEGER;
      return unionOf([
        usuallyIncomplete(db).limit(most),
        select().where(isNotNull(t.suspendedDetail)).limit(most),
      ]);
    },
  };
}

/** By their index, whose first column the last condition names. */
function usuallyIncomplete(db: Db) {
  const { accounts: t } = db.tables;
  return db
    .select({ id: t.id })
    .from(t)
    .where(and(isUsableAsIndexed(db.tables), sql`${t.isIncomplete}`, gt(t.validUntil, 0)));
}

function lockedAccounts(db: Db, now: number): Source {
  const { counters } = db.tables;
  return {
    of: 'accounts',
    ids(limit) {
      const query = db
        .select({ id: sql<number>`${counters.accountId}`.as('id') })
        .from(counters)
        // The first is the index's own condition.
        .where(and(sql`${counters.lockedUntil} > 0`, gt(counters.lockedUntil, now)))
        .$dynamic();
      return limit === null ? query : query.limit(limit);
    },
  };
}

function peopleOf(db: Db, paths: readonly string[]): Source {
  const { people, units } = db.tables;
  const unitIds = db.select({ id: units.id }).from(units).where(withinUnits(db, paths));
  return {
    of: 'people',
    ids(limit) {
      const query = db
        .select({ id: people.id })
        .from(people)
        .where(inArray(people.unitId, unitIds))
        .$dynamic();
      return limit === null ? query : query.limit(limit);
    },
  };
}

/** By the index of what it is, or by that of the units. */
function needingAttention(
  db: Db,
  what: Attention,
  within: UnitsWithin,
  { scope, unitPath, now }: AccountSearch,
  most: number,
): Source {
  return {
    of: 'accounts',
    most,
    ids: (limit) =>
      limit === null
        ? accountsThatNeed(db, { what, within, now })
        : accountsThatMayNeed(db, { what, within, now }).limit(limit),
    has: {
      attention: null,
      ...(within === scope ? { scope: 'everywhere' } : {}),
      ...(unitPath !== null && within[0] === unitPath ? { unitPath: null } : {}),
    },
  };
}

async function peopleLike(db: Db, text: AccountText): Promise<Source> {
  const { people, accounts, nameWords } = db.tables;
  const { words, staffCode, userName, match } = text;
  const word = await rarestWord(db, words);
  const called = userName === null ? sql`1 = 0` : beginsOrIs(accounts.userName, userName, match);
  const byCode = (most: number) =>
    db
      .select({ id: people.id })
      .from(people)
      .where(beginsOrIs(people.staffCode, staffCode, match))
      .limit(most);
  const byUserName = (most: number) =>
    db
      .select({ id: sql<number>`${accounts.personId}`.as('id') })
      .from(accounts)
      .where(called)
      .limit(most);
  const byName = (most: number) =>
    db
      .select({ id: sql<number>`${nameWords.personId}`.as('id') })
      .from(nameWords)
      .where(word === null ? sql`1 = 0` : rotationsWith(db, word, words))
      .limit(most);
  return {
    of: 'people',
    text: { word, called, people: (limit) => unionOf([byCode(limit), byName(limit)]) },
    ids(limit) {
      const most = limit ?? Number.MAX_SAFE_INTEGER;
      return unionOf([byCode(most), byUserName(most), byName(most)]);
    },
  };
}

/** In the words of the partial index. */
const isInUse = (db: Db) => sql`${db.tables.accounts.status} = 'active'`;

/** Of a state, what an index finds of it; null: it is what most accounts are. */
function sourceOfState(db: Db, state: AccountListState, now: number): Source | null {
  const { accounts } = db.tables;
  switch (state) {
    case 'valid':
      return null;
    case 'locked':
      return lockedAccounts(db, now);
    case 'suspended':
      return accountsWhere(db, isNotNull(accounts.suspendedDetail));
    case 'not-yet-valid':
      return accountsWhere(db, gt(accounts.validFrom, now));
    case 'expired':
      return accountsWhere(db, and(isInUse(db), lte(accounts.validUntil, now)));
    case 'pending':
    case 'withdrawn':
      return accountsWhere(db, and(sql`${accounts.status} <> 'active'`, eq(accounts.status, state)));
  }
}

async function sourcesOf(db: Db, search: AccountSearch, limits: Limits): Promise<Source[]> {
  const { scope, unitPath, text, state, expiringBefore, lacks, attention, now } = search;
  const byState = state === null ? null : sourceOfState(db, state, now);
  return [
    ...(attention === null
      ? []
      : [...new Set<UnitsWithin>(['everywhere', scope, unitPath === null ? scope : [unitPath]])].map(
          (within) => needingAttention(db, attention, within, search, limits.attention),
        )),
    ...(scope === 'everywhere' ? [] : [peopleOf(db, scope)]),
    ...(unitPath === null ? [] : [peopleOf(db, [unitPath])]),
    ...(byState === null ? [] : [byState]),
    ...(expiringBefore === null
      ? []
      : [accountsWhere(db, and(isInUse(db), expiring(db, now, expiringBefore)))]),
    ...(lacks === null || lacks === 'workstation' ? [] : [incompleteAccounts(db)]),
    ...(text === null ? [] : [await peopleLike(db, text)]),
  ];
}

/** The source with the fewest rows, if those are few enough to be looked at one by one. */
async function fewest(
  db: Db,
  sources: readonly Source[],
  candidates: number,
): Promise<{ readonly source: Source; readonly count: number } | null> {
  let least: { readonly source: Source; readonly count: number } | null = null;
  for (const source of sources) {
    const most = source.most ?? candidates;
    const limit: number = Math.min(least?.count ?? most + 1, most + 1);
    const some = sql`(select * from ${source.ids(limit)} as ids limit ${limit}) as some_ids`;
    const count = await rowsOf(db, some);
    if (count < limit) least = { source, count };
    if (count === 0) break;
  }
  return least;
}

/**
 * Each once, in the order of ids, for PostgreSQL: neighbours lie on the same pages. By the sign that changes nothing SQLite does
 * not take the order from the table, which it would read whole.
 */
function candidatesOf(ids: SQLWrapper): SQL {
  return sql`(select id from (select distinct id from ${ids} as ids) as some_ids order by +id) as candidates`;
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

function after(columns: readonly SQLWrapper[], place: AccountPlace | null): SQL | undefined {
  if (place === null) return undefined;
  const values = [place.nameSortKey, place.personId, place.accountId].slice(0, columns.length);
  return sql`(${sql.join([...columns], sql`, `)}) > (${sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )})`;
}

async function listRows(db: Db, ids: readonly number[]) {
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

type Row = Awaited<ReturnType<typeof listRows>>[number];

export interface AccountsFound {
  readonly rows: readonly Row[];
  /** Where to go on; null: there is nothing more. */
  readonly next: AccountPlace | null;
  readonly total: { readonly count: number; readonly isCapped: boolean };
}

type PageFound = Omit<AccountsFound, 'total'>;

interface Page {
  readonly after: AccountPlace | null;
  readonly limit: number;
}

const placeOf = ({ nameSortKey, personId, id }: Row): AccountPlace => ({
  nameSortKey,
  personId,
  accountId: id,
});

/** `rows` has one more than the page where there is another. */
function pageFrom(rows: readonly Row[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
}

/** All that one source leaves, judged and sorted. */
async function fromSource(db: Db, source: Source, search: AccountSearch, page: Page): Promise<AccountsFound> {
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
async function personAfter(
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
function nextPeople(db: Db, place: AccountPlace | null, limit: number, span: Span = null) {
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

const isOfTextAlone = ({ scope, unitPath, state, expiringBefore, lacks, attention }: AccountSearch) =>
  scope === 'everywhere' && [unitPath, state, expiringBefore, lacks, attention].every((one) => one === null);

/** All that the index has of a text, each name one that is asked for; of many, as many as prove that there are more than the cap. */
async function countOfText(
  db: Db,
  { text }: Source,
  isMany: boolean,
  { candidates }: Limits,
): Promise<AccountsFound['total']> {
  const { accounts } = db.tables;
  const most = candidates + 1;
  const named = db
    .select({ id: accounts.id })
    .from(candidatesOf(sql`(select * from ${text?.people(most)} as ids limit ${most})`))
    .crossJoin(accounts)
    .where(sql`${accounts.personId} = candidates.id`);
  if (isMany) return { count: await rowsOf(db, named.limit(countCap).as('found')), isCapped: true };
  const called = db.select({ id: accounts.id }).from(accounts).where(text?.called).limit(most);
  const members = unionOf([named.limit(countCap + 1), called]);
  const count = await rowsOf(db, sql`(select id from ${members} as ids group by id) as found`);
  return { count: Math.min(count, countCap), isCapped: count > countCap };
}

/**
 * How many there are where no condition leaves few, up to the cap. A condition alone is counted by its index; several together
 * are judged one by one, as many as may be: then it is a number below which it is not.
 */
async function countMany(
  db: Db,
  search: AccountSearch,
  { sources, isMany }: { readonly sources: readonly Source[]; readonly isMany: boolean },
  limits: Limits,
): Promise<AccountsFound['total']> {
  const { accounts, people, units } = db.tables;
  const { scope, unitPath, text, state, expiringBefore, lacks, attention, now } = search;
  const others = [unitPath, text, state, expiringBefore, lacks].filter((one) => one !== null);
  const within = unitPath === null ? scope : [unitPath];
  if (attention !== null && others.every((one) => one === unitPath)) {
    const most = { count: countCap, looked: limits.candidates + 1 };
    return await countAttention(db, { what: attention, within, now }, most);
  }
  const [only, ...more] = sources;
  const isAlone = more.length === 0 && others.length + (scope === 'everywhere' ? 0 : 1) === 1;
  if (only !== undefined && isAlone && attention === null && lacks === null) {
    if (only.text !== undefined) return await countOfText(db, only, isMany, limits);
    // A state is more than what its index is of.
    const isSo = state === null ? undefined : stateIs(db, state, now);
    const most = limits.candidates + 1;
    const found =
      only.accounts === undefined
        ? db
            .select(one)
            // Cut before the distinct too: PostgreSQL would gather all that there are. There are more: it is no source of few.
            .from(candidatesOf(only.ids(most)))
            .crossJoin(accounts)
            .where(and(sql`${only.of === 'people' ? accounts.personId : accounts.id} = candidates.id`, isSo))
        : db.select(one).from(only.accounts(most)).where(isSo);
    return { count: await rowsOf(db, found.limit(countCap).as('found')), isCapped: true };
  }
  if (attention !== null) {
    // As an index has them: of names one after another hardly any would be among them.
    const some = accountsThatMayNeed(db, { what: attention, within, now }).limit(limits.counted);
    const found = db
      .select(one)
      .from(some.as('candidates'))
      .crossJoin(accounts)
      .crossJoin(people)
      .leftJoin(units, eq(units.id, people.unitId))
      .where(
        and(sql`${accounts.id} = candidates.id`, eq(people.id, accounts.personId), conditions(db, search)),
      )
      .as('found');
    return { count: await rowsOf(db, found), isCapped: true };
  }
  if (scope === 'everywhere' && unitPath === null && text === null && lacks === null) {
    // As they lie: by an index of something that most have, each would be looked for anew.
    const lying = db.select().from(accounts).orderBy(asc(accounts.id)).limit(limits.lying).as('accounts');
    const found = db
      .select(one)
      .from(lying)
      .where(conditions(db, search))
      .limit(countCap + 1)
      .as('found');
    const [unseen] = await db
      .select({ id: accounts.id })
      .from(accounts)
      .orderBy(asc(accounts.id))
      .limit(1)
      .offset(limits.lying);
    const count = await rowsOf(db, found);
    return { count: Math.min(count, countCap), isCapped: count > countCap || unseen !== undefined };
  }
  const found = db
    .select(one)
    .from(nextPeople(db, null, limits.counted))
    .crossJoin(accounts)
    .leftJoin(units, eq(units.id, people.unitId))
    .where(and(eq(accounts.personId, people.id), conditions(db, search)))
    .limit(countCap + 1)
    .as('found');
  const unseen = await personAfter(db, null, limits.counted);
  if (unseen !== null && lacks !== null && others.length === 1 && scope === 'everywhere') {
    // Most of them are incomplete, hardly any of those by name.
    const some = usuallyIncomplete(db).limit(limits.counted).as('candidates');
    const lackingOf = db
      .select(one)
      .from(some)
      .crossJoin(accounts)
      .where(and(sql`${accounts.id} = candidates.id`, lacking(db, lacks, now)))
      .as('found');
    return { count: await rowsOf(db, lackingOf), isCapped: true };
  }
  const count = await rowsOf(db, found);
  return { count: Math.min(count, countCap), isCapped: count > countCap || unseen !== null };
}

/** Names in their order, span after span, each judged, until the page is full or enough were looked at. */
async function byWalking(
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
async function byGivenName(
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

/** One page, which may hold fewer than asked though there are more: `next` tells. */
export async function searchAccounts(
  db: Db,
  search: AccountSearch,
  page: Page,
  limits: Limits = usualLimits,
): Promise<AccountsFound> {
  const { found, ...looked } = await findPage(db, search, page, limits);
  if ('total' in found) return found;
  return { ...found, total: await countMany(db, search, looked, limits) };
}

/** The first of those who are found, for whom nothing is counted; where walking names finds too few, the first that an index has. */
export async function searchFirstAccounts(
  db: Db,
  search: AccountSearch,
  limit: number,
  limits: Limits = usualLimits,
): Promise<readonly Row[]> {
  const page = { after: null, limit };
  const { found, sources } = await findPage(db, search, page, limits);
  const byText = sources.find(({ text }) => text !== undefined);
  if (found.next === null || found.rows.length >= limit || byText === undefined) return found.rows;
  // All who are called so may come late in the order of names, which begins with given names.
  const some = { ...byText, ids: () => byText.ids(limits.counted) };
  return (await fromSource(db, some, search, page)).rows;
}

async function findPage(
  db: Db,
  search: AccountSearch,
  page: Page,
  limits: Limits,
): Promise<{ found: AccountsFound | PageFound; sources: readonly Source[]; isMany: boolean }> {
  const sources = await sourcesOf(db, search, limits);
  const few = await fewest(db, sources, limits.candidates);
  const byText = sources.find(({ text }) => text !== undefined);
  // What is judged together with other conditions is counted with them, too.
  const isByName =
    few === null || (few.source === byText && few.count > limits.apart && isOfTextAlone(search));
  const found =
    (byText !== undefined && isByName ? await byGivenName(db, search, page, byText, limits) : null) ??
    (few === null
      ? await byWalking(db, search, page, limits.walkSteps)
      : await fromSource(db, few.source, search, page));
  return { found, sources, isMany: few === null };
}
