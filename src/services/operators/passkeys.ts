// Passkeys of operators (WebAuthn Level 3): registered, signed in with, proving oneself once more, removed. User verification is
// always required, attestation never asked for. A challenge is sealed, kept by the browser, and answered once.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { clearOperatorCounters } from '../../store/queries/operator-proofs.ts';
import { findOperator } from '../../store/queries/operators.ts';
import {
  deletePasskey,
  findPasskey,
  insertPasskey,
  listPasskeysOf,
  notePasskeyUse,
  type PasskeyRow,
  spendChallenge,
} from '../../store/queries/passkeys.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type Administrator, readOrganisation, recordAct } from '../administration.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { SessionOrigin, WebSessions } from '../web/sessions.ts';
import { administratorOf, loadOperator } from './principal.ts';

/** Loaded with the first passkey that is asked for: a broker's start has no use for it. */
const webAuthn = () => import('@simplewebauthn/server');

const challengeMs = 5 * 60_000;
const mostPasskeys = 10;
const longestName = 60;
/** EdDSA, ES256, RS256 (COSE). */
const algorithms = [-8, -7, -257];
const challengeContext = 'operator-passkey-challenge';

/** The site as browsers know it: `id` is the host name alone. */
export interface RelyingParty {
  readonly id: string;
  readonly origin: string;
}

export interface PasskeyDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly sessions: WebSessions;
}

type Purpose = 'register' | 'sign-in' | 'step-up';

interface Challenge {
  readonly id: string;
  /** base64url. */
  readonly challenge: string;
  readonly purpose: Purpose;
  /** Null: whoever signs in. */
  readonly operatorId: number | null;
  readonly expiresAt: number;
}

/** What a browser is asked, and the sealed challenge that it sends back with the answer. */
export interface BegunCeremony {
  readonly options: Readonly<Record<string, unknown>>;
  readonly ticket: string;
}

const userIdOf = (operatorId: number) => Buffer.from(`operator:${operatorId}`, 'utf8');

function begin(
  { keyring, clock, random }: PasskeyDeps,
  options: { readonly challenge: string },
  of: Pick<Challenge, 'purpose' | 'operatorId'>,
): BegunCeremony {
  const sealed: Challenge = {
    id: `passkey:${random.bytes(16).toString('base64url')}`,
    challenge: options.challenge,
    expiresAt: clock.now() + challengeMs,
    ...of,
  };
  return {
    options: { ...options },
    ticket: keyring.seal(Buffer.from(JSON.stringify(sealed)), challengeContext).toString('base64url'),
  };
}

/** The challenge of a ticket, if it was made for this; null for anything else. */
async function openTicket(
  { keyring, clock }: PasskeyDeps,
  ticket: string,
  of: Pick<Challenge, 'purpose' | 'operatorId'>,
): Promise<Challenge | null> {
  try {
    const octets = await keyring.openReloading(Buffer.from(ticket, 'base64url'), challengeContext);
    const challenge = JSON.parse(octets.toString('utf8')) as Challenge;
    const isMeant = challenge.purpose === of.purpose && challenge.operatorId === of.operatorId;
    return isMeant && challenge.expiresAt > clock.now() ? challenge : null;
  } catch {
    // Made up, or sealed for something else.
    return null;
  }
}

function refused(): OperatorError {
  return new OperatorError('The passkey was not accepted.', {
    at: 'passkey',
    remedy: 'Begin again; the browser has five minutes.',
    vi: ['Khóa truy cập không được chấp nhận.', 'Làm lại từ đầu; trình duyệt có năm phút.'],
  });
}

/** Asks the browser for a new passkey of the operator. @throws OperatorError when there are too many */
export async function beginRegistration(
  deps: PasskeyDeps,
  party: RelyingParty,
  operatorId: number,
): Promise<BegunCeremony> {
  const { store } = deps;
  const { operator, known } = await store.read(async (db) => ({
    operator: await findOperator(db, operatorId),
    known: await listPasskeysOf(db, operatorId),
  }));
  if (operator === null) throw refused();
  if (known.length >= mostPasskeys) {
    throw new OperatorError(`There are ${mostPasskeys} passkeys already.`, {
      at: 'passkey',
      remedy: 'Remove one that is not used any more.',
      vi: [`Đã có ${mostPasskeys} khóa truy cập.`, 'Gỡ khóa không còn dùng trước.'],
      fault: 'conflict',
    });
  }
  const { name } = await readOrganisation(store);
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: name === '' ? 'Gatewarden' : name,
    rpID: party.id,
    userName: operator.signInName,
    userDisplayName: operator.fullName,
    userID: new Uint8Array(userIdOf(operatorId)),
    challenge: new Uint8Array(deps.random.bytes(32)),
    timeout: challengeMs,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: known.map(({ id, transports }) => ({ id, transports: JSON.parse(transports) })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  return begin(deps, options, { purpose: 'register', operatorId });
}

/** Registers what the browser made. @throws OperatorError when it does not answer the challenge, or lacks user verification */
export async function finishRegistration(
  deps: PasskeyDeps & { readonly by: Administrator },
  party: RelyingParty,
  order: {
    readonly operatorId: number;
    readonly ticket: string;
    readonly name: string;
    readonly response: RegistrationResponseJSON;
  },
): Promise<void> {
  const { store, clock, by } = deps;
  const { operatorId, response } = order;
  const name = order.name.normalize('NFC').replace(/\s+/g, ' ').trim();
  if (name === '' || name.length > longestName || /\p{Cc}/u.test(name)) {
    throw new OperatorError('The passkey needs a name.', {
      at: 'name',
      remedy: `Say in up to ${longestName} characters where it is kept.`,
      vi: ['Khóa truy cập cần có tên.', `Ghi nơi lưu khóa, không quá ${longestName} ký tự.`],
    });
  }
  const challenge = await openTicket(deps, order.ticket, { purpose: 'register', operatorId });
  if (challenge === null) throw refused();
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge.challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch(() => null);
  if (verified?.verified !== true) throw refused();
  const { credential, credentialBackedUp } = verified.registrationInfo;
  const at = clock.now();
  await store.write(async (db) => {
    if (!(await spendChallenge(db, challenge.id, challenge.expiresAt))) throw refused();
    const isNew = await insertPasskey(db, {
      id: credential.id,
      operatorId,
      name,
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      transports: JSON.stringify(credential.transports ?? []),
      createdAt: at,
    });
    if (!isNew) throw refused();
    await recordAct(db, by, {
      verb: 'operator.add-passkey',
      at,
      body: { operatorId, isBackedUp: credentialBackedUp },
      personal: { name },
    });
  });
}

/** Asks the browser to prove a passkey; of a signed-in operator, or of whoever signs in. */
async function ask(
  deps: PasskeyDeps,
  party: RelyingParty,
  of: Pick<Challenge, 'purpose' | 'operatorId'>,
): Promise<BegunCeremony> {
  const { operatorId } = of;
  const known = operatorId === null ? [] : await deps.store.read((db) => listPasskeysOf(db, operatorId));
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: new Uint8Array(deps.random.bytes(32)),
    timeout: challengeMs,
    userVerification: 'required',
    allowCredentials: known.map(({ id, transports }) => ({ id, transports: JSON.parse(transports) })),
  });
  return begin(deps, options, of);
}

export const beginSignIn = (deps: PasskeyDeps, party: RelyingParty) =>
  ask(deps, party, { purpose: 'sign-in', operatorId: null });

export const beginStepUp = (deps: PasskeyDeps, party: RelyingParty, operatorId: number) =>
  ask(deps, party, { purpose: 'step-up', operatorId });

interface Answer {
  readonly ticket: string;
  readonly response: AuthenticationResponseJSON;
}

interface Proven {
  readonly challenge: Challenge;
  readonly passkey: PasskeyRow;
  readonly counter: number;
}

/** The passkey that answered, and its new counter; null for anything that does not prove it. */
async function verify(
  deps: PasskeyDeps,
  party: RelyingParty,
  { ticket, response }: Answer,
  of: Pick<Challenge, 'purpose' | 'operatorId'>,
): Promise<Proven | null> {
  const challenge = await openTicket(deps, ticket, of);
  const passkey = challenge === null ? null : await deps.store.read((db) => findPasskey(db, response.id));
  if (challenge === null || passkey === null) return null;
  if (of.operatorId !== null && passkey.operatorId !== of.operatorId) return null;
  // Whose the browser says it is.
  const handle = response.response.userHandle;
  if (handle !== undefined && !Buffer.from(handle, 'base64url').equals(userIdOf(passkey.operatorId)))
    return null;
  const { id, publicKey, counter, transports } = passkey;
  // Throws too when the counter did not go on: somebody may have a copy of the key.
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge.challenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    credential: { id, publicKey: new Uint8Array(publicKey), counter, transports: JSON.parse(transports) },
    requireUserVerification: true,
  }).catch(() => null);
  if (verified?.verified !== true) {
    await recordRefusal(deps, passkey);
    return null;
  }
  return { challenge, passkey, counter: verified.authenticationInfo.newCounter };
}

/** A registered passkey whose answer is wrong is worth a look: a copy of the key, or somebody's proxy. */
async function recordRefusal({ store, clock }: PasskeyDeps, passkey: PasskeyRow): Promise<void> {
  await store.write(async (db) => {
    const operator = await findOperator(db, passkey.operatorId);
    await recordAct(
      db,
      { name: operator?.signInName ?? '', via: 'console' },
      {
        verb: 'operator.sign-in-refused',
        at: clock.now(),
        detail: 'passkey-wrong',
        body: { operatorId: passkey.operatorId },
        personal: { name: passkey.name },
      },
    );
  });
}

async function spend(db: Db, { challenge, passkey, counter }: Proven, at: number): Promise<boolean> {
  return (
    (await spendChallenge(db, challenge.id, challenge.expiresAt)) &&
    (await notePasskeyUse(db, passkey, { counter, at }))
  );
}

/** Signs in with a passkey: the session's token, null when it is refused, whatever was wrong. */
export async function signInByPasskey(
  deps: PasskeyDeps,
  party: RelyingParty,
  answer: Answer,
  origin: Omit<SessionOrigin, 'method'>,
): Promise<string | null> {
  const proven = await verify(deps, party, answer, { purpose: 'sign-in', operatorId: null });
  if (proven === null) return null;
  const { operatorId } = proven.passkey;
  const principal = await loadOperator(deps, operatorId);
  if (principal === null) return null;
  const { store, clock, sessions } = deps;
  const at = clock.now();
  return await store.write(async (db) => {
    if (!(await spend(db, proven, at))) return null;
    await clearOperatorCounters(db, operatorId);
    const { token } = await sessions.begin(db, { operatorId }, { ...origin, method: 'passkey' });
    await recordAct(db, administratorOf(principal), {
      verb: 'operator.sign-in',
      at,
      body: { operatorId, method: 'passkey' },
      personal: { address: origin.address },
    });
    return token;
  });
}

/** Proves a signed-in operator once more: the session's new token, null when it is refused. */
export async function stepUpByPasskey(
  deps: PasskeyDeps,
  party: RelyingParty,
  session: { readonly id: number; readonly operatorId: number; readonly token: string },
  answer: Answer,
): Promise<string | null> {
  const { operatorId, id } = session;
  const proven = await verify(deps, party, answer, { purpose: 'step-up', operatorId });
  if (proven === null) return null;
  const { store, clock, sessions } = deps;
  return await store.write(async (db) =>
    (await spend(db, proven, clock.now())) ? await sessions.prove(db, id, session.token) : null,
  );
}

export async function listPasskeys({ store }: Pick<PasskeyDeps, 'store'>, operatorId: number) {
  const rows = await store.read((db) => listPasskeysOf(db, operatorId));
  return rows.map(({ id, name, createdAt, lastUsedAt }) => ({ id, name, createdAt, lastUsedAt }));
}

/** Removes one of the operator's own. @throws OperatorError when there is none such */
export async function removePasskey(
  deps: Pick<PasskeyDeps, 'store' | 'clock'> & { readonly by: Administrator },
  operatorId: number,
  id: string,
): Promise<void> {
  const { store, clock, by } = deps;
  await store.write(async (db) => {
    const name = await deletePasskey(db, operatorId, id);
    if (name === null) {
      throw new OperatorError('There is no such passkey.', {
        at: 'id',
        remedy: 'Load the page again.',
        vi: ['Không có khóa truy cập này.', 'Tải lại trang.'],
        fault: 'not-found',
      });
    }
    await recordAct(db, by, {
      verb: 'operator.remove-passkey',
      at: clock.now(),
      body: { operatorId },
      personal: { name },
    });
  });
}
