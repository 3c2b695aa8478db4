// Signing in to the console with password and code, and proving oneself once more. One uniform answer to every failure.
import type { Clock } from '../../base/clock.ts';
import type { OidcConfig } from '../../config/oidc.ts';
import { matchCode, type OtpParameters, seedKey } from '../../core/otp.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { clearOperatorCounters } from '../../store/queries/operator-proofs.ts';
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
import { countGuess, isStopped, isStoppedNow } from './guesses.ts';
import { isPasswordOff } from './oidc/password-off.ts';
import { administratorOf, loadOperator } from './principal.ts';

/** What operators' apps are given. */
export const operatorCodes: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
const window = { back: 1, ahead: 1 };
/** How long a hash may wait for its turn. */
const patienceMs = 5_000;

export interface SignInDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly passwords: Passwords;
  readonly sessions: WebSessions;
  /** The organisation's provider; null: there is none. */
  readonly oidc: { readonly config: OidcConfig } | null;
}

export type SignIn =
  | { readonly kind: 'signed-in'; readonly token: string; readonly operatorId: number }
  /** Whatever was wrong. */
  | { readonly kind: 'refused' }
  /** Both proofs are right, but this operator signs in by the organisation's provider. */
  | { readonly kind: 'password-off' }
  | { readonly kind: 'overloaded' };

/** The time step of a code that is right and was not used yet; null: there is none. */
export async function matchOperatorCode(
  deps: Pick<SignInDeps, 'store' | 'keyring'>,
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
  const stopped =
    operator !== null && (await store.read((db) => isStopped(db, operator.id, origin.address, clock.now())));
  const phc = operator?.passwordPhc ?? null;
  const verdict = await passwords.check({ phc, password: given.password, deadline });
  if (verdict === 'overloaded') return { kind: 'overloaded' };
  if (operator === null || stopped) return { kind: 'refused' };
  if (verdict === 'wrong') {
    await countGuess(deps, operator, origin.address, 'password');
    return { kind: 'refused' };
  }
  const timeStep = await matchOperatorCode(deps, operator, given.code, receivedAt);
  if (timeStep === null) {
    await countGuess(deps, operator, origin.address, 'code');
    return { kind: 'refused' };
  }
  const principal = await loadOperator(deps, operator.id);
  if (principal === null) return { kind: 'refused' };
  if (await isPasswordOff(deps, deps.oidc?.config ?? null, operator)) {
    await store.write((db) =>
      recordAct(db, administratorOf(principal), {
        verb: 'operator.sign-in-refused',
        at: receivedAt,
        detail: 'password-off',
        body: { operatorId: operator.id },
        personal: { address: origin.address },
      }),
    );
    return { kind: 'password-off' };
  }
  return store.write(async (db): Promise<SignIn> => {
    if (await isStoppedNow(db, operator.id, origin.address, clock.now())) return { kind: 'refused' };
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

/** Proves a signed-in operator once more by a fresh code: the session's new token; null when it is wrong, used, or tries are stopped. */
export async function stepUpByCode(
  deps: Omit<SignInDeps, 'oidc'>,
  session: { readonly id: number; readonly operatorId: number; readonly token: string },
  code: string,
  address: string,
): Promise<string | null> {
  const { store, clock, sessions } = deps;
  const receivedAt = clock.now();
  const principal = await loadOperator(deps, session.operatorId);
  if (principal === null) return null;
  const { operator } = principal;
  if (await store.read((db) => isStopped(db, operator.id, address, clock.now()))) return null;
  const timeStep = await matchOperatorCode(deps, operator, code, receivedAt);
  if (timeStep === null) {
    await countGuess(deps, operator, address, 'code');
    return null;
  }
  return store.write(async (db) => {
    if (await isStoppedNow(db, operator.id, address, clock.now())) return null;
    if (!(await claimOperatorStep(db, operator.id, timeStep))) return null;
    return await sessions.prove(db, session.id, session.token);
  });
}
