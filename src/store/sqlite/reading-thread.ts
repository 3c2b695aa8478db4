// Reads that look at many rows, in a thread of their own: neither decisions nor whatever else their thread does wait for them.
import { Worker } from 'node:worker_threads';
import { drizzle } from 'drizzle-orm/sqlite-proxy';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { threadEntry } from '../../base/program.ts';
import { normaliseStoreError } from '../errors.ts';
import { createHandle } from '../handle.ts';
import * as tables from '../schema.sqlite.ts';
import type { Store } from '../store.ts';
import type { Db } from '../tables.ts';

/** One statement; its rows come as lists of values, or with `get` the first alone. */
export interface ReadOrder {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly method: 'run' | 'all' | 'get' | 'values';
}

export type ReadAnswer = { readonly id: number } & (
  | { readonly rows: unknown[] | undefined }
  | { readonly fault: { readonly message: string; readonly code: string | undefined } }
);

export interface ReadingThreadData {
  readonly file: string;
}

/** Rows come in portions, and each is gone before the next. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };

export interface ReadingThread extends Pick<Store, 'read'> {
  stop(): Promise<void>;
}

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, { resolve(rows: unknown[] | undefined): void; reject(error: Error): void }>;
  readonly ended: Promise<void>;
}

/**
 * Reads of a migrated database. The thread is started by the first of them, and again should it have ended. Statements are done one
 * after the other; each sees what was committed before it began.
 */
export function createReadingThread(file: string, log: Log): ReadingThread {
  let running: Running | null = null;
  let isStopped = false;
  let lastId = 0;

  function start(): Running {
    const workerData: ReadingThreadData = { file };
    const worker = new Worker(threadEntry('store/sqlite/reading-worker'), {
      workerData,
      name: 'reading',
      resourceLimits,
    });
    const waiting: Running['waiting'] = new Map();
    worker.on('message', (answer: ReadAnswer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('rows' in answer) asked?.resolve(answer.rows);
      else asked?.reject(Object.assign(new Error(answer.fault.message), { code: answer.fault.code }));
    });
    worker.on('error', (error) => log.error({ err: error }, 'the reading thread ended'));
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', () => {
        if (running?.worker === worker) running = null;
        for (const { reject } of waiting.values()) {
          reject(new StoreUnavailableError('the reading thread has ended'));
        }
        waiting.clear();
        resolve();
      });
    });
    return { worker, waiting, ended };
  }

  function ask(order: Omit<ReadOrder, 'id'>): Promise<unknown[] | undefined> {
    if (isStopped) return Promise.reject(new StoreUnavailableError('the store is closed'));
    running ??= start();
    const { worker, waiting } = running;
    const id = ++lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...order } satisfies ReadOrder);
    });
  }

  const orm = drizzle(async (sql, parameters, method) => {
    const rows = await ask({ sql, parameters, method });
    // Without a row `get` finds nothing, which the driver's type has no word for.
    return { rows: rows as unknown[] };
  });
  const db = createHandle(orm as unknown as Omit<Db, 'tables'>, tables, () => {});

  return {
    async read(fn) {
      try {
        return await fn(db);
      } catch (error) {
        throw normaliseStoreError(error);
      }
    },
    async stop() {
      isStopped = true;
      running?.worker.postMessage('stop');
      await running?.ended;
    },
  };
}
