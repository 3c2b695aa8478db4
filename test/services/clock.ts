// A clock that stands until it is moved.
import type { Clock } from '../../src/base/clock.ts';

export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function createTestClock(startAt: number): TestClock {
  let elapsed = 0;
  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    advance(ms) {
      elapsed += ms;
    },
  };
}
