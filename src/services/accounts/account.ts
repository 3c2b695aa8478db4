// Finding the account that an administrator means, and the one way in which accounts are changed.
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import { canonicalUserName, userNameFaultTexts } from '../../core/user-name.ts';
import { type AccountColumnsSet, changeAccount } from '../../store/queries/account-changes.ts';
import { listSimilarUserNames } from '../../store/queries/account-list.ts';
import { type AccountRow, findAccountByUserName } from '../../store/queries/accounts.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type Act, type AdministrationDeps, changedMeanwhile, recordAct } from '../administration.ts';
import { notAsSeen } from '../seen.ts';

/**
 * The account of a user name as typed (case and realm do not matter).
 * @throws OperatorError that names the nearest user name, when there is no such account
 */
export async function getAccount(
  store: Pick<Store, 'read'>,
  typed: string,
  realms: readonly string[],
): Promise<AccountRow> {
  const name = canonicalUserName(typed.normalize('NFC'), { realms });
  if (!name.ok) {
    throw new OperatorError(`${JSON.stringify(typed.slice(0, 80))}: ${userNameFaultTexts[name.fault]}.`, {
      at: 'USER',
      remedy: 'Give the user name as it is typed in the VPN client.',
      vi: ['Tên đăng nhập không hợp lệ.', 'Nhập tên đăng nhập như khi gõ trong chương trình VPN.'],
    });
  }
  const { userName } = name;
  const account = await store.read((db) => findAccountByUserName(db, userName));
  if (account !== null) return account;
  const similar = nearestName(userName, await store.read((db) => listSimilarUserNames(db, userName)));
  throw new OperatorError(`There is no account ${userName}.`, {
    at: 'USER',
    vi: [
      `Không có tài khoản ${userName}.`,
      similar === null ? 'Xem danh sách tài khoản.' : `Có phải ${similar} không?`,
    ],
    fault: 'not-found',
    remedy: similar === null ? 'See "gatewarden account list".' : `Did you mean ${similar}?`,
  });
}

export interface AccountAct extends Omit<Act, 'at' | 'accountId'> {
  readonly set?: AccountColumnsSet;
  /** Changes what hangs on the account, in the same write. */
  readonly apply?: (db: Db) => Promise<void>;
}

/**
 * Changes an account that is still as it was read: columns, what hangs on it, its revision and the record, all or nothing.
 * @throws OperatorError when somebody else changed it meanwhile
 */
export async function actOnAccount(
  deps: AdministrationDeps,
  account: AccountRow,
  act: AccountAct,
): Promise<{
  readonly revision: number;
  readonly record: { readonly chain: string; readonly seq: number };
}> {
  const { store, clock, by, ifRevision } = deps;
  if (ifRevision !== undefined && account.revision !== ifRevision) {
    throw notAsSeen(`The account ${account.userName}`);
  }
  const { set, apply, ...described } = act;
  const at = clock.now();
  return await store.write(async (db) => {
    const revision = await changeAccount(db, account, set ?? {}, at);
    if (revision === null) throw changedMeanwhile(`The account ${account.userName}`);
    await apply?.(db);
    const record = await recordAct(db, by, {
      ...described,
      at,
      accountId: account.id,
      body: { ...described.body, revision },
      personal: { ...described.personal, userName: account.userName },
    });
    return { revision, record };
  });
}
