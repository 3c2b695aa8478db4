// The broker as a process of its own, started as an operator starts it.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { codes } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { pinned, stopProcess } from './processors.ts';

export interface Server {
  readonly pid: number;
  readonly port: number;
  /** From the start of the process to its first answer. */
  readonly firstAnswerMs: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Processors to run on, as for taskset; null: all. */
  readonly processors: string | null;
  /** Directory for a CPU profile; null: none. */
  readonly profile?: string | null;
}

const program = join(import.meta.dirname, '../../bin/gatewarden.js');
const askEveryMs = 5;
const startWithinMs = 30_000;

/** Resolves when the server answers Status-Server, with the milliseconds it took from `startedAt` (performance.now). */
export async function untilAnswer(
  port: number,
  secretText: string,
  startedAt: number,
  child: ChildProcess,
): Promise<number> {
  const secret = createSecret(Buffer.from(secretText));
  const socket = createSocket('udp4');
  const answered = once(socket, 'message');
  // A port that is not open yet is reported as an error: ask again.
  socket.on('error', () => {});
  let identifier = 0;
  try {
    const timer = setInterval(() => {
      identifier = (identifier + 1) & 255;
      const authenticator = randomBytes(16);
      const request = encodeRequest({
        code: codes.StatusServer,
        identifier,
        authenticator,
        attributes: [],
        secret,
        messageAuthenticator: true,
      });
      socket.send(request, port, '127.0.0.1');
    }, askEveryMs);
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('the server did not answer in time')), startWithinMs).unref();
    });
    const died = once(child, 'exit').then(() => {
      throw new Error('the server ended while it was starting');
    });
    try {
      await Promise.race([answered, late, died]);
    } finally {
      clearInterval(timer);
    }
    return performance.now() - startedAt;
  } finally {
    socket.close();
  }
}

/** Starts `gatewarden serve` and waits for its first answer. */
export async function startBroker(
  site: { readonly configFile: string; readonly port: number; readonly secret: string },
  options: ServerOptions,
): Promise<Server> {
  const { profile = null, processors } = options;
  const flags = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const startedAt = performance.now();
  const child = spawn(
    ...pinned(processors, process.execPath, [...flags, program, 'serve', '--config', site.configFile]),
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    const firstAnswerMs = await untilAnswer(site.port, site.secret, startedAt, child);
    return { pid: child.pid ?? 0, port: site.port, firstAnswerMs, stop: () => stopProcess(child) };
  } catch (error) {
    await stopProcess(child);
    throw error;
  }
}
