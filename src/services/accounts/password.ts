// A new password, set by an administrator.
import { OperatorError } from '../../base/errors.ts';
import { findHolder } from '../../store/queries/account-details.ts';
import { type AdministrationDeps, readOrganisation } from '../administration.ts';
import { findNewPasswordFault, type NewPasswordFault } from '../passwords/new-password.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { actOnAccount, getAccount } from './account.ts';
import type { Done } from './standing.ts';

const faults: Readonly<Record<NewPasswordFault, string>> = {
  'too-short': 'has fewer than 12 characters',
  'too-long': 'has more than 106 characters',
  'not-printable-ascii': 'holds characters other than printable ASCII, which VPN clients encode differently',
  'space-at-the-ends': 'begins or ends with a space, which some clients cut off',
  common: 'is among the first that would be guessed',
  'derived-from-owner': "is derived from the holder's or the organisation's name",
};

/**
 * Sets a password, which also ends "compromised" and "must be changed".
 * @throws OperatorError when the password may not be used; the text never repeats it
 */
export async function setPassword(
  deps: AdministrationDeps & { readonly passwords: Pick<Passwords, 'hash'> },
  order: { readonly user: string; readonly password: string },
): Promise<Done> {
  const { store, passwords } = deps;
  const organisation = await readOrganisation(store);
  const account = await getAccount(store, order.user, organisation.realms);
  const holder = await store.read((db) => findHolder(db, account.personId));
  const fault = findNewPasswordFault(order.password, [
    account.userName,
    holder.staffCode,
    holder.fullName,
    organisation.name,
  ]);
  if (fault !== null) {
    throw new OperatorError(`The password ${faults[fault]}.`, {
      remedy: 'Take twelve characters or more, best four or five words that do not belong together.',
    });
  }
  const passwordPhc = await passwords.hash(order.password);
  if (passwordPhc === null) {
    throw new OperatorError('Too many passwords are being hashed just now; nothing was done.', {
      remedy: 'Repeat the command in a moment.',
    });
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.set-password',
    set: { passwordPhc, passwordState: 'usable' },
    body: { formerState: account.passwordPhc === null ? 'none' : account.passwordState },
  });
  return { userName: account.userName, revision };
}
