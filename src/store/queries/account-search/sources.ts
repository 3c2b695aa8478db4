// Conditions that an index finds: which rows they leave, and which leaves the fewest.
import {
  and,
  eq,
  gt,
  inArray,
  isNotNull,
  lte,
  type SQL,
  type SQLWrapper,
  type Subquery,
  sql,
} from 'drizzle-orm';
import type { Db } from '../../tables.ts';
import type { AccountListState } from '../account-state.ts';
import { type Attention, accountsThatMayNeed, accountsThatNeed, isUsableAsIndexed } from '../attention.ts';
import { rarestWord, rotationsWith } from '../name-words.ts';
import { rowsOf } from '../rows-of.ts';
import { type UnitsWithin, withinUnits } from '../within.ts';
import { type AccountSearch, type AccountText, beginsOrIs, expiring } from './conditions.ts';
import type { Limits } from './limits.ts';

/** Ids of people or accounts, all those of a search among them; ids may come several times. */
export interface Source {
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
export function unionOf(queries: readonly { as(alias: string): unknown }[]): SQL {
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
export function usuallyIncomplete(db: Db) {
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

export async function sourcesOf(db: Db, search: AccountSearch, limits: Limits): Promise<Source[]> {
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
export async function fewest(
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
export function candidatesOf(ids: SQLWrapper): SQL {
  return sql`(select id from (select distinct id from ${ids} as ids) as some_ids order by +id) as candidates`;
}
