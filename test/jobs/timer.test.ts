import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTimer } from '../../src/jobs/timer.ts';
import { captureLog } from '../services/captured-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a timer', () => {
  it('never runs twice at the same time: the interval counts from the end of a run', async () => {
    let runs = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = async () => {
      runs += 1;
      if (runs === 1) await promise;
    };
    const timer = startTimer({ name: 'slow', intervalMs: 1_000, log: captureLog(), work });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(1);
    resolve();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(runs).toBe(2);
    await timer.stop();
  });

  it('goes on after a run that failed, and logs it', async () => {
    let runs = 0;
    const log = captureLog();
    const work = async () => {
      runs += 1;
      throw new Error('the store is away');
    };
    const timer = startTimer({ name: 'checkpoint', intervalMs: 1_000, log, work });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(runs).toBe(3);
    expect(log.lines[0]).toContain('the store is away');
    await timer.stop();
  });

  it('stops only when the run under way has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const timer = startTimer({ name: 'slow', intervalMs: 1_000, log: captureLog(), work: () => promise });
    await vi.advanceTimersByTimeAsync(1_000);
    const stopped = timer.stop().then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(isOver).toBe(false);
    resolve();
    await stopped;
    expect(vi.getTimerCount()).toBe(0);
  });
});
