import { describe, expect, it } from 'vitest';
import type { Log } from '../../src/base/log.ts';
import { createClockWatch } from '../../src/services/clock-watch.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

function watchAt(start: number, lastInstant = 0) {
  let wall = start;
  let monotonic = 1_000;
  const clock = { now: () => wall, monotonic: () => monotonic };
  const watch = createClockWatch({ clock, log: silent, lastInstant });
  return {
    watch,
    /** Lets time pass on both clocks, checking every second. */
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 1_000) {
        wall += 1_000;
        monotonic += 1_000;
        watch.check();
      }
    },
    jump(ms: number) {
      wall += ms;
    },
    wall: () => wall,
  };
}

describe('clock watch', () => {
  it('is stable while both clocks run evenly, also when the wall clock is slewed a little', () => {
    const { watch, pass, jump } = watchAt(1_000_000);
    for (let i = 0; i < 100; i += 1) {
      jump(50);
      pass(1_000);
    }
    expect(watch.state().stable).toBe(true);
  });

  it.each([6_000, -6_000, 3_600_000])(
    'silences the node after a jump of %i ms, until 60 s without one',
    (ms) => {
      const { watch, pass, jump } = watchAt(10_000_000);
      jump(ms);
      expect(watch.check()).toEqual({ stable: false, fault: 'jumped', offsetMs: ms });
      pass(59_000);
      expect(watch.state().stable).toBe(false);
      pass(2_000);
      expect(watch.state().stable).toBe(true);
    },
  );

  it('starts the wait anew with every further jump', () => {
    const { watch, pass, jump } = watchAt(10_000_000);
    jump(6_000);
    pass(40_000);
    jump(-6_000);
    pass(40_000);
    expect(watch.state().stable).toBe(false);
    pass(30_000);
    expect(watch.state().stable).toBe(true);
  });

  it('passes a step of five seconds or less', () => {
    const { watch, jump } = watchAt(10_000_000);
    jump(5_000);
    expect(watch.check().stable).toBe(true);
  });

  it('is unstable while the database says another time', () => {
    const { watch, pass, wall } = watchAt(10_000_000);
    watch.compareWithDatabase(wall() - 2_000, wall(), wall());
    expect(watch.state().stable).toBe(true);
    watch.compareWithDatabase(wall() - 2_500, wall(), wall());
    expect(watch.state()).toMatchObject({ fault: 'differs-from-database', offsetMs: 2_500 });
    pass(30_000);
    watch.compareWithDatabase(wall() + 2_500, wall(), wall());
    pass(40_000);
    expect(watch.state().stable).toBe(false);
    pass(30_000);
    expect(watch.state().stable).toBe(true);
  });

  it('does not take a slow answer of the database for a difference of clocks', () => {
    const { watch, wall } = watchAt(10_000_000);
    const answered = wall() + 9_000;
    watch.compareWithDatabase(wall(), wall(), answered);
    watch.compareWithDatabase(answered, wall(), answered);
    expect(watch.state().stable).toBe(true);
    watch.compareWithDatabase(answered + 2_001, wall(), answered);
    expect(watch.state()).toMatchObject({ fault: 'differs-from-database', offsetMs: -2_001 });
  });

  it('started before the last committed instant stays silent until somebody confirms', () => {
    const { watch, pass } = watchAt(10_000_000, 10_006_000);
    expect(watch.state()).toEqual({ stable: false, fault: 'earlier-than-before', offsetMs: -6_000 });
    pass(600_000);
    expect(watch.state().stable).toBe(false);
    watch.confirm();
    expect(watch.state().stable).toBe(true);
  });

  it('started a little before the last committed instant is stable', () => {
    expect(watchAt(10_000_000, 10_004_000).watch.state().stable).toBe(true);
  });
});
