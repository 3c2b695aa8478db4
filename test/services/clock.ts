// A clock that stands until it is moved.
import type { Clock } from '../../src/base/clock.ts';

export interface TestClock extends Clock {
  /** Time passes on both clocks. */
  advance(ms: number): void;
  /** Puts the wall clock. */
  set(instant: number): void;
}

export function createTestClock(startAt: number): TestClock {
  let wall = startAt;
  let monotonic = 0;
  return {
    now: () => wall,
    monotonic: () => monotonic,
    advance(ms) {
      wall += ms;
      monotonic += ms;
    },
    set(instant) {
      wall = instant;
    },
  };
}
