// What has come due of personnel events and of changes to units, applied on one node at a time.
import { applyDueEvents } from '../services/lifecycle/due.ts';
import type { LifecycleDeps } from '../services/lifecycle/record.ts';
import { applyDueUnitEvents } from '../services/lifecycle/unit-events.ts';
import { startLeasedTimer } from './leased-timer.ts';
import type { Timer } from './timer.ts';

const name = 'lifecycle';
const intervalMs = 500;

/** Pauses while the clock can't be trusted: a wrong day must end nobody. Access itself does not wait for it. */
export function startLifecycleJob(deps: {
  readonly lifecycle: LifecycleDeps;
  readonly lease: (name: string) => Parameters<typeof startLeasedTimer>[0]['lease'];
  readonly isClockStable: () => boolean;
}): Timer {
  const { lifecycle, isClockStable } = deps;
  return startLeasedTimer({
    name,
    intervalMs,
    lease: deps.lease(name),
    log: lifecycle.log,
    async work(signal) {
      if (!isClockStable()) return;
      await applyDueUnitEvents(lifecycle, signal);
      await applyDueEvents(lifecycle, signal);
    },
  });
}
