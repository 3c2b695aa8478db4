// Randomness that a seed replays: sfc32, with what the actors of a simulation draw from it.
import type { Random } from '../../src/base/random.ts';

export interface SeededRandom extends Random {
  /** 0 (included) to 1 (excluded). */
  fraction(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  /** An independent stream: what one part draws does not shift what another one gets. */
  fork(): SeededRandom;
}

/** Creates the stream of a seed; `stream` tells apart several of one seed. */
export function createSeededRandom(seed: number, stream = 0): SeededRandom {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = (stream | 0) ^ 0x9e3779b9;
  let counter = 1;

  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();

  const random: SeededRandom = {
    bytes(length) {
      const octets = Buffer.alloc(length);
      for (let at = 0; at < length; at += 4) {
        const word = next();
        for (let index = at; index < Math.min(at + 4, length); index += 1) {
          octets[index] = (word >>> ((index - at) * 8)) & 255;
        }
      }
      return octets;
    },
    fraction: () => next() / 2 ** 32,
    between: (least, most) => least + (next() % (most - least + 1)),
    chance: (probability) => next() / 2 ** 32 < probability,
    pick(values) {
      const value = values[next() % values.length];
      if (value === undefined) throw new RangeError('nothing to pick from');
      return value;
    },
    fork: () => createSeededRandom(next() * 2 ** 21 + (next() >>> 11), next()),
  };
  return random;
}
