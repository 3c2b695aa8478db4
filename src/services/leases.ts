// Work that one node does at a time: whoever holds the lease of its name does it, another within half a minute of its death.
import type { Clock } from '../base/clock.ts';
import { claimLease, releaseLease } from '../store/queries/leases.ts';
import type { Store } from '../store/store.ts';

export interface Lease {
  /**
   * Does the work if this process holds the lease or can take it; else returns false. The signal is aborted when the lease
   * can't be kept any more: finish the write under way, begin no other. What is written must be compare-and-set all the same,
   * since the clocks of two nodes may differ.
   */
  run(work: (signal: AbortSignal) => Promise<void>): Promise<boolean>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** How long a node may be silent before another takes over. */
const leaseMs = 30_000;
/** It is kept by writing no more often than this. */
const renewMs = 10_000;

export function createLease(deps: {
  readonly store: Pick<Store, 'write'>;
  readonly clock: Clock;
  /** Of the work: `lifecycle`, `source:hr`. */
  readonly name: string;
  /** Of this process, unlike that of any other. */
  readonly holder: string;
}): Lease {
  const { store, clock, name, holder } = deps;
  /** Monotonic: when it was claimed last; null while it is not ours. */
  let claimedAt: number | null = null;

  async function claim(): Promise<boolean> {
    const asked = clock.monotonic();
    if (claimedAt !== null && asked - claimedAt < renewMs) return true;
    const isOurs = await store.write((db) => {
      const now = clock.now();
      return claimLease(db, { name, holder, now, until: now + leaseMs, mostMs: leaseMs });
    });
    claimedAt = isOurs ? asked : null;
    return isOurs;
  }

  return {
    async run(work) {
      if (!(await claim())) return false;
      const control = new AbortController();
      const timer = setInterval(() => {
        claim().then(
          (isOurs) => {
            if (!isOurs) control.abort();
          },
          () => {
            // A store that is away keeps everybody from claiming it; past its end it may be another's.
            if (claimedAt === null || clock.monotonic() - claimedAt >= leaseMs) control.abort();
          },
        );
      }, renewMs);
      timer.unref();
      try {
        await work(control.signal);
      } finally {
        clearInterval(timer);
      }
      return true;
    },
    async release() {
      if (claimedAt === null) return;
      claimedAt = null;
      await store.write((db) => releaseLease(db, name, holder));
    },
  };
}
