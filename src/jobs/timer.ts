// Work repeated at an interval: never twice at the same time, and a failure ends nothing but that one run.
import type { Log } from '../base/log.ts';

export interface Timer {
  /** No further run begins; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

/** Runs `work` every `intervalMs`, counted from the end of the run before; the first after one interval. */
export function startTimer(options: {
  readonly name: string;
  readonly intervalMs: number;
  readonly log: Log;
  readonly work: () => Promise<void>;
}): Timer {
  const { name, intervalMs, log, work } = options;
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer = setTimeout(run, intervalMs);

  function run(): void {
    running = work()
      .catch((error: unknown) =>
        log.error({ err: error, job: name }, 'a job failed; it runs again at its time'),
      )
      .then(() => {
        if (!stopped) timer = setTimeout(run, intervalMs);
      });
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
