// Latencies counted in buckets 1.6 % wide, from a microsecond to over an hour.

/** Buckets of one microsecond each; then half as many for every doubling. */
const linear = 128;
const half = linear / 2;
const doublings = 26;

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export interface Histogram {
  add(milliseconds: number): void;
  summary(): LatencySummary;
}

function bucketOf(microseconds: number): number {
  if (microseconds < linear) return microseconds;
  const doubling = 31 - Math.clz32(microseconds) - Math.log2(half);
  return linear + (doubling - 1) * half + ((microseconds >>> doubling) - half);
}

/** The least value of a bucket, in microseconds. */
function leastOf(bucket: number): number {
  if (bucket < linear) return bucket;
  const doubling = 1 + Math.floor((bucket - linear) / half);
  return (half + ((bucket - linear) % half)) * 2 ** doubling;
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(linear + doublings * half);
  let count = 0;
  let sum = 0;
  let most = 0;

  function quantile(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * count));
    let seen = 0;
    for (const [bucket, many] of counts.entries()) {
      seen += many;
      if (seen >= wanted) return Math.min(most, leastOf(bucket + 1) / 1000);
    }
    return most;
  }

  return {
    add(milliseconds) {
      const microseconds = Math.max(0, Math.min(0x7fff_ffff, Math.round(milliseconds * 1000)));
      const bucket = bucketOf(microseconds);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      count += 1;
      sum += milliseconds;
      if (milliseconds > most) most = milliseconds;
    },
    summary: () => ({
      count,
      meanMs: count === 0 ? 0 : sum / count,
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
      p999Ms: quantile(0.999),
      maxMs: most,
    }),
  };
}
