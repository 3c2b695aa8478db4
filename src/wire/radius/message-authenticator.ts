// Message-Authenticator, RFC 3579 §3.2; in CoA and Disconnect RFC 5176 §3.4.
import { timingSafeEqual } from 'node:crypto';
import { zeroAuthenticator } from './authenticator.ts';
import { codes, type Packet } from './packet.ts';
import type { Secret } from './secret.ts';

export const messageAuthenticatorType = 80;
export const messageAuthenticatorLength = 16;

/** Whether a request of this code has an authenticator that is computed over it, hence zeros while being signed. */
export function signsOverZeros(code: number): boolean {
  return code === codes.AccountingRequest || code === codes.CoaRequest || code === codes.DisconnectRequest;
}

/**
 * Judges the Message-Authenticator of a packet, in constant time. More than one, or one of a wrong length, is
 * `invalid`. Responses need the `requestAuthenticator` of what they answer; without it they come out `invalid`.
 */
export function checkMessageAuthenticator(
  packet: Packet,
  secret: Secret,
  requestAuthenticator?: Buffer,
): 'absent' | 'valid' | 'invalid' {
  let valueAt = -1;
  for (const attribute of packet.attributes) {
    if (attribute.type !== messageAuthenticatorType) continue;
    if (valueAt !== -1 || attribute.value.length !== messageAuthenticatorLength) return 'invalid';
    valueAt = attribute.offset + 2;
  }
  if (valueAt === -1) return 'absent';

  const authenticator = signsOverZeros(packet.code)
    ? zeroAuthenticator
    : (requestAuthenticator ?? packet.authenticator);
  const expected = secret.hmacOfPacket(packet.bytes, authenticator, valueAt);
  const actual = packet.bytes.subarray(valueAt, valueAt + messageAuthenticatorLength);
  return timingSafeEqual(expected, actual) ? 'valid' : 'invalid';
}
