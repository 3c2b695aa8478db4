// Four eyes: what an operator only asks for where the policy says so, and a second person approves.

import type { FourEyesAct, Policy } from '../../core/policy.ts';
import { dayMs } from '../../core/time-zone.ts';
import { findHolder, listWorkstationsOfAccount } from '../../store/queries/account-details.ts';
import type { AccountRow } from '../../store/queries/accounts.ts';
import { findWorkstation, listUsersOfWorkstation } from '../../store/queries/workstations.ts';
import { dateOf } from '../accounts/standing.ts';
import { type AdministrationDeps, readOrganisation } from '../administration.ts';
import type { Settings } from '../settings/settings.ts';

type Deps = Pick<AdministrationDeps, 'store' | 'clock'> & { readonly settings: Settings };

async function demands(deps: Deps, account: AccountRow, act: FourEyesAct): Promise<Policy | null> {
  const { store, settings } = deps;
  await settings.refresh();
  const { unitIds } = await store.read((db) => findHolder(db, account.personId));
  const policy = settings.current().policyFor(unitIds, 0);
  return policy.fourEyes.includes(act) ? policy : null;
}

/** Whether a new end of the term is one that a second person approves: later than now, and beyond the usual term. */
export async function isExtensionOfTwo(
  deps: Deps,
  account: AccountRow,
  validUntil: string | undefined,
): Promise<boolean> {
  if (validUntil === undefined) return false;
  const policy = await demands(deps, account, 'extension');
  if (policy === null) return false;
  const { timeZone } = await readOrganisation(deps.store);
  const until = dateOf(validUntil, 'until', timeZone, '--valid-until');
  return until > account.validUntil && until > deps.clock.now() + policy.usualTermDays * dayMs;
}

/** Whether taking an authenticator away is one that a second person approves. */
export async function isResetOfTwo(deps: Deps, account: AccountRow): Promise<boolean> {
  return (await demands(deps, account, 'reset-authenticator')) !== null;
}

/** Taken back by one person just before, a machine still counts as assigned: two steps alone are no way round the second person. */
const countsAsAssignedMs = 30 * dayMs;

/** Whether giving a workstation is one that a second person approves: the account has another, or the machine another user. */
export async function isReassignmentOfTwo(
  deps: Deps,
  account: AccountRow,
  assetTag: string,
): Promise<boolean> {
  if ((await demands(deps, account, 'reassign-workstation')) === null) return false;
  const now = deps.clock.now();
  return await deps.store.read(async (db) => {
    const isCurrent = ({ validUntil }: { readonly validUntil: number | null }) =>
      validUntil === null || validUntil > now - countsAsAssignedMs;
    if ((await listWorkstationsOfAccount(db, account.id)).some(isCurrent)) return true;
    const workstation = await findWorkstation(db, assetTag.trim().normalize('NFC'));
    const users = workstation === null ? [] : await listUsersOfWorkstation(db, workstation.id);
    return users.some((user) => user.personId !== account.personId && isCurrent(user));
  });
}
