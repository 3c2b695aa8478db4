// The checkpoint thread: copies committed pages from the write-ahead log into the database, without keeping anyone waiting.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CheckpointNotice, CheckpointThreadData } from './checkpoint-thread.ts';
import { openSqliteConnection } from './connection.ts';

if (parentPort !== null) run(parentPort, workerData as CheckpointThreadData);

function run(parent: MessagePort, { file, intervalMs }: CheckpointThreadData): void {
  const connection = openSqliteConnection(file, 'write');
  let isFailing = false;
  const timer = setInterval(() => {
    try {
      // PASSIVE waits for nobody: what a reader still needs stays in the log until the next time.
      connection.pragma('wal_checkpoint(PASSIVE)');
      isFailing = false;
    } catch (error) {
      if (!isFailing) parent.postMessage({ fault: String(error) } satisfies CheckpointNotice);
      isFailing = true;
    }
  }, intervalMs);
  parent.once('message', () => {
    clearInterval(timer);
    connection.close();
    parent.close();
  });
}
