// A feed that can't be read, or whose answer can't be used: nobody loses access by it, and it is said once.
import { appendRecord } from '../../store/audit/append.ts';
import { findFeed, noteFeed } from '../../store/queries/feeds.ts';
import { insertAlert } from '../../store/queries/lifecycle.ts';
import { insertOutbox } from '../../store/queries/outbox.ts';
import type { LifecycleDeps } from '../lifecycle/record.ts';

/** Why nothing was taken from a source, or not all: a closed list, in words in the console's texts (`sources.fault`). */
export const feedFaults = [
  'unreachable',
  'untrusted',
  'bind-refused',
  'refused',
  'incomplete',
  'empty',
  'shrunken',
  'folder-gone',
  'folder-forbidden',
  'file-unreadable',
  'file-stuck',
  'file-refused',
] as const;
export type FeedFault = (typeof feedFaults)[number];

/** Keeps the fault, and raises an alert unless there was one already since the last good reading. @returns whether it did */
export async function raiseFeedFault(
  { store, clock, log }: Pick<LifecycleDeps, 'store' | 'clock' | 'log'>,
  source: string,
  fault: { readonly kind: FeedFault; readonly message: string },
): Promise<boolean> {
  const before = await store.read((db) => findFeed(db, source));
  if (before?.faultSince != null) return false;
  const now = clock.now();
  const isFirst = await store.write(async (db) => {
    const current = await findFeed(db, source);
    if (current?.faultSince != null) return false;
    await noteFeed(db, source, { fault: fault.kind, faultSince: now });
    const evidence = { source, fault: fault.kind };
    const place = await appendRecord(db, {
      kind: 'system',
      at: now,
      accountId: null,
      gatewayId: null,
      outcome: 'lifecycle.feed-fault',
      reason: null,
      detail: null,
      lookupCode: null,
      body: evidence,
      personal: {},
    });
    const rule = 'feed-fault';
    await insertAlert(db, { rule, evidence: JSON.stringify(evidence), at: now, ...place });
    await insertOutbox(db, {
      kind: 'alert',
      payload: JSON.stringify({ rule, at: now, ...evidence }),
      createdAt: now,
      deliveredAt: null,
    });
    return true;
  });
  if (isFirst)
    log.warn(
      { source, fault: fault.kind, detail: fault.message },
      'a feed cannot be read: nobody is withdrawn by it',
    );
  return isFirst;
}

/** After a good reading: writes only when there was a fault. */
export async function clearFeedFault(
  { store, clock, log }: Pick<LifecycleDeps, 'store' | 'clock' | 'log'>,
  source: string,
): Promise<void> {
  const before = await store.read((db) => findFeed(db, source));
  if (before?.faultSince == null) return;
  await store.write((db) =>
    noteFeed(db, source, { fault: null, faultSince: null, lastSuccessAt: clock.now() }),
  );
  log.info({ source }, 'a feed can be read again');
}
