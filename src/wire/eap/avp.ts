// Attribute-value pairs inside EAP-TTLS, RFC 5281 §10.

export interface Avp {
  readonly code: number;
  /** 0: none. */
  readonly vendorId: number;
  /** A receiver that does not know it must refuse. */
  readonly mandatory: boolean;
  readonly value: Buffer;
}

export const avpCodes = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  chapChallenge: 60,
  eapMessage: 79,
} as const;

const flags = { vendor: 0x80, mandatory: 0x40 } as const;
const headerLength = 8;
const vendorLength = 4;
/** Real peers send three. */
const mostAvps = 64;

/** Null when the octets are not a sequence of AVPs. The padding of the last one may be missing. */
export function parseAvps(octets: Buffer): Avp[] | null {
  const found: Avp[] = [];
  let at = 0;
  while (at < octets.length) {
    if (octets.length - at < headerLength || found.length === mostAvps) return null;
    const code = octets.readUInt32BE(at);
    const mark = octets.readUInt8(at + 4);
    const length = octets.readUIntBE(at + 5, 3);
    const hasVendor = (mark & flags.vendor) !== 0;
    const valueAt = headerLength + (hasVendor ? vendorLength : 0);
    if (length < valueAt || at + length > octets.length) return null;
    found.push({
      code,
      vendorId: hasVendor ? octets.readUInt32BE(at + headerLength) : 0,
      mandatory: (mark & flags.mandatory) !== 0,
      value: octets.subarray(at + valueAt, at + length),
    });
    at += Math.ceil(length / 4) * 4;
  }
  return found;
}

/** A mandatory AVP without a vendor, padded. */
export function encodeAvp(code: number, value: Buffer): Buffer {
  const length = headerLength + value.length;
  const octets = Buffer.alloc(Math.ceil(length / 4) * 4);
  octets.writeUInt32BE(code, 0);
  octets.writeUInt8(flags.mandatory, 4);
  octets.writeUIntBE(length, 5, 3);
  value.copy(octets, headerLength);
  return octets;
}
