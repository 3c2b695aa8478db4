import { setTimeout as after } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { settleHeap } from '../../src/base/heap.ts';

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
