// How often a gateway, and one account through it, may ask: token buckets, kept as the time until which each is empty.

export interface RateLimit {
  /** Takes one token of `key` if there is one. */
  take(key: string, rate: { readonly perSecond: number; readonly burst: number }): boolean;
}

/**
 * Buckets of at most `maxKeys` keys. A key that was not used for long enough to be full again may be forgotten; when
 * there are too many, the ones not used lately are.
 */
export function createRateLimit(options: { maxKeys: number; monotonic: () => number }): RateLimit {
  const { monotonic } = options;
  const generationSize = Math.ceil(options.maxKeys / 2);
  // The instant at which the bucket would be full (GCRA's theoretical arrival time).
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  return {
    take(key, { perSecond, burst }) {
      const now = monotonic();
      const spacingMs = 1000 / perSecond;
      const fullAt = Math.max(young.get(key) ?? old.get(key) ?? now, now);
      const taken = fullAt + spacingMs;
      if (taken - now > burst * spacingMs) return false;
      if (young.size >= generationSize && !young.has(key)) {
        old = young;
        young = new Map();
      }
      young.set(key, taken);
      return true;
    },
  };
}

/** Something remembered by key for a while, at most `maxKeys` of it. */
export interface Windows<Value> {
  find(key: string): Value | undefined;
  open(key: string, value: Value): void;
  close(key: string): void;
}

/** What is opened lasts `windowMs`. */
export function createWindows<Value>(options: {
  windowMs: number;
  maxKeys: number;
  monotonic: () => number;
}): Windows<Value> {
  const { windowMs, maxKeys, monotonic } = options;
  const windows = new Map<string, { until: number; value: Value }>();
  return {
    find(key) {
      const known = windows.get(key);
      return known !== undefined && known.until > monotonic() ? known.value : undefined;
    },
    open(key, value) {
      const now = monotonic();
      windows.delete(key);
      // Insertion order is order of expiry: the first that is still open ends the sweep.
      for (const [other, { until }] of windows) {
        if (until > now && windows.size < maxKeys) break;
        windows.delete(other);
      }
      windows.set(key, { until: now + windowMs, value });
    },
    close(key) {
      windows.delete(key);
    },
  };
}
