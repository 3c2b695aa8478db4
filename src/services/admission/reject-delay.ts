// Every Reject leaves at one deadline after its request came, and so does every Challenge: whatever was computed, time tells nothing.
import type { Clock } from '../../base/clock.ts';
import type { Timers } from '../../base/timers.ts';

const tickMs = 10;

export interface RejectDelay {
  /** Runs `send` at `receivedMonotonic` plus the delay, at once when that is past. */
  schedule(receivedMonotonic: number, send: () => void): void;
  /** Sends all that wait, now. */
  flush(): void;
  readonly waiting: number;
}

/** One timer for all: a wheel of slots of 10 ms, turned only while something waits. */
export function createRejectDelay(delayMs: number, clock: Clock, timers: Timers): RejectDelay {
  const slots = new Map<number, (() => void)[]>();
  let waiting = 0;
  let nextSlot = 0;
  let cancel: (() => void) | null = null;

  function send(tasks: readonly (() => void)[]): void {
    waiting -= tasks.length;
    for (const task of tasks) task();
  }

  function tick(): void {
    cancel = null;
    const current = Math.floor(clock.monotonic() / tickMs);
    while (nextSlot <= current && waiting > 0) {
      const due = slots.get(nextSlot);
      slots.delete(nextSlot);
      nextSlot += 1;
      if (due !== undefined) send(due);
    }
    if (waiting > 0) cancel = timers.after(tickMs, tick);
  }

  return {
    schedule(receivedMonotonic, task) {
      const now = clock.monotonic();
      const dueAt = receivedMonotonic + delayMs;
      if (dueAt <= now) {
        task();
        return;
      }
      const slot = Math.ceil(dueAt / tickMs);
      const tasks = slots.get(slot);
      if (tasks === undefined) slots.set(slot, [task]);
      else tasks.push(task);
      if (waiting === 0) nextSlot = Math.floor(now / tickMs);
      waiting += 1;
      cancel ??= timers.after(tickMs, tick);
    },
    flush() {
      cancel?.();
      cancel = null;
      const all = [...slots.entries()].sort(([left], [right]) => left - right);
      slots.clear();
      for (const [, tasks] of all) send(tasks);
    },
    get waiting() {
      return waiting;
    },
  };
}
