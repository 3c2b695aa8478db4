import { setTimeout as after } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { collectStart, settleHeap } from '../../src/base/heap.ts';

const megabyte = 1024 * 1024;
const young = () => {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  if (space === undefined) throw new Error('V8 has no new space');
  return space.space_size / megabyte;
};

/** As loading and exporting do: much of it lives for a while, and events come between. */
async function makeGarbage(): Promise<void> {
  let kept: object[] = [];
  for (let i = 0; i < 3_000_000; i += 1) {
    kept.push({ i });
    if (kept.length > 400_000) kept = [];
    if (i % 20_000 === 0) await after(0);
  }
}

test('what starting has left is given back, and the young generation grows again as far as it needs to', async () => {
  await makeGarbage();
  expect(young()).toBeGreaterThan(32);
  settleHeap();
  expect(young()).toBeLessThan(8);
  expect('gc' in globalThis).toBe(false);
  await makeGarbage();
  expect(young()).toBeGreaterThanOrEqual(16);
  expect(young()).toBeLessThanOrEqual(32);
});

// A broker whose RADIUS thread collected while its main thread did could stop at its start.
test('two threads may collect at once', async () => {
  const heap = new URL('../../src/base/heap.ts', import.meta.url).href;
  const collecting = `import { collectStart } from '${heap}'; for (let i = 0; i < 40; i += 1) collectStart();`;
  const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(collecting)}`));
  let code: number | null = null;
  const errors: unknown[] = [];
  thread.on('error', (error) => errors.push(error)).on('exit', (exitCode) => (code = exitCode));
  while (code === null) {
    collectStart();
    await after(0);
  }
  expect([code, errors]).toEqual([0, []]);
});
