// Request and Response Authenticators, RFC 2865 §3, RFC 2866 §3, RFC 5176 §2.3.
import { timingSafeEqual } from 'node:crypto';
import { headerLength, type Packet } from './packet.ts';
import type { Secret } from './secret.ts';

/** What stands in a header whose authenticator is yet to be computed. Do not write to it. */
export const zeroAuthenticator = Buffer.alloc(16);

/**
 * Whether the authenticator of an Accounting-, CoA- or Disconnect-Request was made with `secret`, in constant
 * time. For Access-Request and Status-Server it says nothing: theirs is random.
 */
export function verifyRequestAuthenticator(packet: Packet, secret: Secret): boolean {
  return timingSafeEqual(secret.digestOfPacket(packet.bytes, zeroAuthenticator), packet.authenticator);
}

/** Whether `response` (one whole packet) answers the request with that authenticator, in constant time. */
export function verifyResponse(response: Buffer, requestAuthenticator: Buffer, secret: Secret): boolean {
  if (response.length < headerLength) return false;
  return timingSafeEqual(
    secret.digestOfPacket(response, requestAuthenticator),
    response.subarray(4, headerLength),
  );
}
