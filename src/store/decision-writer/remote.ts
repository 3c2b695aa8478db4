// The decision writer as another thread sees it: commands made in one tick go over in one message.
import type { MessagePort } from 'node:worker_threads';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { CommitResult } from '../store.ts';
import type { PreparedCommand } from './apply.ts';
import type { Committer } from './committer.ts';
import {
  type ProbedMessage,
  type ProbeMessage,
  packCommands,
  type Reply,
  type ResultsMessage,
} from './protocol.ts';

const mostPending = 16_384;

/** Commits through the writer thread at the other end of `port`. Once the port is closed everything rejects. */
export function createRemoteCommitter(port: MessagePort): Committer {
  const waiting = new Map<
    number,
    { resolve: (result: CommitResult) => void; reject: (error: Error) => void }
  >();
  const probes = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  let outgoing: PreparedCommand[] = [];
  let next = 0;
  let nextProbe = 0;
  let closed = false;

  const send = () => {
    const message = packCommands(next - outgoing.length, outgoing);
    outgoing = [];
    port.postMessage(message);
  };
  port.on('message', (message: ResultsMessage | ProbedMessage | { kind: '' }) => {
    if (message.kind === 'probed') {
      const probe = probes.get(message.id);
      probes.delete(message.id);
      if (message.fault === null) probe?.resolve();
      else probe?.reject(new StoreUnavailableError(message.fault));
      return;
    }
    if (message.kind !== 'results') return;
    for (const [id, reply] of message.results) {
      const commit = waiting.get(id);
      waiting.delete(id);
      if (commit !== undefined) settle(commit, reply);
    }
  });
  port.on('close', () => {
    closed = true;
    for (const { reject } of [...waiting.values(), ...probes.values()]) reject(writerGone());
    waiting.clear();
    probes.clear();
  });

  return {
    commit(command) {
      if (closed) return Promise.reject(writerGone());
      if (waiting.size >= mostPending) {
        return Promise.reject(
          new StoreUnavailableError(`overloaded: ${waiting.size} decisions wait to be written`),
        );
      }
      return new Promise((resolve, reject) => {
        waiting.set(next, { resolve, reject });
        next += 1;
        if (outgoing.push(command) === 1) setImmediate(send);
      });
    },
    pending: () => waiting.size,
    probe() {
      if (closed) return Promise.reject(writerGone());
      const id = nextProbe;
      nextProbe += 1;
      return new Promise((resolve, reject) => {
        probes.set(id, { resolve, reject });
        port.postMessage({ kind: 'probe', id } satisfies ProbeMessage);
      });
    },
    close() {
      port.close();
      return Promise.resolve();
    },
  };
}

function settle(
  commit: { resolve: (result: CommitResult) => void; reject: (error: Error) => void },
  reply: Reply,
): void {
  if (reply.kind === 'unavailable') commit.reject(new StoreUnavailableError(reply.message));
  else if (reply.kind === 'failed') commit.reject(new Error(reply.message));
  else commit.resolve(reply);
}

function writerGone(): StoreUnavailableError {
  return new StoreUnavailableError('the writer thread has ended');
}
