// Randomness as a dependency, so that tests and the simulation can seed it.
import { randomBytes, randomFillSync } from 'node:crypto';

/** Source of random octets; the one in production is a CSPRNG. */
export interface Random {
  bytes(length: number): Buffer;
}

const pool = Buffer.allocUnsafeSlow(8_192);
let drawn = pool.length;
/** Longer ones are drawn by themselves. */
const longestFromPool = 512;

/** The system's generator, asked for many octets at a time: one call of it costs as much as three hashes. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > longestFromPool) return randomBytes(length);
    if (drawn + length > pool.length) {
      randomFillSync(pool);
      drawn = 0;
    }
    const octets = Buffer.from(pool.subarray(drawn, drawn + length));
    // What was given away is nobody else's to find.
    pool.fill(0, drawn, drawn + length);
    drawn += length;
    return octets;
  },
};

const unambiguous = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Text of `length` characters out of 32 that cannot be mistaken for each other (no 0 O 1 I): 5 bits each. */
export function randomCode(random: Random, length: number): string {
  let out = '';
  for (const octet of random.bytes(length)) out += unambiguous[octet & 31];
  return out;
}
