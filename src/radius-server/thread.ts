// Starting and stopping the thread of the RADIUS listener, from the thread that composes the process.
import { type MessagePort, Worker } from 'node:worker_threads';
import { OperatorError } from '../base/errors.ts';
import { startWithSemiSpaces } from '../base/heap.ts';
import { threadEntry } from '../base/program.ts';
import type { Config } from '../config/load.ts';
import type { DisconnectAnswer } from '../services/sessions/disconnector.ts';
import type { EncodedAttribute } from '../wire/radius/attribute.ts';
import type { Profile } from '../wire/radius/profile/parse.ts';
import type { RadiusNode, RadiusReport } from './node.ts';
import type { RadiusNotice, RadiusOrder, RadiusThreadData } from './thread-protocol.ts';

type Bound = Pick<RadiusNode, 'endpoints' | 'accountingEndpoints' | 'tlsEndpoints'>;

/** Left alone, V8 takes 64 MB on a large machine. At once, since the main thread decides how far young generations grow later (base/heap.ts). */
const semiSpaceMegabytes = 8;
/**
 * Some fifteen times what lives there under full load. A heap that may take gigabytes V8 lets grow fourfold between two
 * major collections, one of this size to half as much again.
 */
const oldGenerationMegabytes = 512;

export interface RadiusThread extends RadiusNode {
  /** Resolves when the thread has ended, with what ended it, or null after `stop`. */
  readonly ended: Promise<Error | null>;
  /** Whoever waits for a gateway to end a session waits no longer. */
  giveUpDisconnects(): void;
}

/** Resolves once the sockets are bound. Rejects with OperatorError or StoreUnavailableError's text when they can't be. */
export async function startRadiusThread(
  config: Config,
  profiles: ReadonlyMap<string, Profile>,
  writer: MessagePort | null,
): Promise<RadiusThread> {
  const documents = [...profiles.values()].map(({ document }) => document);
  const workerData: RadiusThreadData = { config, profiles: documents, writer };
  const hasStarted = startWithSemiSpaces(semiSpaceMegabytes);
  const worker = new Worker(threadEntry('radius-server/worker'), {
    workerData,
    transferList: writer === null ? [] : [writer],
    name: 'radius',
    // V8 counts a third one.
    resourceLimits: {
      maxYoungGenerationSizeMb: 3 * semiSpaceMegabytes,
      maxOldGenerationSizeMb: oldGenerationMegabytes,
    },
  });
  let stopping = false;
  let failure: Error | null = null;
  let lastId = 0;
  const waiting = new Map<
    number,
    { resolve: (notice: RadiusNotice) => void; reject: (error: Error) => void }
  >();
  const gone = () => new Error('the RADIUS thread has ended');
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.on('exit', (code) => {
      for (const { reject } of waiting.values()) reject(gone());
      waiting.clear();
      resolve(failure ?? (stopping ? null : new Error(`the RADIUS thread ended with code ${code}`)));
    });
  });
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const order = (message: RadiusOrder) => worker.postMessage(message);
  const ask = (toOrder: (id: number) => RadiusOrder): Promise<RadiusNotice> => {
    if (isOver) return Promise.reject(gone());
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      order(toOrder(id));
    });
  };
  const disconnects = new Set<number>();

  /** A thread that has ended holds no connection. */
  async function disconnect(
    clientId: number,
    attributes: readonly EncodedAttribute[],
  ): Promise<DisconnectAnswer | null> {
    let id = 0;
    const notice = await ask((given) => {
      id = given;
      disconnects.add(id);
      return { kind: 'disconnect', id, clientId, attributes };
    }).catch(() => null);
    disconnects.delete(id);
    return notice?.kind === 'disconnected' ? notice.answer : null;
  }

  const { endpoints, accountingEndpoints, tlsEndpoints } = await new Promise<Bound>((resolve, reject) => {
    worker.on('message', (notice: RadiusNotice) => {
      if (notice.kind === 'ready') resolve(notice);
      else if (notice.kind === 'refused') {
        const { message, remedy, at } = notice;
        stopping = true;
        reject(
          remedy === null
            ? new Error(message)
            : new OperatorError(message, { remedy, ...(at === null ? {} : { at }) }),
        );
      } else {
        waiting.get(notice.id)?.resolve(notice);
        waiting.delete(notice.id);
      }
    });
    void ended.then((error) => reject(error ?? gone()));
  }).finally(hasStarted);

  return {
    endpoints,
    accountingEndpoints,
    tlsEndpoints,
    ended,
    async report(): Promise<RadiusReport> {
      const notice = await ask((id) => ({ kind: 'report', id }));
      if (notice.kind !== 'report') throw new Error('the RADIUS thread answered something else');
      return notice.report;
    },
    async refreshSettings() {
      const notice = await ask((id) => ({ kind: 'refresh-settings', id }));
      if (notice.kind === 'refreshed' && notice.error !== null) throw new Error(notice.error);
    },
    connections: {
      async connected() {
        const notice = await ask((id) => ({ kind: 'connected', id })).catch(() => null);
        return notice?.kind === 'connected' ? notice.clients : new Set();
      },
      disconnect,
    },
    giveUpDisconnects() {
      const answer = { kind: 'unsent', error: 'the broker is stopping' } as const;
      for (const id of disconnects) {
        waiting.get(id)?.resolve({ kind: 'disconnected', id, answer });
        waiting.delete(id);
      }
    },
    setClockTrusted: (trusted) => order({ kind: 'clock-trusted', trusted }),
    confirmClock: () => order({ kind: 'confirm-clock' }),
    async stop() {
      stopping = true;
      order({ kind: 'stop' });
      await ended;
    },
  };
}
