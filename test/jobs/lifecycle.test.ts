// The job that applies what has come due: nothing by a clock that is not trusted, everything once it is.
import { expect, it, onTestFinished } from 'vitest';
import { startLifecycleJob } from '../../src/jobs/lifecycle.ts';
import { at, createStaff } from '../services/lifecycle/staff.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { oneDay } from '../store/fixtures.ts';

describeOnEachStore('personnel events that have come due', (open) => {
  it('wait while the clock is not trusted: a day that is wrong ends nobody', async () => {
    const store = await open();
    const staff = await createStaff(store, 1);
    const day = at('29/02/2028');
    await staff.record([staff.event(0, { effectiveAt: day })]);
    // It jumped past the day.
    staff.clock.set(day + oneDay);
    let isTrusted = false;
    let looks = 0;
    const job = startLifecycleJob({
      lifecycle: staff.deps,
      lease: (name) => ({ store, clock: staff.clock, name, holder: 'a' }),
      isClockStable() {
        looks += 1;
        return isTrusted;
      },
    });
    onTestFinished(() => job.stop());
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
    expect(staff.cut).toEqual([]);
    isTrusted = true;
    await expect.poll(async () => (await staff.accountRow(0)).status, { timeout: 10_000 }).toBe('withdrawn');
    expect(staff.cut).toHaveLength(1);
  });
});
