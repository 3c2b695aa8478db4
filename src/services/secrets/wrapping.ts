// Data keys at rest: each wrapped by a key-encryption key (AES-256-GCM), with its purpose in the header.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import { type KeyEncryptionKey, type KeyEncryptionKeys, keyOctets } from './key-file.ts';

/** `data` seals rows; `cluster` is the secret from which keys common to all nodes are derived. */
export type DataKeyPurpose = 'data' | 'cluster';

const formatVersion = 1;
const purposes: readonly DataKeyPurpose[] = ['data', 'cluster'];
const cipherName = 'aes-256-gcm';
const keyIdOctets = 8;
const nonceOctets = 12;
const tagOctets = 16;
/** Version (1), purpose (1), id of the key-encryption key (8). */
const headerOctets = 2 + keyIdOctets;
const wrappedOctets = headerOctets + nonceOctets + keyOctets + tagOctets;

/** Wraps 32 octets. */
export function wrapDataKey(
  wrappingKey: KeyEncryptionKey,
  random: Random,
  purpose: DataKeyPurpose,
  octets: Uint8Array,
): Buffer {
  const header = Buffer.concat([Buffer.from([formatVersion, purposes.indexOf(purpose)]), wrappingKey.id]);
  const nonce = random.bytes(nonceOctets);
  const cipher = createCipheriv(cipherName, wrappingKey.key, nonce, { authTagLength: tagOctets });
  cipher.setAAD(header);
  return Buffer.concat([header, nonce, cipher.update(octets), cipher.final(), cipher.getAuthTag()]);
}

/** Id of the key-encryption key that wrapped a data key, in hex; null when it is not a wrapped key of this format. */
export function wrappingKeyIdOf(wrapped: Uint8Array): string | null {
  if (wrapped.length !== wrappedOctets || wrapped[0] !== formatVersion) return null;
  return Buffer.from(wrapped.subarray(2, headerOctets)).toString('hex');
}

/** Unwraps with whichever key fits; null when none does or the value was changed. */
export function unwrapDataKey(
  keys: KeyEncryptionKeys,
  wrapped: Uint8Array,
): { readonly purpose: DataKeyPurpose; readonly octets: Buffer } | null {
  const purpose = purposes[wrapped[1] ?? -1];
  const wrappingKeyId = wrappingKeyIdOf(wrapped);
  const wrappingKey = keys.all.find((candidate) => candidate.id.toString('hex') === wrappingKeyId);
  if (purpose === undefined || wrappingKey === undefined) return null;
  const bodyAt = headerOctets + nonceOctets;
  const tagAt = bodyAt + keyOctets;
  const decipher = createDecipheriv(cipherName, wrappingKey.key, wrapped.subarray(headerOctets, bodyAt), {
    authTagLength: tagOctets,
  });
  decipher.setAAD(wrapped.subarray(0, headerOctets));
  decipher.setAuthTag(wrapped.subarray(tagAt));
  const octets = decipher.update(wrapped.subarray(bodyAt, tagAt));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return { purpose, octets };
}
