// Signed checkpoints of the audit chains: made at an interval, put into the outbox for every target outside the host.
import type { JWK } from 'jose';
import type { Clock } from '../base/clock.ts';
import { findOpenHeads } from '../store/audit/append.ts';
import type { Head } from '../store/audit/chain.ts';
import { checkpointHash, signCheckpoint } from '../store/audit/checkpoint.ts';
import { insertOutbox } from '../store/queries/outbox.ts';
import { findSetting, insertSettingIfAbsent, replaceSetting } from '../store/queries/settings.ts';
import type { Store } from '../store/store.ts';

/** What the outbox keeps of a checkpoint; `target` null when none is configured. */
export interface CheckpointMessage {
  readonly target: string | null;
  readonly instant: number;
  readonly jws: string;
}

interface LastCheckpoint {
  readonly instant: number;
  readonly hash: string;
  /** The heads it named, so that none is made when nothing was written since. */
  readonly heads: string;
}

const settingKey = 'lastCheckpoint';

const headsText = (heads: readonly Head[]): string =>
  heads
    .map((head) => `${head.chain}:${head.seq}`)
    .sort()
    .join(' ');

/**
 * Signs a checkpoint over the open heads and queues it for every target, in one write. Null when nothing was recorded
 * since the last one, or one was made less than `leastAgeMs` ago (by another node, say). Concurrent calls on several
 * nodes never fork the sequence: the loser's write is undone.
 */
export async function makeCheckpoint(deps: {
  readonly store: Store;
  readonly key: JWK;
  readonly clock: Clock;
  /** Names of the targets (`Notifier.target`). */
  readonly targets: readonly string[];
  readonly leastAgeMs: number;
}): Promise<CheckpointMessage | null> {
  const { store, key, clock, targets, leastAgeMs } = deps;
  return store.write(async (db) => {
    const kept = await findSetting(db, settingKey);
    const last = kept === null ? null : (JSON.parse(kept) as LastCheckpoint);
    const instant = clock.now();
    // An instant in the future (the clock was set back) must not stop checkpoints for good.
    if (last !== null && Math.abs(instant - last.instant) < leastAgeMs) return null;
    const heads = await findOpenHeads(db);
    if (heads.length === 0 || headsText(heads) === last?.heads) return null;
    const jws = await signCheckpoint({ instant, heads, previous: last?.hash ?? null }, key);
    const next = JSON.stringify({
      instant,
      hash: checkpointHash(jws),
      heads: headsText(heads),
    } satisfies LastCheckpoint);
    const isFirst =
      kept === null
        ? await insertSettingIfAbsent(db, settingKey, next)
        : await replaceSetting(db, settingKey, kept, next);
    if (!isFirst) throw new Error('another node made a checkpoint at the same time');
    for (const target of targets.length === 0 ? [null] : targets) {
      const message: CheckpointMessage = { target, instant, jws };
      await insertOutbox(db, {
        kind: 'checkpoint',
        payload: JSON.stringify(message),
        createdAt: instant,
        deliveredAt: target === null ? instant : null,
      });
    }
    return { target: null, instant, jws };
  });
}
