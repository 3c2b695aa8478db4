// Sealed values: AES-256-GCM (NIST SP 800-38D) under a data key, bound to the place they are kept in.
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { Random } from '../../base/random.ts';

const formatVersion = 1;
const cipherName = 'aes-256-gcm';
const nonceOctets = 12;
const tagOctets = 16;
/** Version (1), data key id (4). */
const headerOctets = 5;

/** A sealed value that cannot be opened. Never carries key material or plain text. */
export class SealedValueError extends Error {
  override readonly name = 'SealedValueError';
  /** `unknown-key`: sealed under a key that this process has not loaded (yet). `damaged`: changed, cut, or of another place. */
  readonly fault: 'unknown-key' | 'damaged';

  constructor(fault: SealedValueError['fault'], context: string) {
    super(`the sealed value of ${context} cannot be opened: ${fault}`);
    this.fault = fault;
  }
}

const associatedData = (header: Uint8Array, context: string): Buffer =>
  Buffer.concat([header, Buffer.from(context, 'utf8')]);

/** Seals under one data key: header ‖ nonce ‖ ciphertext ‖ tag, 33 octets longer than `plain`. */
export function sealWith(
  dataKey: { readonly id: number; readonly key: KeyObject },
  random: Random,
  plain: Uint8Array,
  context: string,
): Buffer {
  const header = Buffer.alloc(headerOctets);
  header.writeUInt8(formatVersion, 0);
  header.writeUInt32BE(dataKey.id, 1);
  const nonce = random.bytes(nonceOctets);
  const cipher = createCipheriv(cipherName, dataKey.key, nonce, { authTagLength: tagOctets });
  cipher.setAAD(associatedData(header, context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([header, nonce, body, cipher.getAuthTag()]);
}

/** The id of the data key that sealed a value; null when it is not a sealed value of this format. */
export function dataKeyIdOf(sealed: Uint8Array): number | null {
  if (sealed.length < headerOctets + nonceOctets + tagOctets || sealed[0] !== formatVersion) return null;
  return new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(1);
}

/** Opens what `sealWith` sealed with the same context. @throws SealedValueError */
export function openWith(
  findKey: (id: number) => KeyObject | undefined,
  sealed: Uint8Array,
  context: string,
): Buffer {
  const id = dataKeyIdOf(sealed);
  if (id === null) throw new SealedValueError('damaged', context);
  const key = findKey(id);
  if (key === undefined) throw new SealedValueError('unknown-key', context);
  const bodyAt = headerOctets + nonceOctets;
  const tagAt = sealed.length - tagOctets;
  const decipher = createDecipheriv(cipherName, key, sealed.subarray(headerOctets, bodyAt), {
    authTagLength: tagOctets,
  });
  decipher.setAAD(associatedData(sealed.subarray(0, headerOctets), context));
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(bodyAt, tagAt));
  try {
    decipher.final();
  } catch {
    throw new SealedValueError('damaged', context);
  }
  return plain;
}
