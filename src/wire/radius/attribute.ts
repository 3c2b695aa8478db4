// Attribute values by data type, RFC 8044 §3; tags, RFC 2868 §3; long text and EAP-Message, RFC 3579 §3.1.
import { isUtf8 } from 'node:buffer';
import * as address from './address.ts';
import { maxValueLength, type Packet } from './packet.ts';

/** One attribute to be sent: at most 253 octets of value. */
export interface EncodedAttribute {
  type: number;
  value: Buffer;
}

/** A TLV inside an attribute, RFC 6929 §2.3. */
interface Tlv {
  type: number;
  value: Buffer;
}

/** What a value of each data type is to the program. Addresses and prefixes are text, RFC 5952 for IPv6. */
export interface ValueOf {
  integer: number;
  enum: number;
  /** Seconds since 1970, unsigned. */
  time: number;
  text: string;
  string: Buffer;
  ipv4addr: string;
  ipv6addr: string;
  ipv4prefix: string;
  ipv6prefix: string;
  /** 8 octets. */
  ifid: Buffer;
  integer64: bigint;
  tlv: Tlv[];
}

interface Codec<Value> {
  decode(value: Buffer): Value | null;
  encode(value: Value): Buffer;
}

const integer: Codec<number> = {
  decode: (value) => (value.length === 4 ? value.readUInt32BE(0) : null),
  encode: (value) => {
    // Buffer would truncate a fraction and take NaN for 0.
    if (!Number.isInteger(value)) throw new RangeError('not an integer');
    const octets = Buffer.allocUnsafe(4);
    octets.writeUInt32BE(value);
    return octets;
  },
};

const tlv: Codec<Tlv[]> = {
  decode: (value) => {
    const found: Tlv[] = [];
    let at = 0;
    while (at < value.length) {
      const size = value[at + 1] ?? 0;
      // An empty value inside a TLV is invalid, unlike one in an attribute.
      if (size < 3 || at + size > value.length) return null;
      found.push({ type: value[at] ?? 0, value: value.subarray(at + 2, at + size) });
      at += size;
    }
    return found.length > 0 ? found : null;
  },
  encode: (tlvs) =>
    Buffer.concat(
      tlvs.flatMap(({ type, value }) => {
        if (value.length < 1 || value.length > maxValueLength)
          throw new RangeError('a TLV holds 1 to 253 octets');
        return [Buffer.from([type, 2 + value.length]), value];
      }),
    ),
};

const codecs: { [Type in keyof ValueOf]: Codec<ValueOf[Type]> } = {
  integer,
  enum: integer,
  time: integer,
  text: {
    decode: (value) =>
      value.length > 0 && isUtf8(value) && !value.includes(0) ? value.toString('utf8') : null,
    encode: (value) => {
      if (value.includes('\0')) throw new RangeError('text must not contain NUL');
      return Buffer.from(value, 'utf8');
    },
  },
  string: { decode: (value) => (value.length > 0 ? value : null), encode: (value) => value },
  ipv4addr: { decode: address.ipv4Text, encode: address.ipv4Octets },
  ipv6addr: { decode: address.ipv6Text, encode: address.ipv6Octets },
  ipv4prefix: { decode: address.ipv4PrefixText, encode: address.ipv4PrefixOctets },
  ipv6prefix: { decode: address.ipv6PrefixText, encode: address.ipv6PrefixOctets },
  ifid: {
    decode: (value) => (value.length === 8 ? value : null),
    encode: (value) => {
      if (value.length !== 8) throw new RangeError('an interface identifier has 8 octets');
      return value;
    },
  },
  integer64: {
    decode: (value) => (value.length === 8 ? value.readBigUInt64BE(0) : null),
    encode: (value) => {
      const octets = Buffer.allocUnsafe(8);
      octets.writeBigUInt64BE(value);
      return octets;
    },
  },
  tlv,
};

/**
 * Reads a value as a data type. `null` means "invalid attribute" (RFC 6929 §2.8): wrong length, not UTF-8, a NUL in
 * text, bits set beyond a prefix. Ignore such an attribute and keep the packet, unless security hangs on it.
 */
export function decodeValue<Type extends keyof ValueOf>(type: Type, value: Buffer): ValueOf[Type] | null {
  return codecs[type].decode(value);
}

/** Writes a value as a data type. @throws RangeError when the type cannot hold it. */
export function encodeValue<Type extends keyof ValueOf>(type: Type, value: ValueOf[Type]): Buffer {
  return codecs[type].encode(value);
}

const maxTag = 0x1f;

/** An integer of 3 octets behind a tag of 0 to 31 (RFC 2868 §3.1); `null` means invalid attribute. */
export function decodeTaggedInteger(value: Buffer): { tag: number; value: number } | null {
  const tag = value[0] ?? 0;
  return value.length === 4 && tag <= maxTag ? { tag, value: value.readUIntBE(1, 3) } : null;
}

/** @throws RangeError for a tag over 31 or an integer over 24 bits. */
export function encodeTaggedInteger(tag: number, value: number): Buffer {
  const octets = Buffer.allocUnsafe(4);
  octets[0] = checkedTag(tag);
  octets.writeUIntBE(value, 1, 3);
  return octets;
}

/**
 * Parts a string of RFC 2868 (Tunnel-Client-Endpoint …) from its tag. A first octet over 0x1F is no tag but text;
 * 0 is a tag that says "none", as some gateways send it.
 */
export function splitTag(value: Buffer): { tag: number; value: Buffer } {
  const tag = value[0];
  return tag === undefined || tag > maxTag ? { tag: 0, value } : { tag, value: value.subarray(1) };
}

/** Puts a tag before a string; tag 0 adds none. @throws RangeError for a tag over 31. */
export function joinTag(tag: number, value: Buffer): Buffer {
  return checkedTag(tag) === 0 ? value : Buffer.concat([Buffer.from([tag]), value]);
}

function checkedTag(tag: number): number {
  if (!Number.isInteger(tag) || tag < 0 || tag > maxTag) throw new RangeError('a tag is 0 to 31');
  return tag;
}

/** Splits text into as many attributes as it needs, cut between characters; none for empty text. */
export function splitText(type: number, text: string): EncodedAttribute[] {
  const octets = encodeValue('text', text);
  const attributes: EncodedAttribute[] = [];
  let at = 0;
  while (at < octets.length) {
    let end = Math.min(at + maxValueLength, octets.length);
    // Back off from the middle of a character: 10xxxxxx continues one.
    while (end < octets.length && ((octets[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    attributes.push({ type, value: octets.subarray(at, end) });
    at = end;
  }
  return attributes;
}

/** Splits a value of type concat (EAP-Message); an empty one is a single empty attribute, as EAP-Start is. */
export function splitConcat(type: number, octets: Buffer): EncodedAttribute[] {
  const attributes: EncodedAttribute[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += maxValueLength) {
    attributes.push({ type, value: octets.subarray(at, at + maxValueLength) });
  }
  return attributes;
}

/**
 * All attributes of a type joined in order: EAP-Message, or text over several Reply-Messages. `null` when there is
 * none; no octets at all when they are all empty (EAP-Start). A single one is not copied.
 */
export function joinConcat(packet: Packet, type: number): Buffer | null {
  let only: Buffer | null = null;
  let parts: Buffer[] | null = null;
  for (const attribute of packet.attributes) {
    if (attribute.type !== type) continue;
    if (only === null) only = attribute.value;
    else if (parts === null) parts = [only, attribute.value];
    else parts.push(attribute.value);
  }
  return parts === null ? only : Buffer.concat(parts);
}
