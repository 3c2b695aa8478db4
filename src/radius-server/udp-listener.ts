// UDP sockets, one for each local address, so that a reply leaves from the address that was asked (RFC 2865 §3).
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { OperatorError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One bound socket. */
export interface BoundSocket {
  /** `10.0.0.1:1812`, `[::1]:1812`. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** What the kernel granted. */
  readonly receiveBufferBytes: number;
  send(reply: Buffer, port: number, address: string, onError: () => void): void;
}

type OnDatagram = (socket: BoundSocket, datagram: Buffer, address: string, port: number) => void;

interface ListenerDeps {
  readonly receiveBufferBytes: number;
  readonly onDatagram: OnDatagram;
  readonly log: Log;
  /** The setting that the endpoints come from, for errors. */
  readonly at?: string;
  /** Local addresses; link-local ones with their zone. */
  readonly localAddresses?: () => readonly string[];
}

export interface UdpListener {
  readonly sockets: readonly BoundSocket[];
  /** For wildcard endpoints: binds addresses that have come, closes those that have gone. */
  rescan(): Promise<void>;
  close(): Promise<void>;
}

const wildcards: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function interfaceAddresses(): string[] {
  const found: string[] = [];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address, family, scopeid } of addresses ?? []) {
      found.push(
        family === 'IPv6' && scopeid !== undefined && scopeid !== 0 ? `${address}%${name}` : address,
      );
    }
  }
  return found;
}

const isSix = (address: string): boolean => isIPv6(address.replace(/%.*$/, ''));

const nameOf = (address: string, port: number): string =>
  isSix(address) ? `[${address}]:${port}` : `${address}:${port}`;

interface Opened extends BoundSocket {
  readonly wanted: string;
  close(): Promise<void>;
}

async function open(address: string, port: number, deps: ListenerDeps): Promise<Opened> {
  const six = isSix(address);
  // A mapped address wants the dual stack; every other one belongs to its own family.
  const ipv6Only = six && !address.toLowerCase().startsWith('::ffff:');
  const socket: Socket = createSocket({
    type: six ? 'udp6' : 'udp4',
    ipv6Only,
    recvBufferSize: deps.receiveBufferBytes,
    // Replies go to the address that asked: nothing to look up, and no turn of the event loop to wait for.
    lookup: (host, _options, found) => found(null, host, six ? 6 : 4),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener('error', reject);
      resolve();
    });
  });
  const bound = socket.address();
  const name = nameOf(address, bound.port);
  // Linux doubles what was asked for, for its own bookkeeping, and reports the double.
  const reported = socket.getRecvBufferSize();
  const receiveBufferBytes = process.platform === 'linux' ? Math.floor(reported / 2) : reported;
  let closed = false;
  let sending = 0;
  let whenSent = (): void => undefined;
  const opened: Opened = {
    name,
    address,
    port: bound.port,
    wanted: nameOf(address, port),
    receiveBufferBytes,
    send(reply, toPort, toAddress, onError) {
      if (closed) return;
      sending += 1;
      socket.send(reply, toPort, toAddress, (error) => {
        sending -= 1;
        if (sending === 0) whenSent();
        if (error !== null) onError();
      });
    },
    async close() {
      closed = true;
      if (sending > 0) {
        await new Promise<void>((resolve) => {
          whenSent = resolve;
        });
      }
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
    },
  };
  socket.on('message', (datagram, { address: from, port: fromPort }) => {
    deps.onDatagram(opened, datagram, from, fromPort);
  });
  socket.on('error', (error) => {
    deps.log.error({ socket: name, error: error.message }, 'a RADIUS socket reports an error');
  });
  return opened;
}

function explain(error: unknown, { host, port }: Endpoint, at: string): Error {
  const name = nameOf(host, port);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const causes: Readonly<Record<string, [string, string]>> = {
    EADDRINUSE: [
      'is in use by another program',
      'Stop that program (see "ss -lunp"), or listen on another address or port.',
    ],
    EADDRNOTAVAIL: [
      'is not an address of this host',
      'Correct the address, or bring its interface up first.',
    ],
    EACCES: [
      'may not be used by this user',
      'Ports below 1024 need CAP_NET_BIND_SERVICE; RADIUS uses 1812 as a rule.',
    ],
  };
  const [fault, remedy] = causes[code] ?? ['cannot be opened', 'Check the address and the port.'];
  return new OperatorError(`${at}: ${name} ${fault}.`, { at, remedy, cause: error });
}

function warnIfShort(sockets: readonly Opened[], deps: ListenerDeps): void {
  const wanted = deps.receiveBufferBytes;
  const short = sockets.filter(({ receiveBufferBytes }) => receiveBufferBytes < wanted);
  if (short.length === 0) return;
  deps.log.warn(
    {
      sockets: short.map(({ name }) => name),
      granted: Math.min(...short.map(({ receiveBufferBytes }) => receiveBufferBytes)),
      wanted,
      remedy: `sysctl -w net.core.rmem_max=${wanted}`,
    },
    'the kernel grants a smaller receive buffer than asked for: bursts of requests may be lost',
  );
}

/**
 * Binds every endpoint. `0.0.0.0` and `[::]` stand for all local addresses of their family, a socket each; call
 * `rescan` now and then, since addresses come and go.
 * @throws OperatorError when an address named can't be bound, or nothing at all could.
 */
export async function openUdpListener(
  endpoints: readonly Endpoint[],
  deps: ListenerDeps,
): Promise<UdpListener> {
  const localAddresses = deps.localAddresses ?? interfaceAddresses;
  const at = deps.at ?? 'radius.listen';
  let fixed: Opened[] = [];
  let dynamic: Opened[] = [];
  let closed = false;
  let scanning: Promise<void> = Promise.resolve();

  function wanted(): Map<string, Endpoint> {
    const found = new Map<string, Endpoint>();
    for (const { host, port } of endpoints) {
      if (!wildcards.has(host)) continue;
      for (const address of localAddresses()) {
        if (isSix(address) !== isSix(host)) continue;
        const name = nameOf(address, port);
        if (!fixed.some((socket) => socket.wanted === name)) found.set(name, { host: address, port });
      }
    }
    return found;
  }

  async function scan(): Promise<void> {
    if (closed) return;
    const now = wanted();
    const gone = dynamic.filter((socket) => !now.has(socket.wanted));
    dynamic = dynamic.filter((socket) => now.has(socket.wanted));
    await Promise.all(gone.map((socket) => socket.close()));
    const came: Opened[] = [];
    for (const [name, endpoint] of now) {
      if (dynamic.some((socket) => socket.wanted === name)) continue;
      try {
        const socket = await open(endpoint.host, endpoint.port, deps);
        dynamic.push(socket);
        came.push(socket);
      } catch (error) {
        // An IPv6 address is tentative for a second or two: the next scan tries again. Any other fault matters.
        const fault = explain(error, endpoint, at);
        const isTentative = error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL';
        if (!isTentative) throw fault;
        deps.log.info({ address: endpoint.host }, 'a local address is not ready yet');
      }
    }
    if (came.length + gone.length > 0) {
      const names = (sockets: readonly Opened[]) => sockets.map(({ name }) => name);
      deps.log.info({ opened: names(came), closed: names(gone) }, 'RADIUS listens on changed addresses');
      warnIfShort(came, deps);
    }
  }

  const listener: UdpListener = {
    get sockets() {
      return [...fixed, ...dynamic];
    },
    rescan() {
      scanning = scanning.then(scan, scan);
      return scanning;
    },
    async close() {
      closed = true;
      await scanning.catch(() => undefined);
      await Promise.all([...fixed, ...dynamic].map((socket) => socket.close()));
      fixed = [];
      dynamic = [];
    },
  };

  try {
    for (const { host, port } of endpoints) {
      if (wildcards.has(host)) continue;
      const address = host === 'localhost' ? '127.0.0.1' : host;
      fixed.push(
        await open(address, port, deps).catch((error: unknown) => {
          throw explain(error, { host, port }, at);
        }),
      );
    }
    warnIfShort(fixed, deps);
    await listener.rescan();
    if (listener.sockets.length === 0) {
      throw new OperatorError(`${at}: this host has no address to listen on.`, {
        at,
        remedy: 'Name an address of this host, such as 127.0.0.1:1812.',
      });
    }
  } catch (error) {
    await listener.close();
    throw error;
  }
  return listener;
}
