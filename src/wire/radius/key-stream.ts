// The chained MD5 key stream under User-Password (RFC 2865 §5.2) and the salted attributes (RFC 2868 §3.5).
import type { Secret } from './secret.ts';

export const blockLength = 16;

/**
 * XORs `input`, a multiple of 16 octets, with the key stream seeded by the Request Authenticator (and the salt,
 * if there is one). Each later block of the stream depends on the hidden block before it, which is in the result
 * when hiding and in `input` when revealing.
 */
export function applyKeyStream(
  direction: 'hide' | 'reveal',
  input: Buffer,
  requestAuthenticator: Buffer,
  secret: Secret,
  salt?: Buffer,
): Buffer {
  const output = Buffer.allocUnsafe(input.length);
  const hidden = direction === 'hide' ? output : input;
  let stream = secret.keyStream(requestAuthenticator, salt);
  for (let at = 0; at < input.length; at += blockLength) {
    if (at > 0) stream = secret.keyStream(hidden.subarray(at - blockLength, at));
    for (let i = 0; i < blockLength; i += 1) output[at + i] = (input[at + i] ?? 0) ^ (stream[i] ?? 0);
  }
  return output;
}
