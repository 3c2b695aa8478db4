// A stream to a gateway's control interface, over TCP or a Unix socket, every wait of which has an end.
import { connect, type Socket } from 'node:net';
import { parseEndpoint } from '../config/endpoint.ts';

const timeoutMs = 5_000;

export interface ControlConnection {
  write(octets: string | Buffer): void;
  /** The next octets. Rejects when there are none in time, or the other side has closed. */
  read(): Promise<Buffer>;
  close(): void;
}

/** @param address `host:port`, `[IPv6]:port` or `unix:/path` */
export async function openConnection(address: string): Promise<ControlConnection> {
  const path = /^unix:(\/.+)$/.exec(address)?.[1];
  const socket: Socket = path === undefined ? connect(parseEndpoint(address, 'control')) : connect(path);
  const chunks: Buffer[] = [];
  let failure: Error | null = null;
  let wake: () => void = () => undefined;
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  socket.on('error', (error) => {
    failure ??= error;
    wake();
  });
  socket.on('close', () => {
    failure ??= new Error(`${address} closed the connection`);
    wake();
  });
  const wait = async (isDone: () => boolean) => {
    const deadline = setTimeout(() => {
      failure ??= new Error(`${address} does not answer`);
      wake();
    }, timeoutMs);
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
  await wait(() => isConnected);
  if (!isConnected) {
    socket.destroy();
    throw failure ?? new Error(`${address} can't be reached`);
  }
  return {
    write(octets) {
      if (failure === null) socket.write(octets);
    },
    async read() {
      await wait(() => chunks.length > 0);
      const chunk = chunks.shift();
      if (chunk === undefined) throw failure ?? new Error(`${address} does not answer`);
      return chunk;
    },
    close() {
      failure ??= new Error('closed');
      socket.destroy();
    },
  };
}
