// `gatewarden keys`: after a rotation everything opens by the new keys alone, and only what nothing depends on is dropped.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSite, populate, type Site } from '../site.ts';
import { runHere } from './gatewarden.ts';

vi.setConfig({ testTimeout: 60_000 });

let site: Site;

beforeEach(async () => {
  site = createSite();
  await populate(site);
});

afterEach(() => site.remove());

async function keys<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await runHere(site, ['keys', ...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as T;
}

interface Status {
  readonly keyEncryptionKeys: readonly { readonly id: string; readonly current: boolean }[];
  readonly dataKeys: readonly { readonly id: number; readonly wrappedBy: string }[];
}

const currentOf = ({ keyEncryptionKeys }: Status) =>
  keyEncryptionKeys.filter(({ current }) => current).map(({ id }) => id);

it('puts new keys in place of both, and drops the former from the file', async () => {
  const before = await keys<Status>('status');
  const done = await keys<{ rewrapped: number; resealed: number }>('rotate');
  expect(done.resealed).toBeGreaterThan(0);
  const rotated = await keys<Status>('status');
  const [former, current] = [currentOf(before), currentOf(rotated)];
  expect(current).not.toEqual(former);
  expect(rotated.keyEncryptionKeys.map(({ id }) => id)).toEqual([...current, ...former]);
  expect(rotated.dataKeys).toHaveLength(before.dataKeys.length + 1);
  expect(new Set(rotated.dataKeys.map(({ wrappedBy }) => wrappedBy))).toEqual(new Set(current));

  const said = await runHere(site, ['keys', 'drop-former']);
  expect(said.code).toBe(0);
  expect(said.stdout).toContain('Backups made before the rotation');
  const dropped = await keys<Status>('status');
  expect(dropped.keyEncryptionKeys).toEqual([{ id: current[0], current: true }]);
  // Everything still opens: it can be sealed again.
  const again = await keys<{ resealed: number }>('rotate', '--only-data');
  expect(again.resealed).toBe(done.resealed);
});

it('rotates one of the two where that is asked for', async () => {
  const before = await keys<Status>('status');
  expect(await keys('rotate', '--only-data')).toMatchObject({ rewrapped: 0 });
  expect(currentOf(await keys<Status>('status'))).toEqual(currentOf(before));
  expect(await keys('rotate', '--only-file')).toMatchObject({ resealed: 0, retired: 0 });
  expect(currentOf(await keys<Status>('status'))).not.toEqual(currentOf(before));
});
