// Encoding and signing of replies and of our own requests: RFC 2865 §3, RFC 3579 §3.2, RFC 5176 §3.4;
// Message-Authenticator first against CVE-2024-3596.
import type { EncodedAttribute } from './attribute.ts';
import { zeroAuthenticator } from './authenticator.ts';
import {
  messageAuthenticatorLength,
  messageAuthenticatorType,
  signsOverZeros,
} from './message-authenticator.ts';
import { codes, headerLength, maxPacketLength, maxValueLength } from './packet.ts';
import type { Secret } from './secret.ts';

const signatureValueAt = headerLength + 2;

/** Lays out a packet, its authenticator still to be filled in; a Message-Authenticator goes first, as zeros. @throws RangeError */
export function layOut(
  code: number,
  identifier: number,
  attributes: readonly EncodedAttribute[],
  signed: boolean,
): Buffer {
  let length = headerLength + (signed ? 2 + messageAuthenticatorLength : 0);
  for (const { type, value } of attributes) {
    if (type === messageAuthenticatorType)
      throw new RangeError('Message-Authenticator is added by the encoder');
    if (type < 1 || type > 255) throw new RangeError(`attribute type ${type} is not between 1 and 255`);
    if (value.length > maxValueLength) {
      throw new RangeError(`attribute ${type} has ${value.length} octets, more than ${maxValueLength}`);
    }
    length += 2 + value.length;
  }
  if (length > maxPacketLength) {
    throw new RangeError(`the packet would have ${length} octets, more than ${maxPacketLength}`);
  }

  const bytes = Buffer.allocUnsafe(length);
  bytes[0] = code;
  bytes[1] = identifier;
  bytes.writeUInt16BE(length, 2);
  let at = headerLength;
  if (signed) {
    bytes[at] = messageAuthenticatorType;
    bytes[at + 1] = 2 + messageAuthenticatorLength;
    at += 2 + messageAuthenticatorLength;
  }
  for (const { type, value } of attributes) {
    bytes[at] = type;
    bytes[at + 1] = 2 + value.length;
    value.copy(bytes, at + 2);
    at += 2 + value.length;
  }
  return bytes;
}

function sign(bytes: Buffer, authenticator: Buffer, secret: Secret): void {
  secret.hmacOfPacket(bytes, authenticator, signatureValueAt).copy(bytes, signatureValueAt);
}

/** What a reply takes over from the request that it answers. A parsed `Packet` is one. */
export interface RequestHeader {
  identifier: number;
  authenticator: Buffer;
}

/**
 * Encodes and signs a reply. Every reply but Accounting-Response has its Message-Authenticator as the first
 * attribute, at octet 20. `attributes` are written in the order given (append the request's Proxy-State).
 * @throws RangeError over 4096 octets, over 253 in one value, or when `attributes` hold a Message-Authenticator.
 */
export function encodeReply(reply: {
  code: number;
  request: RequestHeader;
  attributes: readonly EncodedAttribute[];
  secret: Secret;
}): Buffer {
  const { code, request, attributes, secret } = reply;
  const signed = code !== codes.AccountingResponse;
  const bytes = layOut(code, request.identifier, attributes, signed);
  if (signed) sign(bytes, request.authenticator, secret);
  secret.digestOfPacket(bytes, request.authenticator).copy(bytes, 4);
  return bytes;
}

/**
 * Encodes and signs a request of ours. Access-Request and Status-Server need `authenticator`, 16 random octets
 * (the caller has hidden User-Password with them); for Accounting-, CoA- and Disconnect-Request it is computed.
 * With `messageAuthenticator` the attribute comes first.
 * @throws RangeError as `encodeReply`, and on a missing or needless `authenticator`.
 */
export function encodeRequest(request: {
  code: number;
  identifier: number;
  attributes: readonly EncodedAttribute[];
  secret: Secret;
  messageAuthenticator: boolean;
  authenticator?: Buffer;
}): Buffer {
  const { code, identifier, attributes, secret, messageAuthenticator, authenticator } = request;
  const computed = signsOverZeros(code);
  if (computed ? authenticator !== undefined : authenticator?.length !== 16) {
    throw new RangeError(`a request of code ${code} ${computed ? 'computes' : 'needs'} its authenticator`);
  }
  const initial = authenticator ?? zeroAuthenticator;
  const bytes = layOut(code, identifier, attributes, messageAuthenticator);
  if (messageAuthenticator) sign(bytes, initial, secret);
  (computed ? secret.digestOfPacket(bytes, initial) : initial).copy(bytes, 4);
  return bytes;
}
