// RADIUS/1.1, RFC 9765: the same packets with a Token in place of Identifier and Authenticator, and no MD5, inside TLS alone.
import type { EncodedAttribute } from './attribute.ts';
import { messageAuthenticatorType } from './message-authenticator.ts';
import { type Attribute, type Packet, parsePacket } from './packet.ts';
import { layOut } from './reply.ts';

/** Names for ALPN, by version: RFC 9765 §3.1. */
export const alpnNames = { '1.0': 'radius/1.0', '1.1': 'radius/1.1' } as const;
export type RadiusVersion = keyof typeof alpnNames;

/** Original-Packet-Code is 241.4: RFC 7930 §4. */
const extendedType = 241;
const originalPacketCode = 4;

/** Has no meaning here, and is passed over wherever it comes (RFC 9765 §5.2 and §5.5). */
function isMeaningless({ type, value }: Pick<Attribute, 'type' | 'value'>): boolean {
  return type === messageAuthenticatorType || (type === extendedType && value[0] === originalPacketCode);
}

/**
 * Reads one packet: `identifier` is the Token, four octets, and whatever stands in the reserved octets is not looked at (§4.1).
 * @throws MalformedPacketError
 */
export function parsePacket11(octets: Buffer): Packet {
  const packet = parsePacket(octets);
  return {
    ...packet,
    identifier: packet.authenticator.readUInt32BE(0),
    attributes: packet.attributes.filter((attribute) => !isMeaningless(attribute)),
  };
}

/** Encodes a request or a reply, with the Token of what it answers. @throws RangeError as `encodeReply` */
export function encodePacket11(packet: {
  readonly code: number;
  readonly token: number;
  readonly attributes: readonly EncodedAttribute[];
}): Buffer {
  if (packet.attributes.some(isMeaningless)) {
    throw new RangeError('Message-Authenticator and Original-Packet-Code are not sent in RADIUS/1.1');
  }
  const octets = layOut(packet.code, 0, packet.attributes, false);
  octets.writeUInt32BE(packet.token, 4);
  octets.fill(0, 8, 20);
  return octets;
}
