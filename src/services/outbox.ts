// Delivery from the outbox: each message to its target, again and again with growing pauses until it is taken.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import {
  claimOutbox,
  listDue,
  type OutboxKind,
  type OutboxRow,
  postponeOutbox,
  settleOutbox,
} from '../store/queries/outbox.ts';
import type { Store } from '../store/store.ts';
import type { CheckpointMessage } from './checkpoints.ts';

/** A place outside this host. `deliver` resolves once the place has taken the message, else rejects; repeats are harmless. */
interface Place<Message> {
  /** Its name in the outbox, stable across restarts: `file:/mnt/worm`. */
  readonly target: string;
  deliver(message: Message): Promise<void>;
}
export type Notifier = Place<CheckpointMessage>;

/** A target as the log may have it: what follows the host in a webhook's URL is often a secret. */
function shown(target: string | null): string | null {
  return target?.replace(/^(webhook:https?:\/\/[^/?#]+).+$/s, '$1/…') ?? null;
}

const firstPauseMs = 5_000;
const longestPauseMs = 3_600_000;
/** Longer than any attempt: a node that dies in the middle of one leaves the message to the next. */
const claimMs = 120_000;
const batch = 16;

/**
 * Tries what is due once, several nodes at a time. A message whose target is configured no longer is dropped, and logged.
 * @returns how many were delivered and how many failed
 */
export async function deliverDue<Message extends { readonly target: string | null }>(deps: {
  readonly kind: OutboxKind;
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly notifiers: readonly Place<Message>[];
}): Promise<{ readonly delivered: number; readonly failed: number }> {
  const { kind, store, clock, log, notifiers } = deps;
  let delivered = 0;
  let failed = 0;

  async function attempt(row: OutboxRow): Promise<void> {
    const message = JSON.parse(row.payload) as Message;
    const notifier = notifiers.find(({ target }) => target === message.target);
    if (notifier === undefined) {
      log.warn(
        { target: shown(message.target), id: row.id },
        'a message was dropped: its target is not configured',
      );
    } else {
      try {
        await notifier.deliver(message);
        delivered += 1;
      } catch (error) {
        failed += 1;
        const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** row.attempts);
        log.warn(
          {
            target: shown(message.target),
            error: error instanceof Error ? error.message : String(error),
            attempts: row.attempts + 1,
            nextTryInSeconds: pause / 1_000,
            id: row.id,
          },
          'a message was not delivered: it waits and is tried again',
        );
        await store.write((db) => postponeOutbox(db, row.id, clock.now() + pause));
        return;
      }
    }
    await store.write((db) => settleOutbox(db, row.id, clock.now()));
  }

  for (const row of await store.read((db) => listDue(db, kind, clock.now(), batch))) {
    const isOurs = await store.write((db) => claimOutbox(db, row, clock.now() + claimMs));
    if (isOurs) await attempt(row);
  }
  return { delivered, failed };
}
