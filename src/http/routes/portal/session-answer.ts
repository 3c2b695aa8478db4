// What the portal's pages are told of who is signed in.
import type { PortalSession } from '../../../api/portal.ts';
import { readOrganisation } from '../../../services/administration.ts';
import { csrfTokenOf } from '../../../services/web/sessions.ts';
import { findHolder } from '../../../store/queries/account-details.ts';
import { findAccountById } from '../../../store/queries/accounts.ts';
import type { PortalRouteDeps } from '../../portal.ts';
import { HttpProblem } from '../../web/problem.ts';

export async function portalSessionAnswer(
  { store }: PortalRouteDeps,
  accountId: number,
  token: string,
): Promise<PortalSession> {
  const { timeZone } = await readOrganisation(store);
  const found = await store.read(async (db) => {
    const account = await findAccountById(db, accountId);
    return account === null ? null : { account, holder: await findHolder(db, account.personId) };
  });
  if (found === null) throw new HttpProblem('not-signed-in');
  const { userName } = found.account;
  return { userName, fullName: found.holder.fullName, csrfToken: csrfTokenOf(token), timeZone };
}
