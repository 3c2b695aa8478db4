// User-Password hiding, RFC 2865 §5.2.
import type { Secret } from './secret.ts';

const blockLength = 16;
const maxLength = 128;

/** XORs 16 octets of `from` with the key stream into `to`, both at `at`. */
function xorBlock(from: Buffer, to: Buffer, at: number, stream: Buffer): void {
  for (let i = 0; i < blockLength; i += 1) to[at + i] = (from[at + i] ?? 0) ^ (stream[i] ?? 0);
}

/**
 * Hides a password of at most 128 octets; the value is padded with NULs to a multiple of 16, at least 16.
 * @throws RangeError when it is longer.
 */
export function hideUserPassword(password: Buffer, requestAuthenticator: Buffer, secret: Secret): Buffer {
  if (password.length > maxLength) throw new RangeError('a User-Password holds at most 128 octets');
  const value = Buffer.alloc(Math.max(blockLength, Math.ceil(password.length / blockLength) * blockLength));
  password.copy(value);
  let previous = requestAuthenticator;
  for (let at = 0; at < value.length; at += blockLength) {
    xorBlock(value, value, at, secret.keyStream(previous));
    previous = value.subarray(at, at + blockLength);
  }
  return value;
}

/**
 * Reveals a password; trailing NULs, and only those, are stripped. `null` when the value's length is illegal
 * (not 16, 32 … 128). A wrong secret gives random octets, not an error.
 */
export function revealUserPassword(
  value: Buffer,
  requestAuthenticator: Buffer,
  secret: Secret,
): Buffer | null {
  const length = value.length;
  if (length === 0 || length > maxLength || length % blockLength !== 0) return null;
  const password = Buffer.allocUnsafe(length);
  let previous = requestAuthenticator;
  for (let at = 0; at < length; at += blockLength) {
    xorBlock(value, password, at, secret.keyStream(previous));
    previous = value.subarray(at, at + blockLength);
  }
  let end = length;
  while (end > 0 && password[end - 1] === 0) end -= 1;
  return password.subarray(0, end);
}
