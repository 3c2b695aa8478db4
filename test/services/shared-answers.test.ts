// Answers shared by those who ask at the same time.
import { expect, it } from 'vitest';
import { createSharedAnswers } from '../../src/services/shared-answers.ts';
import { monday } from './acts.ts';
import { createTestClock } from './clock.ts';

function subject() {
  const clock = createTestClock(monday);
  const answers = createSharedAnswers(clock);
  let made = 0;
  /** Takes so long, and says the how manieth it was. */
  const ask = (key: string, ms: number) =>
    answers.share(key, async () => {
      made += 1;
      const mine = made;
      await null;
      clock.advance(ms);
      return mine;
    });
  return { clock, answers, ask };
}

it('one that is under way serves all who ask the same, and only those', async () => {
  const { ask } = subject();
  expect(await Promise.all([ask('all', 5), ask('all', 5), ask('a unit', 5), ask('all', 5)])).toEqual([
    1, 1, 2, 1,
  ]);
});

it('one that took long is shared for ten times as long, and for ten seconds at most', async () => {
  const { clock, ask } = subject();
  await ask('all', 30);
  clock.advance(299);
  expect(await ask('all', 30)).toBe(1);
  clock.advance(1);
  expect(await ask('all', 60_000)).toBe(2);
  clock.advance(9_999);
  expect(await ask('all', 0)).toBe(2);
  clock.advance(1);
  expect(await ask('all', 0)).toBe(3);
  // It took no time: nothing is saved by sharing it.
  expect(await ask('all', 0)).toBe(4);
});

it('after a change everybody gets an answer of afterwards, also while one of before is under way', async () => {
  const { answers, ask } = subject();
  const before = ask('all', 1_000);
  answers.forget();
  const afterwards = ask('all', 1_000);
  expect(await Promise.all([before, afterwards])).toEqual([1, 2]);
  expect(await ask('all', 1_000)).toBe(2);
});

it('one that fails is not kept', async () => {
  const { answers, ask } = subject();
  const failing = answers.share('all', () => Promise.reject(new Error('gone')));
  await expect(failing).rejects.toThrow('gone');
  expect(await ask('all', 5)).toBe(1);
});
