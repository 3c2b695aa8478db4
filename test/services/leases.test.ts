// Leases on both databases: one holder at a time, taken over after silence, given back at once.
import { expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { createLease, type Lease } from '../../src/services/leases.ts';
import { describeOnEachStore } from '../store/each-store.ts';

function movableClock(): Clock & { advance(ms: number): void; step(ms: number): void } {
  let monotonic = 0;
  let wall = Date.UTC(2026, 1, 28, 17);
  return {
    now: () => wall,
    monotonic: () => monotonic,
    advance(ms) {
      monotonic += ms;
      wall += ms;
    },
    step(ms) {
      wall += ms;
    },
  };
}

describeOnEachStore('a lease', (open) => {
  async function setUp() {
    const clock = movableClock();
    const store = await open();
    const leaseOf = (holder: string, name = 'work') => createLease({ store, clock, name, holder });
    return { clock, store, leaseOf };
  }
  const runs = (lease: Lease) => lease.run(async () => {});

  it('is held by one, and kept by whoever holds it', async () => {
    const { clock, leaseOf } = await setUp();
    const [a, b] = [leaseOf('a'), leaseOf('b')];
    expect(await runs(a)).toBe(true);
    for (let minutes = 0; minutes < 4; minutes += 1) {
      clock.advance(15_000);
      expect(await runs(a)).toBe(true);
      expect(await runs(b)).toBe(false);
    }
  });

  it('is taken over once its holder has been silent for half a minute, and not before', async () => {
    const { clock, leaseOf } = await setUp();
    const [a, b] = [leaseOf('a'), leaseOf('b')];
    await runs(a);
    clock.advance(29_999);
    expect(await runs(b)).toBe(false);
    clock.advance(1);
    expect(await runs(b)).toBe(true);
    expect(await runs(a)).toBe(false);
  });

  it('goes to one of those who ask at the same moment', async () => {
    const { leaseOf } = await setUp();
    const asked = Array.from({ length: 8 }, (_, index) => runs(leaseOf(`node ${index}`)));
    expect((await Promise.all(asked)).filter((isOurs) => isOurs)).toHaveLength(1);
  });

  it('is free at once when it is given back, but not by one who has lost it', async () => {
    const { clock, leaseOf } = await setUp();
    const [a, b, c] = [leaseOf('a'), leaseOf('b'), leaseOf('c')];
    await runs(a);
    clock.advance(30_000);
    await runs(b);
    await a.release();
    expect(await runs(c)).toBe(false);
    await b.release();
    expect(await runs(c)).toBe(true);
  });

  it('of another name is another', async () => {
    const { leaseOf } = await setUp();
    expect(await runs(leaseOf('a'))).toBe(true);
    expect(await runs(leaseOf('b', 'other work'))).toBe(true);
  });

  it('from before the clock was put back by hours keeps nobody from the work', async () => {
    const { clock, leaseOf } = await setUp();
    await runs(leaseOf('a'));
    clock.step(-7_200_000);
    expect(await runs(leaseOf('b'))).toBe(true);
  });

  it('is not lost by a failure of the work', async () => {
    const { leaseOf } = await setUp();
    const a = leaseOf('a');
    await expect(a.run(() => Promise.reject(new Error('the work failed')))).rejects.toThrow(
      'the work failed',
    );
    expect(await runs(leaseOf('b'))).toBe(false);
    expect(await runs(a)).toBe(true);
  });
});
