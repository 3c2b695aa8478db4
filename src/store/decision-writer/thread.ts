// Starting and stopping the writer thread, from the thread that composes the process.
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { threadEntry } from '../../base/program.ts';
import type { WriterNotice, WriterOrder, WriterThreadData } from './protocol.ts';

/** Left alone, V8 takes 128 MB on a large machine; a batch is a fraction of this. */
const maxYoungGenerationSizeMb = 24;

export interface WriterThread {
  /** A port for one more client: for `openStore`, in this thread or (transferred) in another one. */
  connect(): MessagePort;
  /** Resolves when the thread has ended, with what ended it, or null after `stop`. All ports are closed then. */
  readonly ended: Promise<Error | null>;
  /** Finishes the commands at hand, closes the database and ends the thread. */
  stop(): Promise<void>;
}

/** Resolves once the thread has opened the database, which must be migrated. Rejects with an OperatorError if it can't. */
export async function startWriterThread(
  data: Omit<WriterThreadData, 'queueLimit'> & { readonly queueLimit?: number },
  log: Log,
): Promise<WriterThread> {
  const workerData: WriterThreadData = { ...data, queueLimit: data.queueLimit ?? null };
  const worker = new Worker(threadEntry('store/decision-writer/worker'), {
    workerData,
    name: 'writer',
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  let stopping = false;
  let failure: Error | null = null;
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', (code) => {
      resolve(failure ?? (stopping ? null : new Error(`the writer thread ended with code ${code}`)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    worker.on('message', (notice: WriterNotice) => {
      if (notice.kind === 'ready') resolve();
      else if (notice.kind === 'log') log[notice.level](notice.fields, notice.message);
      else {
        const { message, remedy } = notice;
        reject(new OperatorError(message, { remedy: remedy ?? 'see the message', at: 'store.file' }));
      }
    });
    void ended.then((error) => reject(error ?? new Error('the writer thread ended')));
  });
  return {
    connect() {
      const { port1, port2 } = new MessageChannel();
      worker.postMessage({ kind: 'client', port: port1 } satisfies WriterOrder & { port: MessagePort }, [
        port1,
      ]);
      return port2;
    },
    ended,
    async stop() {
      stopping = true;
      worker.postMessage({ kind: 'stop' } satisfies WriterOrder);
      await ended;
    },
  };
}
