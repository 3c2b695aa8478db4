// Every Reject leaves at one deadline after its request came, and so does every Challenge: whatever was computed, time tells nothing.
import type { Clock } from '../../base/clock.ts';
import type { Timers } from '../../base/timers.ts';

const slotMs = 10;

export interface RejectDelay {
  /** Runs `send` at `receivedMonotonic` plus the delay, at once when that is past. */
  schedule(receivedMonotonic: number, send: () => void): void;
  /** Sends all that wait, now. */
  flush(): void;
  readonly waiting: number;
}

/** One timer for all: slots of 10 ms, set for the earliest in which something waits: an idle broker is not woken. */
export function createRejectDelay(delayMs: number, clock: Clock, timers: Timers): RejectDelay {
  const slots = new Map<number, (() => void)[]>();
  let waiting = 0;
  let armedFor = Number.POSITIVE_INFINITY;
  let cancel: (() => void) | null = null;

  function send(tasks: readonly (() => void)[]): void {
    waiting -= tasks.length;
    for (const task of tasks) task();
  }

  function sendUpTo(last: number): void {
    const due = [...slots.keys()].filter((slot) => slot <= last).sort((left, right) => left - right);
    for (const slot of due) {
      const tasks = slots.get(slot) ?? [];
      slots.delete(slot);
      send(tasks);
    }
  }

  function arm(slot: number): void {
    cancel?.();
    armedFor = slot;
    cancel = timers.after(Math.ceil(slot * slotMs - clock.monotonic()), onTimer);
  }

  function disarm(): void {
    cancel?.();
    cancel = null;
    armedFor = Number.POSITIVE_INFINITY;
  }

  function onTimer(): void {
    disarm();
    sendUpTo(Math.floor(clock.monotonic() / slotMs));
    const earliest = slots.keys().reduce((least, slot) => Math.min(least, slot), Number.POSITIVE_INFINITY);
    if (earliest < armedFor) arm(earliest);
  }

  return {
    schedule(receivedMonotonic, task) {
      const dueAt = receivedMonotonic + delayMs;
      if (dueAt <= clock.monotonic()) {
        task();
        return;
      }
      const slot = Math.ceil(dueAt / slotMs);
      const tasks = slots.get(slot);
      if (tasks === undefined) slots.set(slot, [task]);
      else tasks.push(task);
      waiting += 1;
      if (slot < armedFor) arm(slot);
    },
    flush() {
      disarm();
      sendUpTo(Number.POSITIVE_INFINITY);
    },
    get waiting() {
      return waiting;
    },
  };
}
