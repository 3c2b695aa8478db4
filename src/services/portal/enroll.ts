// What a ticket lets its holder do: choose a password, enrol an authenticator, and finish with recovery codes.
import { randomCode } from '../../base/random.ts';
import { findHolder } from '../../store/queries/account-details.ts';
import type { AccountRow } from '../../store/queries/accounts.ts';
import {
  closeTickets,
  replaceRecoveryCodes,
  spendActivationCode,
  spendRecoveryCode,
  spendTicket,
} from '../../store/queries/activation.ts';
import { moveRequest } from '../../store/queries/requests.ts';
import type { Db } from '../../store/tables.ts';
import { actOnAccount } from '../accounts/account.ts';
import { beginApp, confirmEnrollment } from '../accounts/enrollment.ts';
import { activate } from '../accounts/standing.ts';
import { type AdministrationDeps, changedMeanwhile, readOrganisation, recordAct } from '../administration.ts';
import { inOneWrite } from '../one-write.ts';
import { findNewPasswordFault, type NewPasswordFault } from '../passwords/new-password.ts';
import { codeHashes } from './code-hash.ts';
import { asHolder, type PortalDeps } from './deps.ts';
import type { OpenTicket } from './tickets.ts';

const recoveryCodeCount = 8;
const recoveryCodeLength = 12;

export type PasswordSet =
  | { readonly kind: 'set' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'refused'; readonly fault: NewPasswordFault };

/** Sets the holder's own password, by NIST SP 800-63B-4 §3.1.1. */
export async function chooseOwnPassword(
  deps: PortalDeps,
  account: AccountRow,
  password: string,
): Promise<PasswordSet> {
  const { store, passwords } = deps;
  const organisation = await readOrganisation(store);
  const holder = await store.read((db) => findHolder(db, account.personId));
  const names = [account.userName, holder.staffCode, holder.fullName, organisation.name];
  const fault = findNewPasswordFault(password, names);
  if (fault !== null) return { kind: 'refused', fault };
  const passwordPhc = await passwords.hash(password);
  if (passwordPhc === null) return { kind: 'undecided' };
  await actOnAccount(asHolder(deps, account.userName), account, {
    verb: 'portal.set-password',
    set: { passwordPhc, passwordState: 'usable' },
    body: { formerState: account.passwordPhc === null ? 'none' : account.passwordState },
  });
  return { kind: 'set' };
}

/** Begins an app for the ticket's account. The seed is in the answer, once. */
export async function beginByTicket(deps: PortalDeps, { account }: OpenTicket) {
  const { uri, secret } = await beginApp(asHolder(deps, account.userName), { user: account.userName });
  if (uri === null || secret === null) throw new Error('an app was begun without a seed');
  return { uri, secret };
}

export type Finished =
  | { readonly kind: 'finished'; readonly recoveryCodes: readonly string[] }
  | { readonly kind: 'code-wrong'; readonly clockSkewMinutes: number | null }
  /** A password must be chosen first. */
  | { readonly kind: 'password-needed' };

/**
 * Finishes in one write: the app is confirmed by a code that it shows and replaces what was enrolled before, ticket and slip
 * (recovery code, request) are spent, a pending account becomes active, and new recovery codes take the place of the old.
 */
export async function finishByTicket(
  deps: PortalDeps,
  { ticket, account }: OpenTicket,
  code: string,
): Promise<Finished> {
  if (account.passwordPhc === null) return { kind: 'password-needed' };
  const holderDeps = asHolder(deps, account.userName);
  return await inOneWrite(holderDeps, async (inner, db) => {
    const { userName: user } = account;
    const confirmed = await confirmEnrollment(inner, { user, code, replace: true });
    if (!confirmed.confirmed) {
      return { kind: 'code-wrong', clockSkewMinutes: confirmed.clockSkewMinutes } as const;
    }
    const at = inner.clock.now();
    if (!(await spendTicket(db, ticket.id, at)) || !(await spend(db, ticket, at))) {
      throw changedMeanwhile('The enrolment');
    }
    if (account.status === 'pending') await activate(inner, { user });
    const recoveryCodes = await renewRecoveryCodes(inner, db, account.id);
    await closeTickets(db, account.id, at);
    await recordAct(db, inner.by, {
      verb: 'portal.finish-enrollment',
      at,
      accountId: account.id,
      detail: ticket.kind,
      body: { ground: ticket.sourceId, authenticatorId: confirmed.authenticatorId },
      personal: { userName: user },
    });
    return { kind: 'finished', recoveryCodes } as const;
  });
}

async function spend(db: Db, ticket: OpenTicket['ticket'], at: number): Promise<boolean> {
  switch (ticket.kind) {
    case 'activation':
      return await spendActivationCode(db, ticket.sourceId, at);
    case 'recovery':
      return await spendRecoveryCode(db, ticket.sourceId, at);
    case 'request':
      return await moveRequest(db, ticket.sourceId, ['approved'], { state: 'done' });
  }
}

/** New recovery codes, within a write; the former ones open nothing any more. */
async function renewRecoveryCodes(
  { random, keyring, clock }: AdministrationDeps,
  db: Db,
  accountId: number,
): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, () => randomCode(random, recoveryCodeLength));
  const hashes = codes.flatMap((code) => codeHashes(keyring, 'recovery', code).slice(0, 1));
  await replaceRecoveryCodes(db, accountId, hashes, clock.now());
  return codes;
}

/** New recovery codes for a holder who has proved themselves once more. */
export async function renewOwnRecoveryCodes(deps: PortalDeps, account: AccountRow): Promise<string[]> {
  const holderDeps = asHolder(deps, account.userName);
  return await deps.store.write(async (db) => {
    const codes = await renewRecoveryCodes(holderDeps, db, account.id);
    await recordAct(db, holderDeps.by, {
      verb: 'portal.renew-recovery-codes',
      at: deps.clock.now(),
      accountId: account.id,
      body: { codes: codes.length },
      personal: { userName: account.userName },
    });
    return codes;
  });
}
