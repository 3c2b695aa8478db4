// The keyring: data keys in memory, for sealing what the store keeps and for keys that all nodes share.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { type DataKeyRow, insertDataKey, listDataKeys } from '../../store/queries/data-keys.ts';
import type { Store } from '../../store/store.ts';
import { createKeyFile, type KeyEncryptionKeys, keyFileExists, keyOctets, readKeyFile } from './key-file.ts';
import { dataKeyIdOf, openWith, SealedValueError, sealWith } from './sealing.ts';
import { type DataKeyPurpose, unwrapDataKey, wrapDataKey } from './wrapping.ts';

/** A key derived from the cluster's secret; the same on every node of one store. */
export interface ClusterKey {
  readonly id: number;
  readonly key: KeyObject;
}

export interface Keyring {
  /**
   * Seals under the newest data key. `context` names the place the value is kept in (`contextOf`): opened anywhere
   * else it is refused.
   */
  seal(plain: Uint8Array, context: string): Buffer;
  /** @throws SealedValueError, whose fault is `unknown-key` when another node may have made a key since the last load. */
  open(sealed: Uint8Array, context: string): Buffer;
  /** Like `open`; loads the keys once more when the value's key is not known. */
  openReloading(sealed: Uint8Array, context: string): Promise<Buffer>;
  /** Whether a value is sealed under the newest data key. */
  isCurrent(sealed: Uint8Array): boolean;
  /** Derived by HKDF (RFC 5869) for one purpose from each cluster secret; the newest first, which is the one to use. */
  clusterKeys(purpose: string): readonly ClusterKey[];
  /** Reads the key file and the data keys again; calls at the same time share one. */
  reload(): Promise<void>;
}

/** Contexts: where sealed values live. */
export const contextOf = {
  /** The account rather than the row: a seed moved to another account opens nowhere. */
  seed: (accountId: number): string => `authenticator:${accountId}:seed`,
  /** The serial number: a seed in stock belongs to its token. */
  stockSeed: (serialNumber: string): string => `token:${serialNumber}:seed`,
  /** The sign-in name rather than the id, as with clients. */
  operatorSeed: (signInName: string): string => `operator:${signInName}:seed`,
  /** The client's name rather than its id: secrets are sealed before the row has one. */
  clientSecret: (clientName: string): string => `radius-client:${clientName}:secret`,
  coaSecret: (gatewayName: string): string => `gateway:${gatewayName}:coa-secret`,
  setting: (key: string): string => `setting:${key}`,
  /** Of a request that was sent with an Idempotency-Key; gone in a day, so that it is never sealed again. */
  answer: (caller: string, key: string): string => `answer:${caller}:${key}`,
} as const;

interface LoadedKey {
  readonly id: number;
  readonly purpose: DataKeyPurpose;
  readonly key: KeyObject;
  readonly isRetired: boolean;
}

function loadKey(keys: KeyEncryptionKeys, row: DataKeyRow, keyFile: string): LoadedKey {
  const unwrapped = unwrapDataKey(keys, row.wrapped);
  if (unwrapped === null) {
    throw new OperatorError(`the key file ${keyFile} does not open data key ${row.id} of this store`, {
      remedy: 'give the key file that belongs to this store (after a rotation: the new one)',
      at: keyFile,
    });
  }
  const key = createSecretKey(unwrapped.octets);
  unwrapped.octets.fill(0);
  return { id: row.id, purpose: unwrapped.purpose, key, isRetired: row.retiredAt !== null };
}

/**
 * Makes what a store needs before its first secret: the key file (when `mayCreateKeyFile`, and only for a store without keys),
 * one data key, one cluster secret. Does nothing when they exist. Several nodes may do it at once.
 * @returns whether a key file was created
 * @throws OperatorError when the key file is missing, readable by others or of another store
 */
export async function prepareKeys(deps: {
  readonly store: Store;
  readonly keyFile: string;
  readonly mayCreateKeyFile: boolean;
  readonly clock: Clock;
  readonly random: Random;
}): Promise<{ readonly keyFileCreated: boolean }> {
  const { store, keyFile, clock, random } = deps;
  const rows = await store.read(listDataKeys);
  const creates = deps.mayCreateKeyFile && rows.length === 0 && !(await keyFileExists(keyFile));
  if (creates) await createKeyFile(keyFile, random);
  const keys = await readKeyFile(keyFile);
  const purposes = rows.map((row) => loadKey(keys, row, keyFile).purpose);
  for (const purpose of ['data', 'cluster'] as const) {
    if (purposes.includes(purpose)) continue;
    const wrapped = wrapDataKey(keys.current, random, purpose, random.bytes(keyOctets));
    await store.write((db) => insertDataKey(db, wrapped, clock.now()));
  }
  return { keyFileCreated: creates };
}

/**
 * Opens the keyring of a store that `prepareKeys` has prepared.
 * @throws OperatorError as `prepareKeys`, and when the store has no keys
 */
export async function openKeyring(deps: {
  readonly store: Pick<Store, 'read'>;
  readonly keyFile: string;
  readonly random: Random;
}): Promise<Keyring> {
  const { store, keyFile, random } = deps;
  let byId: ReadonlyMap<number, KeyObject> = new Map();
  let sealing: LoadedKey;
  let clusterSecrets: readonly LoadedKey[] = [];
  const derived = new Map<string, readonly ClusterKey[]>();
  let loading: Promise<void> | null = null;

  async function load(): Promise<LoadedKey> {
    const keys = await readKeyFile(keyFile);
    const loaded = (await store.read(listDataKeys)).map((row) => loadKey(keys, row, keyFile)).reverse();
    const newest = loaded.find((key) => key.purpose === 'data' && !key.isRetired);
    const clusterKeys = loaded.filter((key) => key.purpose === 'cluster' && !key.isRetired);
    if (newest === undefined || clusterKeys.length === 0) {
      throw new OperatorError('the store has no data keys yet', {
        remedy: 'start `gatewarden serve` once: it prepares the store',
      });
    }
    byId = new Map(loaded.filter((key) => key.purpose === 'data').map(({ id, key }) => [id, key]));
    clusterSecrets = clusterKeys;
    derived.clear();
    return newest;
  }
  sealing = await load();

  const keyring: Keyring = {
    seal: (plain, context) => sealWith(sealing, random, plain, context),
    open: (sealed, context) => openWith((id) => byId.get(id), sealed, context),
    async openReloading(sealed, context) {
      try {
        return keyring.open(sealed, context);
      } catch (error) {
        if (!(error instanceof SealedValueError) || error.fault !== 'unknown-key') throw error;
      }
      await keyring.reload();
      return keyring.open(sealed, context);
    },
    isCurrent: (sealed) => dataKeyIdOf(sealed) === sealing.id,
    clusterKeys(purpose) {
      const known = derived.get(purpose);
      if (known !== undefined) return known;
      const keys = clusterSecrets.map(({ id, key }) => {
        const octets = hkdfSync('sha256', key, '', `gatewarden ${purpose}`, keyOctets);
        return { id, key: createSecretKey(Buffer.from(octets)) };
      });
      derived.set(purpose, keys);
      return keys;
    },
    reload() {
      loading ??= load()
        .then((newest) => {
          sealing = newest;
        })
        .finally(() => {
          loading = null;
        });
      return loading;
    },
  };
  return keyring;
}
