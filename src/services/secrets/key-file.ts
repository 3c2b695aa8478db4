// The key-encryption key: a file of base64 lines, 32 octets each. The first line wraps, the others only still unwrap.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';

export const keyOctets = 32;

/** One key-encryption key. `id` says which one wrapped something; it reveals nothing about the key. */
export interface KeyEncryptionKey {
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** What a key file holds: `current` wraps, `all` (current first) unwrap. */
export interface KeyEncryptionKeys {
  readonly current: KeyEncryptionKey;
  readonly all: readonly KeyEncryptionKey[];
}

function keyFromOctets(octets: Buffer): KeyEncryptionKey {
  const key = createSecretKey(octets);
  const id = createHmac('sha256', key).update('gatewarden key-encryption key id').digest().subarray(0, 8);
  return { id, key };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      throw new OperatorError(`the key file ${path} is missing`, {
        remedy:
          'restore the key file this store was created with; without it no seed and no gateway secret can be read',
        at: path,
      });
    }
    throw new OperatorError(`the key file ${path} cannot be opened`, {
      remedy: 'let the service account read it (chown), mode 0600',
      at: path,
      cause: error,
    });
  }
}

/**
 * Whether the mode lets somebody else than the owner read. systemd keeps credentials on a file system of the
 * unit's own and grants access by an ACL, whose mask shows as the group's read bit.
 */
function isReadableByOthers(path: string, mode: number): boolean {
  const forbidden = path.startsWith('/run/credentials/') ? 0o037 : 0o077;
  return (mode & forbidden) !== 0;
}

function parseKeys(text: string, path: string): Buffer[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    const octets = Buffer.from(line.trim(), 'base64');
    if (octets.length !== keyOctets || octets.toString('base64') !== line.trim()) {
      throw new OperatorError(`line ${index + 1} of the key file is not the base64 form of 32 octets`, {
        remedy: 'restore the key file, or make one with `openssl rand -base64 32` for a new store',
        at: `${path}:${index + 1}`,
      });
    }
    return octets;
  });
}

async function readLines(path: string): Promise<Buffer[]> {
  const file = await openForReading(path);
  try {
    // The handle's own mode: a path could be exchanged between a stat and an open.
    const { mode } = await file.stat();
    if (isReadableByOthers(path, mode)) {
      throw new OperatorError(
        `the key file ${path} has mode 0${(mode & 0o777).toString(8)}: others than its owner have access`,
        { remedy: `chmod 600 ${path}, and rotate the key if somebody may have read it`, at: path },
      );
    }
    const lines = parseKeys(await file.readFile('utf8'), path);
    if (lines.length === 0) {
      throw new OperatorError(`the key file ${path} is empty`, {
        remedy: 'restore the key file this store was created with',
        at: path,
      });
    }
    return lines;
  } finally {
    await file.close();
  }
}

/**
 * Reads the key file, or a systemd credential of the same form.
 * @throws OperatorError when it is missing, accessible to group or others, empty, or holds anything but 32 octets a line.
 */
export async function readKeyFile(path: string): Promise<KeyEncryptionKeys> {
  const all = (await readLines(path)).map(keyFromOctets);
  const current = all[0];
  if (current === undefined) throw new Error('a key file that was read has at least one key');
  return { current, all };
}

async function writeDurably(path: string, flags: string, text: string): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectoryOf(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const asText = (keys: readonly Buffer[]): string =>
  keys.map((octets) => `${octets.toString('base64')}\n`).join('');

/**
 * Creates a key file with one fresh key, mode 0600, durable when the promise resolves. An existing file is never touched.
 * @throws OperatorError when the file exists or its folder cannot be written.
 */
export async function createKeyFile(path: string, random: Random): Promise<void> {
  try {
    await writeDurably(path, 'wx', asText([random.bytes(keyOctets)]));
    await syncDirectoryOf(path);
  } catch (error) {
    const exists = hasCode(error, 'EEXIST');
    throw new OperatorError(`the key file ${path} ${exists ? 'exists already' : 'cannot be created'}`, {
      remedy: exists
        ? 'keep it; keys are replaced by rotation'
        : 'create its folder and let the service account write there',
      at: path,
      ...(exists ? {} : { cause: error }),
    });
  }
}

/** Whether there is anything at the path. */
export async function keyFileExists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function replaceKeys(path: string, keys: readonly Buffer[]): Promise<void> {
  const next = `${path}.next`;
  await rm(next, { force: true });
  await writeDurably(next, 'wx', asText(keys));
  await rename(next, path);
  await syncDirectoryOf(path);
}

/**
 * Puts a fresh key in front; the former ones stay below it and still unwrap. The file is replaced in one step.
 * With several nodes, give each the new file before `rewrapDataKeys`.
 */
export async function addKeyToFile(path: string, random: Random): Promise<void> {
  await replaceKeys(path, [random.bytes(keyOctets), ...(await readLines(path))]);
}

/** Leaves only the current key. Only after `rewrapDataKeys`, and once every node has the file with the current key. */
export async function dropFormerKeysFromFile(path: string): Promise<void> {
  await replaceKeys(path, (await readLines(path)).slice(0, 1));
}
