// User-Password hiding, RFC 2865 §5.2.
import { applyKeyStream, blockLength } from './key-stream.ts';
import type { Secret } from './secret.ts';

/** Octets. */
export const longestPassword = 128;

/**
 * Hides a password of at most 128 octets; the value is padded with NULs to a multiple of 16, at least 16.
 * @throws RangeError when it is longer.
 */
export function hideUserPassword(password: Buffer, requestAuthenticator: Buffer, secret: Secret): Buffer {
  if (password.length > longestPassword) throw new RangeError('a User-Password holds at most 128 octets');
  const blocks = Math.max(1, Math.ceil(password.length / blockLength));
  const padded = Buffer.alloc(blocks * blockLength);
  password.copy(padded);
  return applyKeyStream('hide', padded, requestAuthenticator, secret);
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
  if (length === 0 || length > longestPassword || length % blockLength !== 0) return null;
  const password = applyKeyStream('reveal', value, requestAuthenticator, secret);
  let end = length;
  while (end > 0 && password[end - 1] === 0) end -= 1;
  return password.subarray(0, end);
}
