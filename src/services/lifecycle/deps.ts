// What lifecycle services are given in the program itself: cuts are ordered in the write that ends access.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Store } from '../../store/store.ts';
import type { Administrator } from '../administration.ts';
import { orderCutsOfAccounts } from '../sessions/order.ts';
import type { LifecycleDeps } from './record.ts';

export function lifecycleDeps(given: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly by: Administrator;
  /** Called once orders are committed: whoever carries them out need not look for them first. */
  readonly onCutsOrdered?: () => void;
}): LifecycleDeps {
  const { store, clock, log, by, onCutsOrdered } = given;
  let isOrdered = false;
  return {
    store: {
      ...store,
      async write(fn) {
        const result = await store.write(fn);
        if (isOrdered) {
          isOrdered = false;
          onCutsOrdered?.();
        }
        return result;
      },
    },
    clock,
    log,
    by,
    async onAccessEnded(db, accountIds, reason) {
      const ordered = await orderCutsOfAccounts(db, accountIds, { reason, at: clock.now() });
      isOrdered ||= ordered > 0;
    },
  };
}

/** Who applies what has come due. */
export const lifecycleJob: Administrator = { name: 'lifecycle job', via: 'job' };
