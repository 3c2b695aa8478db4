// A fresh store for a test file.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '../../src/base/random.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { captureLog } from './captured-log.ts';
import type { TestClock } from './clock.ts';

export async function openSqliteTestStore(
  clock: TestClock,
): Promise<{ store: Store; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewarden-store-'));
  const store = await openStore(
    { dialect: 'sqlite', file: join(folder, 'gatewarden.sqlite') },
    { clock, random: systemRandom, log: captureLog(), node: 'store' },
  );
  return {
    store,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
