// A stream to a gateway's control interface, over TCP or a Unix socket, where every command has an end in time and in octets.
import { connect, type Socket } from 'node:net';
import { parseEndpoint } from '../config/endpoint.ts';
import { type CommandLimits, type ControlLimits, overSize, overTime } from './limits.ts';

export interface ControlConnection {
  write(octets: string | Buffer): void;
  /** The next octets. Rejects when there are none in time, or the other side has closed. */
  read(): Promise<Buffer>;
  /**
   * Whatever `work` writes and reads is one command: beyond its limits the connection is closed, `read` rejects, and what was
   * received is dropped. One at a time.
   */
  within<T>(limits: CommandLimits, work: () => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * @param address `host:port`, `[IPv6]:port` or `unix:/path`
 * @param greet what belongs to the opening, within its limits
 */
export async function openConnection(
  address: string,
  { silenceMs, opening }: ControlLimits,
  greet: (connection: ControlConnection) => Promise<void> = () => Promise.resolve(),
): Promise<ControlConnection> {
  const path = /^unix:(\/.+)$/.exec(address)?.[1];
  const socket: Socket = path === undefined ? connect(parseEndpoint(address, 'control')) : connect(path);
  const chunks: Buffer[] = [];
  let failure: Error | null = null;
  let wake: () => void = () => undefined;
  let limits = opening;
  let received = 0;
  const fail = (error: Error) => {
    if (failure !== null) return;
    failure = error;
    chunks.length = 0;
    socket.destroy();
    wake();
  };
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > limits.octets) return fail(overSize(limits));
    chunks.push(chunk);
    wake();
  });
  const end = (error: Error) => {
    // What came before the end is still read.
    failure ??= error;
    wake();
  };
  socket.on('error', end);
  socket.on('close', () => end(new Error(`${address} closed the connection`)));
  const wait = async (isDone: () => boolean) => {
    const deadline = setTimeout(() => fail(new Error(`${address} does not answer`)), silenceMs);
    try {
      while (!isDone() && failure === null) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
    } finally {
      clearTimeout(deadline);
    }
  };
  let isConnected = false;
  socket.once('connect', () => {
    isConnected = true;
    wake();
  });
  const connection: ControlConnection = {
    write(octets) {
      if (failure === null) socket.write(octets);
    },
    async read() {
      await wait(() => chunks.length > 0);
      const chunk = chunks.shift();
      if (chunk === undefined) throw failure ?? new Error(`${address} does not answer`);
      return chunk;
    },
    async within(of, work) {
      limits = of;
      received = 0;
      const deadline = setTimeout(() => fail(overTime(of)), of.totalMs);
      try {
        return await work();
      } finally {
        clearTimeout(deadline);
      }
    },
    close: () => fail(new Error('closed')),
  };
  try {
    await connection.within(opening, async () => {
      await wait(() => isConnected);
      if (!isConnected) throw failure ?? new Error(`${address} can't be reached`);
      await greet(connection);
    });
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}
