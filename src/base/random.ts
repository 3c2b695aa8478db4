// Randomness as a dependency, so that tests and the simulation can seed it.
import { randomBytes } from 'node:crypto';

/** Source of random octets; the one in production is a CSPRNG. */
export interface Random {
  bytes(length: number): Buffer;
}

export const systemRandom: Random = { bytes: (length) => randomBytes(length) };

const unambiguous = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** Text of `length` characters out of 32 that cannot be mistaken for each other (no 0 O 1 I): 5 bits each. */
export function randomCode(random: Random, length: number): string {
  let out = '';
  for (const octet of random.bytes(length)) out += unambiguous[octet & 31];
  return out;
}
