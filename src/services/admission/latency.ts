// How long something takes, as counts between fixed bounds, for metrics.

/** Upper bounds in seconds; the last bucket has none. */
export const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

export interface Latency {
  /** One count per bound of `latencyBounds`, one beyond. */
  readonly buckets: readonly number[];
  readonly sumSeconds: number;
  readonly count: number;
}

export interface Stopwatch {
  observe(seconds: number): void;
  latency(): Latency;
}

export function createStopwatch(): Stopwatch {
  const buckets = Array.from({ length: latencyBounds.length + 1 }, () => 0);
  let sumSeconds = 0;
  let count = 0;
  return {
    observe(seconds) {
      const found = latencyBounds.findIndex((bound) => seconds <= bound);
      const bucket = found === -1 ? latencyBounds.length : found;
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      sumSeconds += seconds;
      count += 1;
    },
    latency: () => ({ buckets: [...buckets], sumSeconds, count }),
  };
}
