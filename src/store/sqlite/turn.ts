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
export type TurnRequest =
  | {
      readonly kind: 'turn-acquire';
      readonly id: number;
      /** Shared: gets the number of the request that is granted, and whoever waits on it is woken. */
      readonly granted: Int32Array;
    }
  | { readonly kind: 'turn-release'; readonly id: number };
/** Answered by the writer thread; until the matching `turn-release` it begins no batch and grants nobody else. */
export type TurnGrant = { readonly kind: 'turn-granted'; readonly id: number };

/** For a thread that stands still: a turn lasts 50 ms at most, and a batch hardly longer. */
const standingStillMs = 1_000;

/**
 * A turn granted by the writer thread at the other end of `port`. Messages of other kinds on the port are left to
 * their own listeners. Rejects with StoreUnavailableError once the port is closed.
 *
 * From the grant on every decision waits, so that the turn must be taken at once. A thread whose event loop is busy with other
 * things for long (`standsStill`) does nothing else until it is granted, instead of hearing of it when it comes round to that.
 */
export function createRemoteTurn(
  port: MessagePort,
  { standsStill }: { readonly standsStill: boolean },
): Turn {
  const inThread = createLocalTurn();
  const granted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let lastId = 0;
  let closed = false;
  let waiting: { readonly id: number; granted(): void; failed(error: Error): void } | null = null;
  port.on('message', (message: TurnGrant | { kind: string }) => {
    if (message.kind !== 'turn-granted' || !('id' in message)) return;
    if (waiting?.id === message.id) waiting.granted();
  });
  port.on('close', () => {
    closed = true;
    waiting?.failed(writerGone());
  });

  async function ask(id: number): Promise<void> {
    if (closed) throw writerGone();
    port.postMessage({ kind: 'turn-acquire', id, granted } satisfies TurnRequest);
    if (standsStill) Atomics.wait(granted, 0, id - 1, standingStillMs);
    if (Atomics.load(granted, 0) === id) return;
    await new Promise<void>((resolve, reject) => {
      waiting = { id, granted: resolve, failed: reject };
    });
    waiting = null;
  }

  return {
    async acquire() {
      const leave = await inThread.acquire();
      const id = ++lastId;
      try {
        await ask(id);
      } catch (error) {
        leave();
        throw error;
      }
      let held = true;
      return () => {
        if (held) port.postMessage({ kind: 'turn-release', id } satisfies TurnRequest);
        held = false;
        leave();
      };
    },
  };
}

function writerGone(): StoreUnavailableError {
  return new StoreUnavailableError('the writer thread has ended');
}
