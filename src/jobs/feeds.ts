// Directories and folders read at their intervals, each on one node at a time.

import type { Log } from '../base/log.ts';
import type { Poller } from '../services/feeds/poll.ts';
import { startLeasedTimer } from './leased-timer.ts';
import type { Timer } from './timer.ts';

/** Pauses while the clock can't be trusted: a wrong day must end nobody. */
export function startFeedJobs(deps: {
  readonly pollers: readonly Poller[];
  readonly lease: (name: string) => Parameters<typeof startLeasedTimer>[0]['lease'];
  readonly isClockStable: () => boolean;
  readonly log: Log;
}): Timer {
  const { pollers, isClockStable, log } = deps;
  const timers = pollers.map(({ source, intervalSeconds, poll }) => {
    const name = `feed-${source}`;
    return startLeasedTimer({
      name,
      intervalMs: intervalSeconds * 1_000,
      lease: deps.lease(name),
      log,
      async work(signal) {
        if (!isClockStable()) return;
        const { from, read } = await poll(signal);
        log.debug({ source, from, ...read }, 'a source was read');
      },
    });
  });
  return {
    async stop() {
      await Promise.all(timers.map((timer) => timer.stop()));
    },
  };
}
