// Accounts page by page, in the order of Vietnamese staff lists: by the holder's name, then by id.
import { and, asc, eq, gt, like, or } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { type AccountListState, stateIs } from './account-state.ts';

/** Where the next page begins: after this holder's name and account. */
export interface AccountCursor {
  readonly nameSortKey: string;
  readonly accountId: number;
}

/** What `state` means is the account's own columns; employment and assignment are not looked at. */
export async function listAccounts(
  db: Db,
  filter: {
    /** Accounts of holders in this unit and below. */
    readonly unitPath: string | null;
    readonly state: AccountListState | null;
    readonly after: AccountCursor | null;
    readonly limit: number;
    readonly now: number;
  },
) {
  const { accounts, people, units } = db.tables;
  const { unitPath, state, after, limit, now } = filter;
  return await db
    .select({
      accountId: accounts.id,
      userName: accounts.userName,
      status: accounts.status,
      suspendedDetail: accounts.suspendedDetail,
      validFrom: accounts.validFrom,
      validUntil: accounts.validUntil,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitCode: units.code,
      nameSortKey: people.nameSortKey,
    })
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(
      and(
        unitPath === null ? undefined : like(units.path, `${unitPath}%`),
        state === null ? undefined : stateIs(db, state, now),
        after === null
          ? undefined
          : or(
              gt(people.nameSortKey, after.nameSortKey),
              and(eq(people.nameSortKey, after.nameSortKey), gt(accounts.id, after.accountId)),
            ),
      ),
    )
    .orderBy(asc(people.nameSortKey), asc(accounts.id))
    .limit(limit);
}

/** User names that begin like the one given (two characters, else one), to find the one that was meant. */
export async function listSimilarUserNames(db: Db, userName: string): Promise<string[]> {
  const { accounts } = db.tables;
  for (const length of [2, 1]) {
    const beginning = userName.slice(0, length).replaceAll(/[%_\\]/g, '');
    if (beginning === '') continue;
    const rows = await db
      .select({ userName: accounts.userName })
      .from(accounts)
      .where(like(accounts.userName, `${beginning}%`))
      .limit(5_000);
    if (rows.length > 0) return rows.map((row) => row.userName);
  }
  return [];
}
