// The copy of the key file beside a backup.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyKeyFile } from '../../src/services/backup.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewarden-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('a copy of the key is a new file of its owner alone: whoever holds the former one open reads nothing', async () => {
  const key = join(folder, 'key');
  const target = join(folder, 'backup.key');
  writeFileSync(key, 'a key\n', { mode: 0o600 });
  writeFileSync(target, 'former\n', { mode: 0o644 });
  const held = openSync(target, 'r');
  await copyKeyFile(key, target);
  expect(readFileSync(target, 'utf8')).toBe('a key\n');
  expect(statSync(target).mode & 0o777).toBe(0o600);
  expect(readFileSync(held, 'utf8')).toBe('former\n');
  closeSync(held);
});
