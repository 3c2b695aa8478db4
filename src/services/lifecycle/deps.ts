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
}): LifecycleDeps {
  const { store, clock, log, by } = given;
  return {
    store,
    clock,
    log,
    by,
    async onAccessEnded(db, accountIds, reason) {
      await orderCutsOfAccounts(db, accountIds, { reason, at: clock.now() });
    },
  };
}

/** Who applies what has come due. */
export const lifecycleJob: Administrator = { name: 'lifecycle job', via: 'job' };
