// The watch over sessions: whoever has lost the ground of access is cut, whatever is not heard of any more is ended.
import type { Log } from '../base/log.ts';
import type { Cutter } from '../services/sessions/cut.ts';
import { type JudgeDeps, judgeSessions } from '../services/sessions/judge.ts';
import { endLapsedSessions } from '../services/sessions/lapse.ts';
import { startTimer, type Timer } from './timer.ts';

/** An end is exact to the second: it is seen within this, and the Disconnect-Request leaves at once. */
const watchMs = 200;
const lapseMs = 5_000;

/** Works on any number of nodes at once; what each does is compare-and-set. Pauses while the clock can't be trusted. */
export function startSessionJobs(
  deps: JudgeDeps & { readonly cutter: Cutter; readonly isClockStable: () => boolean; readonly log: Log },
): Timer {
  const { cutter, isClockStable, log } = deps;
  let isStopping = false;
  const all = async (some: () => Promise<number>) => {
    while (!isStopping && (await some()) > 0);
  };
  const timers = [
    startTimer({
      name: 'session-watch',
      intervalMs: watchMs,
      log,
      async work() {
        if (isClockStable()) await all(() => judgeSessions(deps));
        await all(() => cutter.runDue());
      },
    }),
    startTimer({
      name: 'lapsed-sessions',
      intervalMs: lapseMs,
      log,
      async work() {
        if (isClockStable()) await all(() => endLapsedSessions(deps));
      },
    }),
  ];
  return {
    async stop() {
      isStopping = true;
      await Promise.all(timers.map((timer) => timer.stop()));
    },
  };
}
