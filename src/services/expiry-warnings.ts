// Warnings before the end of a term: 30, 14, 7 days and 1 day ahead, and at the end, once each, also after any downtime.
import type { Clock } from '../base/clock.ts';
import { claimExpiryWarnings, type ExpiryThreshold } from '../store/queries/expiry-warnings.ts';
import { insertOutbox } from '../store/queries/outbox.ts';
import type { Store } from '../store/store.ts';

/** Nearest first: whoever is late is warned of what is nearest, and not of what lies behind it. */
const daysBefore = [0, 1, 7, 14, 30] as const;
const batch = 100;
/** An end longer ago than this is no news. */
const newsForMs = 7 * 86_400_000;

/**
 * Warns of up to a hundred terms in one write. Access doesn't wait for it: the decision itself refuses from the end on.
 * @returns how many warnings were given
 */
export async function warnOfExpiry(deps: {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
}): Promise<number> {
  const { store, clock } = deps;
  let given = 0;
  for (const days of daysBefore) {
    const threshold: ExpiryThreshold = { days, now: clock.now(), newsForMs, limit: batch };
    const due = await store.read((db) => claimExpiryWarnings(db, threshold, 'look'));
    if (due.length === 0) continue;
    given += await store.write(async (db) => {
      const claimed = await claimExpiryWarnings(db, threshold, 'claim');
      for (const { accountId, validUntil, unitId } of claimed) {
        const about = days === 0 ? 'term-ended' : 'term-ends';
        await insertOutbox(db, {
          kind: 'notice',
          payload: JSON.stringify({
            about,
            at: threshold.now,
            accountId,
            unitId,
            validUntil,
            daysBefore: days,
          }),
          createdAt: threshold.now,
          deliveredAt: null,
        });
      }
      return claimed.length;
    });
  }
  return given;
}
