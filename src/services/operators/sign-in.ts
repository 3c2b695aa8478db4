// Signing in to the console with password and code, and proving oneself once more. One uniform answer to every failure.
import type { Clock } from '../../base/clock.ts';
import { networkOf } from '../../base/network.ts';
import { afterFailure, isLocked } from '../../core/lockout.ts';
import { matchCode, type OtpParameters, seedKey } from '../../core/otp.ts';
import { defaultPolicy } from '../../core/policy.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import {
  clearOperatorCounters,
  listOperatorCounters,
  putOperatorCounter,
} from '../../store/queries/operator-proofs.ts';
import {
  claimOperatorStep,
  findOperatorByName,
  type OperatorWithPerson,
} from '../../store/queries/operators.ts';
import { findSetting } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';
import { recordAct } from '../administration.ts';
import type { Passwords } from '../passwords/passwords.ts';
import { contextOf, type Keyring } from '../secrets/keyring.ts';
import type { SessionOrigin, WebSessions } from '../web/sessions.ts';
import { administratorOf, loadOperator } from './principal.ts';

/** What operators' apps are given. */
export const operatorCodes: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
const window = { back: 1, ahead: 1 };
const lockout = defaultPolicy.lockout;
/** How long a hash may wait for its turn. */
const patienceMs = 5_000;

export interface SignInDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly passwords: Passwords;
  readonly sessions: WebSessions;
}

export type SignIn =
  | { readonly kind: 'signed-in'; readonly token: string; readonly operatorId: number }
  /** Whatever was wrong. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'overloaded' };

/** Counters of one attempt: the pair with its network first, so that an outsider can't lock an operator out. */
function scopesOf(address: string) {
  const network = networkOf(address).slice(0, 64);
  return { password: `password@${network}`, code: `code@${network}` } as const;
}

async function isStopped(deps: SignInDeps, operatorId: number, address: string): Promise<boolean> {
  const counters = await deps.store.read((db) => listOperatorCounters(db, operatorId));
  return isLockedFor(counters, address, deps.clock.now());
}

function isLockedFor(
  counters: Awaited<ReturnType<typeof listOperatorCounters>>,
  address: string,
  now: number,
): boolean {
  const { password, code } = scopesOf(address);
  return counters.some(
    (counter) => [password, code, 'code'].includes(counter.scope) && isLocked(counter, now),
  );
}

/** Counts a failure and records it, in one write. */
async function fail(
  deps: SignInDeps,
  operator: OperatorWithPerson,
  address: string,
  scopes: readonly string[],
  what: 'password' | 'code',
): Promise<void> {
  const { store, clock } = deps;
  await store.write(async (db) => {
    const now = clock.now();
    const counters = await listOperatorCounters(db, operator.id);
    for (const scope of scopes) {
      const former = counters.find((counter) => counter.scope === scope) ?? null;
      await putOperatorCounter(db, operator.id, afterFailure(former, scope, lockout, now));
    }
    await recordAct(
      db,
      { name: operator.signInName, via: 'console' },
      {
        verb: 'operator.sign-in-refused',
        at: now,
        detail: `${what}-wrong`,
        body: { operatorId: operator.id },
        personal: { address },
      },
    );
  });
}

async function matchOperatorCode(
  deps: SignInDeps,
  operator: OperatorWithPerson,
  code: string,
  receivedAt: number,
) {
  if (operator.sealedSeed === null) return null;
  const { store, keyring } = deps;
  const seed = await keyring.openReloading(operator.sealedSeed, contextOf.operatorSeed(operator.signInName));
  const key = seedKey(seed);
  seed.fill(0);
  const floorAt = Number((await store.read((db) => findSetting(db, 'codeFloorAt'))) ?? 0);
  const { lastStep } = operator;
  const match = matchCode({
    key,
    parameters: operatorCodes,
    code,
    receivedAt,
    window,
    lastStep,
    driftSteps: 0,
    floorAt,
  });
  return match.kind === 'match' ? match.timeStep : null;
}

/**
 * Signs an operator in. The time step is claimed in the write that begins the session: a code works once. Unknown names cost a hash
 * too; the edge sends refusals at a fixed instant.
 */
export async function signIn(
  deps: SignInDeps,
  given: { readonly name: string; readonly password: string; readonly code: string },
  origin: Omit<SessionOrigin, 'method'>,
): Promise<SignIn> {
  const { store, clock, passwords, sessions } = deps;
  const receivedAt = clock.now();
  const deadline = clock.monotonic() + patienceMs;
  const name = canonicalUserName(given.name.normalize('NFC').trim(), { realms: [] });
  const operator = name.ok ? await store.read((db) => findOperatorByName(db, name.userName)) : null;
  const stopped = operator !== null && (await isStopped(deps, operator.id, origin.address));
  const phc = operator?.passwordPhc ?? null;
  const verdict = await passwords.check({ phc, password: given.password, deadline });
  if (verdict === 'overloaded') return { kind: 'overloaded' };
  if (operator === null || stopped) return { kind: 'refused' };
  const scopes = scopesOf(origin.address);
  if (verdict === 'wrong') {
    await fail(deps, operator, origin.address, [scopes.password], 'password');
    return { kind: 'refused' };
  }
  const timeStep = await matchOperatorCode(deps, operator, given.code, receivedAt);
  if (timeStep === null) {
    // Whoever has the password is stopped from everywhere.
    await fail(deps, operator, origin.address, [scopes.code, 'code'], 'code');
    return { kind: 'refused' };
  }
  const principal = await loadOperator(deps, operator.id);
  if (principal === null) return { kind: 'refused' };
  return store.write(async (db): Promise<SignIn> => {
    // Again: guesses that came at the same time have been counted meanwhile.
    if (isLockedFor(await listOperatorCounters(db, operator.id), origin.address, clock.now()))
      return { kind: 'refused' };
    if (!(await claimOperatorStep(db, operator.id, timeStep))) return { kind: 'refused' };
    await clearOperatorCounters(db, operator.id);
    const { token } = await sessions.begin(
      db,
      { operatorId: operator.id },
      { ...origin, method: 'password+code' },
    );
    await recordAct(db, administratorOf(principal), {
      verb: 'operator.sign-in',
      at: receivedAt,
      body: { operatorId: operator.id, method: 'password+code' },
      personal: { address: origin.address },
    });
    return { kind: 'signed-in', token, operatorId: operator.id };
  });
}

/** Proves a signed-in operator once more by a fresh code; false when it is wrong, used, or tries are stopped. */
export async function stepUpByCode(
  deps: SignInDeps,
  session: { readonly id: number; readonly operatorId: number },
  code: string,
  address: string,
): Promise<boolean> {
  const { store, clock, sessions } = deps;
  const receivedAt = clock.now();
  const principal = await loadOperator(deps, session.operatorId);
  if (principal === null || (await isStopped(deps, session.operatorId, address))) return false;
  const { operator } = principal;
  const timeStep = await matchOperatorCode(deps, operator, code, receivedAt);
  if (timeStep === null) {
    await fail(deps, operator, address, [scopesOf(address).code, 'code'], 'code');
    return false;
  }
  return store.write(
    async (db) =>
      !isLockedFor(await listOperatorCounters(db, operator.id), address, clock.now()) &&
      (await claimOperatorStep(db, operator.id, timeStep)) &&
      (await sessions.prove(db, session.id)),
  );
}
