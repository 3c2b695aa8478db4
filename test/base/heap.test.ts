import { getHeapSpaceStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { settleHeap } from '../../src/base/heap.ts';

const young = () => {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  if (space === undefined) throw new Error('V8 has no new space');
  return space.space_size;
};

/** As loading does: much of it lives for a while. */
function makeGarbage(): void {
  let kept: object[] = [];
  for (let i = 0; i < 2_000_000; i += 1) {
    kept.push({ i });
    if (kept.length > 400_000) kept = [];
  }
}

test('what starting has left is given back, and the young generation may grow again', () => {
  makeGarbage();
  const grown = young();
  settleHeap();
  expect(young()).toBeLessThan(grown / 4);
  expect('gc' in globalThis).toBe(false);
  makeGarbage();
  expect(young()).toBeGreaterThan(grown / 4);
});
