// How much goes wrong in one run: drawn once from its seed, and put to an end before the last logins.
import type { StoreFaults } from '../store/model-store/store.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface Weather {
  /** Nothing at all goes wrong with network, store, nodes and clocks. */
  readonly isCalm: boolean;
  readonly crashes: number;
  readonly clockJumps: number;
  readonly hasRateLimits: boolean;
  /** Milliseconds on the way, for each copy that arrives. */
  deliveries(): number[];
  readonly store: StoreFaults;
  readonly hashMs: () => number;
  readonly pressure: () => number;
  /** From now on all is well. */
  clear(): void;
}

export function drawWeather(random: SeededRandom): Weather {
  const isCalm = random.chance(0.3);
  const network = isCalm ? 0 : random.pick([0, 0.02, 0.1, 0.3]);
  const trouble = isCalm ? 0 : random.pick([0, 0, 0.03, 0.15]);
  const isSlow = !isCalm && random.chance(0.3);
  let isClear = isCalm;
  const latency = (): number => {
    if (isClear) return random.between(0, 3);
    if (isSlow && random.chance(0.05)) return random.between(200, 6_000);
    return random.between(0, random.chance(0.1) ? 60 : 8);
  };
  return {
    isCalm,
    crashes: isCalm ? 0 : random.pick([0, 0, 1, 3]),
    clockJumps: isCalm ? 0 : random.pick([0, 0, 0, 1]),
    hasRateLimits: !isCalm && random.chance(0.1),
    deliveries() {
      if (isClear) return [random.between(0, 2)];
      if (random.chance(network)) return [];
      const way = () => (random.chance(network) ? random.between(0, 4_000) : random.between(0, 20));
      return random.chance(network) ? [way(), way()] : [way()];
    },
    store: {
      latency,
      isUnreachable: () => !isClear && random.chance(trouble / 3),
      commit() {
        if (isClear || !random.chance(trouble)) return 'done';
        return random.chance(0.5) ? 'lost' : 'unanswered';
      },
    },
    hashMs: () => (isClear ? 5 : random.between(5, isSlow && random.chance(0.1) ? 5_000 : 80)),
    pressure: () => (!isClear && isSlow && random.chance(0.2) ? 0.9 : 0),
    clear() {
      isClear = true;
    },
  };
}
