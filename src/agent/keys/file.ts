// A key in a file that only its owner may read: the weak choice. Whoever copies the file has the workstation's key.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../agent-error.ts';
import type { DeviceKey, KeyStore, PublicJwk } from './key-store.ts';

const ownerOnly = 0o600;

/** The public half of a P-256 key. */
export function jwkOf(key: KeyObject): PublicJwk {
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) {
    throw new AgentError('This is no P-256 key.', 'Enrol again with a new key.');
  }
  return { kty, crv, x, y };
}

function keyFrom(privateKey: KeyObject): DeviceKey {
  return {
    storage: 'file',
    publicJwk: jwkOf(createPublicKey(privateKey)),
    sign: async (octets) => sign('sha256', octets, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    close: async () => {},
  };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Keys as PKCS #8 in PEM, one file each. */
export function createFileKeyStore(directory: string): KeyStore {
  const fileOf = (name: string) => join(directory, `${name}.pem`);
  return {
    storage: 'file',
    async create(name) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      // Never over another key, and never readable by others, not even for a moment.
      const file = await open(fileOf(name), 'wx', ownerOnly);
      try {
        await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
        await file.sync();
      } finally {
        await file.close();
      }
      return keyFrom(privateKey);
    },
    async open(name) {
      const file = fileOf(name);
      try {
        const { mode } = await stat(file);
        if ((mode & 0o077) !== 0) {
          throw new AgentError(
            `${file} can be read by others.`,
            `Whoever read it has the workstation's key: "chmod 600 ${file}", and enrol again if it may have been copied.`,
          );
        }
        return keyFrom(createPrivateKey(await readFile(file)));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    remove: (name) => rm(fileOf(name), { force: true }),
  };
}
