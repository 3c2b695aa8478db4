// Locking one's own account: with the password or a recovery code from anywhere, or from a decision that "was not me".

import { networkOf } from '../../base/network.ts';
import { isLocked } from '../../core/lockout.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { findAccountById, findAccountByUserName } from '../../store/queries/accounts.ts';
import { closeTickets, findRecoveryCode } from '../../store/queries/activation.ts';
import { raiseAlert } from '../../store/queries/alerts.ts';
import { findRecord } from '../../store/queries/records.ts';
import { countThrottle, findThrottle, holdThrottle } from '../../store/queries/throttles.ts';
import { actOnAccount } from '../accounts/account.ts';
import { inOneWrite } from '../one-write.ts';
import { orderCutsOfAccounts } from '../sessions/order.ts';
import { codeHashes, normaliseCode } from './code-hash.ts';
import { asHolder, type PortalDeps } from './deps.ts';
import { proveHolder, type Typed } from './prove.ts';
import { throttlePolicy } from './throttle-policy.ts';

export type Locked =
  | { readonly kind: 'locked'; readonly accountId: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'undecided' };

/**
 * Locks from outside: with the password or with a recovery code, which is not spent by that. It only locks, ends sessions and alerts
 * the unit; it never lets anybody in. A recovery code also works while the account is locked out by somebody's guesses.
 */
export async function lockFromOutside(
  deps: PortalDeps,
  typed: Omit<Typed, 'second' | 'purpose' | 'password'> & {
    readonly secret: { readonly kind: 'password' | 'recovery'; readonly text: string };
  },
): Promise<Locked> {
  const { secret, ...rest } = typed;
  if (secret.kind === 'recovery') return await lockByRecoveryCode(deps, rest, secret.text);
  const proof = await proveHolder(deps, {
    ...rest,
    password: secret.text,
    second: { kind: 'none' },
    purpose: 'lock',
  });
  if (proof.kind !== 'proved') return { kind: proof.kind };
  const { accountId } = proof.account;
  await lockOwn(deps, accountId, { cause: 'lost-phone' });
  return { kind: 'locked', accountId };
}

async function lockByRecoveryCode(
  deps: PortalDeps,
  typed: { readonly userName: string; readonly source: string },
  code: string,
): Promise<Locked> {
  const { store, clock, keyring, settings } = deps;
  const key = `recovery@${networkOf(typed.source).slice(0, 64)}`;
  const name = canonicalUserName(typed.userName.normalize('NFC'), { realms: settings.current().realms });
  const hashes = codeHashes(keyring, 'recovery', normaliseCode(code));
  const found = await store.read(async (db) => {
    const account = name.ok ? await findAccountByUserName(db, name.userName) : null;
    const right = account === null ? null : await findRecoveryCode(db, account.id, hashes);
    return { throttle: await findThrottle(db, key), account: right === null ? null : account };
  });
  if (found.throttle !== null && isLocked(found.throttle, clock.now())) return { kind: 'refused' };
  const { account } = found;
  if (account !== null) {
    return await inOneWrite(deps, async (inner, db): Promise<Locked> => {
      // Again: guesses that came at the same time have been counted meanwhile.
      if (isLocked(await holdThrottle(db, key), clock.now())) return { kind: 'refused' };
      await lockOwn(inner, account.id, { cause: 'lost-phone' });
      return { kind: 'locked', accountId: account.id };
    });
  }
  await store.write((db) => countThrottle(db, key, throttlePolicy, clock.now()));
  return { kind: 'refused' };
}

interface LockGround {
  readonly cause: 'lost-phone' | 'own-wish' | 'not-me';
  /** The decision that was not the holder's. */
  readonly record?: { readonly chain: string; readonly seq: number };
}

/**
 * Suspends as `by-holder`, orders the end of all sessions, closes what is open for enrolment and alerts the unit, in one write. An
 * account that somebody suspended already keeps that ground; the alert is raised all the same.
 */
export async function lockOwn(deps: PortalDeps, accountId: number, ground: LockGround): Promise<void> {
  await inOneWrite(deps, async (inner, db) => {
    const account = await findAccountById(db, accountId);
    if (account === null) throw new Error('the account of a session is gone');
    const at = inner.clock.now();
    const set =
      account.suspendedDetail === null
        ? ({ suspendedDetail: 'by-holder', suspendedAt: at, suspendedBy: 'holder' } as const)
        : {};
    const place = ground.record === undefined ? null : `${ground.record.chain}:${ground.record.seq}`;
    let cuts = 0;
    const { record } = await actOnAccount(asHolder(inner, account.userName), account, {
      verb: 'portal.lock',
      detail: ground.cause,
      set,
      apply: async (within) => {
        cuts = await orderCutsOfAccounts(within, [accountId], { reason: 'suspended', at });
        await closeTickets(within, accountId, at);
      },
      body: { formerSuspension: account.suspendedDetail, decision: place },
    });
    const evidence = JSON.stringify({ cause: ground.cause, decision: place, cuts });
    const rule = ground.cause === 'not-me' ? 'denied-by-holder' : 'locked-by-holder';
    await raiseAlert(db, { rule, accountId, evidence, at, ...record });
  });
}

/**
 * "This was not me": locks because of a decision about the holder's own account.
 * @returns false when the record is no decision about it
 */
export async function denyDecision(deps: PortalDeps, accountId: number, record: string): Promise<boolean> {
  const [, chain, seq] = /^([0-9a-f]{32}):([1-9][0-9]{0,15})$/.exec(record) ?? [];
  if (chain === undefined || seq === undefined) return false;
  const place = { chain, seq: Number(seq) };
  const row = await deps.store.read((db) => findRecord(db, place.chain, place.seq));
  if (row === null || row.accountId !== accountId || row.kind !== 'decision') return false;
  await lockOwn(deps, accountId, { cause: 'not-me', record: place });
  return true;
}
