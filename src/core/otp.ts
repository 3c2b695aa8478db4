// One-time codes: HOTP (RFC 4226), TOTP (RFC 6238), base32 (RFC 4648 §6) and otpauth:// URIs.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { OperatorError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

export type OtpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** What an authenticator was enrolled with. Apps get SHA1, 6, 30: several treat anything else as that, silently. */
export interface OtpParameters {
  algorithm: OtpAlgorithm;
  digits: 6 | 8;
  periodSeconds: 30 | 60;
}

/** The verdict on one code. A `match` is not yet a success: its `timeStep` must still be claimed, once. */
export type CodeMatch =
  | { kind: 'match'; timeStep: number }
  | { kind: 'replayed'; timeStep: number }
  | { kind: 'wrong'; clockSkewMinutes?: number };

const minimumSeedOctets = 16;
const skewScanSeconds = 10 * 60;
const hashNames = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;
const seedOctets = { SHA1: 20, SHA256: 32, SHA512: 64 } as const;
const modulus = { 6: 1_000_000, 8: 100_000_000 } as const;

/** The code as a number. A KeyObject, since a raw key makes createHmac 4 to 10 times slower on Node 24. */
function codeNumber(key: KeyObject, counter: number, parameters: OtpParameters): number {
  if (!Number.isSafeInteger(counter) || counter < 0) throw new RangeError(`not an HOTP counter: ${counter}`);
  const moving = Buffer.alloc(8);
  moving.writeUInt32BE(Math.floor(counter / 2 ** 32), 0);
  moving.writeUInt32BE(counter >>> 0, 4);
  const mac = createHmac(hashNames[parameters.algorithm], key).update(moving).digest();
  const offset = mac.readUInt8(mac.length - 1) & 0x0f;
  return (mac.readUInt32BE(offset) & 0x7fff_ffff) % modulus[parameters.digits];
}

/**
 * The HOTP value of `counter` (RFC 4226 §5.3), padded with zeros on the left. The counter may exceed 32 bits.
 * Throws a RangeError when it is negative or not an integer.
 */
export function hotp(key: KeyObject, counter: number, parameters: OtpParameters): string {
  return codeNumber(key, counter, parameters).toString().padStart(parameters.digits, '0');
}

/** The time step that an instant (epoch ms) lies in, RFC 6238 §4.2 with T0 = 0. */
export function timeStepAt(epochMs: number, periodSeconds: number): number {
  return Math.floor(epochMs / (periodSeconds * 1000));
}

/** The instant (epoch ms) at which a time step begins. */
export function timeStepStart(step: number, periodSeconds: number): number {
  return step * periodSeconds * 1000;
}

/** Whether a step may be claimed since the restore at `floorAt` (epoch ms, 0 for none); see `matchCode`. */
export function isAboveFloor(
  timeStep: number,
  of: { readonly driftSteps: number; readonly periodSeconds: number; readonly floorAt: number },
): boolean {
  return timeStepStart(timeStep - Math.max(0, of.driftSteps), of.periodSeconds) >= of.floorAt;
}

/**
 * Judges a typed code at the time it was received.
 *
 * Guarantees: the window is computed whole and compared without an early exit, and every well-formed wrong code costs
 * the same: ±10 minutes are scanned whole too. A right or used code is spared that scan (40 HMACs): it is told from a
 * wrong one by the answer in any case, and replies to refused requests leave at a fixed deadline. Spaces are removed;
 * anything but exactly `digits` ASCII digits is `wrong`, never an exception.
 *
 * The window lies around the step of `receivedAt` plus `driftSteps` (the offset learnt for this authenticator).
 * The newest matching step decides: `match` if it is later than `lastStep` (the last one claimed, -1 for none)
 * and not below the floor, else `replayed`. Steps that start before `floorAt` (epoch ms, 0 for none; set after a
 * restore, when claims may have been lost) are refused; an authenticator known to run fast used those steps
 * earlier than their nominal start, so for it the floor lies higher by the drift.
 *
 * `clockSkewMinutes` is set when the code belongs to another minute within ±10: how far the authenticator's
 * clock is from where it was expected, positive when ahead, never 0. Such a code is never accepted.
 */
export function matchCode(input: {
  key: KeyObject;
  parameters: OtpParameters;
  code: string;
  receivedAt: number;
  window: { back: number; ahead: number };
  lastStep: number;
  driftSteps: number;
  floorAt: number;
}): CodeMatch {
  const { key, parameters, receivedAt, window, lastStep, driftSteps, floorAt } = input;
  const { digits, periodSeconds } = parameters;
  const typed = input.code.replaceAll(' ', '');
  if (typed.length !== digits || !/^[0-9]+$/.test(typed)) return { kind: 'wrong' };

  const given = Number(typed);
  const expectedStep = timeStepAt(receivedAt, periodSeconds) + driftSteps;
  const matchesAt = (offset: number): boolean => {
    // Steps before 1970 do not exist; they cost an HMAC all the same and match nothing.
    const exists = expectedStep + offset >= 0 ? 1 : 0;
    const difference = codeNumber(key, Math.max(0, expectedStep + offset), parameters) ^ given;
    return (((difference - 1) >>> 31) & exists) === 1;
  };

  let newest: number | null = null;
  for (let offset = -window.back; offset <= window.ahead; offset++) {
    if (matchesAt(offset)) newest = offset;
  }
  if (newest !== null) {
    const timeStep = expectedStep + newest;
    const isUnused = timeStep > lastStep && isAboveFloor(timeStep, { driftSteps, periodSeconds, floorAt });
    return { kind: isUnused ? 'match' : 'replayed', timeStep };
  }

  const scan = Math.ceil(skewScanSeconds / periodSeconds);
  let nearest: number | null = null;
  for (let offset = -scan; offset <= scan; offset++) {
    const isNearer = nearest === null || Math.abs(offset) < Math.abs(nearest);
    if (matchesAt(offset) && isNearer) nearest = offset;
  }
  if (nearest === null) return { kind: 'wrong' };
  const minutes = Math.max(1, Math.round((Math.abs(nearest) * periodSeconds) / 60));
  return { kind: 'wrong', clockSkewMinutes: Math.sign(nearest) * minutes };
}

/**
 * Judges a code of a counter-based authenticator (RFC 4226 §7.2). The window is `lookAhead` values after the last one used, and as
 * many before, which are `replayed`; all of it is computed, whichever matches. The nearest unused value decides; claiming it spends
 * all before it.
 * @param lastCounter the last one used, -1: none
 */
export function matchCounterCode(input: {
  key: KeyObject;
  parameters: OtpParameters;
  code: string;
  lastCounter: number;
  lookAhead: number;
}): CodeMatch {
  const { key, parameters, lastCounter, lookAhead } = input;
  const typed = input.code.replaceAll(' ', '');
  if (typed.length !== parameters.digits || !/^[0-9]+$/.test(typed)) return { kind: 'wrong' };
  const given = Number(typed);
  let next: number | null = null;
  let used: number | null = null;
  for (let offset = lookAhead; offset > -lookAhead; offset -= 1) {
    const counter = lastCounter + offset;
    const isSame = counter >= 0 && codeNumber(key, counter, parameters) === given;
    if (isSame && offset > 0) next = counter;
    if (isSame && offset <= 0) used ??= counter;
  }
  if (next !== null) return { kind: 'match', timeStep: next };
  return used === null ? { kind: 'wrong' } : { kind: 'replayed', timeStep: used };
}

/**
 * Where two codes that an authenticator showed one after the other lie (RFC 4226 §7.4): the step or counter of the second, searched
 * in [from, to]; the one nearest to `near`. Null: nowhere.
 */
export function findTwoCodes(input: {
  key: KeyObject;
  parameters: OtpParameters;
  codes: readonly [string, string];
  from: number;
  to: number;
  near: number;
}): number | null {
  const { key, parameters, from, to, near } = input;
  const typed = input.codes.map((code) => code.replaceAll(' ', ''));
  if (typed.some((code) => code.length !== parameters.digits || !/^[0-9]+$/.test(code))) return null;
  const [first, second] = typed.map(Number);
  let found: number | null = null;
  let former = from > 0 ? codeNumber(key, from - 1, parameters) : -1;
  for (let step = Math.max(0, from); step <= to; step += 1) {
    const current = codeNumber(key, step, parameters);
    const isNearer = found === null || Math.abs(step - near) < Math.abs(found - near);
    if (former === first && current === second && isNearer) found = step;
    former = current;
  }
  return found;
}

/** A fresh seed as long as the algorithm's output (RFC 4226 R6, RFC 6238 §5.1). */
export function generateSeed(random: Random, algorithm: OtpAlgorithm): Buffer {
  return random.bytes(seedOctets[algorithm]);
}

/** The seed as a key for `hotp` and `matchCode`; an OperatorError when it is shorter than 16 octets (RFC 4226 R6). */
export function seedKey(seed: Uint8Array): KeyObject {
  if (seed.length < minimumSeedOctets) {
    throw new OperatorError(`the seed has ${seed.length} octets, fewer than ${minimumSeedOctets}`, {
      remedy: 'use a seed of at least 16 octets (26 base32 characters); 20 octets is the usual length',
    });
  }
  return createSecretKey(seed);
}

const base32Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base32 in upper case without padding (RFC 4648 §6). */
export function encodeBase32(octets: Uint8Array): string {
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const octet of octets) {
    buffer = ((buffer << 8) | octet) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += base32Alphabet.charAt((buffer >>> bits) & 31);
    }
  }
  return bits === 0 ? out : out + base32Alphabet.charAt((buffer << (5 - bits)) & 31);
}

/**
 * Octets of a base32 text (RFC 4648 §6). Spaces, dashes and lower case are tolerated, padding may be absent but
 * not wrong; another character, an impossible length or stray bits at the end are an OperatorError, whose text
 * never repeats the input (it is a secret).
 */
export function decodeBase32(text: string): Buffer {
  const compact = text.replace(/[ -]/g, '').replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  const [, letters = '', padding = ''] = /^([A-Z2-7]*)(=*)$/.exec(compact) ?? refuseBase32('a character');
  const trailing = letters.length % 8;
  if (trailing === 1 || trailing === 3 || trailing === 6) refuseBase32('a length');
  if (padding !== '' && (trailing === 0 || padding.length !== 8 - trailing)) refuseBase32('padding');

  const out = Buffer.alloc(Math.floor((letters.length * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    buffer = ((buffer << 5) | base32Alphabet.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (buffer >>> bits) & 0xff;
    }
  }
  if ((buffer & ((1 << bits) - 1)) !== 0) refuseBase32('bits at the end');
  return out;
}

function refuseBase32(what: string): never {
  throw new OperatorError(`the base32 text has ${what} that base32 does not allow`, {
    remedy: 'copy it again: letters A to Z and digits 2 to 7 only (RFC 4648 §6)',
  });
}

/**
 * The URI that authenticator apps read from a QR code. It holds the seed: show it once, never log it.
 * An OperatorError for a seed under 16 octets, an empty name, or an issuer with a colon (apps split the label there).
 */
export function otpauthUri(input: {
  issuer: string;
  account: string;
  seed: Uint8Array;
  parameters: OtpParameters;
}): string {
  const { issuer, account, seed, parameters } = input;
  if (issuer.trim() === '' || issuer.includes(':') || account.trim() === '') {
    throw new OperatorError('the issuer or the account name cannot be put into an otpauth URI', {
      remedy: 'give both a name; the issuer without a colon',
    });
  }
  seedKey(seed);
  const label = `${percentEncode(issuer)}:${percentEncode(account)}`;
  const query = [
    `secret=${encodeBase32(seed)}`,
    `issuer=${percentEncode(issuer)}`,
    `algorithm=${parameters.algorithm}`,
    `digits=${parameters.digits}`,
    `period=${parameters.periodSeconds}`,
  ];
  return `otpauth://totp/${label}?${query.join('&')}`;
}

/** RFC 3986 unreserved characters stay, everything else is escaped; a space is %20. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
