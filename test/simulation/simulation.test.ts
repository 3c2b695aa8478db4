import { describe, expect, it } from 'vitest';
import { type PlantedBug, plantedBugs } from './planted-bugs.ts';
import { replay, simulate } from './simulate.ts';

const seeds = 1_000;
/** Enough for every planted bug; most show in the first few. */
const mostSeedsForABug = 2_000;

async function findFailure({ parts, from = 1 }: PlantedBug) {
  for (let seed = from; seed < from + mostSeedsForABug; seed += 1) {
    if ((await simulate(seed, parts)).violation !== null) return await replay(seed, parts);
  }
  return null;
}

async function expectNone(seed: number): Promise<void> {
  const { violation, trace } = await replay(seed);
  expect(violation, `${trace.slice(-80).join('\n')}\nReplay: npm run simulate -- --seed ${seed}`).toBeNull();
}

describe('the simulation', () => {
  it(`keeps every invariant in ${seeds} seeds`, { timeout: 300_000 }, async () => {
    const outcomes: Record<string, number> = {};
    for (let seed = 1; seed <= seeds; seed += 1) {
      const run = await simulate(seed);
      if (run.violation !== null) await expectNone(seed);
      // The replay may not keep what the run broke.
      expect(run.violation).toBeNull();
      for (const [name, count] of Object.entries(run.outcomes)) {
        outcomes[name] = (outcomes[name] ?? 0) + count;
      }
    }
    // Otherwise it would prove nothing.
    for (const name of [
      'accept',
      'challenge',
      'deny code-replayed',
      'deny code-wrong',
      'deny challenge-mismatch',
      'deny expired',
      'deny locked-out',
      'deny password-wrong',
      'deny suspended',
      'deny workstation-not-assigned',
    ]) {
      expect(outcomes[name], name).toBeGreaterThan(50);
    }
  });

  // Found among a million: an account locked at the first look and no longer at the second, a question shared by logins over a
  // limit, a clock that jumped between decision and commit.
  it.each([39_864, 38_101, 47_389])('keeps them in seed %i', async (seed) => {
    await expectNone(seed);
  });

  it('plays a seed the same way every time, and each seed another way', async () => {
    const hashes = new Set<string>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const [one, two] = [await replay(seed), await replay(seed)];
      expect(two.hash).toBe(one.hash);
      expect(two.trace).toEqual(one.trace);
      hashes.add(one.hash);
    }
    expect(hashes.size).toBe(40);
  });

  it.each(plantedBugs)('finds a planted bug: $name', { timeout: 300_000 }, async (bug) => {
    const run = await findFailure(bug);
    expect(bug.breaks).toContain(run?.violation?.invariant);
    // And finds it again, exactly.
    expect((await replay(run?.seed ?? 0, bug.parts)).hash).toBe(run?.hash);
  });
});
