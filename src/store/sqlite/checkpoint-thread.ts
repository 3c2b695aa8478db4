// Moves what was committed from the write-ahead log into the database file, in a thread of its own.
//
// A checkpoint writes each changed page once more and waits for the disk. Left to the connection that commits, as SQLite
// does it by itself, every fortieth batch of decisions waits for that. Whoever commits still does it when the log has
// become very long (connection.ts).
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Log } from '../../base/log.ts';
import { threadEntry } from '../../base/program.ts';

/** What the thread tells: it could not do its work, once for each spell of failures. */
export interface CheckpointNotice {
  readonly fault: string;
}

export interface CheckpointThreadData {
  readonly file: string;
  readonly intervalMs: number;
  /** Of the writer thread, which grants the turn. */
  readonly turns: MessagePort;
}

const intervalMs = 250;
/** The thread holds a few rows at a time. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 24 };

/**
 * Starts the thread on a migrated database; `turns` is a port of its writer thread. Without it everything works, slower: its
 * failures are logged, not passed on.
 */
export function startCheckpointThread(file: string, turns: MessagePort, log: Log): { stop(): Promise<void> } {
  const workerData: CheckpointThreadData = { file, intervalMs, turns };
  const worker = new Worker(threadEntry('store/sqlite/checkpoint-worker'), {
    workerData,
    transferList: [turns],
    name: 'checkpoint',
    resourceLimits,
  });
  worker.on('message', ({ fault }: CheckpointNotice) => {
    log.warn({ fault }, 'the write-ahead log could not be moved into the database; it is tried again');
  });
  worker.on('error', (error) => log.error({ err: error }, 'the checkpoint thread ended'));
  const ended = new Promise<void>((resolve) => worker.on('exit', () => resolve()));
  return {
    async stop() {
      worker.postMessage('stop');
      await ended;
    },
  };
}
