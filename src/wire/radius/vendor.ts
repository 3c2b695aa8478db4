// Vendor-Specific, RFC 2865 §5.26, and Cisco's attribute-value pairs inside it.
import type { EncodedAttribute } from './attribute.ts';
import { maxValueLength, type Packet } from './packet.ts';

export const vendorSpecificType = 26;
const vendorIdLength = 4;
const maxVendorValueLength = maxValueLength - vendorIdLength - 2;

/** One sub-attribute of a vendor; `value` is a view into the packet. */
export interface VendorAttribute {
  vendorId: number;
  vendorType: number;
  value: Buffer;
}

/**
 * The inside of one Vendor-Specific attribute. `attributes` is `null` when `data`, what follows the Vendor-Id, is
 * not a sequence of type, length, value: it is opaque then.
 */
export interface VendorSpecific {
  vendorId: number;
  data: Buffer;
  attributes: VendorAttribute[] | null;
}

/** Reads a Vendor-Specific value; `null` means invalid attribute (no whole Vendor-Id, or nothing behind it). */
export function parseVendorSpecific(value: Buffer): VendorSpecific | null {
  if (value.length <= vendorIdLength) return null;
  const vendorId = value.readUInt32BE(0);
  const data = value.subarray(vendorIdLength);
  // The high octet of a Vendor-Id is 0; what else stands there follows no rule that we know.
  return { vendorId, data, attributes: vendorId > 0xffffff ? null : parseInside(vendorId, data) };
}

function parseInside(vendorId: number, data: Buffer): VendorAttribute[] | null {
  const attributes: VendorAttribute[] = [];
  let at = 0;
  while (at < data.length) {
    const size = data[at + 1] ?? 0;
    if (size < 2 || at + size > data.length) return null;
    attributes.push({ vendorId, vendorType: data[at] ?? 0, value: data.subarray(at + 2, at + size) });
    at += size;
  }
  return attributes;
}

/** All sub-attributes of one vendor, and of one type if it is given, over all Vendor-Specific attributes in order. */
export function vendorAttributes(packet: Packet, vendorId: number, vendorType?: number): VendorAttribute[] {
  const found: VendorAttribute[] = [];
  for (const { type, value } of packet.attributes) {
    if (type !== vendorSpecificType) continue;
    const vendor = parseVendorSpecific(value);
    if (vendor?.vendorId !== vendorId || vendor.attributes === null) continue;
    for (const attribute of vendor.attributes) {
      if (vendorType === undefined || attribute.vendorType === vendorType) found.push(attribute);
    }
  }
  return found;
}

/** Encodes one sub-attribute in a Vendor-Specific of its own. @throws RangeError over 247 octets of value. */
export function encodeVendorAttribute(vendorId: number, vendorType: number, value: Buffer): EncodedAttribute {
  if (value.length > maxVendorValueLength) {
    throw new RangeError(`a vendor attribute holds at most ${maxVendorValueLength} octets`);
  }
  const encoded = Buffer.allocUnsafe(vendorIdLength + 2 + value.length);
  encoded.writeUInt32BE(vendorId, 0);
  encoded[vendorIdLength] = vendorType;
  encoded[vendorIdLength + 1] = 2 + value.length;
  value.copy(encoded, vendorIdLength + 2);
  return { type: vendorSpecificType, value: encoded };
}

/** `mdm-tlv=device-mac=00-0c…` is `{ key: 'mdm-tlv', tlv: 'device-mac', value: '00-0c…' }`. */
export interface AvPair {
  key: string;
  /** The name inside an `mdm-tlv`; absent for every other key. */
  tlv?: string;
  /** As sent, trailing spaces included. */
  value: string;
}

/**
 * Splits a Cisco-AVPair at its first `=`, and the value of `mdm-tlv` once more at its first. `null` when there is
 * no `=` to split at.
 */
export function parseAvPair(text: string): AvPair | null {
  const at = text.indexOf('=');
  if (at < 1) return null;
  const key = text.slice(0, at);
  const value = text.slice(at + 1);
  if (key !== 'mdm-tlv') return { key, value };
  const inner = value.indexOf('=');
  if (inner < 1) return null;
  return { key, tlv: value.slice(0, inner), value: value.slice(inner + 1) };
}
