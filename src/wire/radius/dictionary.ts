// Attributes by name and as text, for people: probe, explain, logs. The hot path works with numbers and octets.
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import {
  decodeTaggedInteger,
  decodeValue,
  type EncodedAttribute,
  encodeTaggedInteger,
  encodeValue,
  joinTag,
  splitTag,
} from './attribute.ts';
import { standardData } from './dictionary.generated.ts';
import {
  type AttributeDefinition,
  type AttributeNumber,
  createDictionary,
  type Dictionary,
} from './dictionary-definition.ts';
import { encodeExtended, isExtended } from './extended.ts';
import { maxValueLength } from './packet.ts';
import { encodeVendorAttribute, parseVendorSpecific, vendorSpecificType } from './vendor.ts';

/** The attributes and vendors of config/dictionaries. */
export const standardDictionary: Dictionary = createDictionary(standardData);

/** What is shown in place of a password or key. */
const hiddenText = '[hidden]';

// ---- text to octets

/**
 * Reads an attribute as an operator writes it: `Framed-IP-Address` and `10.0.0.1`, `Tunnel-Type:1` and `ESP`. Names
 * of unknown ones are `Attr-200`, `Attr-241.77`, `Vendor-9-Attr-250`. Values are text, numbers or their names, seconds
 * or ISO 8601 for times, addresses, prefixes; octets are written `0x…` or as text. Hidden attributes take `0x…`, the
 * octets as they go over the wire, and nothing else.
 * @throws OperatorError
 */
export function parseAttributeText(
  name: string,
  text: string,
  dictionary: Dictionary = standardDictionary,
): EncodedAttribute {
  const [, plainName = '', tagText] = /^(.*?)(?::(\d{1,2}))?$/s.exec(name) ?? [];
  const definition = dictionary.byName(plainName) ?? unnamed(plainName) ?? unknown(plainName, dictionary);
  if (tagText !== undefined && definition.tagged === undefined) {
    throw new OperatorError(`${plainName} takes no tag`, {
      at: name,
      remedy: 'Leave the colon and tag away.',
    });
  }
  try {
    const attribute = wrap(definition, valueOctets(definition, text, Number(tagText ?? 0)));
    if (attribute.value.length > maxValueLength) throw new RangeError('more octets than an attribute holds');
    return attribute;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The text itself stays out of the message: it may be something that was not meant to be seen.
    throw new OperatorError(`the value given for ${plainName} is not of type ${definition.dataType}`, {
      at: name,
      remedy: remedyFor(definition),
    });
  }
}

function remedyFor({ values, hidden, dataType }: AttributeDefinition): string {
  if (hidden) return 'Its value is hidden on the wire: give it as 0x and hex digits.';
  if (values) return `Give a number or one of ${Object.keys(values).join(', ')}.`;
  return `Give a value of type ${dataType}, at most ${maxValueLength} octets.`;
}

/** The definition behind `Attr-200`, `Attr-241.77` or `Vendor-9-Attr-250`. */
function unnamed(name: string): AttributeDefinition | undefined {
  const vendor = /^Vendor-(\d{1,8})-Attr-(\d{1,3})$/.exec(name);
  if (vendor) {
    const [vendorId, vendorType] = [Number(vendor[1]), Number(vendor[2])];
    if (vendorId > 0xffffff || vendorType > 255) return undefined;
    return { name, type: vendorSpecificType, vendorId, vendorType, dataType: 'string' };
  }
  const plain = /^Attr-(\d{1,3})(?:\.(\d{1,3}))?$/.exec(name);
  if (!plain) return undefined;
  const type = Number(plain[1]);
  if (type < 1 || type > 255) return undefined;
  if (plain[2] === undefined) return { name, type, dataType: 'string' };
  const extendedType = Number(plain[2]);
  if (extendedType > 255 || !isExtended(type)) return undefined;
  return { name, type, extendedType, dataType: 'string' };
}

function unknown(name: string, dictionary: Dictionary): never {
  const near = nearestName(name, dictionary.names());
  throw new OperatorError(`unknown RADIUS attribute '${name}'`, {
    at: name,
    remedy: near
      ? `Did you mean ${near}?`
      : 'Write it as in the RFCs, or Attr-200 or Vendor-9-Attr-1 for one that has no name.',
  });
}

function wrap(definition: AttributeDefinition, value: Buffer): EncodedAttribute {
  const { type, extendedType, vendorId, vendorType } = definition;
  if (vendorId !== undefined) return encodeVendorAttribute(vendorId, vendorType ?? 0, value);
  if (extendedType === undefined) return { type, value };
  if (definition.dataType === 'evs') throw new RangeError('give a vendor');
  const [only, ...more] = encodeExtended({ type, extendedType, value });
  if (only === undefined || more.length > 0) throw new RangeError('needs fragments');
  return only;
}

function valueOctets(definition: AttributeDefinition, text: string, tag: number): Buffer {
  const { dataType, tagged, hidden, values } = definition;
  const octets = /^0x((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  if (hidden) {
    if (octets === undefined) throw new RangeError('hidden attributes are given as octets');
    return Buffer.from(octets, 'hex');
  }
  switch (dataType) {
    case 'integer':
    case 'enum':
    case 'time': {
      const number = numberOf(dataType, text, values);
      return tagged ? encodeTaggedInteger(tag, number) : encodeValue(dataType, number);
    }
    case 'integer64':
      if (!/^\d{1,20}$/.test(text)) throw new RangeError('not a number');
      return encodeValue('integer64', BigInt(text));
    case 'text': {
      const value = encodeValue('text', text);
      return tagged ? joinTag(tag, value) : value;
    }
    case 'ipv4addr':
    case 'ipv6addr':
    case 'ipv4prefix':
    case 'ipv6prefix':
      return encodeValue(dataType, text);
    case 'ifid':
      return encodeValue('ifid', Buffer.from(octets ?? '', 'hex'));
    default: {
      const value = octets === undefined ? Buffer.from(text, 'utf8') : Buffer.from(octets, 'hex');
      return tagged ? joinTag(tag, value) : value;
    }
  }
}

function numberOf(
  dataType: 'integer' | 'enum' | 'time',
  text: string,
  values: AttributeDefinition['values'],
): number {
  if (values !== undefined && Object.hasOwn(values, text)) return values[text] ?? 0;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const instant = dataType === 'time' && /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) throw new RangeError('not a number');
  return Math.floor(instant / 1000);
}

// ---- octets to text

/**
 * An attribute as a person reads it; `parseAttributeText` takes most of them back. Passwords, keys and what leads to
 * them read `[hidden]`. Control and other invisible characters are escaped, so that nothing in it can forge a line of a
 * log. Several sub-attributes in one Vendor-Specific are listed in one text. A value that is invalid for its type is
 * shown as octets and said to be.
 */
export function formatAttribute(
  attribute: { type: number; value: Buffer },
  dictionary: Dictionary = standardDictionary,
): { name: string; text: string } {
  const { type, value } = attribute;
  if (type === vendorSpecificType) return formatVendorSpecific(value, dictionary);
  if (isExtended(type)) return formatFragment(type, value, dictionary);
  return formatOne({ type }, `Attr-${type}`, value, dictionary);
}

function formatVendorSpecific(value: Buffer, dictionary: Dictionary): { name: string; text: string } {
  const vendor = parseVendorSpecific(value);
  if (vendor === null) return { name: 'Vendor-Specific', text: `${hex(value)} (invalid)` };
  const { vendorId, data, attributes } = vendor;
  if (attributes === null) {
    // What does not parse may still hold a key where another parser would see one.
    return { name: `Vendor-${vendorId}`, text: dictionary.hidesVendor(vendorId) ? hiddenText : hex(data) };
  }
  const formatted = attributes.map((inner) =>
    formatOne(
      { type: vendorSpecificType, vendorId, vendorType: inner.vendorType },
      `Vendor-${vendorId}-Attr-${inner.vendorType}`,
      inner.value,
      dictionary,
    ),
  );
  const [only] = formatted;
  if (formatted.length === 1 && only) return only;
  return { name: 'Vendor-Specific', text: formatted.map(({ name, text }) => `${name} = ${text}`).join(', ') };
}

/** One attribute of RFC 6929 as it stands in the packet; a fragment of a longer one is shown as octets. */
function formatFragment(type: number, value: Buffer, dictionary: Dictionary): { name: string; text: string } {
  const extendedType = value[0];
  if (extendedType === undefined) return formatOne({ type }, `Attr-${type}`, value, dictionary);
  const number = { type, extendedType };
  const fallback = `Attr-${type}.${extendedType}`;
  const isLong = dictionary.byNumber({ type })?.dataType === 'long-extended';
  if (!isLong) return formatOne(number, fallback, value.subarray(1), dictionary);
  if (value[1] === 0) return formatOne(number, fallback, value.subarray(2), dictionary);
  const definition = dictionary.byNumber(number);
  const text = definition?.hidden ? hiddenText : `${hex(value.subarray(1))} (fragment)`;
  return { name: definition?.name ?? fallback, text };
}

function formatOne(
  number: AttributeNumber,
  fallback: string,
  value: Buffer,
  dictionary: Dictionary,
): { name: string; text: string } {
  const definition = dictionary.byNumber(number);
  if (definition === undefined) return { name: fallback, text: hex(value) };
  const { name, hidden, tagged, dataType } = definition;
  if (hidden) return { name, text: hiddenText };
  const { tag, inner } = tagged ? untag(definition, value) : { tag: 0, inner: value };
  return {
    name: tag > 0 ? `${name}:${tag}` : name,
    text: valueText(definition, inner) ?? `${hex(value)} (invalid ${dataType})`,
  };
}

/** The tag, and the value as it would be without one. */
function untag({ dataType }: AttributeDefinition, value: Buffer): { tag: number; inner: Buffer } {
  if (dataType === 'text' || dataType === 'string') {
    const { tag, value: inner } = splitTag(value);
    return { tag, inner };
  }
  const parts = decodeTaggedInteger(value);
  return parts === null
    ? { tag: 0, inner: value }
    : { tag: parts.tag, inner: encodeValue('integer', parts.value) };
}

function valueText({ dataType, values }: AttributeDefinition, value: Buffer): string | null {
  switch (dataType) {
    case 'integer':
    case 'enum': {
      const number = decodeValue(dataType, value);
      if (number === null) return null;
      const named = Object.entries(values ?? {}).find(([, known]) => known === number);
      return named?.[0] ?? `${number}`;
    }
    case 'time': {
      const seconds = decodeValue('time', value);
      return seconds === null ? null : new Date(seconds * 1000).toISOString();
    }
    case 'integer64':
      return decodeValue('integer64', value)?.toString() ?? null;
    case 'text': {
      const text = decodeValue('text', value);
      return text === null ? null : escapeInvisible(text);
    }
    case 'ipv4addr':
    case 'ipv6addr':
    case 'ipv4prefix':
    case 'ipv6prefix':
      return decodeValue(dataType, value);
    case 'ifid':
      return value.length === 8 ? hex(value) : null;
    default:
      return isPrintable(value) ? value.toString('latin1') : hex(value);
  }
}

const hex = (value: Buffer): string => `0x${value.toString('hex')}`;

/** Printable ASCII that would not be taken for octets when read back. */
function isPrintable(value: Buffer): boolean {
  if (value.length === 0 || /^0x/i.test(value.toString('latin1', 0, 2))) return false;
  return value.every((octet) => octet >= 0x20 && octet <= 0x7e);
}

function escapeInvisible(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
