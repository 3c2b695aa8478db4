// Loads the vector files of test/vectors/radius.
import { readFileSync } from 'node:fs';
import { createSecret, type Secret } from '../../../src/wire/radius/secret.ts';

export interface Vectors {
  secret: Secret;
  bytes(name: string): Buffer;
}

/** Reads `test/vectors/radius/<file>.json`: hex octets by name, and the secret as text. */
export function loadVectors(file: string): Vectors {
  const url = new URL(`../../vectors/radius/${file}.json`, import.meta.url);
  const vectors: Record<string, string> = JSON.parse(readFileSync(url, 'utf8'));
  return {
    secret: createSecret(Buffer.from(vectors['secret'] ?? '')),
    bytes: (name) => {
      const hex = vectors[name];
      if (hex === undefined) throw new Error(`no vector named ${name} in ${file}`);
      return Buffer.from(hex, 'hex');
    },
  };
}

/** The value if there is one; a failed test otherwise. */
export function present<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error('expected a value');
  return value;
}
