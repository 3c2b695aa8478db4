// The turn to write: one holder at a time over all threads of the process.
import type { MessagePort } from 'node:worker_threads';
import { StoreUnavailableError } from '../../base/errors.ts';

/** A mutex in the order of asking. The function it yields gives the turn back; calling it twice is harmless. */
export interface Turn {
  acquire(): Promise<() => void>;
}

/** A turn among the users of one thread. */
export function createLocalTurn(): Turn {
  let last: Promise<void> = Promise.resolve();
  return {
    acquire() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      return before.then(() => resolve);
    },
  };
}

/** Asked of the writer thread: `acquire` and, once granted, `release`, both with the asker's own number. */
export type TurnRequest = { readonly kind: 'turn-acquire' | 'turn-release'; readonly id: number };
/** Answered by the writer thread; until the matching `turn-release` it begins no batch and grants nobody else. */
export type TurnGrant = { readonly kind: 'turn-granted'; readonly id: number };

/**
 * A turn granted by the writer thread at the other end of `port`. Messages of other kinds on the port are left to
 * their own listeners. Rejects with StoreUnavailableError once the port is closed.
 */
export function createRemoteTurn(port: MessagePort): Turn {
  let lastId = 0;
  let closed = false;
  const waiting = new Map<number, { granted: () => void; failed: (error: Error) => void }>();
  port.on('message', (message: TurnGrant | { kind: string }) => {
    if (message.kind !== 'turn-granted' || !('id' in message)) return;
    waiting.get(message.id)?.granted();
    waiting.delete(message.id);
  });
  port.on('close', () => {
    closed = true;
    for (const { failed } of waiting.values()) failed(writerGone());
    waiting.clear();
  });
  return {
    async acquire() {
      if (closed) throw writerGone();
      const id = ++lastId;
      await new Promise<void>((granted, failed) => {
        waiting.set(id, { granted, failed });
        port.postMessage({ kind: 'turn-acquire', id } satisfies TurnRequest);
      });
      let held = true;
      return () => {
        if (held) port.postMessage({ kind: 'turn-release', id } satisfies TurnRequest);
        held = false;
      };
    },
  };
}

function writerGone(): StoreUnavailableError {
  return new StoreUnavailableError('the writer thread has ended');
}
