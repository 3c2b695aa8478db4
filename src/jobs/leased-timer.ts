// Work repeated at an interval on one node at a time: the one that holds its lease.
import type { Log } from '../base/log.ts';
import { createLease } from '../services/leases.ts';
import { startTimer, type Timer } from './timer.ts';

/** Like `startTimer`, but the other nodes only ask for the lease. Stopping gives it back. */
export function startLeasedTimer(options: {
  readonly name: string;
  readonly intervalMs: number;
  readonly lease: Parameters<typeof createLease>[0];
  readonly log: Log;
  /** Aborted when the timer is stopped too: what is left is due again. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}): Timer {
  const { name, intervalMs, log, work } = options;
  const lease = createLease(options.lease);
  const stopping = new AbortController();
  const timer = startTimer({
    name,
    intervalMs,
    log,
    async work() {
      await lease.run((signal) => work(AbortSignal.any([signal, stopping.signal])));
    },
  });
  return {
    async stop() {
      stopping.abort();
      await timer.stop();
      await lease.release().catch((error: unknown) => {
        log.warn({ err: error, job: name }, 'a lease was not given back: another node waits for its end');
      });
    },
  };
}
