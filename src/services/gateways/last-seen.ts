// When each gateway was last heard of, kept so that it is known after a restart and by a command that runs by itself.
import { noteGatewaySeen } from '../../store/queries/gateway-changes.ts';
import type { Store } from '../../store/store.ts';

export interface LastSeen {
  /** Writes what is newer than at the last call; nothing new: no write. */
  keep(): Promise<void>;
}

/**
 * Not for the way of a request: the listener counts in its memory, and this asks it now and then.
 * @param deps.lastRequests epoch ms of the last genuine request, by name of gateway
 */
export function createLastSeen(deps: {
  readonly store: Pick<Store, 'write'>;
  readonly lastRequests: () => Promise<ReadonlyMap<string, number>>;
}): LastSeen {
  const kept = new Map<string, number>();
  return {
    async keep() {
      const newer = [...(await deps.lastRequests())].filter(([name, at]) => at > (kept.get(name) ?? 0));
      if (newer.length === 0) return;
      await deps.store.write(async (db) => {
        for (const [name, at] of newer) await noteGatewaySeen(db, name, at);
      });
      for (const [name, at] of newer) kept.set(name, at);
    },
  };
}
