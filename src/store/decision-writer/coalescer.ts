// Group commit: gathers commands into batches, at most one of an account in flight, one batch in flight per lane.
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { CommitResult } from '../store.ts';
import type { PreparedCommand } from './apply.ts';

/** Applies one batch in one transaction. Resolves only after the commit is durable. */
export type ApplyBatch = (lane: number, commands: readonly PreparedCommand[]) => Promise<CommitResult[]>;

/** Another transaction was in the way (deadlock, lock not granted in time, key taken meanwhile): worth one more attempt. */
export class ContentionError extends Error {
  override readonly name = 'ContentionError';
}

export interface CoalescerDeps {
  readonly lanes: number;
  readonly apply: ApplyBatch;
  /** Called once for a command that can never be written; its commit rejects. */
  readonly onPoisonous: (command: PreparedCommand, error: unknown) => void;
  readonly log: Log;
  /** Runs a task after the events of this tick; `setImmediate` unless a simulation keeps its own time. */
  readonly afterTick?: (task: () => void) => void;
  /** Commands that may wait; beyond it commits are refused at once. */
  readonly queueLimit?: number;
  readonly batchLimit?: number;
}

export interface Coalescer {
  /**
   * Commands of one account are applied in the order of calling. Rejects with StoreUnavailableError when the store fails, the
   * outcome is unknown or too many commands wait already.
   */
  commit(command: PreparedCommand): Promise<CommitResult>;
  /**
   * The turn to write by oneself: granted in order while no batch is in flight, until the function that it yields is called
   * (more than once is harmless). Between two turns a batch goes first, so that the decisions never starve.
   */
  acquire(): Promise<() => void>;
  /** Commands that wait or are in flight. */
  pending(): number;
  /** Refuses new commands, finishes those at hand. */
  close(): Promise<void>;
}

interface Waiting {
  readonly command: PreparedCommand;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: Error) => void;
}

const defaultQueueLimit = 16_384;
const defaultBatchLimit = 256;

export function createCoalescer(deps: CoalescerDeps): Coalescer {
  const queueLimit = deps.queueLimit ?? defaultQueueLimit;
  const batchLimit = deps.batchLimit ?? defaultBatchLimit;
  const afterTick = deps.afterTick ?? setImmediate;
  let ready: Waiting[] = [];
  /** Accounts with a command ready or in flight, and their later commands. */
  const behind = new Map<number, Waiting[]>();
  const idleLanes = Array.from({ length: deps.lanes }, (_, index) => index).reverse();
  const turns: ((release: () => void) => void)[] = [];
  let turnTaken = false;
  let pending = 0;
  let scheduled = false;
  let closed = false;
  let whenIdle: (() => void)[] = [];

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    // After the events of this tick, so that everything that arrived together is written together.
    afterTick(() => {
      scheduled = false;
      advance();
    });
  };

  const advance = () => {
    if (turnTaken) return;
    if (turns.length > 0) {
      if (idleLanes.length === deps.lanes) takeTurn();
      return;
    }
    while (startBatch());
    if (pending === 0) {
      for (const resolve of whenIdle) resolve();
      whenIdle = [];
    }
  };

  const takeTurn = () => {
    const grant = turns.shift();
    if (grant === undefined) return;
    turnTaken = true;
    let held = true;
    grant(() => {
      if (!held) return;
      held = false;
      turnTaken = false;
      startBatch();
      schedule();
    });
  };

  const startBatch = (): boolean => {
    const lane = ready.length === 0 ? undefined : idleLanes.pop();
    if (lane === undefined) return false;
    const batch = ready.slice(0, batchLimit);
    ready = ready.slice(batchLimit);
    void runBatch(lane, batch);
    return true;
  };

  const runBatch = async (lane: number, batch: readonly Waiting[]) => {
    try {
      settle(
        batch,
        await deps.apply(
          lane,
          batch.map((waiting) => waiting.command),
        ),
      );
    } catch (error) {
      if (error instanceof StoreUnavailableError || batch.length === 0) rejectAll(batch, error);
      else await runOneByOne(lane, batch, error);
    }
    idleLanes.push(lane);
    for (const { command } of batch) release(command.accountId);
    pending -= batch.length;
    schedule();
  };

  const runOneByOne = async (lane: number, batch: readonly Waiting[], cause: unknown) => {
    deps.log.warn({ err: cause, size: batch.length }, 'a batch of decisions failed; each is written alone');
    for (const [index, waiting] of batch.entries()) {
      try {
        settle([waiting], await deps.apply(lane, [waiting.command]));
      } catch (error) {
        if (error instanceof StoreUnavailableError) return rejectAll(batch.slice(index), error);
        if (error instanceof ContentionError) {
          waiting.reject(new StoreUnavailableError('another transaction was in the way', { cause: error }));
          continue;
        }
        waiting.reject(new Error('this decision cannot be written', { cause: error }));
        deps.onPoisonous(waiting.command, error);
      }
    }
  };

  const release = (accountId: number | null) => {
    if (accountId === null) return;
    const next = behind.get(accountId)?.shift();
    if (next === undefined) behind.delete(accountId);
    else ready.push(next);
  };

  return {
    commit(command) {
      if (closed) return Promise.reject(new StoreUnavailableError('the decision writer is closed'));
      if (pending >= queueLimit) {
        return Promise.reject(
          new StoreUnavailableError(`overloaded: ${pending} decisions wait to be written`),
        );
      }
      return new Promise((resolve, reject) => {
        const waiting = { command, resolve, reject };
        pending += 1;
        const queue = command.accountId === null ? undefined : behind.get(command.accountId);
        if (queue !== undefined) {
          queue.push(waiting);
          return;
        }
        if (command.accountId !== null) behind.set(command.accountId, []);
        ready.push(waiting);
        schedule();
      });
    },
    acquire() {
      return new Promise((resolve) => {
        turns.push(resolve);
        schedule();
      });
    },
    pending: () => pending,
    async close() {
      closed = true;
      if (pending > 0) await new Promise<void>((resolve) => whenIdle.push(resolve));
    },
  };
}

function settle(batch: readonly Waiting[], results: readonly CommitResult[]): void {
  for (const [index, waiting] of batch.entries()) {
    const result = results[index];
    if (result === undefined) waiting.reject(new Error('a batch returned too few results'));
    else waiting.resolve(result);
  }
}

function rejectAll(batch: readonly Waiting[], error: unknown): void {
  const failure = error instanceof Error ? error : new StoreUnavailableError(String(error));
  for (const waiting of batch) waiting.reject(failure);
}
