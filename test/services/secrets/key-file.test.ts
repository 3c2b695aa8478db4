import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import {
  addKeyToFile,
  createKeyFile,
  dropFormerKeysFromFile,
  readKeyFile,
} from '../../../src/services/secrets/key-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatewarden-keys-'));
  path = join(folder, 'kek');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the key file', () => {
  test('is created with mode 0600 and 32 octets, and read back', async () => {
    await createKeyFile(path, systemRandom);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(await readFile(path, 'utf8'), 'base64')).toHaveLength(32);
    expect((await readKeyFile(path)).all).toHaveLength(1);
  });

  test('is never overwritten by creating', async () => {
    await createKeyFile(path, systemRandom);
    const before = await readFile(path, 'utf8');
    await expect(createKeyFile(path, systemRandom)).rejects.toMatchObject({ name: 'OperatorError' });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test.each([0o640, 0o604, 0o620, 0o660, 0o644, 0o610])('is refused with mode %o', async (mode) => {
    await createKeyFile(path, systemRandom);
    await chmod(path, mode);
    await expect(readKeyFile(path)).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('mode'),
      remedy: expect.stringContaining('chmod 600'),
    });
  });

  test('may be read-only for its owner, as systemd credentials are', async () => {
    await createKeyFile(path, systemRandom);
    await chmod(path, 0o400);
    await expect(readKeyFile(path)).resolves.toBeDefined();
  });

  test('is refused when it is missing', async () => {
    await expect(readKeyFile(path)).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringContaining('missing'),
    });
  });

  test.each([
    ['empty', ''],
    ['31 octets', randomBytes(31).toString('base64')],
    ['33 octets', randomBytes(33).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['text', 'correct horse battery staple'],
  ])('is refused when it holds %s, and the message does not repeat it', async (_what, text) => {
    await writeFile(path, text, { mode: 0o600 });
    const error: unknown = await readKeyFile(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'OperatorError' });
    if (text !== '') expect(String(error)).not.toContain(text);
  });

  test('keeps former keys below a new one until they are dropped', async () => {
    await createKeyFile(path, systemRandom);
    const before = await readKeyFile(path);
    await addKeyToFile(path, systemRandom);
    const both = await readKeyFile(path);
    expect(both.all).toHaveLength(2);
    expect(both.current.id).not.toEqual(before.current.id);
    expect(both.all[1]?.id).toEqual(before.current.id);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await dropFormerKeysFromFile(path);
    const after = await readKeyFile(path);
    expect(after.all.map((key) => key.id)).toEqual([both.current.id]);
  });
});
