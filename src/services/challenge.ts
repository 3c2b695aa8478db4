// A challenge's State (RFC 2865 §5.24): round one's verdict, sealed, so that any node can judge round two.
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { type Detail, type DetailOf, detailsOf, type Reason, reasons } from '../core/reasons.ts';
import { mostRelayedOctets } from './first-factor/upstream.ts';
import type { ClusterKey, Keyring } from './secrets/keyring.ts';

/** By version: a plain one, and one that carries an upstream's State. */
const formatVersion = 1;
const relayingVersion = 2;
const cipherName = 'aes-256-gcm';
/** Version (3 bits) and cluster key (5 bits). */
const headerOctets = 1;
const nonceOctets = 12;
const bodyOctets = 23;
/** The shortest tag that NIST SP 800-38D §5.2.1.2 allows without restrictions: State must fit 64 characters. */
const tagOctets = 12;
const stateOctets = headerOctets + nonceOctets + bodyOctets + tagOctets;
const leastReloadMs = 1000;
/** Server, round, authenticator and time step, before the upstream's State. */
const relayedOctets = 15;
const longestStateOctets = stateOctets + relayedOctets + mostRelayedOctets;
const stateForm = /^[A-Za-z0-9_-]{64,253}$/;

/** Stage, and the list of reasons by whose index a verdict is told: a node with another list refuses. */
const associatedData = createHash('sha256').update(`challenge for a code\0${reasons.join()}`).digest();

/** Whom a challenge belongs to. */
export interface ChallengeParties {
  readonly gatewayId: number;
  /** Canonical. */
  readonly userName: string;
  /** As the request reports it, or empty. */
  readonly station: string;
}

/** A question that an upstream asked, whose answer goes back to the server that asked it. */
export interface RelayedQuestion {
  /** The upstream's server (services/first-factor/guarded.ts). */
  readonly server: number;
  /** The upstream's own, 1 to `mostRelayedOctets` octets. */
  readonly state: Buffer;
  /** How many it has asked, this one included. */
  readonly round: number;
  /** The code that came with the password and matched, yet to be used up; null: none came. */
  readonly code: { readonly authenticatorId: number; readonly timeStep: number } | null;
}

/** What round one found. */
export interface ChallengeContent {
  /** Null for an unknown account. */
  readonly accountId: number | null;
  /** The denial that round one recorded and counted; it stands. */
  readonly denial: { readonly reason: Reason; readonly detail: Detail | null } | null;
  /** The password record that was verified. */
  readonly passwordPhc: string | null;
  /** Null: this broker asks for its own code. */
  readonly relayed: RelayedQuestion | null;
}

export interface OpenedChallenge {
  readonly accountId: number | null;
  readonly denial: ChallengeContent['denial'];
  readonly relayed: RelayedQuestion | null;
  /** For the single-use claim: the nonce, 24 hex digits. */
  readonly challengeId: string;
  readonly expiresAt: number;
  /** Whether the password record verified in round one is still the account's. */
  isPasswordUnchanged(passwordPhc: string | null): boolean;
}

interface ChallengeFault {
  readonly reason: 'challenge-expired' | 'challenge-mismatch';
  readonly detail: DetailOf<'challenge-mismatch'> | null;
}

type OpenResult =
  | { readonly kind: 'opened'; readonly challenge: OpenedChallenge }
  | { readonly kind: 'fault'; readonly fault: ChallengeFault };

export interface Challenges {
  /**
   * A State of 64 printable ASCII characters, up to 252 with an upstream's in it; good until `expiresAt` (rounded down to a
   * second).
   */
  seal(parties: ChallengeParties, content: ChallengeContent, expiresAt: number): string;
  /**
   * Opens a State sealed by any node of the cluster. Which party differs is told by keyed tags inside the sealed
   * part, different in every State: nobody outside can search for parties that agree.
   */
  open(state: string, parties: ChallengeParties, now: number): Promise<OpenResult>;
}

const mismatch = (detail: DetailOf<'challenge-mismatch'>): OpenResult => ({
  kind: 'fault',
  fault: { reason: 'challenge-mismatch', detail },
});

/** First octets of a MAC over one named value. */
function shortTag(keys: StateKeys, nonce: Uint8Array, name: string, value: string, length: number): Buffer {
  return createHmac('sha256', keys.tags.key)
    .update(nonce)
    .update(`${name}\0${value}`)
    .digest()
    .subarray(0, length);
}

interface StateKeys {
  readonly cipher: ClusterKey;
  readonly tags: ClusterKey;
}

/** Where each field of the body lies. */
const at = {
  expiry: 0,
  account: 4,
  reason: 8,
  detail: 9,
  gateway: 10,
  userName: 13,
  station: 17,
  password: 20,
};
const tagged = [
  { name: 'user-name', at: at.userName, length: 4, detail: 'other-account' },
  { name: 'gateway', at: at.gateway, length: 3, detail: 'other-gateway' },
  { name: 'station', at: at.station, length: 3, detail: 'other-client' },
] as const;
const passwordTagOctets = bodyOctets - at.password;

function partyValue(name: (typeof tagged)[number]['name'], parties: ChallengeParties): string {
  if (name === 'gateway') return String(parties.gatewayId);
  return name === 'station' ? parties.station : parties.userName;
}

function encodeRelayed({ server, state, round, code }: RelayedQuestion): Buffer {
  const octets = Buffer.alloc(relayedOctets);
  octets.writeUInt32BE(server, 0);
  octets.writeUInt8(round, 4);
  octets.writeUInt32BE(code?.authenticatorId ?? 0, 5);
  octets.writeUIntBE(code?.timeStep ?? 0, 9, 6);
  return Buffer.concat([octets, state]);
}

function parseRelayed(octets: Buffer): RelayedQuestion {
  const authenticatorId = octets.readUInt32BE(5);
  return {
    server: octets.readUInt32BE(0),
    round: octets.readUInt8(4),
    code: authenticatorId === 0 ? null : { authenticatorId, timeStep: octets.readUIntBE(9, 6) },
    state: Buffer.from(octets.subarray(relayedOctets)),
  };
}

/** Whether a State of that length can be of that version. */
function isLengthOf(version: number, length: number): boolean {
  if (version === formatVersion) return length === stateOctets;
  return version === relayingVersion && length > stateOctets + relayedOctets && length <= longestStateOctets;
}

function openBody(state: Buffer, keys: StateKeys): Buffer | null {
  const bodyAt = headerOctets + nonceOctets;
  const tagAt = state.length - tagOctets;
  const decipher = createDecipheriv(cipherName, keys.cipher.key, state.subarray(headerOctets, bodyAt), {
    authTagLength: tagOctets,
  });
  decipher.setAAD(Buffer.concat([state.subarray(0, headerOctets), associatedData]));
  decipher.setAuthTag(state.subarray(tagAt));
  const body = decipher.update(state.subarray(bodyAt, tagAt));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return body;
}

/** Round one's denial; undefined when the indexes mean nothing. */
function denialOf(body: Buffer): ChallengeContent['denial'] | undefined {
  const reasonIndex = body.readUInt8(at.reason);
  if (reasonIndex === 0) return null;
  const reason = reasons[reasonIndex - 1];
  if (reason === undefined) return undefined;
  return { reason, detail: detailsOf(reason)[body.readUInt8(at.detail) - 1] ?? null };
}

/** Creates the sealing and opening of States under keys derived from the cluster's secret. */
export function createChallenges(deps: {
  readonly keyring: Pick<Keyring, 'clusterKeys' | 'reload'>;
  readonly random: Random;
  readonly clock: Clock;
}): Challenges {
  const { keyring, random, clock } = deps;
  let reloadedAt = Number.NEGATIVE_INFINITY;

  /** Another node may have begun to use a new secret. Anybody can send an unknown key id, so reloads are kept rare. */
  async function reloadRarely(): Promise<void> {
    if (clock.monotonic() - reloadedAt < leastReloadMs) return;
    reloadedAt = clock.monotonic();
    await keyring.reload();
  }

  function stateKeys(isWanted: (id: number) => boolean): StateKeys | null {
    const cipher = keyring.clusterKeys('challenge-cipher').find((key) => isWanted(key.id));
    const tags = keyring.clusterKeys('challenge-tags').find((key) => key.id === cipher?.id);
    return cipher === undefined || tags === undefined ? null : { cipher, tags };
  }

  return {
    seal(parties, content, expiresAt) {
      const keys = stateKeys(() => true);
      if (keys === null) throw new Error('the keyring has no cluster secret');
      const nonce = random.bytes(nonceOctets);
      const body = Buffer.alloc(bodyOctets);
      body.writeUInt32BE(Math.floor(expiresAt / 1000), at.expiry);
      body.writeUInt32BE(content.accountId ?? 0, at.account);
      if (content.denial !== null) {
        const { reason, detail } = content.denial;
        body.writeUInt8(reasons.indexOf(reason) + 1, at.reason);
        body.writeUInt8(detail === null ? 0 : detailsOf(reason).indexOf(detail) + 1, at.detail);
      }
      for (const field of tagged) {
        shortTag(keys, nonce, field.name, partyValue(field.name, parties), field.length).copy(body, field.at);
      }
      shortTag(keys, nonce, 'password', content.passwordPhc ?? '', passwordTagOctets).copy(body, at.password);

      const { relayed } = content;
      if (relayed !== null && !(relayed.state.length >= 1 && relayed.state.length <= mostRelayedOctets)) {
        throw new RangeError(`an upstream's State has 1 to ${mostRelayedOctets} octets`);
      }
      const version = relayed === null ? formatVersion : relayingVersion;
      const header = Buffer.from([(version << 5) | (keys.cipher.id & 31)]);
      const cipher = createCipheriv(cipherName, keys.cipher.key, nonce, { authTagLength: tagOctets });
      cipher.setAAD(Buffer.concat([header, associatedData]));
      const whole = relayed === null ? body : Buffer.concat([body, encodeRelayed(relayed)]);
      const sealed = Buffer.concat([cipher.update(whole), cipher.final()]);
      return Buffer.concat([header, nonce, sealed, cipher.getAuthTag()]).toString('base64url');
    },

    async open(text, parties, now) {
      if (!stateForm.test(text)) return mismatch('malformed');
      const state = Buffer.from(text, 'base64url');
      const first = state.readUInt8(0);
      if (!isLengthOf(first >> 5, state.length)) return mismatch('malformed');
      const isWanted = (id: number): boolean => (id & 31) === (first & 31);
      if (stateKeys(isWanted) === null) await reloadRarely();
      const keys = stateKeys(isWanted);
      const body = keys === null ? null : openBody(state, keys);
      const denial = body === null ? undefined : denialOf(body);
      if (keys === null || body === null || denial === undefined) return mismatch('malformed');

      const nonce = state.subarray(headerOctets, headerOctets + nonceOctets);
      const isSame = (offset: number, tag: Buffer): boolean =>
        timingSafeEqual(body.subarray(offset, offset + tag.length), tag);
      for (const field of tagged) {
        const tag = shortTag(keys, nonce, field.name, partyValue(field.name, parties), field.length);
        if (!isSame(field.at, tag)) return mismatch(field.detail);
      }
      const expiresAt = body.readUInt32BE(at.expiry) * 1000;
      if (now >= expiresAt) return { kind: 'fault', fault: { reason: 'challenge-expired', detail: null } };
      return {
        kind: 'opened',
        challenge: {
          accountId: body.readUInt32BE(at.account) || null,
          denial,
          relayed: body.length === bodyOctets ? null : parseRelayed(body.subarray(bodyOctets)),
          challengeId: nonce.toString('hex'),
          expiresAt,
          isPasswordUnchanged: (passwordPhc) =>
            isSame(at.password, shortTag(keys, nonce, 'password', passwordPhc ?? '', passwordTagOctets)),
        },
      };
    },
  };
}
