// The writer thread: the one that commits decisions on SQLite, and grants the turn to whoever else wants to write.
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { OperatorError, StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import type { TurnGrant, TurnRequest } from '../sqlite/turn.ts';
import {
  type CommitMessage,
  type ProbedMessage,
  type ProbeMessage,
  type Reply,
  type ResultsMessage,
  unpackCommands,
  type WriterNotice,
  type WriterOrder,
  type WriterThreadData,
} from './protocol.ts';
import { openSqliteWriter, type SqliteWriter } from './sqlite.ts';

/** How long a turn is expected to last; longer ones are logged. */
const expectedTurnMs = 50;
/** After this the batches go on; SQLite's own lock still keeps the writers apart. */
const longestTurnMs = 5_000;

if (parentPort !== null) run(parentPort, workerData as WriterThreadData);

function run(parent: MessagePort, data: WriterThreadData): void {
  const notify = (notice: WriterNotice) => parent.postMessage(notice);
  const log = createRelayedLog(notify, {});
  let writer: SqliteWriter;
  try {
    writer = openSqliteWriter(data.file, {
      clock: systemClock,
      random: systemRandom,
      log,
      node: data.node,
      program: data.program,
      ...(data.queueLimit === null ? {} : { queueLimit: data.queueLimit }),
    });
  } catch (error) {
    const remedy = error instanceof OperatorError ? error.remedy : null;
    notify({ kind: 'refused', message: error instanceof Error ? error.message : String(error), remedy });
    parent.close();
    return;
  }
  const clients = new Map<MessagePort, (message: ClientMessage) => void>();
  parent.on('message', async (order: WriterOrder & { port?: MessagePort }) => {
    const { port } = order;
    if (port !== undefined) {
      clients.set(port, serve(port, writer, log));
      port.on('close', () => clients.delete(port));
      return;
    }
    for (const [client, handle] of clients) {
      // What was sent before the order to stop may not have been read yet: each port has a queue of its own.
      for (let sent = receiveMessageOnPort(client); sent !== undefined; sent = receiveMessageOnPort(client)) {
        handle(sent.message as ClientMessage);
      }
    }
    await writer.close();
    // After the last results, which were posted before this.
    for (const client of clients.keys()) client.close();
    parent.close();
  });
  notify({ kind: 'ready' });
}

type ClientMessage = CommitMessage | ProbeMessage | TurnRequest;

/** Answers one client: its commands, and its requests for the turn. */
function serve(port: MessagePort, writer: SqliteWriter, log: Log): (message: ClientMessage) => void {
  const turns = createTurns(port, writer, log);
  let results: (readonly [number, Reply])[] = [];
  const answer = (id: number, reply: Reply) => {
    if (results.push([id, reply]) > 1) return;
    queueMicrotask(() => {
      port.postMessage({ kind: 'results', results } satisfies ResultsMessage);
      results = [];
    });
  };
  const handle = (message: ClientMessage) => {
    switch (message.kind) {
      case 'commit': {
        const commands = unpackCommands(message);
        for (const [index, command] of commands.entries()) {
          writer.commit(command).then(
            (result) => answer(message.first + index, result),
            (error: unknown) => answer(message.first + index, replyFor(error)),
          );
        }
        break;
      }
      case 'probe': {
        const tell = (fault: string | null) => {
          port.postMessage({ kind: 'probed', id: message.id, fault } satisfies ProbedMessage);
        };
        writer.probe().then(
          () => tell(null),
          (error: unknown) => tell(error instanceof Error ? error.message : String(error)),
        );
        break;
      }
      case 'turn-acquire':
        turns.grant(message);
        break;
      case 'turn-release':
        turns.release(message.id);
        break;
    }
  };
  port.on('message', handle);
  port.on('close', () => turns.releaseAll());
  return handle;
}

function createTurns(port: MessagePort, writer: SqliteWriter, log: Log) {
  const held = new Map<number, { release: () => void; since: number; timer: NodeJS.Timeout }>();
  let gone = false;
  const end = (id: number) => {
    const turn = held.get(id);
    if (turn === undefined) return null;
    held.delete(id);
    clearTimeout(turn.timer);
    turn.release();
    return systemClock.monotonic() - turn.since;
  };
  return {
    grant({ id, granted }: Extract<TurnRequest, { kind: 'turn-acquire' }>): void {
      void writer.acquire().then((release) => {
        if (gone) return release();
        const timer = setTimeout(() => {
          end(id);
          log.error({ heldMs: longestTurnMs }, 'a writer kept its turn too long; decisions go on without it');
        }, longestTurnMs);
        held.set(id, { release, since: systemClock.monotonic(), timer });
        Atomics.store(granted, 0, id);
        Atomics.notify(granted, 0);
        port.postMessage({ kind: 'turn-granted', id } satisfies TurnGrant);
      });
    },
    release(id: number): void {
      const heldMs = end(id);
      if (heldMs !== null && heldMs > expectedTurnMs) {
        log.warn({ heldMs: Math.round(heldMs) }, 'a write held up the decisions');
      }
    },
    releaseAll(): void {
      gone = true;
      if (held.size > 0)
        log.warn({ turns: held.size }, 'a writer ended while it had the turn; it is taken back');
      for (const id of [...held.keys()]) end(id);
    },
  };
}

function replyFor(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof StoreUnavailableError ? 'unavailable' : 'failed', message };
}

/** Lines go to the thread that started this one, which knows where they belong. */
function createRelayedLog(notify: (notice: WriterNotice) => void, bound: Record<string, unknown>): Log {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Record<string, unknown>, message: string) => {
      notify({ kind: 'log', level, fields: withoutErrors({ ...bound, ...fields }), message });
    };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => createRelayedLog(notify, { ...bound, ...fields }),
  };
}

function withoutErrors(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? value.message : value]),
  );
}
