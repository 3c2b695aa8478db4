// Salted hiding: Tunnel-Password, RFC 2868 §3.5, and the MS-MPPE keys, RFC 2548 §2.4.2 and §2.4.3.
import type { EncodedAttribute } from './attribute.ts';
import { applyKeyStream, blockLength } from './key-stream.ts';
import type { Secret } from './secret.ts';
import { encodeVendorAttribute } from './vendor.ts';

const saltLength = 2;
/** The most that fits behind tag, salt and length octet in whole blocks. */
const maxPlainLength = 239;
const maxTag = 0x1f;
const microsoft = 311;
const msMppeSendKey = 16;
const msMppeRecvKey = 17;

/** Two random octets made a salt: its top bit must be set. The caller sees to it that no two in a packet are alike. */
function toSalt(random: Buffer): Buffer {
  if (random.length !== saltLength) throw new RangeError('a salt has 2 octets');
  const salt = Buffer.from(random);
  salt[0] = (salt[0] ?? 0) | 0x80;
  return salt;
}

function hideSalted(plain: Buffer, random: Buffer, requestAuthenticator: Buffer, secret: Secret): Buffer {
  if (plain.length > maxPlainLength) throw new RangeError('a salted attribute holds at most 239 octets');
  const salt = toSalt(random);
  const padded = Buffer.alloc(Math.ceil((1 + plain.length) / blockLength) * blockLength);
  padded[0] = plain.length;
  plain.copy(padded, 1);
  return Buffer.concat([salt, applyKeyStream('hide', padded, requestAuthenticator, secret, salt)]);
}

function revealSalted(value: Buffer, requestAuthenticator: Buffer, secret: Secret): Buffer | null {
  const hidden = value.subarray(saltLength);
  if (hidden.length === 0 || hidden.length % blockLength !== 0) return null;
  const salt = value.subarray(0, saltLength);
  const padded = applyKeyStream('reveal', hidden, requestAuthenticator, secret, salt);
  const length = padded[0] ?? 0;
  // A wrong secret most often shows here.
  return length < padded.length ? padded.subarray(1, 1 + length) : null;
}

/**
 * Hides a Tunnel-Password of at most 239 octets under a tag of 0 to 31. `random` is 2 octets for the salt.
 * `requestAuthenticator` is that of the Access-Request being answered.
 * @throws RangeError
 */
export function hideTunnelPassword(
  password: Buffer,
  tag: number,
  random: Buffer,
  requestAuthenticator: Buffer,
  secret: Secret,
): Buffer {
  if (!(tag >= 0 && tag <= maxTag)) throw new RangeError('a tag is 0 to 31');
  return Buffer.concat([Buffer.from([tag]), hideSalted(password, random, requestAuthenticator, secret)]);
}

/** Reveals a Tunnel-Password; `null` when its tag, length or inner length is impossible. */
export function revealTunnelPassword(
  value: Buffer,
  requestAuthenticator: Buffer,
  secret: Secret,
): { tag: number; password: Buffer } | null {
  const tag = value[0];
  if (tag === undefined || tag > maxTag) return null;
  const password = revealSalted(value.subarray(1), requestAuthenticator, secret);
  return password && { tag, password };
}

function halvesOf(msk: Buffer): { readonly recv: Buffer; readonly send: Buffer } {
  if (msk.length !== 64 && msk.length !== 32) throw new RangeError('MPPE keys need 64 or 32 octets of MSK');
  return { recv: msk.subarray(0, msk.length / 2), send: msk.subarray(msk.length / 2) };
}

/**
 * MS-MPPE-Recv-Key and MS-MPPE-Send-Key for an Access-Accept, out of an EAP method's MSK of 64 octets (32 of EAP-MSCHAPv2): its first
 * half is what the gateway receives with. `random` is 4 octets for two salts, which are kept distinct.
 * @throws RangeError
 */
export function encodeMppeKeys(
  msk: Buffer,
  random: Buffer,
  requestAuthenticator: Buffer,
  secret: Secret,
): [recvKey: EncodedAttribute, sendKey: EncodedAttribute] {
  return encodeMppeKeyPair(halvesOf(msk), random, requestAuthenticator, secret);
}

/** The same with keys as they are. @throws RangeError */
export function encodeMppeKeyPair(
  keys: { readonly recv: Buffer; readonly send: Buffer },
  random: Buffer,
  requestAuthenticator: Buffer,
  secret: Secret,
): [recvKey: EncodedAttribute, sendKey: EncodedAttribute] {
  if (random.length !== 4) throw new RangeError('MPPE keys need 4 octets for salts');
  const salts = Buffer.from(random);
  // The lowest bit tells the two apart whatever the random octets were.
  salts[1] = (salts[1] ?? 0) | 1;
  salts[3] = (salts[3] ?? 0) & 0xfe;
  return [
    encodeVendorAttribute(
      microsoft,
      msMppeRecvKey,
      hideSalted(keys.recv, salts.subarray(0, 2), requestAuthenticator, secret),
    ),
    encodeVendorAttribute(
      microsoft,
      msMppeSendKey,
      hideSalted(keys.send, salts.subarray(2), requestAuthenticator, secret),
    ),
  ];
}

/** The same for RADIUS/1.1: the keys as they are (RFC 9765 §5.1.4). @throws RangeError */
export function encodeClearMppeKeys(msk: Buffer): [recvKey: EncodedAttribute, sendKey: EncodedAttribute] {
  return encodeClearMppeKeyPair(halvesOf(msk));
}

export function encodeClearMppeKeyPair(keys: {
  readonly recv: Buffer;
  readonly send: Buffer;
}): [recvKey: EncodedAttribute, sendKey: EncodedAttribute] {
  return [
    encodeVendorAttribute(microsoft, msMppeRecvKey, keys.recv),
    encodeVendorAttribute(microsoft, msMppeSendKey, keys.send),
  ];
}

/** Reveals an MS-MPPE key; `null` when the value's length or its inner length is impossible. */
export const revealMppeKey = revealSalted;
