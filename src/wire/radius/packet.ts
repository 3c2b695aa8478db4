// RADIUS packets: header and attribute framing, RFC 2865 §3 and §5, RFC 5080 §2.

/** Packet codes: RFC 2865 §4, RFC 2866 §4, RFC 5176 §2.3, RFC 5997 §3, RFC 7930 §4. */
export const codes = {
  AccessRequest: 1,
  AccessAccept: 2,
  AccessReject: 3,
  AccountingRequest: 4,
  AccountingResponse: 5,
  AccessChallenge: 11,
  StatusServer: 12,
  StatusClient: 13,
  DisconnectRequest: 40,
  DisconnectAck: 41,
  DisconnectNak: 42,
  CoaRequest: 43,
  CoaAck: 44,
  CoaNak: 45,
  ProtocolError: 52,
} as const;

type Code = (typeof codes)[keyof typeof codes];

const names: Record<Code, string> = {
  1: 'Access-Request',
  2: 'Access-Accept',
  3: 'Access-Reject',
  4: 'Accounting-Request',
  5: 'Accounting-Response',
  11: 'Access-Challenge',
  12: 'Status-Server',
  13: 'Status-Client',
  40: 'Disconnect-Request',
  41: 'Disconnect-ACK',
  42: 'Disconnect-NAK',
  43: 'CoA-Request',
  44: 'CoA-ACK',
  45: 'CoA-NAK',
  52: 'Protocol-Error',
};

/** The name of a packet code as the RFCs spell it; `Code-n` for one that we do not know. */
export function codeName(code: number): string {
  return names[code as Code] ?? `Code-${code}`;
}

export const headerLength = 20;
export const maxPacketLength = 4096;
/** Octets of one attribute's value at most: the length octet counts its own header of two. */
export const maxValueLength = 253;

/** One attribute as received. `value` is a view into the packet's `bytes`, never a copy. */
export interface Attribute {
  type: number;
  value: Buffer;
  /** Where the attribute (its type octet) begins in the packet's `bytes`. */
  offset: number;
}

export interface Packet {
  code: number;
  /** One octet; in RADIUS/1.1 the Token, four. */
  identifier: number;
  /** 16 octets, a view into `bytes`. */
  authenticator: Buffer;
  /** In the order received. */
  attributes: Attribute[];
  /** Exactly as many octets as the length field says; a view into the datagram. */
  bytes: Buffer;
}

/**
 * Why octets are no RADIUS packet. `too-short`: no whole header. `length-field`: it says less than a header.
 * `too-long`: it says more than 4096. `truncated`: it says more than has arrived. `attribute-length`: an
 * attribute is shorter than its own header or runs past the end.
 */
export type PacketFault = 'too-short' | 'length-field' | 'too-long' | 'truncated' | 'attribute-length';

/** The octets are no RADIUS packet: drop them unanswered (RFC 2865 §3). Holds nothing of what was received. */
export class MalformedPacketError extends Error {
  override readonly name = 'MalformedPacketError';
  readonly fault: PacketFault;

  constructor(fault: PacketFault) {
    super(`malformed RADIUS packet: ${fault}`);
    this.fault = fault;
  }
}

/**
 * Reads one packet. Octets beyond its length field are padding and ignored (RFC 2865 §3). Unknown codes and
 * attribute types pass; nothing is verified or decoded. The result shares memory with `datagram`.
 * @throws MalformedPacketError
 */
export function parsePacket(datagram: Buffer): Packet {
  if (datagram.length < headerLength) throw new MalformedPacketError('too-short');
  const length = datagram.readUInt16BE(2);
  if (length < headerLength) throw new MalformedPacketError('length-field');
  if (length > maxPacketLength) throw new MalformedPacketError('too-long');
  if (length > datagram.length) throw new MalformedPacketError('truncated');

  const bytes = length === datagram.length ? datagram : datagram.subarray(0, length);
  const attributes: Attribute[] = [];
  let offset = headerLength;
  while (offset < length) {
    // A type octet alone at the end reads as length 0.
    const size = offset + 1 < length ? (bytes[offset + 1] ?? 0) : 0;
    if (size < 2 || offset + size > length) throw new MalformedPacketError('attribute-length');
    attributes.push({ type: bytes[offset] ?? 0, value: bytes.subarray(offset + 2, offset + size), offset });
    offset += size;
  }
  return {
    code: bytes[0] ?? 0,
    identifier: bytes[1] ?? 0,
    authenticator: bytes.subarray(4, headerLength),
    attributes,
    bytes,
  };
}

/** The first attribute of a type, if there is one. */
export function first(packet: Packet, type: number): Attribute | undefined {
  for (const attribute of packet.attributes) if (attribute.type === type) return attribute;
  return undefined;
}

/** All attributes of a type, in order (Proxy-State is copied into replies from this list). */
export function all(packet: Packet, type: number): Attribute[] {
  return packet.attributes.filter((attribute) => attribute.type === type);
}
