// The checkpoint thread: copies committed pages from the write-ahead log into the database, keeping commits waiting for the
// last few only.
//
// SQLite's log begins anew only if, when somebody writes, all of it is in the database and synced; and a checkpoint syncs the
// database only if nobody committed meanwhile. Beside a steady stream of commits neither ever happens by itself: the log
// grows to its limit, and whoever commits then waits for the disk to take all that was copied since the last time.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { CheckpointNotice, CheckpointThreadData } from './checkpoint-thread.ts';
import { openSqliteConnection } from './connection.ts';
import { createRemoteTurn } from './turn.ts';

/** A log of so many pages is made to begin anew. */
const longPages = 2_048;
/** What may be left to copy and sync while commits wait. */
const fewPages = 512;
/** From here on commits wait for more than that: at the limit they would for all that was copied and not yet synced. */
const tooManyPages = 16_384;
/** Copies in one go: each leaves what was committed during it. */
const mostCopies = 24;

if (parentPort !== null) run(parentPort, workerData as CheckpointThreadData);

function run(parent: MessagePort, { file, intervalMs, turns }: CheckpointThreadData): void {
  const connection = openSqliteConnection(file, 'write');
  const turn = createRemoteTurn(turns, { standsStill: false });
  let isFailing = false;
  let isStopped = false;
  /** What was in the database when the log was last made ready to begin anew. */
  let readyVersion: unknown = null;

  /** Changes with every commit of others. */
  const version = () => connection.pragma('data_version', { simple: true });

  /** Waits for nobody: what a reader still needs stays in the log. */
  function copy(): { readonly pages: number; readonly left: number; readonly isQuiet: boolean } {
    const before = version();
    const [result] = connection.pragma('wal_checkpoint(PASSIVE)') as { log: number; checkpointed: number }[];
    const { log = 0, checkpointed = 0 } = result ?? {};
    return { pages: log, left: log - checkpointed, isQuiet: version() === before };
  }

  /** Until little was committed since the database was synced; false: the log is short, or it is better done later. */
  function catchUp(): boolean {
    let syncedPages = Number.NEGATIVE_INFINITY;
    let pages = 0;
    for (let copies = 0; copies < mostCopies; copies += 1) {
      const copied = copy();
      const { left, isQuiet } = copied;
      pages = copied.pages;
      if (pages < longPages) return false;
      if (pages - syncedPages < fewPages) return true;
      if (!isQuiet) continue;
      // A reader is in the way.
      if (left > 0) return false;
      syncedPages = pages;
    }
    return pages > tooManyPages;
  }

  async function work(): Promise<void> {
    try {
      if (version() !== readyVersion && catchUp()) {
        const release = await turn.acquire();
        try {
          copy();
          readyVersion = version();
        } finally {
          release();
        }
      }
      isFailing = false;
    } catch (error) {
      if (!isFailing && !isStopped) parent.postMessage({ fault: String(error) } satisfies CheckpointNotice);
      isFailing = true;
    }
    if (!isStopped) timer = setTimeout(work, intervalMs);
  }

  let timer = setTimeout(work, intervalMs);
  parent.once('message', () => {
    isStopped = true;
    clearTimeout(timer);
    turns.close();
    connection.close();
    parent.close();
  });
}
