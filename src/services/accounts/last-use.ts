// When accounts were let in last, noted now and then and not with each login: so an index finds those that were not for long.
import type { Clock } from '../../base/clock.ts';
import { listMaybeDormant, noteUse, type UsedPlace } from '../../store/queries/last-use.ts';
import type { Store } from '../../store/store.ts';

/** A write holds up decisions no longer than some milliseconds. */
const batch = 50;
/** Of those of whom there is nothing to note, so many are looked at in one run. */
const mostInVain = 5_000;

/**
 * Looks at the accounts that may be dormant and notes when they were let in after all. Each run goes on where the one before ended, so
 * that it costs the same however many are dormant indeed. Nothing depends on it but what lists cost (store/queries/attention.ts).
 * @returns of each run: how many were noted
 */
export function createLastUse(deps: {
  readonly store: Pick<Store, 'aside' | 'write'>;
  readonly clock: Clock;
}): (signal: AbortSignal) => Promise<number> {
  const { store, clock } = deps;
  let place: UsedPlace | null = null;
  return async (signal) => {
    let noted = 0;
    for (let inVain = 0; inVain < mostInVain && !signal.aborted; ) {
      const after: UsedPlace | null = place;
      const rows = await store.aside.read((db) => listMaybeDormant(db, after, clock.now(), batch));
      const uses = rows.flatMap(({ id, lastAcceptAt }) =>
        lastAcceptAt === null ? [] : [{ id, at: lastAcceptAt }],
      );
      if (uses.length > 0) await store.write((db) => noteUse(db, uses));
      noted += uses.length;
      inVain += rows.length - uses.length;
      place = rows.length < batch ? null : (rows.at(-1) ?? null);
      if (place === null) break;
    }
    return noted;
  };
}
