// Decisions by outcome and reason, and how long the store takes, counted where they are committed.
import type { Clock } from '../../base/clock.ts';
import type { DecisionStore } from '../../store/store.ts';
import { createStopwatch, type Latency } from './latency.ts';

export interface DecisionCounts {
  /** `reason` is empty for those without one. */
  readonly decisions: readonly {
    readonly outcome: string;
    readonly reason: string;
    readonly count: number;
  }[];
  /** Commits that came to nothing: decided again, or lost to another node. */
  readonly conflicts: Readonly<Record<string, number>>;
  readonly facts: Latency;
  readonly commits: Latency;
  /** Commits on their way. */
  readonly pending: number;
}

/** The same decision store, and what went through it. */
export function countDecisions(
  store: DecisionStore,
  clock: Clock,
): { readonly store: DecisionStore; counts(): DecisionCounts } {
  const byReason = new Map<string, { outcome: string; reason: string; count: number }>();
  const conflicts: Record<string, number> = {};
  const facts = createStopwatch();
  const commits = createStopwatch();
  let pending = 0;
  return {
    store: {
      async loadFacts(query) {
        const startedAt = clock.monotonic();
        try {
          return await store.loadFacts(query);
        } finally {
          facts.observe((clock.monotonic() - startedAt) / 1000);
        }
      },
      async commit(command) {
        const startedAt = clock.monotonic();
        pending += 1;
        try {
          const result = await store.commit(command);
          if (result.kind === 'committed') {
            const { outcome, reason } = command.record;
            const key = `${outcome} ${reason ?? ''}`;
            const entry = byReason.get(key) ?? { outcome, reason: reason ?? '', count: 0 };
            entry.count += 1;
            byReason.set(key, entry);
          } else conflicts[result.kind] = (conflicts[result.kind] ?? 0) + 1;
          return result;
        } finally {
          pending -= 1;
          commits.observe((clock.monotonic() - startedAt) / 1000);
        }
      },
    },
    counts: () => ({
      decisions: [...byReason.values()].map((entry) => ({ ...entry })),
      conflicts: { ...conflicts },
      facts: facts.latency(),
      commits: commits.latency(),
      pending,
    }),
  };
}

function addLatency(a: Latency, b: Latency): Latency {
  return {
    buckets: a.buckets.map((count, bucket) => count + (b.buckets[bucket] ?? 0)),
    sumSeconds: a.sumSeconds + b.sumSeconds,
    count: a.count + b.count,
  };
}

/** The sum of what two ways of asking have counted. */
export function addDecisionCounts(a: DecisionCounts, b: DecisionCounts): DecisionCounts {
  const byReason = new Map<string, DecisionCounts['decisions'][number]>();
  for (const entry of [...a.decisions, ...b.decisions]) {
    const key = `${entry.outcome} ${entry.reason}`;
    byReason.set(key, { ...entry, count: entry.count + (byReason.get(key)?.count ?? 0) });
  }
  const conflicts: Record<string, number> = { ...a.conflicts };
  for (const [kind, count] of Object.entries(b.conflicts)) conflicts[kind] = (conflicts[kind] ?? 0) + count;
  return {
    decisions: [...byReason.values()],
    conflicts,
    facts: addLatency(a.facts, b.facts),
    commits: addLatency(a.commits, b.commits),
    pending: a.pending + b.pending,
  };
}
