// Extended and long extended attributes with their fragments, RFC 6929 §2.1, §2.2 and §4.
import type { EncodedAttribute } from './attribute.ts';
import { type Attribute, maxValueLength, type Packet } from './packet.ts';

const firstExtended = 241;
const firstLongExtended = 245;
const lastExtended = 246;
const vendorSpecific = 26;
const moreFlag = 0x80;
const longHeaderLength = 2;
const maxLongValueLength = maxValueLength - longHeaderLength;
const evsHeaderLength = 5;

/** One extended attribute, its fragments joined. `vendor` is there when it is an Extended-Vendor-Specific. */
export interface ExtendedAttribute {
  type: number;
  extendedType: number;
  value: Buffer;
  vendor?: { id: number; type: number };
}

export interface ExtendedAttributes {
  valid: ExtendedAttribute[];
  /** Offsets of attributes that are invalid: too short, or part of a broken sequence of fragments. Ignore them. */
  invalid: number[];
}

/** Whether an attribute type is one of 241 to 246. */
export function isExtended(type: number): boolean {
  return type >= firstExtended && type <= lastExtended;
}

/**
 * Reads all extended attributes of a packet. A sequence of fragments is broken, and invalid as a whole, when a
 * fragment that announces more is not full, or is not directly followed by one of the same type and extended type.
 */
export function readExtended(packet: Packet): ExtendedAttributes {
  const found: ExtendedAttributes = { valid: [], invalid: [] };
  const { attributes } = packet;
  let index = 0;
  while (index < attributes.length) {
    const attribute = attributes[index];
    if (attribute === undefined) break;
    if (attribute.type >= firstLongExtended && attribute.type <= lastExtended) {
      index = readSequence(attributes, index, attribute, found);
    } else {
      if (isExtended(attribute.type)) accept([attribute], attribute.value.subarray(1), 2, found);
      index += 1;
    }
  }
  return found;
}

/** Reads the sequence that begins with `start`; returns the index behind its last fragment. */
function readSequence(
  attributes: Attribute[],
  from: number,
  start: Attribute,
  found: ExtendedAttributes,
): number {
  const sequence: Attribute[] = [];
  let index = from;
  let next: Attribute | undefined = start;
  while (next !== undefined && next.type === start.type && next.value[0] === start.value[0]) {
    sequence.push(next);
    index += 1;
    const more = ((next.value[1] ?? 0) & moreFlag) !== 0;
    if (!more) {
      const parts = sequence.map(({ value }) => value.subarray(longHeaderLength));
      accept(sequence, parts.length === 1 ? (parts[0] ?? Buffer.alloc(0)) : Buffer.concat(parts), 3, found);
      return index;
    }
    if (next.value.length !== maxValueLength) break;
    next = attributes[index];
  }
  for (const { offset } of sequence) found.invalid.push(offset);
  return index;
}

/** Files one whole attribute under valid or invalid; every fragment needs at least `shortest` octets. */
function accept(sequence: Attribute[], value: Buffer, shortest: number, found: ExtendedAttributes): void {
  const start = sequence[0];
  const extendedType = start?.value[0];
  const whole = sequence.every((fragment) => fragment.value.length >= shortest);
  const isVendor = extendedType === vendorSpecific;
  if (
    start === undefined ||
    extendedType === undefined ||
    !whole ||
    (isVendor && value.length <= evsHeaderLength)
  ) {
    for (const { offset } of sequence) found.invalid.push(offset);
  } else if (isVendor) {
    found.valid.push({
      type: start.type,
      extendedType,
      vendor: { id: value.readUInt32BE(0), type: value[4] ?? 0 },
      value: value.subarray(evsHeaderLength),
    });
  } else {
    found.valid.push({ type: start.type, extendedType, value });
  }
}

/**
 * Encodes an extended attribute, in fragments where its type allows. They must stay together, in order.
 * @throws RangeError for an empty value, a type that is not extended, or more than it can hold.
 */
export function encodeExtended(attribute: ExtendedAttribute): EncodedAttribute[] {
  const { type, extendedType, vendor } = attribute;
  if (!isExtended(type)) throw new RangeError(`attribute ${type} is not an extended one`);
  if (attribute.value.length === 0) throw new RangeError('an extended attribute must not be empty');
  if ((vendor === undefined) === (extendedType === vendorSpecific)) {
    throw new RangeError('extended type 26, and it alone, has a vendor');
  }
  let value = attribute.value;
  if (vendor !== undefined) {
    const header = Buffer.allocUnsafe(evsHeaderLength);
    header.writeUInt32BE(vendor.id, 0);
    header[4] = vendor.type;
    value = Buffer.concat([header, value]);
  }

  if (type < firstLongExtended) {
    if (value.length > maxValueLength - 1) throw new RangeError(`attribute ${type} holds at most 252 octets`);
    return [{ type, value: Buffer.concat([Buffer.from([extendedType]), value]) }];
  }
  const fragments: EncodedAttribute[] = [];
  for (let at = 0; at < value.length; at += maxLongValueLength) {
    const flags = at + maxLongValueLength < value.length ? moreFlag : 0;
    const part = value.subarray(at, at + maxLongValueLength);
    fragments.push({ type, value: Buffer.concat([Buffer.from([extendedType, flags]), part]) });
  }
  return fragments;
}
