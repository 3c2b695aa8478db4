// What a request says about its workstation: evidence levels and identifiers in one spelling each.
import ipaddr from 'ipaddr.js';

/**
 * How well the machine proved itself; higher is better. 3: possession of its key seen by the broker. 2: proven to
 * a trusted gateway, which relays it. 1: reported text. 0: a network address only.
 */
export type EvidenceLevel = 0 | 1 | 2 | 3;
export type EvidenceLabel = `E${EvidenceLevel}`;

export const identifierTypes = [
  'certificate-sha256',
  'spki-sha256',
  'device-uid',
  'mac',
  'hostname',
  'source-address',
  'station-id',
] as const;
export type IdentifierType = (typeof identifierTypes)[number];

/** The name of a level on screens and in records. */
export function evidenceLabel(level: EvidenceLevel): EvidenceLabel {
  return `E${level}`;
}

/**
 * The one spelling of an identifier, or null when it names no machine (empty, zero, broadcast, malformed).
 * Normalising what comes out again changes nothing. What a gateway reports and what an administrator types are
 * both brought here before they are compared or stored.
 *
 * - `certificate-sha256`, `spki-sha256`: 64 lower-case hex digits
 * - `device-uid`: lower-case hex digits (8 to 128), without the dashes and braces of a GUID
 * - `mac`: 12 lower-case hex digits, from any usual spelling
 * - `hostname`: lower case, without a trailing dot; letters of any script, since Windows allows them
 * - `source-address`: canonical IP address (RFC 5952); IPv4-mapped is IPv4; ports of `ip:port`, `[ip]:port` and
 *   strongSwan's `ip[port]` are dropped
 * - `station-id`: as `mac` or `source-address` if it looks like one, else trimmed and in lower case
 */
export function normaliseIdentifier(type: IdentifierType, text: string): string | null {
  // RRAS and others end their texts with a NUL, Cisco with a space.
  const trimmed = text.replace(/\0+$/, '').trim();
  switch (type) {
    case 'certificate-sha256':
    case 'spki-sha256': {
      const hex = trimmed.replaceAll(':', '').toLowerCase();
      return /^[0-9a-f]{64}$/.test(hex) ? unlessBlank(hex) : null;
    }
    case 'device-uid': {
      const hex = trimmed
        .replace(/^\{(.*)\}$/, '$1')
        .replaceAll(/[-:]/g, '')
        .toLowerCase();
      return /^[0-9a-f]{8,128}$/.test(hex) ? unlessBlank(hex) : null;
    }
    case 'mac': {
      const hex = macDigits(trimmed);
      return hex === null ? null : usableMac(hex);
    }
    case 'hostname':
      return hostname(trimmed);
    case 'source-address': {
      const address = addressIn(trimmed);
      return address === null ? null : usableAddress(address);
    }
    case 'station-id': {
      const hex = macDigits(trimmed);
      if (hex !== null) return usableMac(hex);
      const address = addressIn(trimmed);
      if (address !== null) return usableAddress(address);
      const plain = foldCase(trimmed);
      return plain === '' || plain.length > 253 || /\p{C}/u.test(plain) ? null : plain;
    }
  }
}

/** `type:value`, the form in which identifiers are stored and compared. The value must be normalised. */
export function identifierKey(type: IdentifierType, value: string): string {
  return `${type}:${value}`;
}

export const keyTypes = ['certificate-sha256:', 'spki-sha256:'] as const;

/** Whether an identifier (`type:value`) is a key's: of one machine alone, and provable. */
export function isKey(identifier: string): boolean {
  return keyTypes.some((type) => identifier.startsWith(type));
}

/** Values that firmware sends when it has none: all zeros, all Fs. */
function unlessBlank(hex: string): string | null {
  return /^(0+|f+)$/.test(hex) ? null : hex;
}

function foldCase(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC');
}

const macSpellings = [
  /^[0-9a-f]{12}$/,
  /^[0-9a-f]{2}([-: .])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/,
  /^[0-9a-f]{4}([-:.])[0-9a-f]{4}\1[0-9a-f]{4}$/,
  /^[0-9a-f]{6}[-:][0-9a-f]{6}$/,
];

/** 12 hex digits of a text that is spelt like a MAC address; null for any other text. */
function macDigits(text: string): string | null {
  const lower = text.toLowerCase();
  if (macSpellings.some((spelling) => spelling.test(lower))) return lower.replaceAll(/[^0-9a-f]/g, '');
  // BSD and macOS leave leading zeros out.
  if (/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/.test(lower)) {
    return lower
      .split(':')
      .map((octet) => octet.padStart(2, '0'))
      .join('');
  }
  return null;
}

/** A group address (lowest bit of the first octet) belongs to no machine. */
function usableMac(hex: string): string | null {
  return (Number.parseInt(hex.slice(0, 2), 16) & 1) === 1 ? null : unlessBlank(hex);
}

function hostname(text: string): string | null {
  const name = foldCase(text).replace(/\.$/, '');
  if (name.length > 253 || name === 'localhost' || addressIn(name) !== null) return null;
  const labels = name.split('.');
  const label = /^[\p{L}\p{M}\p{N}_]([\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?$/u;
  return labels.every((part) => label.test(part)) ? name : null;
}

const port = '\\d{1,5}';
const addressWithPort = [
  new RegExp(`^\\[([^\\]]+)\\](?::${port})?$`),
  new RegExp(`^([^[\\]]+)\\[${port}\\]$`),
  new RegExp(`^(\\d+\\.\\d+\\.\\d+\\.\\d+):${port}$`),
];
const dotted = /^\d{1,3}(\.\d{1,3}){3}$/;

/** The address of a text that is spelt like one, with or without a port; null for any other text. */
function addressIn(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  let bare = text;
  for (const form of addressWithPort) bare = form.exec(text)?.[1] ?? bare;
  // Only four decimal parts: the library would also take octal, hex and shortened addresses. It tells by throwing,
  // which costs more than all else in a request: a MAC address must not get that far.
  if (dotted.test(bare) && ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare);
  const withoutZone = bare.replace(/%[\w.-]+$/, '');
  if (!withoutZone.includes(':') || !ipaddr.IPv6.isValid(withoutZone)) return null;
  const six = ipaddr.IPv6.parse(withoutZone);
  return six.isIPv4MappedAddress() ? six.toIPv4Address() : six;
}

function usableAddress(address: ipaddr.IPv4 | ipaddr.IPv6): string | null {
  const range = address.range();
  if (range === 'unspecified' || range === 'broadcast' || range === 'multicast') return null;
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
