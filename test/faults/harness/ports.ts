// Ports of the loopback that nobody uses at the moment.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what Linux gives to sockets that ask for no port: what is free here is not taken a moment later by a client that sends
 * something, a load generator with hundreds of sockets say.
 */
const first = 10_000;
const last = 32_000;
const given = new Set<number>();

async function isFree(port: number, kind: 'udp' | 'tcp'): Promise<boolean> {
  const socket = kind === 'udp' ? createSocket('udp4') : createServer();
  try {
    if ('bind' in socket) socket.bind(port, '127.0.0.1');
    else socket.listen(port, '127.0.0.1');
    await once(socket, 'listening');
  } catch {
    return false;
  }
  socket.close();
  await once(socket, 'close');
  return true;
}

async function findFree(kind: 'udp' | 'tcp', count: number): Promise<number> {
  for (;;) {
    const port = first + 2 * Math.floor((Math.random() * (last - first)) / 2);
    const ports = Array.from({ length: count }, (_, index) => port + index);
    if (ports.some((one) => given.has(one))) continue;
    for (const one of ports) given.add(one);
    const free = await Promise.all(ports.map((one) => isFree(one, kind)));
    if (free.every(Boolean)) return port;
  }
}

/** The first of two in a row: a broker takes accounting one above. */
export const freeUdpPort = () => findFree('udp', 2);

export const freeTcpPort = () => findFree('tcp', 1);
