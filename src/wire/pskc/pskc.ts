// Portable Symmetric Key Container, RFC 6030: seeds of hardware tokens, in clear or encrypted by a pre-shared key or a passphrase.
import {
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  pbkdf2,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { ContainerFault } from '../../core/token-fault-texts.ts';

/** What makes a container unusable as a whole. Never repeats what was read. */
export class PskcError extends Error {
  override readonly name = 'PskcError';
  readonly fault: ContainerFault;

  constructor(fault: ContainerFault) {
    super(fault);
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
  /** Keys that can't be used, with why; `key` counts from 1. */
  readonly refused: readonly {
    readonly serialNumber: string | null;
    readonly key: number;
    readonly fault: ContainerFault;
  }[];
  readonly isEncrypted: boolean;
  /** An XML signature is there; it is not checked. */
  readonly isSigned: boolean;
}

type Node = { readonly [name: string]: unknown };

const mostOctets = 32 * 1024 * 1024;
/** Passphrases are stretched by whoever made the file; more than this would keep a thread busy for seconds. */
const mostIterations = 1_000_000;
// In the thread pool: the thread that reads answers others meanwhile.
const stretch = promisify(pbkdf2);
const listed = new Set(['KeyPackage']);

function parseXml(text: string): Node {
  if (text.length > mostOctets) throw new PskcError('too-large');
  // No entities of its own: neither expansion nor files.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new PskcError('not-xml');
  if (XMLValidator.validate(text) !== true) throw new PskcError('not-xml');
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

function base64(text: string | null): Buffer {
  const compact = (text ?? '').replaceAll(/\s+/g, '');
  if (compact === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) {
    throw new PskcError('incomplete');
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
  if (cipher === undefined) throw new PskcError('cipher-unknown');
  if (key.symmetricKeySize !== cipher.octets) {
    throw new PskcError('key-wrong');
  }
  const octets = base64(textAt(encrypted, 'CipherData', 'CipherValue'));
  if (octets.length < 32 || octets.length % 16 !== 0) {
    throw new PskcError('incomplete');
  }
  const decipher = createDecipheriv(cipher.name, key, octets.subarray(0, 16)).setAutoPadding(false);
  const padded = Buffer.concat([decipher.update(octets.subarray(16)), decipher.final()]);
  const padding = padded.at(-1) ?? 0;
  if (padding < 1 || padding > 16) throw new PskcError('key-wrong');
  return { plain: padded.subarray(0, padded.length - padding), cipher: octets };
}

async function keyOf(container: Node, secret: PskcSecret | null): Promise<KeyObject> {
  const derived = at(container, 'EncryptionKey', 'DerivedKey');
  if (derived === undefined) {
    if (secret?.kind !== 'key') throw new PskcError('key-needed');
    return createSecretKey(secret.octets);
  }
  if (secret?.kind !== 'passphrase') throw new PskcError('passphrase-needed');
  const method = at(derived, 'KeyDerivationMethod');
  if (textAt(method, '@Algorithm')?.endsWith('#pbkdf2') !== true) {
    throw new PskcError('derivation-unknown');
  }
  const parameters = at(method, 'PBKDF2-params');
  const salt = base64(textAt(parameters, 'Salt', 'Specified'));
  const iterations = Number(textAt(parameters, 'IterationCount'));
  const length = Number(textAt(parameters, 'KeyLength') ?? 16);
  const digest = prfs[textAt(parameters, 'PRF', '@Algorithm') ?? ''];
  if (digest === undefined) throw new PskcError('derivation-unknown');
  if (!Number.isInteger(iterations) || iterations < 1) throw new PskcError('incomplete');
  if (iterations > mostIterations) throw new PskcError('too-many-rounds');
  if (![16, 24, 32].includes(length)) throw new PskcError('derivation-unknown');
  return createSecretKey(await stretch(secret.text.normalize('NFC'), salt, iterations, length, digest));
}

interface Opener {
  open(data: unknown): Buffer;
}

async function openerOf(container: Node, secret: PskcSecret | null): Promise<Opener> {
  const key = at(container, 'EncryptionKey') === undefined ? null : await keyOf(container, secret);
  const method = at(container, 'MACMethod');
  const digest = method === undefined ? null : macs[textAt(method, '@Algorithm') ?? ''];
  if (digest === undefined) throw new PskcError('mac-unknown');
  // RFC 6030 §6.1.1; without a key of its own the encryption's is taken, as older files do.
  const ownKey = at(method, 'MACKey');
  const macKey =
    digest === null || key === null
      ? null
      : ownKey === undefined
        ? key
        : createSecretKey(decrypt(ownKey, key).plain);
  return {
    open(data) {
      const plain = textAt(data, 'PlainValue');
      if (plain !== null) {
        // A seed put among encrypted ones by whoever had the file.
        if (key !== null) throw new PskcError('clear-among-encrypted');
        return base64(plain);
      }
      const encrypted = at(data, 'EncryptedValue');
      if (encrypted === undefined) throw new PskcError('incomplete');
      if (key === null) throw new PskcError('incomplete');
      const { plain: opened, cipher } = decrypt(encrypted, key);
      // CBC alone would let whoever has the file change seeds unnoticed (RFC 6030 §6.2).
      if (digest === null || macKey === null) throw new PskcError('mac-missing');
      const given = base64(textAt(data, 'ValueMAC'));
      const computed = createHmac(digest, macKey).update(cipher).digest();
      if (given.length !== computed.length || !timingSafeEqual(given, computed)) {
        throw new PskcError('mac-wrong');
      }
      return opened;
    },
  };
}

/** A number in clear, or big-endian where it is encrypted. */
function numberOf(opener: Opener, data: unknown, fallback: number): number {
  if (data === undefined) return fallback;
  const plain = textAt(data, 'PlainValue');
  const octets = plain === null ? opener.open(data) : null;
  const value = octets === null ? Number(plain) : Number(BigInt(`0x0${octets.toString('hex')}`));
  if (Number.isSafeInteger(value)) return value;
  throw new PskcError('incomplete');
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
  throw new PskcError('hash-unknown');
}

function readKey(opener: Opener, pack: Node): PskcKey {
  const key = at(pack, 'Key');
  const mode = modes[textAt(key, '@Algorithm')?.toLowerCase() ?? ''];
  if (mode === undefined) throw new PskcError('algorithm-unknown');
  const parameters = at(key, 'AlgorithmParameters');
  const encoding = textAt(parameters, 'ResponseFormat', '@Encoding') ?? 'DECIMAL';
  if (encoding !== 'DECIMAL') throw new PskcError('codes-not-decimal');
  const serialNumber = textAt(pack, 'DeviceInfo', 'SerialNo') ?? textAt(key, '@Id');
  if (serialNumber === null) throw new PskcError('incomplete');
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
    periodSeconds: numberOf(opener, at(data, 'TimeInterval'), 30),
    counter: numberOf(opener, at(data, 'Counter'), 0),
    driftSteps: numberOf(opener, at(data, 'TimeDrift'), 0),
    secret: opener.open(at(data, 'Secret')),
  };
}

/**
 * Reads a container. What is wrong with one key is told of that key; what is wrong with all of it is thrown.
 * @throws PskcError
 */
export async function parsePskc(text: string, secret: PskcSecret | null): Promise<PskcContainer> {
  const container = at(parseXml(text), 'KeyContainer');
  if (typeof container !== 'object' || container === null) {
    throw new PskcError('not-pskc');
  }
  const packages = at(container, 'KeyPackage');
  if (!Array.isArray(packages)) throw new PskcError('not-pskc');
  const opener = await openerOf(container as Node, secret);
  const keys: PskcKey[] = [];
  const refused: PskcContainer['refused'][number][] = [];
  for (const [index, pack] of (packages as Node[]).entries()) {
    try {
      keys.push(readKey(opener, pack));
    } catch (error) {
      if (!(error instanceof PskcError)) throw error;
      refused.push({
        serialNumber: textAt(pack, 'DeviceInfo', 'SerialNo'),
        key: index + 1,
        fault: error.fault,
      });
    }
  }
  return {
    keys,
    refused,
    isEncrypted: at(container, 'EncryptionKey') !== undefined,
    isSigned: at(container, 'Signature') !== undefined,
  };
}
