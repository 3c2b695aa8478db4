// Enrolment of authenticators: pending until a code proves that the holder has it, then active; revoked when lost.
import { OperatorError } from '../../base/errors.ts';
import {
  decodeBase32,
  encodeBase32,
  generateSeed,
  matchCode,
  type OtpParameters,
  otpauthUri,
  seedKey,
  timeStepAt,
} from '../../core/otp.ts';
import { defaultPolicy } from '../../core/policy.ts';
import type { AccountRow } from '../../store/queries/accounts.ts';
import {
  type AuthenticatorRow,
  activateAuthenticator,
  deletePendingAuthenticators,
  findToken,
  insertPendingAuthenticator,
  listAuthenticators,
  revokeAuthenticatorRow,
} from '../../store/queries/authenticators.ts';
import { findStockToken } from '../../store/queries/hardware-tokens.ts';
import { findSetting } from '../../store/queries/settings.ts';
import { type AdministrationDeps, checkReason, readOrganisation } from '../administration.ts';
import { contextOf } from '../secrets/keyring.ts';
import { actOnAccount, getAccount } from './account.ts';
import type { Done } from './standing.ts';

/** What apps are given: several take anything else for this, silently. */
const appParameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };

/** How far a clock may be off at the confirmation, in seconds; the offset is learnt. */
const confirmationSeconds = 150;

export interface Enrollment extends Done {
  readonly authenticatorId: number;
  /** Of an app: what its camera reads. Holds the seed. */
  readonly uri: string | null;
  /** Of an app: base32, to type in. */
  readonly secret: string | null;
}

/**
 * Begins the enrolment of an app with a fresh seed. What was begun before and never confirmed is forgotten. The seed is in
 * the answer, once, and sealed in the store.
 */
export async function beginApp(
  deps: AdministrationDeps,
  order: { readonly user: string },
): Promise<Enrollment> {
  const { store, random } = deps;
  const organisation = await readOrganisation(store);
  const account = await getAccount(store, order.user, organisation.realms);
  await refuseOtherDigits(deps, account, appParameters.digits);
  const seed = generateSeed(random, appParameters.algorithm);
  const issuer = organisation.name.replaceAll(':', ' ').trim() || 'Gatewarden';
  const uri = otpauthUri({ issuer, account: account.userName, seed, parameters: appParameters });
  const secret = encodeBase32(seed);
  const begun = await begin(deps, account, {
    kind: 'app',
    serialNumber: null,
    parameters: appParameters,
    seed,
  });
  return { ...begun, uri, secret };
}

/**
 * Begins the enrolment of a hardware token whose seed its maker has given (base32).
 * @throws OperatorError when the seed or the serial number can't be used
 */
export async function beginToken(
  deps: AdministrationDeps,
  order: {
    readonly user: string;
    readonly serialNumber: string;
    readonly seed: string;
    readonly parameters: OtpParameters;
  },
): Promise<Enrollment> {
  const { store } = deps;
  const organisation = await readOrganisation(store);
  const account = await getAccount(store, order.user, organisation.realms);
  const serialNumber = order.serialNumber.trim().toUpperCase();
  if (!/^[A-Z0-9][A-Z0-9 ./-]{0,63}$/.test(serialNumber)) {
    throw new OperatorError('--serial: this is no serial number.', {
      at: '--serial',
      remedy: 'Type what is printed on the back of the token: letters, digits, dashes.',
    });
  }
  const known = await store.read((db) => findToken(db, serialNumber));
  if (known !== null) {
    throw new OperatorError(`The token ${serialNumber} belongs to ${known.userName}.`, {
      at: '--serial',
      remedy: 'A token has one holder; check the number on its back.',
    });
  }
  if ((await store.read((db) => findStockToken(db, serialNumber))) !== null) {
    throw new OperatorError(`The token ${serialNumber} is in the stock, with its seed.`, {
      at: '--serial',
      remedy: `Hand it over: gatewarden hardware-token hand-over ${serialNumber} ${account.userName}`,
    });
  }
  await refuseOtherDigits(deps, account, order.parameters.digits);
  const seed = decodeBase32(order.seed.trim());
  seedKey(seed);
  const begun = await begin(deps, account, {
    kind: 'token',
    serialNumber,
    parameters: order.parameters,
    seed,
  });
  return { ...begun, uri: null, secret: null };
}

/** Codes of different length could not be told from the end of a password. */
async function refuseOtherDigits(
  { store }: AdministrationDeps,
  account: AccountRow,
  digits: number,
): Promise<void> {
  const held = await store.read((db) => listAuthenticators(db, account.id));
  const other = held.find((one) => one.state === 'active' && one.digits !== digits);
  if (other === undefined) return;
  throw new OperatorError(`${account.userName} has an authenticator with codes of ${other.digits} digits.`, {
    at: 'USER',
    remedy: `All of an account's codes have one length: revoke it first (gatewarden account revoke-authenticator ${account.userName} ${other.id}).`,
  });
}

async function begin(
  deps: AdministrationDeps,
  account: AccountRow,
  enrolled: {
    readonly kind: 'app' | 'token';
    readonly serialNumber: string | null;
    readonly parameters: OtpParameters;
    readonly seed: Buffer;
  },
): Promise<Done & { readonly authenticatorId: number }> {
  const { kind, serialNumber, parameters, seed } = enrolled;
  const sealedSeed = deps.keyring.seal(seed, contextOf.seed(account.id));
  seed.fill(0);
  let authenticatorId = 0;
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.enroll',
    apply: async (db) => {
      await deletePendingAuthenticators(db, account.id);
      authenticatorId = await insertPendingAuthenticator(db, {
        accountId: account.id,
        kind,
        serialNumber,
        ...parameters,
        sealedSeed,
        createdAt: deps.clock.now(),
      });
    },
    body: { kind, serialNumber, ...parameters },
  });
  return { userName: account.userName, revision, authenticatorId };
}

export type Confirmation =
  | {
      readonly confirmed: true;
      readonly userName: string;
      readonly authenticatorId: number;
      readonly revision: number;
      /** Others that were revoked because this one replaces them. */
      readonly revoked: number;
    }
  | {
      readonly confirmed: false;
      readonly userName: string;
      /** How far the authenticator's clock is off, in minutes, if the code belongs to another time. */
      readonly clockSkewMinutes: number | null;
    };

/**
 * Confirms the account's pending authenticator with a code that it shows. The code's time step is spent by that. A
 * wrong code changes nothing.
 * @throws OperatorError when nothing waits for confirmation
 */
export async function confirmEnrollment(
  deps: AdministrationDeps & { readonly node: string },
  order: { readonly user: string; readonly code: string; readonly replace: boolean },
): Promise<Confirmation> {
  const { store, clock, keyring, node } = deps;
  const organisation = await readOrganisation(store);
  const account = await getAccount(store, order.user, organisation.realms);
  const { userName } = account;
  const held = await store.read((db) => listAuthenticators(db, account.id));
  const pending = held.findLast((one) => one.state === 'pending');
  if (pending === undefined) {
    throw new OperatorError(`No authenticator of ${userName} waits for confirmation.`, {
      at: 'USER',
      remedy: `Begin with "gatewarden account enroll ${userName}".`,
    });
  }
  const receivedAt = clock.now();
  const match = await matchPending(deps, pending, order.code, receivedAt);
  if (match.kind !== 'match') {
    const skew = match.kind === 'wrong' ? (match.clockSkewMinutes ?? null) : null;
    return { confirmed: false, userName, clockSkewMinutes: skew };
  }
  const replaced = order.replace ? held.filter((one) => one.state === 'active') : [];
  const driftSteps = driftOf(pending, match.timeStep, receivedAt);
  const { revision } = await actOnAccount({ ...deps, keyring }, account, {
    verb: 'account.confirm-authenticator',
    apply: async (db) => {
      const { id } = pending;
      const { timeStep } = match;
      await activateAuthenticator(db, { id, timeStep, node, at: receivedAt, driftSteps });
      for (const former of replaced) await revokeAuthenticatorRow(db, former.id);
    },
    body: {
      authenticatorId: pending.id,
      kind: pending.kind,
      serialNumber: pending.serialNumber,
      driftSteps,
      revoked: replaced.map(({ id }) => id).join(', '),
    },
  });
  return { confirmed: true, userName, authenticatorId: pending.id, revision, revoked: replaced.length };
}

async function matchPending(
  { store, keyring }: AdministrationDeps,
  pending: AuthenticatorRow,
  code: string,
  receivedAt: number,
) {
  const { algorithm, digits, periodSeconds } = pending;
  const seed = await keyring.openReloading(pending.sealedSeed, contextOf.seed(pending.accountId));
  const key = seedKey(seed);
  seed.fill(0);
  // A token's clock drifts in the drawer; an app's follows the network, and a wrong one had better be set right now.
  const steps = pending.kind === 'token' ? Math.floor(confirmationSeconds / periodSeconds) : null;
  return matchCode({
    key,
    parameters: { algorithm, digits, periodSeconds },
    code,
    receivedAt,
    window: steps === null ? defaultPolicy.codeWindow : { back: steps, ahead: steps },
    lastStep: pending.lastStep,
    driftSteps: 0,
    floorAt: Number((await store.read((db) => findSetting(db, 'codeFloorAt'))) ?? 0),
  });
}

/** An app has none; a token's is how far the code lay from the current step. */
function driftOf(pending: AuthenticatorRow, timeStep: number, at: number): number {
  return pending.kind === 'token' ? timeStep - timeStepAt(at, pending.periodSeconds) : 0;
}

/**
 * Revokes one authenticator, named by its number or a token's serial number.
 * @throws OperatorError when the account has no such authenticator, or it is revoked already
 */
export async function revokeAuthenticator(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly authenticator: string; readonly reason: string },
): Promise<Done & { readonly authenticatorId: number; readonly remaining: number }> {
  const reason = checkReason(order.reason);
  const { store } = deps;
  const organisation = await readOrganisation(store);
  const account = await getAccount(store, order.user, organisation.realms);
  const held = await store.read((db) => listAuthenticators(db, account.id));
  const wanted = order.authenticator.trim().toUpperCase();
  const found =
    held.find((one) => one.serialNumber === wanted) ?? held.find((one) => String(one.id) === wanted);
  if (found === undefined || found.state === 'revoked') {
    const known = held.filter((one) => one.state !== 'revoked');
    const names = known.map((one) =>
      one.serialNumber === null ? `${one.id}` : `${one.id} (${one.serialNumber})`,
    );
    throw new OperatorError(
      found === undefined
        ? `${account.userName} has no authenticator ${order.authenticator}.`
        : `The authenticator ${order.authenticator} is revoked already.`,
      {
        at: 'AUTHENTICATOR',
        vi: ['Ứng dụng xác thực này không còn dùng.', 'Tải lại trang.'],
        remedy: names.length === 0 ? 'The account has none in use.' : `In use: ${names.join(', ')}.`,
      },
    );
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.revoke-authenticator',
    apply: async (db) => {
      await revokeAuthenticatorRow(db, found.id);
    },
    body: { authenticatorId: found.id, kind: found.kind, serialNumber: found.serialNumber },
    personal: { reason },
  });
  const remaining = held.filter((one) => one.state === 'active' && one.id !== found.id).length;
  return { userName: account.userName, revision, authenticatorId: found.id, remaining };
}
