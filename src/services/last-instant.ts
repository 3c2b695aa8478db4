// The last instant at which this store is known to have been at work: a clock that starts before it is not believed.
import { findSetting, putSetting } from '../store/queries/settings.ts';
import type { Store } from '../store/store.ts';

const settingKey = 'lastInstant';

/** Epoch ms; 0 for a new store. */
export async function readLastInstant(store: Pick<Store, 'read'>): Promise<number> {
  return Number((await store.read((db) => findSetting(db, settingKey))) ?? 0);
}

/** Moves it forward to `now`, which the caller trusts; back only when a person has confirmed the clock. */
export async function keepLastInstant(
  store: Store,
  now: number,
  options: { readonly evenIfEarlier?: boolean } = {},
): Promise<void> {
  await store.write(async (db) => {
    const kept = Number((await findSetting(db, settingKey)) ?? 0);
    if (now > kept || options.evenIfEarlier === true) await putSetting(db, settingKey, String(now));
  });
}
