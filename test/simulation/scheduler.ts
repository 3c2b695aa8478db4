// Virtual time: one task after another in the order of their instants, every promise settled in between.

export interface Scheduler {
  /** Milliseconds since the simulation began. */
  now(): number;
  /** Runs `task` once, `ms` from now, unless the returned function is called first. Equal instants run in the order of calling. */
  after(ms: number, task: () => void): () => void;
  /** Runs what is due until the instant given; resolves when nothing more is. Rejects with what a task throws. */
  runUntil(instant: number): Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  task: (() => void) | null;
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.at === right.at ? left.order < right.order : left.at < right.at;
}

/** A binary heap: the earliest entry is always the first. */
class Queue {
  readonly #heap: Entry[] = [];

  first(): Entry | undefined {
    return this.#heap[0];
  }

  add(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = index * 2 + 1;
      const leftEntry = heap[left];
      if (leftEntry === undefined) break;
      const rightEntry = heap[left + 1];
      const isRight = rightEntry !== undefined && isBefore(rightEntry, leftEntry);
      const below = isRight ? rightEntry : leftEntry;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = isRight ? left + 1 : left;
    }
    heap[index] = last;
  }
}

/** Cheaper than queueMicrotask, which makes an AsyncResource each time. */
const settled = Promise.resolve();

export function createScheduler(): Scheduler {
  const queue = new Queue();
  let now = 0;
  let order = 0;
  return {
    now: () => now,
    after(ms, task) {
      const entry: Entry = { at: now + Math.max(0, ms), order, task };
      order += 1;
      queue.add(entry);
      return () => {
        entry.task = null;
      };
    },
    runUntil(instant) {
      return new Promise((resolve, reject) => {
        const step = () => {
          try {
            let entry = queue.first();
            while (entry !== undefined && entry.task === null) {
              queue.removeFirst();
              entry = queue.first();
            }
            if (entry === undefined || entry.at > instant) {
              now = Math.max(now, instant);
              resolve();
              return;
            }
            queue.removeFirst();
            now = entry.at;
            entry.task?.();
          } catch (error) {
            reject(error);
            return;
          }
          // The queue of ticks comes after all microtasks: every promise of this task is settled before the next one runs.
          void settled.then(nextStep);
        };
        const nextStep = () => process.nextTick(step);
        process.nextTick(step);
      });
    },
  };
}

/** One incarnation of a process: when it ends, everything that it still waited for never happens. */
export interface Life {
  readonly isOver: boolean;
  after(ms: number, task: () => void): () => void;
  /** Never resolves once the life is over. */
  wait(ms: number): Promise<void>;
  /** What others do when they notice that it is gone. */
  onEnd(task: () => void): void;
  end(): void;
}

export function beginLife(scheduler: Pick<Scheduler, 'after'>): Life {
  let isOver = false;
  const whenOver: (() => void)[] = [];
  const life: Life = {
    get isOver() {
      return isOver;
    },
    after(ms, task) {
      return scheduler.after(ms, () => {
        if (!isOver) task();
      });
    },
    wait: (ms) => new Promise((resolve) => life.after(ms, resolve)),
    onEnd(task) {
      whenOver.push(task);
    },
    end() {
      isOver = true;
      for (const task of whenOver.splice(0)) task();
    },
  };
  return life;
}
