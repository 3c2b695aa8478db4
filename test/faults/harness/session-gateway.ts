// A played gateway with live sessions, in a thread of its own: what it does for a thousand of them at once must not keep the
// load waiting, whose latencies are measured. It reports to accounting and ends sessions as it is asked.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { codes, first } from '../../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../../src/wire/radius/reply.ts';
import { createSecret, type Secret } from '../../../src/wire/radius/secret.ts';
import { playCoa } from '../../radius-server/played-coa.ts';

const types = { userName: 1, sessionId: 44, status: 40 };
const status = { start: 1, stop: 2 };

interface Setup {
  readonly sessionGateway: true;
  readonly secretText: string;
  readonly accountingPort: number;
}

/** Instants in milliseconds of the epoch. */
interface Progress {
  /** Accounting-Requests that were answered. */
  readonly answered: number;
  /** Users whose Disconnect-Request came. */
  readonly disconnected: number;
  readonly firstDisconnectAt: number;
  readonly lastDisconnectAt: number;
}

/** User names whose sessions have begun; null asks how far all of it is. */
type Order = readonly string[] | null;

if (!isMainThread && (workerData as Partial<Setup> | null)?.sessionGateway === true)
  await serve(workerData as Setup);

/** Each accounting request has an identifier of its own and is sent again until it is answered. */
async function openAccounting(port: number, secret: Secret) {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const free = Array.from({ length: 256 }, (_, identifier) => identifier);
  const open = new Map<number, Buffer>();
  const queue: ((identifier: number) => Buffer)[] = [];
  let answered = 0;
  const send = (datagram: Buffer) => socket.send(datagram, port, '127.0.0.1');
  const pump = () => {
    while (queue.length > 0 && free.length > 0) {
      const identifier = free.shift() ?? 0;
      const datagram = queue.shift()?.(identifier);
      if (datagram === undefined) return;
      open.set(identifier, datagram);
      send(datagram);
    }
  };
  socket.on('message', (answer) => {
    const identifier = answer[1] ?? 0;
    if (!open.delete(identifier)) return;
    answered += 1;
    free.push(identifier);
    pump();
  });
  setInterval(() => {
    for (const datagram of open.values()) send(datagram);
  }, 1_000);
  return {
    answered: () => answered,
    account(kind: number, userName: string) {
      const value = Buffer.alloc(4);
      value.writeUInt32BE(kind);
      const text = (type: number, of: string) => ({ type, value: Buffer.from(of) });
      queue.push((identifier) =>
        encodeRequest({
          code: codes.AccountingRequest,
          identifier,
          attributes: [
            { type: types.status, value },
            text(types.userName, userName),
            text(types.sessionId, `s-${userName}`),
          ],
          secret,
          messageAuthenticator: false,
        }),
      );
      pump();
    },
  };
}

async function serve({ secretText, accountingPort }: Setup): Promise<void> {
  const secret = createSecret(Buffer.from(secretText));
  const coa = await playCoa(secret, secret);
  const accounting = await openAccounting(accountingPort, secret);
  const disconnectedAt = new Map<string, number>();
  coa.answer = (packet) => {
    const userName = first(packet, types.userName)?.value.toString('utf8') ?? '';
    if (!disconnectedAt.has(userName)) {
      disconnectedAt.set(userName, performance.timeOrigin + performance.now());
      // The gateway ends the tunnel, and says so.
      setTimeout(() => accounting.account(status.stop, userName), 5);
    }
    return 'ack';
  };
  parentPort?.on('message', (order: Order) => {
    for (const userName of order ?? []) accounting.account(status.start, userName);
    if (order !== null) return;
    const instants = [...disconnectedAt.values()];
    parentPort?.postMessage({
      answered: accounting.answered(),
      disconnected: instants.length,
      firstDisconnectAt: Math.min(...instants),
      lastDisconnectAt: Math.max(...instants),
    } satisfies Progress);
  });
  parentPort?.postMessage(coa.port);
}

export interface SessionGateway {
  /** Where it takes Disconnect-Requests. */
  readonly coaPort: number;
  /** Sessions that have begun. */
  start(userNames: readonly string[]): void;
  progress(): Promise<Progress>;
  close(): Promise<void>;
}

/** `secretText` is that of the gateway in both directions. Ask for one thing at a time. */
export async function startSessionGateway(
  secretText: string,
  accountingPort: number,
): Promise<SessionGateway> {
  const setup: Setup = { sessionGateway: true, secretText, accountingPort };
  const worker = new Worker(new URL(import.meta.url), { workerData: setup });
  const answer = async () => ((await once(worker, 'message')) as [unknown])[0];
  return {
    coaPort: (await answer()) as number,
    start: (userNames) => worker.postMessage(userNames satisfies Order),
    async progress() {
      const answered = answer();
      worker.postMessage(null satisfies Order);
      return (await answered) as Progress;
    },
    async close() {
      await worker.terminate();
    },
  };
}
