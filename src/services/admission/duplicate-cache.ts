// Duplicate detection, RFC 5080 §2.2.2: a retransmission gets the same octets again and is never decided twice.

export interface CacheEntry {
  readonly key: string;
  /** What tells the request from every other one under its key. */
  readonly fingerprint: Buffer;
  /** Monotonic milliseconds. */
  readonly admittedAt: number;
  /** Null while the first one is at work. */
  reply: Buffer | null;
  /** Monotonic milliseconds; Infinity while at work. */
  expiresAt: number;
}

type Admission =
  | { readonly kind: 'new'; readonly entry: CacheEntry }
  /** `afterMs`: since the first one was admitted. */
  | { readonly kind: 'at-work'; readonly afterMs: number }
  | { readonly kind: 'answered'; readonly afterMs: number; readonly reply: Buffer };

export interface DuplicateCache {
  /**
   * Only for requests whose authenticity was checked: forged ones must not evict anything. `fingerprint`: of all octets, or an
   * authenticator that is computed over them. That of an Access-Request is not: some gateways hardly vary it.
   */
  admit(key: string, fingerprint: Buffer): Admission;
  /** Keeps the reply. False when another request took the identifier over meanwhile: then nothing may be sent. */
  complete(entry: CacheEntry, reply: Buffer): boolean;
  /** There will be no reply: a retransmission is looked at afresh. */
  release(entry: CacheEntry): void;
  readonly size: number;
}

/**
 * `key` names source address and port, receiving socket, code and identifier. A reply is kept for `lifetimeMs` after
 * `complete`; beyond `maxReplies` the oldest go first. What is at work is bounded by whoever admits it.
 */
export function createDuplicateCache(options: {
  lifetimeMs: number;
  maxReplies: number;
  monotonic: () => number;
}): DuplicateCache {
  const { lifetimeMs, monotonic } = options;
  const generationSize = Math.ceil(options.maxReplies / 2);
  const working = new Map<string, CacheEntry>();
  // Expiry by generation: the old one is dropped as a whole when all in it are past their lifetime or it is full.
  let young = new Map<string, CacheEntry>();
  let old = new Map<string, CacheEntry>();
  let turnedAt = monotonic();

  function turn(now: number): void {
    if (now - turnedAt < lifetimeMs && young.size < generationSize) return;
    old = now - turnedAt < 2 * lifetimeMs ? young : new Map();
    young = new Map();
    turnedAt = now;
  }

  const find = (key: string) => working.get(key) ?? young.get(key) ?? old.get(key);

  function forget(key: string): void {
    working.delete(key);
    young.delete(key);
    old.delete(key);
  }

  return {
    admit(key, fingerprint) {
      const now = monotonic();
      turn(now);
      const known = find(key);
      if (known !== undefined && known.expiresAt > now && known.fingerprint.equals(fingerprint)) {
        const afterMs = now - known.admittedAt;
        const { reply } = known;
        return reply === null ? { kind: 'at-work', afterMs } : { kind: 'answered', afterMs, reply };
      }
      forget(key);
      // A copy: it may be a view into the datagram.
      const entry = {
        key,
        fingerprint: Buffer.from(fingerprint),
        admittedAt: now,
        reply: null,
        expiresAt: Number.POSITIVE_INFINITY,
      };
      working.set(key, entry);
      return { kind: 'new', entry };
    },
    complete(entry, reply) {
      if (working.get(entry.key) !== entry) return false;
      const now = monotonic();
      turn(now);
      working.delete(entry.key);
      entry.reply = reply;
      entry.expiresAt = now + lifetimeMs;
      young.set(entry.key, entry);
      return true;
    },
    release(entry) {
      if (working.get(entry.key) === entry) working.delete(entry.key);
    },
    get size() {
      return working.size + young.size + old.size;
    },
  };
}
