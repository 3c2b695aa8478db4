// A holder proves who they are to the portal: password and a second thing. Counters and time steps are those of VPN logins.
import { networkOf } from '../../base/network.ts';
import { employmentAt } from '../../core/employment.ts';
import type { AccountFacts, Facts } from '../../core/facts.ts';
import { isLocked, scopesFor } from '../../core/lockout.ts';
import { type Policy, policyOf } from '../../core/policy.ts';
import type { Reason } from '../../core/reasons.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { findRecoveryCode } from '../../store/queries/activation.ts';
import { findApprovedRequestByCode } from '../../store/queries/requests.ts';
import type { DecisionCommand } from '../../store/store.ts';
import { matchCodes } from '../authenticate/codes.ts';
import { codeHashes, normaliseCode } from './code-hash.ts';
import type { PortalDeps } from './deps.ts';

export interface Typed {
  readonly userName: string;
  readonly password: string;
  /** What comes beside the password. `none`: nothing, which is enough to lock and to ask, never to get in. */
  readonly second:
    | { readonly kind: 'code' | 'recovery' | 'request'; readonly code: string }
    | { readonly kind: 'none' };
  /** Address that it came from, for the counters of sources. */
  readonly source: string;
  readonly receivedAt: number;
  readonly purpose: string;
}

export type Proof =
  | {
      readonly kind: 'proved';
      readonly account: AccountFacts;
      /** The recovery code or request that was shown; null with a one-time code or none. */
      readonly sourceId: number | null;
    }
  /** The reason is for the record alone; whoever typed hears one text, whatever it was. */
  | { readonly kind: 'refused'; readonly reason: Reason }
  /** Nothing is known: the store, or the queue of hashes. */
  | { readonly kind: 'undecided' };

const mostTries = 6;
const hashWithinMs = 5_000;

/** What a second thing came to. */
type Second =
  | { readonly kind: 'right'; readonly claim: DecisionCommand['claim']; readonly sourceId: number | null }
  | { readonly kind: 'wrong'; readonly reason: 'code-missing' | 'code-wrong' | 'code-replayed' };

/**
 * Proves a holder. A right code's time step is spent with the record; a wrong password or code counts on the account's counters as at
 * a gateway. Locked-out, withdrawn and departed holders are refused whatever they type; suspended and expired ones are not: they must
 * see why. Where a policy leaves passwords to an upstream nobody proves themselves: the broker's own password is not theirs there, and
 * the portal does not ask upstreams. One hash is computed in every case.
 */
export async function proveHolder(deps: PortalDeps, typed: Typed): Promise<Proof> {
  const { store, settings, clock } = deps;
  let hashed: { readonly phc: string | null; readonly isRight: boolean } | null = null;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const snapshot = settings.current();
    const name = canonicalUserName(typed.userName.normalize('NFC'), { realms: snapshot.realms });
    const facts = await store.decisions.loadFacts({
      userName: name.ok ? name.userName : '',
      observedKeys: [],
    });
    if (facts.settingsVersion > snapshot.version) {
      await settings.atLeast(facts.settingsVersion);
      continue;
    }
    const { account } = facts;
    const phc = account?.passwordPhc ?? null;
    if (hashed === null || hashed.phc !== phc) {
      const deadline = clock.monotonic() + hashWithinMs;
      const verdict = await deps.passwords.check({ phc, password: typed.password, deadline });
      if (verdict === 'overloaded') return { kind: 'undecided' };
      hashed = { phc, isRight: verdict === 'right' };
    }
    const policy = policyOf(snapshot.policyFor(account?.unitPath ?? [], 0), account);
    const second = await judgeSecond(deps, facts, policy, typed);
    const decided = decide(
      account,
      typed,
      { isRight: hashed.isRight, by: policy.firstFactor },
      second,
      clock.now(),
    );
    const committed = await store.decisions.commit(commandOf(deps, decided, account, policy, typed));
    if (committed.kind !== 'committed') continue;
    if (decided.reason !== null || account === null) {
      return { kind: 'refused', reason: decided.reason ?? 'account-unknown' };
    }
    return { kind: 'proved', account, sourceId: second.kind === 'right' ? second.sourceId : null };
  }
  return { kind: 'undecided' };
}

async function judgeSecond(deps: PortalDeps, facts: Facts, policy: Policy, typed: Typed): Promise<Second> {
  const { account } = facts;
  const { second, receivedAt } = typed;
  const missing: Second = { kind: 'wrong', reason: 'code-missing' };
  if (second.kind === 'none') return { kind: 'right', claim: null, sourceId: null };
  if (account === null) return missing;
  if (second.kind !== 'code') {
    const { store, keyring, clock } = deps;
    const hashes = codeHashes(keyring, second.kind, normaliseCode(second.code));
    const found = await store.read((db) =>
      second.kind === 'recovery'
        ? findRecoveryCode(db, account.accountId, hashes)
        : findApprovedRequestByCode(db, account.accountId, hashes, clock.now()),
    );
    return found === null
      ? { kind: 'wrong', reason: 'code-wrong' }
      : { kind: 'right', claim: null, sourceId: found.id };
  }
  const { keyring } = deps;
  const { codeFloorAt: floorAt } = facts;
  const evidence = await matchCodes({ keyring, account, code: second.code, receivedAt, policy, floorAt });
  if (evidence === null) return missing;
  const { match, authenticatorId } = evidence;
  if (match.kind === 'replayed') return { kind: 'wrong', reason: 'code-replayed' };
  if (match.kind === 'wrong') return { kind: 'wrong', reason: 'code-wrong' };
  const claimant = {
    node: deps.node,
    gatewayId: 0,
    station: typed.source.slice(0, 64),
    at: deps.clock.now(),
  };
  return { kind: 'right', claim: { authenticatorId, timeStep: match.timeStep, claimant }, sourceId: null };
}

interface Decided {
  readonly at: number;
  readonly reason: Reason | null;
  readonly notLocked: readonly string[];
  readonly failures: readonly string[];
  readonly reset: readonly string[];
  readonly claim: DecisionCommand['claim'];
}

function decide(
  account: AccountFacts | null,
  typed: Typed,
  password: { readonly isRight: boolean; readonly by: string },
  second: Second,
  at: number,
): Decided {
  const scopes = scopesFor(null, networkOf(typed.source));
  const inForce = [...scopes.password, scopes.code];
  const nothing = { at, notLocked: [], failures: [], reset: [], claim: null };
  const refuse = (reason: Reason, failures: readonly string[] = []): Decided => ({
    ...nothing,
    reason,
    failures,
    notLocked: failures.length === 0 ? [] : inForce,
  });
  const ground = account === null ? 'account-unknown' : groundAgainst(account, at);
  if (account === null || ground !== null) return refuse(ground ?? 'account-unknown');
  const counters = new Map(account.counters.map((counter) => [counter.scope, counter]));
  if (inForce.some((scope) => isLocked(counters.get(scope), at))) return refuse('locked-out');
  // Not counted: it may well be the right one, elsewhere.
  if (password.by !== 'own') return refuse('password-wrong');
  if (!password.isRight) return refuse('password-wrong', scopes.password);
  if (second.kind === 'wrong') {
    return refuse(second.reason, second.reason === 'code-wrong' ? [scopes.code] : []);
  }
  // Without a second thing the guesses of codes are not forgiven.
  const forgiven = typed.second.kind === 'code' ? inForce : [];
  return {
    ...nothing,
    reason: null,
    notLocked: inForce,
    reset: forgiven.filter((scope) => counters.has(scope)),
    claim: second.claim,
  };
}

/** Who has no business in the portal any more, or not yet. */
export function groundAgainst(account: AccountFacts, at: number): Reason | null {
  if (account.status === 'withdrawn') return 'account-withdrawn';
  if (account.status === 'pending') return 'account-pending';
  if (employmentAt(account.employment, at).state === 'ended') return 'employment-ended';
  return account.passwordState === 'compromised' ? 'password-compromised' : null;
}

function commandOf(
  deps: PortalDeps,
  decided: Decided,
  account: AccountFacts | null,
  policy: Policy,
  typed: Typed,
): DecisionCommand {
  const { at, reason, notLocked, failures, reset, claim } = decided;
  const accountId = account?.accountId ?? null;
  return {
    accountId,
    guard: account === null ? null : { revision: account.revision, requireValid: false, notLocked },
    lockout: policy.lockout,
    claim,
    challengeClaim: null,
    spend: null,
    issue: null,
    failures,
    reset,
    session: null,
    endSessions: [],
    alert: null,
    record: {
      kind: 'administration',
      at,
      accountId,
      gatewayId: null,
      outcome: reason === null ? 'portal.proved' : 'portal.refused',
      reason,
      detail: typed.purpose,
      lookupCode: null,
      body: {
        via: 'portal',
        node: deps.node,
        second: typed.second.kind,
        ...(policy.firstFactor === 'own' ? {} : { firstFactor: policy.firstFactor }),
      },
      personal: {
        userName: (account?.userName ?? typed.userName).slice(0, 64).toWellFormed(),
        station: typed.source.slice(0, 64),
      },
    },
  };
}
