// Whether the store can be written to right now: a database that is locked, full or read-only still answers every read.
import type { Clock } from '../base/clock.ts';
import { StoreUnavailableError } from '../base/errors.ts';

export interface WriteProof {
  /** Takes note of how a decision's commit ends; resolves and rejects as it does. */
  watch<T>(commit: Promise<T>): Promise<T>;
  /** Whether something could be written a moment ago; if that is not known, something is. False after `withinMs`. */
  holds(withinMs: number): Promise<boolean>;
}

/** A commit says so much about the moments after it. */
const freshMs = 1_000;

/** `probe` writes something small, durably. Never more than one is under way. */
export function createWriteProof(deps: {
  readonly clock: Clock;
  readonly probe: () => Promise<void>;
}): WriteProof {
  const { clock, probe } = deps;
  let provenAt = Number.NEGATIVE_INFINITY;
  let probing: Promise<boolean> | null = null;

  const startProbe = (): Promise<boolean> => {
    const begunAt = clock.monotonic();
    const ended = probe().then(
      () => {
        provenAt = begunAt;
        return true;
      },
      () => false,
    );
    probing = ended.finally(() => {
      probing = null;
    });
    return probing;
  };

  return {
    async watch(commit) {
      const begunAt = clock.monotonic();
      try {
        const result = await commit;
        provenAt = Math.max(provenAt, begunAt);
        return result;
      } catch (error) {
        if (error instanceof StoreUnavailableError) provenAt = Number.NEGATIVE_INFINITY;
        throw error;
      }
    },
    async holds(withinMs) {
      if (clock.monotonic() - provenAt < freshMs) return true;
      const { promise: late, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), withinMs);
      try {
        return await Promise.race([probing ?? startProbe(), late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The setting that a node's probe writes: of its own, so that no node waits for another one's row. */
export function probeKey(node: string): string {
  return `writeProbe.${node}`;
}
