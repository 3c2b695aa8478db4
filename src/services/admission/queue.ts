// How much may be at work at once: a bounded queue that gives up what is least likely to matter any more.

interface Task {
  /** Carries a State: somebody has already typed a password (RFC 5080 §2.2.2: prefer these). */
  readonly hasState: boolean;
  run(): Promise<void>;
  /** Never ran. */
  drop(): void;
}

export interface Admission {
  submit(task: Task): void;
  readonly inFlight: number;
  readonly queued: number;
  /** Resolves when nothing is at work or waiting. */
  idle(): Promise<void>;
}

/**
 * At most `maxInFlight` tasks run; others wait, those with State first, each kind in order. When `maxQueued` wait, the
 * oldest without State is dropped, then the oldest with one: its gateway has given up or will ask again.
 */
export function createAdmission({
  maxInFlight,
  maxQueued,
}: {
  maxInFlight: number;
  maxQueued: number;
}): Admission {
  // Sets keep the order of insertion and take the first out at once, unlike shift() on a long array.
  const withState = new Set<Task>();
  const without = new Set<Task>();
  let inFlight = 0;
  let whenIdle: (() => void)[] = [];

  function takeFrom(queue: Set<Task>): Task | null {
    for (const task of queue) {
      queue.delete(task);
      return task;
    }
    return null;
  }

  function start(task: Task): void {
    inFlight += 1;
    task.run().finally(() => {
      inFlight -= 1;
      const next = takeFrom(withState) ?? takeFrom(without);
      if (next !== null) start(next);
      else if (inFlight === 0) {
        for (const resolve of whenIdle) resolve();
        whenIdle = [];
      }
    });
  }

  return {
    submit(task) {
      if (inFlight < maxInFlight) {
        start(task);
        return;
      }
      if (withState.size + without.size >= maxQueued) (takeFrom(without) ?? takeFrom(withState))?.drop();
      (task.hasState ? withState : without).add(task);
    },
    get inFlight() {
      return inFlight;
    },
    get queued() {
      return withState.size + without.size;
    },
    idle: () => (inFlight === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
  };
}
