// Moves what was committed from the write-ahead log into the database file, in a thread of its own.
//
// A checkpoint writes each changed page once more and waits for the disk. Left to the connection that commits, as SQLite
// does it by itself, every fortieth batch of decisions waits for that. Whoever commits still does it when the log has
// become long (connection.ts), and then finds little left to move.
import { Worker } from 'node:worker_threads';
import type { Log } from '../../base/log.ts';
import { threadEntry } from '../../base/program.ts';

/** What the thread tells: it could not do its work, once for each spell of failures. */
export interface CheckpointNotice {
  readonly fault: string;
}

export interface CheckpointThreadData {
  readonly file: string;
  readonly intervalMs: number;
}

const intervalMs = 1_000;
/** The thread holds a few rows at a time. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 24 };

/** Starts the thread on a migrated database. Without it everything works, slower: its failures are logged, not passed on. */
export function startCheckpointThread(file: string, log: Log): { stop(): Promise<void> } {
  const workerData: CheckpointThreadData = { file, intervalMs };
  const worker = new Worker(threadEntry('store/sqlite/checkpoint-worker'), {
    workerData,
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
