// What may be asked of a list of accounts, and each condition in SQL.
import {
  and,
  eq,
  exists,
  gt,
  inArray,
  isNull,
  lte,
  not,
  or,
  type SQL,
  type SQLWrapper,
  sql,
} from 'drizzle-orm';
import type { Db } from '../../tables.ts';
import { type AccountListState, stateIs } from '../account-state.ts';
import { type Attention, needsAttention } from '../attention.ts';
import { hasWords } from '../name-words.ts';
import { type UnitsWithin, withinUnits } from '../within.ts';

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

export interface AccountText {
  readonly words: readonly string[];
  /** Of a staff code: all of it, or the beginning. */
  readonly staffCode: string;
  /** Of a user name, canonical: all of it, or the beginning; null: it can't be one. */
  readonly userName: string | null;
  readonly match: 'whole' | 'beginning';
}

const one = { one: sql`1` };
export function expiring(db: Db, from: number, through: number): SQL | undefined {
  const { accounts } = db.tables;
  return and(eq(accounts.status, 'active'), gt(accounts.validUntil, from), lte(accounts.validUntil, through));
}

export function lacking(db: Db, what: NonNullable<AccountSearch['lacks']>, now: number): SQL | undefined {
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

export function beginsOrIs(column: SQLWrapper, value: string, match: AccountText['match']): SQL | undefined {
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

export function conditions(db: Db, search: AccountSearch, isFew = false): SQL | undefined {
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
