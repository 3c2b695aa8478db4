// Portable Symmetric Key Container, RFC 6030: seeds of hardware tokens, in clear or encrypted by a pre-shared key or a passphrase.
import {
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  pbkdf2Sync,
  timingSafeEqual,
} from 'node:crypto';
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** What makes a container unusable as a whole, or one of its keys. Never repeats what was read. */
export class PskcError extends Error {
  override readonly name = 'PskcError';
  readonly fault:
    | 'not-xml'
    | 'not-pskc'
    | 'too-large'
    | 'key-needed'
    | 'key-wrong'
    | 'not-supported'
    | 'mac-missing'
    | 'mac-wrong'
    | 'incomplete';

  constructor(fault: PskcError['fault'], message: string) {
    super(message);
    this.fault = fault;
  }
}

/** What opens an encrypted container. */
export type PskcSecret =
  | { readonly kind: 'key'; readonly octets: Uint8Array }
  | { readonly kind: 'passphrase'; readonly text: string };

interface PskcKey {
  readonly serialNumber: string;
  readonly model: string | null;
  readonly mode: 'totp' | 'hotp';
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  readonly digits: number;
  /** Of a clock-based one. */
  readonly periodSeconds: number;
  /** Of a counter-based one: the next value that it will use. */
  readonly counter: number;
  /** How many steps its clock is off, as its maker knows. */
  readonly driftSteps: number;
  readonly secret: Buffer;
}

export interface PskcContainer {
  readonly keys: readonly PskcKey[];
  /** Keys that can't be used, with why. */
  readonly refused: readonly { readonly what: string; readonly error: PskcError }[];
  readonly isEncrypted: boolean;
  /** An XML signature is there; it is not checked. */
  readonly isSigned: boolean;
}

type Node = { readonly [name: string]: unknown };

const mostOctets = 32 * 1024 * 1024;
/** Passphrases are stretched by whoever made the file; a file that asks for more would stop the broker. */
const mostIterations = 1_000_000;
const listed = new Set(['KeyPackage']);

function parseXml(text: string): Node {
  if (text.length > mostOctets) throw new PskcError('too-large', 'the file is too large');
  // No entities of its own: neither expansion nor files.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new PskcError('not-xml', 'the file has a document type');
  if (XMLValidator.validate(text) !== true) throw new PskcError('not-xml', 'the file is no well-formed XML');
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: true,
    isArray: (name) => listed.has(String(name)),
  });
  return parser.parse(text) as Node;
}

function at(node: unknown, ...path: readonly string[]): unknown {
  let current: unknown = node;
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Node)[name];
  }
  return current;
}

function textAt(node: unknown, ...path: readonly string[]): string | null {
  const found = at(node, ...path);
  const text = typeof found === 'object' && found !== null ? (found as Node)['#text'] : found;
  return typeof text === 'string' && text.trim() !== '' ? text.trim() : null;
}

function base64(text: string | null, what: string): Buffer {
  const compact = (text ?? '').replaceAll(/\s+/g, '');
  if (compact === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new PskcError('incomplete', `${what} is no base64`);
  }
  return Buffer.from(compact, 'base64');
}

const ciphers: Readonly<Record<string, { readonly name: string; readonly octets: number }>> = {
  'http://www.w3.org/2001/04/xmlenc#aes128-cbc': { name: 'aes-128-cbc', octets: 16 },
  'http://www.w3.org/2001/04/xmlenc#aes192-cbc': { name: 'aes-192-cbc', octets: 24 },
  'http://www.w3.org/2001/04/xmlenc#aes256-cbc': { name: 'aes-256-cbc', octets: 32 },
};
const macs: Readonly<Record<string, string>> = {
  'http://www.w3.org/2000/09/xmldsig#hmac-sha1': 'sha1',
  'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#hmac-sha384': 'sha384',
  'http://www.w3.org/2001/04/xmldsig-more#hmac-sha512': 'sha512',
};
const prfs: Readonly<Record<string, string>> = {
  '': 'sha1',
  'http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#hmac-sha1': 'sha1',
  'http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#hmac-sha256': 'sha256',
  'http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#hmac-sha512': 'sha512',
};

/** XML Encryption §5.2: the IV comes first, the last octet tells how much padding there is (its others may be anything). */
function decrypt(encrypted: unknown, key: KeyObject): { readonly plain: Buffer; readonly cipher: Buffer } {
  const algorithm = textAt(encrypted, 'EncryptionMethod', '@Algorithm') ?? '';
  const cipher = ciphers[algorithm];
  if (cipher === undefined) throw new PskcError('not-supported', 'the encryption is not one of AES-CBC');
  if (key.symmetricKeySize !== cipher.octets) {
    throw new PskcError('key-wrong', `the key has ${key.symmetricKeySize} octets, not ${cipher.octets}`);
  }
  const octets = base64(textAt(encrypted, 'CipherData', 'CipherValue'), 'an encrypted value');
  if (octets.length < 32 || octets.length % 16 !== 0) {
    throw new PskcError('incomplete', 'an encrypted value has a wrong length');
  }
  const decipher = createDecipheriv(cipher.name, key, octets.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(octets.subarray(16)), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > 16) throw new PskcError('key-wrong', 'the key does not open the file');
  return { plain: padded.subarray(0, padded.length - padding), cipher: octets };
}

function keyOf(container: Node, secret: PskcSecret | null): KeyObject {
  const derived = at(container, 'EncryptionKey', 'DerivedKey');
  if (derived === undefined) {
    if (secret?.kind !== 'key')
      throw new PskcError('key-needed', 'the file is encrypted by a pre-shared key');
    return createSecretKey(secret.octets);
  }
  if (secret?.kind !== 'passphrase')
    throw new PskcError('key-needed', 'the file is encrypted by a passphrase');
  const method = at(derived, 'KeyDerivationMethod');
  if (textAt(method, '@Algorithm')?.endsWith('#pbkdf2') !== true) {
    throw new PskcError('not-supported', 'the key is not derived by PBKDF2');
  }
  const parameters = at(method, 'PBKDF2-params');
  const salt = base64(textAt(parameters, 'Salt', 'Specified'), 'the salt');
  const iterations = Number(textAt(parameters, 'IterationCount'));
  const length = Number(textAt(parameters, 'KeyLength') ?? 16);
  const digest = prfs[textAt(parameters, 'PRF', '@Algorithm') ?? ''];
  if (digest === undefined) throw new PskcError('not-supported', "PBKDF2's function is not known");
  if (!Number.isInteger(iterations) || iterations < 1 || iterations > mostIterations) {
    throw new PskcError('not-supported', `PBKDF2 with other than 1 to ${mostIterations} rounds`);
  }
  if (![16, 24, 32].includes(length))
    throw new PskcError('not-supported', 'a key of other than 16, 24 or 32 octets');
  return createSecretKey(pbkdf2Sync(secret.text.normalize('NFC'), salt, iterations, length, digest));
}

interface Opener {
  open(data: unknown, what: string): Buffer;
}

function openerOf(container: Node, secret: PskcSecret | null): Opener {
  const key = at(container, 'EncryptionKey') === undefined ? null : keyOf(container, secret);
  const method = at(container, 'MACMethod');
  const digest = method === undefined ? null : macs[textAt(method, '@Algorithm') ?? ''];
  if (digest === undefined) throw new PskcError('not-supported', 'the MAC is not one of HMAC');
  // RFC 6030 §6.1.1; without a key of its own the encryption's is taken, as older files do.
  const ownKey = at(method, 'MACKey');
  const macKey =
    digest === null || key === null
      ? null
      : ownKey === undefined
        ? key
        : createSecretKey(decrypt(ownKey, key).plain);
  return {
    open(data, what) {
      const plain = textAt(data, 'PlainValue');
      if (plain !== null) {
        // A seed put among encrypted ones by whoever had the file.
        if (key !== null) throw new PskcError('mac-missing', `${what} is in clear in an encrypted file`);
        return base64(plain, what);
      }
      const encrypted = at(data, 'EncryptedValue');
      if (encrypted === undefined) throw new PskcError('incomplete', `${what} is missing`);
      if (key === null) throw new PskcError('incomplete', `${what} is encrypted, and the file names no key`);
      const { plain: opened, cipher } = decrypt(encrypted, key);
      // CBC alone would let whoever has the file change seeds unnoticed (RFC 6030 §6.2).
      if (digest === null || macKey === null) throw new PskcError('mac-missing', `${what} has no MAC`);
      const given = base64(textAt(data, 'ValueMAC'), `the MAC of ${what}`);
      const computed = createHmac(digest, macKey).update(cipher).digest();
      if (given.length !== computed.length || !timingSafeEqual(given, computed)) {
        throw new PskcError('mac-wrong', `the MAC of ${what} is wrong`);
      }
      return opened;
    },
  };
}

/** A number in clear, or big-endian where it is encrypted. */
function numberOf(opener: Opener, data: unknown, what: string, fallback: number): number {
  if (data === undefined) return fallback;
  const plain = textAt(data, 'PlainValue');
  const octets = plain === null ? opener.open(data, what) : null;
  const value = octets === null ? Number(plain) : Number(BigInt(`0x0${octets.toString('hex')}`));
  if (Number.isSafeInteger(value)) return value;
  throw new PskcError('incomplete', `${what} is no whole number`);
}

const modes: Readonly<Record<string, PskcKey['mode']>> = {
  'urn:ietf:params:xml:ns:keyprov:pskc:hotp': 'hotp',
  'urn:ietf:params:xml:ns:keyprov:pskc:totp': 'totp',
};

function algorithmOf(suite: string | null): PskcKey['algorithm'] {
  const name = (suite ?? 'SHA1')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .replace(/^HMAC/, '');
  if (name === 'SHA1' || name === 'SHA256' || name === 'SHA512') return name;
  throw new PskcError('not-supported', 'the hash is not one of SHA-1, SHA-256 and SHA-512');
}

function readKey(opener: Opener, pack: Node): PskcKey {
  const key = at(pack, 'Key');
  const mode = modes[textAt(key, '@Algorithm')?.toLowerCase() ?? ''];
  if (mode === undefined) throw new PskcError('not-supported', 'the algorithm is not HOTP or TOTP');
  const parameters = at(key, 'AlgorithmParameters');
  const encoding = textAt(parameters, 'ResponseFormat', '@Encoding') ?? 'DECIMAL';
  if (encoding !== 'DECIMAL') throw new PskcError('not-supported', 'the codes are no decimal digits');
  const serialNumber = textAt(pack, 'DeviceInfo', 'SerialNo') ?? textAt(key, '@Id');
  if (serialNumber === null) throw new PskcError('incomplete', 'the serial number is missing');
  const data = at(key, 'Data');
  return {
    serialNumber,
    model:
      [textAt(pack, 'DeviceInfo', 'Manufacturer'), textAt(pack, 'DeviceInfo', 'Model')]
        .filter((part) => part !== null)
        .join(' ') || null,
    mode,
    algorithm: algorithmOf(textAt(parameters, 'Suite')),
    digits: Number(textAt(parameters, 'ResponseFormat', '@Length') ?? 6),
    periodSeconds: numberOf(opener, at(data, 'TimeInterval'), 'the interval', 30),
    counter: numberOf(opener, at(data, 'Counter'), 'the counter', 0),
    driftSteps: numberOf(opener, at(data, 'TimeDrift'), 'the drift', 0),
    secret: opener.open(at(data, 'Secret'), 'the seed'),
  };
}

/**
 * Reads a container. What is wrong with one key is told of that key; what is wrong with all of it is thrown.
 * @throws PskcError
 */
export function parsePskc(text: string, secret: PskcSecret | null): PskcContainer {
  const container = at(parseXml(text), 'KeyContainer');
  if (typeof container !== 'object' || container === null) {
    throw new PskcError('not-pskc', 'the file holds no KeyContainer');
  }
  const packages = at(container, 'KeyPackage');
  if (!Array.isArray(packages)) throw new PskcError('not-pskc', 'the file holds no KeyPackage');
  const opener = openerOf(container as Node, secret);
  const keys: PskcKey[] = [];
  const refused: { what: string; error: PskcError }[] = [];
  for (const [index, pack] of (packages as Node[]).entries()) {
    try {
      keys.push(readKey(opener, pack));
    } catch (error) {
      if (!(error instanceof PskcError)) throw error;
      refused.push({ what: textAt(pack, 'DeviceInfo', 'SerialNo') ?? `key ${index + 1}`, error });
    }
  }
  return {
    keys,
    refused,
    isEncrypted: at(container, 'EncryptionKey') !== undefined,
    isSigned: at(container, 'Signature') !== undefined,
  };
}
