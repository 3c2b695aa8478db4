// Accounts as the console lists them: filtered, within scope, in the order of Vietnamese staff lists, counted up to a cap.
import { and, asc, eq, exists, gt, isNotNull, isNull, lte, ne, not, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import type { AccountCursor, AccountListState } from './account-list.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

/** Counting stops here: nobody reads on. */
export const countCap = 10_000;

interface AccountSearch {
  readonly scope: UnitsWithin;
  /** A unit with all below it. */
  readonly unitPath: string | null;
  /** Beginnings of words (core/names.ts nameSearchKey), all of which must match; or a staff code or user name. */
  readonly text: { readonly words: readonly string[]; readonly literal: string } | null;
  readonly state: AccountListState | null;
  readonly expiringBefore: number | null;
  readonly lacks: 'workstation' | 'authenticator' | 'assignment' | null;
  readonly now: number;
}

const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);

/** Every word is a prefix of some word of the name. */
function nameMatches(db: Db, words: readonly string[]): SQL | undefined {
  const { nameSearchKey } = db.tables.people;
  return and(
    ...words.map((word) => {
      const wanted = escapeLike(word);
      return sql`(${nameSearchKey} like ${`${wanted}%`} escape '\\' or ${nameSearchKey} like ${`% ${wanted}%`} escape '\\')`;
    }),
  );
}

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
          .select({ one: sql`1` })
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

function lacking(db: Db, what: NonNullable<AccountSearch['lacks']>, now: number): SQL | undefined {
  const { accounts, accountWorkstations: w, authenticators: a, accountAssignments: g } = db.tables;
  const one = { one: sql`1` };
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
  return and(eq(accounts.status, 'active'), not(exists(held)));
}

function conditions(db: Db, search: AccountSearch): SQL | undefined {
  const { accounts, people } = db.tables;
  const { scope, unitPath, text, state, expiringBefore, lacks, now } = search;
  return and(
    withinUnits(db, scope),
    unitPath === null ? undefined : withinUnits(db, [unitPath]),
    text === null
      ? undefined
      : or(
          nameMatches(db, text.words),
          eq(people.staffCode, text.literal),
          eq(accounts.userName, text.literal.toLowerCase()),
        ),
    state === null ? undefined : stateIs(db, state, now),
    expiringBefore === null
      ? undefined
      : and(
          eq(accounts.status, 'active'),
          gt(accounts.validUntil, now),
          lte(accounts.validUntil, expiringBefore),
        ),
    lacks === null ? undefined : lacking(db, lacks, now),
  );
}

/** One page, one row longer than asked so that the caller knows whether there is another. */
export async function searchAccounts(
  db: Db,
  search: AccountSearch,
  page: { readonly after: AccountCursor | null; readonly limit: number },
) {
  const { accounts, people, units } = db.tables;
  const { after, limit } = page;
  return await db
    .select({
      id: accounts.id,
      userName: accounts.userName,
      status: accounts.status,
      suspendedDetail: accounts.suspendedDetail,
      validFrom: accounts.validFrom,
      validUntil: accounts.validUntil,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitId: units.id,
      unitCode: units.code,
      unitName: units.name,
      nameSortKey: people.nameSortKey,
    })
    .from(people)
    .innerJoin(accounts, eq(accounts.personId, people.id))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(
      and(
        conditions(db, search),
        after === null
          ? undefined
          : or(
              gt(people.nameSortKey, after.nameSortKey),
              and(eq(people.nameSortKey, after.nameSortKey), gt(accounts.id, after.accountId)),
            ),
      ),
    )
    .orderBy(asc(people.nameSortKey), asc(accounts.id))
    .limit(limit + 1);
}

/** How many there are, up to the cap and one. */
export async function countAccounts(db: Db, search: AccountSearch): Promise<number> {
  const { accounts, people, units } = db.tables;
  const some = db
    .select({ id: accounts.id })
    .from(people)
    .innerJoin(accounts, eq(accounts.personId, people.id))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(conditions(db, search))
    .limit(countCap + 1)
    .as('some');
  const [row] = await db.select({ count: sql<number>`count(*)` }).from(some);
  return Number(row?.count ?? 0);
}
