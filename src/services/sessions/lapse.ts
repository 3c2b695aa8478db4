// Sessions that count as ended by now, ended in the store: logins without a tunnel, tunnels without news.
import type { Clock } from '../../base/clock.ts';
import type { EndCause } from '../../core/session.ts';
import { listLapsedSessions, type SessionRow, saveSession } from '../../store/queries/sessions.ts';
import type { Store } from '../../store/store.ts';
import { settleCutsOf } from './order.ts';

const batch = 100;

function causeOf({ state, openUntil, until }: SessionRow): EndCause {
  // A gateway without accounting says nothing of tunnels that are up: its logins count as open until their end.
  return state === 'pending' && openUntil !== null && openUntil !== until ? 'never-started' : 'no-news';
}

/**
 * Ends up to a hundred of them in one write. One that accounting changed meanwhile is left as it is.
 * @returns how many were ended; as many as a batch when there may be more
 */
export async function endLapsedSessions(deps: {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
}): Promise<number> {
  const { store, clock } = deps;
  const now = clock.now();
  const lapsed = await store.read((db) => listLapsedSessions(db, now, batch));
  if (lapsed.length === 0) return 0;
  return await store.write(async (db) => {
    let ended = 0;
    for (const row of lapsed) {
      const endedAt = Math.min(now, row.openUntil ?? row.until);
      const isOurs = await saveSession(db, row, {
        ...row,
        state: 'ended',
        endCause: causeOf(row),
        endedAt,
      });
      if (!isOurs) continue;
      ended += 1;
      const cause = causeOf(row);
      const state = cause === 'never-started' ? 'not-started' : 'unconfirmed';
      await settleCutsOf(db, [row], { state, at: now });
    }
    return ended;
  });
}
