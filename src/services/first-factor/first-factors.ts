// The upstreams of this node by name, for whoever has to judge a password that this broker doesn't keep.
import type { GuardedUpstream, UpstreamNumbers } from './guarded.ts';

export interface FirstFactors {
  /** Null: the configuration of this node has no upstream of that name. */
  find(name: string): GuardedUpstream | null;
  numbers(): Readonly<Record<string, UpstreamNumbers>>;
}

export function createFirstFactors(upstreams: ReadonlyMap<string, GuardedUpstream>): FirstFactors {
  return {
    find: (name) => upstreams.get(name) ?? null,
    numbers: () => Object.fromEntries([...upstreams].map(([name, upstream]) => [name, upstream.numbers()])),
  };
}

/** For tests and tools that know no passwords but the broker's own. */
export const noFirstFactors: FirstFactors = createFirstFactors(new Map());
