// Time as a dependency: nobody below an edge reads the system clock by itself.

/** Source of time. `now` is the wall clock, `monotonic` never steps; both in milliseconds. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds from an arbitrary start, unaffected by steps of the wall clock. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
