// Waiting as a dependency, so that tests decide when time has passed.

export interface Timers {
  /** Runs `task` once, `ms` from now, unless the returned function is called first. Keeps no process alive. */
  after(ms: number, task: () => void): () => void;
}

export const systemTimers: Timers = {
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
