// Rotation without downtime. Data keys: a new one for new seals, then every row is sealed again in chunks.
// Key-encryption key: a new one in front of the key file, then every data key is wrapped again.
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import {
  insertDataKey,
  listDataKeys,
  retireDataKeyRow,
  rewrapDataKeyRow,
} from '../../store/queries/data-keys.ts';
import {
  type SealedColumn,
  type SealedRow,
  sealedClientSecrets,
  sealedCoaSecrets,
  sealedNextClientSecrets,
  sealedOperatorSeeds,
  sealedSeeds,
  sealedSettings,
  sealedStockSeeds,
} from '../../store/queries/sealed-values.ts';
import type { Store } from '../../store/store.ts';
import { keyOctets, readKeyFile } from './key-file.ts';
import { contextOf, type Keyring } from './keyring.ts';
import { unwrapDataKey, wrapDataKey, wrappingKeyIdOf } from './wrapping.ts';

/** Rows sealed again in one write: well under the 50 ms for which the writer's turn may be held. */
const chunkRows = 200;

interface RotationDeps {
  readonly store: Store;
  readonly keyFile: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Adds a data key that seals from now on; the caller reloads its keyring. Other nodes load it when they meet it. */
export async function addDataKey({ store, keyFile, clock, random }: RotationDeps): Promise<void> {
  const keys = await readKeyFile(keyFile);
  const wrapped = wrapDataKey(keys.current, random, 'data', random.bytes(keyOctets));
  await store.write((db) => insertDataKey(db, wrapped, clock.now()));
}

/**
 * Seals every row again that is not under the newest key. Resumable: what is done is skipped, so a run that was
 * broken off is simply started again. A row that changes meanwhile is left to whoever changed it.
 * @returns how many rows were sealed again
 */
export async function resealAll(deps: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly onProgress?: (resealed: number) => void;
}): Promise<number> {
  const { clientSecret, coaSecret, operatorSeed, seed, setting, stockSeed } = contextOf;
  return (
    (await resealColumn(deps, sealedSeeds, (accountId) => seed(Number(accountId)))) +
    (await resealColumn(deps, sealedStockSeeds, (serialNumber) => stockSeed(String(serialNumber)))) +
    (await resealColumn(deps, sealedOperatorSeeds, (name) => operatorSeed(String(name)))) +
    (await resealColumn(deps, sealedClientSecrets, (name) => clientSecret(String(name)))) +
    (await resealColumn(deps, sealedNextClientSecrets, (name) => clientSecret(String(name)))) +
    (await resealColumn(deps, sealedCoaSecrets, (name) => coaSecret(String(name)))) +
    (await resealColumn(deps, sealedSettings, (key) => setting(String(key))))
  );
}

async function resealColumn<Key extends string | number>(
  deps: Parameters<typeof resealAll>[0],
  column: SealedColumn<Key>,
  context: (of: string | number) => string,
): Promise<number> {
  const { store, keyring } = deps;
  let resealed = 0;
  let after: Key | null = null;
  for (;;) {
    const from: Key | null = after;
    const rows: SealedRow<Key>[] = await store.read((db) => column.list(db, from, chunkRows));
    const last = rows.at(-1);
    if (last === undefined) return resealed;
    after = last.key;
    const replacements: { row: SealedRow<Key>; sealed: Buffer }[] = [];
    for (const row of rows) {
      if (keyring.isCurrent(row.sealed)) continue;
      const plain = await keyring.openReloading(row.sealed, context(row.of));
      replacements.push({ row, sealed: keyring.seal(plain, context(row.of)) });
      plain.fill(0);
    }
    if (replacements.length === 0) continue;
    resealed += await store.write(async (db) => {
      let count = 0;
      for (const { row, sealed } of replacements) if (await column.replace(db, row, sealed)) count += 1;
      return count;
    });
    deps.onProgress?.(resealed);
  }
}

/**
 * Marks as retired every data key but the newest that has existed for `graceMs` with a newer one beside it. Call after `resealAll`;
 * the grace covers nodes that sealed with the older key meanwhile (a later `resealAll` takes those). Retired keys still open.
 * @returns how many were retired
 */
export async function retireFormerDataKeys(
  deps: RotationDeps & { readonly graceMs: number },
): Promise<number> {
  const { store, keyFile, clock, graceMs } = deps;
  const keys = await readKeyFile(keyFile);
  const rows = await store.read(listDataKeys);
  const dataRows = rows.filter((row) => unwrapDataKey(keys, row.wrapped)?.purpose === 'data');
  let retired = 0;
  for (const [index, row] of dataRows.entries()) {
    const newer = dataRows[index + 1];
    if (newer === undefined || row.retiredAt !== null || clock.now() - newer.createdAt < graceMs) continue;
    if (await store.write((db) => retireDataKeyRow(db, row.id, clock.now()))) retired += 1;
  }
  return retired;
}

/**
 * Wraps every data key with the key file's current key. Running nodes hold their data keys unwrapped and are not disturbed; each
 * needs the new key file before its next reload. Only then may former keys leave the file.
 * @returns how many were wrapped again
 */
export async function rewrapDataKeys(deps: RotationDeps): Promise<number> {
  const { store, keyFile, random } = deps;
  const keys = await readKeyFile(keyFile);
  const currentId = keys.current.id.toString('hex');
  let rewrapped = 0;
  for (const row of await store.read(listDataKeys)) {
    if (wrappingKeyIdOf(row.wrapped) === currentId) continue;
    const unwrapped = unwrapDataKey(keys, row.wrapped);
    if (unwrapped === null) {
      throw new OperatorError(`no key in ${keyFile} opens data key ${row.id}`, {
        remedy: 'add the key that wrapped it as a further line of the key file',
        at: keyFile,
      });
    }
    const wrapped = wrapDataKey(keys.current, random, unwrapped.purpose, unwrapped.octets);
    unwrapped.octets.fill(0);
    if (await store.write((db) => rewrapDataKeyRow(db, row, wrapped))) rewrapped += 1;
  }
  return rewrapped;
}
