// The reading thread: does one statement after the other, when no other thread needs the processor.
import { setPriority } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openSqliteConnection } from './connection.ts';
import type { ReadAnswer, ReadingThreadData, ReadOrder } from './reading-thread.ts';
import { withStatements } from './statements.ts';

/** Beside threads that decide it gets a tenth of a processor that both want. */
const niceness = 10;

if (parentPort !== null) run(parentPort, workerData as ReadingThreadData);

function run(parent: MessagePort, { file }: ReadingThreadData): void {
  // On Linux the priority is the thread's, elsewhere the whole process would have it.
  if (process.platform === 'linux') setPriority(0, niceness);
  const connection = openSqliteConnection(file, 'read');
  const client = withStatements(connection);

  function answer({ id, sql, parameters, method }: ReadOrder): ReadAnswer {
    try {
      const statement = client.prepare(sql).raw();
      const rows = method === 'get' ? statement.get(...parameters) : statement.all(...parameters);
      return { id, rows: rows as unknown[] | undefined };
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      return { id, fault: { message, code } };
    }
  }

  parent.on('message', (order: ReadOrder | 'stop') => {
    if (order !== 'stop') return parent.postMessage(answer(order));
    connection.close();
    parent.close();
  });
}
