// Directories read at their intervals, each on one node at a time.
import type { DirectoryConfig } from '../config/directories.ts';
import { pollDirectory } from '../services/feeds/directory.ts';
import type { LifecycleDeps } from '../services/lifecycle/record.ts';
import { startLeasedTimer } from './leased-timer.ts';
import type { Timer } from './timer.ts';

/** Pauses while the clock can't be trusted: a wrong day must end nobody. */
export function startDirectoryJobs(deps: {
  readonly directories: readonly DirectoryConfig[];
  readonly lifecycle: (source: string) => LifecycleDeps;
  readonly lease: (name: string) => Parameters<typeof startLeasedTimer>[0]['lease'];
  readonly isClockStable: () => boolean;
}): Timer {
  const timers = deps.directories.map((config) => {
    const { source, intervalSeconds } = config;
    const lifecycle = deps.lifecycle(source);
    const { log } = lifecycle;
    const name = `directory-${source}`;
    return startLeasedTimer({
      name,
      intervalMs: intervalSeconds * 1_000,
      lease: deps.lease(name),
      log,
      async work(signal) {
        if (!deps.isClockStable()) return;
        const { outcome, ...said } = await pollDirectory(lifecycle, config, signal);
        if (outcome === 'read') log.debug({ source, ...said }, 'a directory was read');
      },
    });
  });
  return {
    async stop() {
      await Promise.all(timers.map((timer) => timer.stop()));
    },
  };
}
