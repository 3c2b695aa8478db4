// The broker's end of the control socket: a Unix socket that only its owner can open.
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Output } from '../output.ts';
import { type BrokerLine, type ClientLine, createLineReader, toWireError } from './protocol.ts';

/** Runs one command; rejects for an unknown one. `signal` aborts when the client goes away. */
export type ControlHandler = (request: {
  readonly command: string;
  readonly arguments: unknown;
  readonly input: AsyncIterable<Buffer> | null;
  readonly output: Output;
  readonly signal: AbortSignal;
}) => Promise<unknown>;

/** Linux allows 107 octets and a NUL. */
const longestPath = 107;

function serveConnection(socket: Socket, handle: ControlHandler, log: Log): void {
  const gone = new AbortController();
  let input: PassThrough | null = null;
  let begun = false;
  const send = (line: BrokerLine) => {
    if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
  };

  const begin = (request: Extract<ClientLine, { command: string }>) => {
    begun = true;
    const { id, command } = request;
    if (request.hasInput) {
      input = new PassThrough();
      input.on('drain', () => socket.resume());
      input.on('close', () => socket.resume());
    }
    handle({
      command,
      arguments: request.arguments,
      input,
      output: { emit: (event) => send({ id, event }) },
      signal: gone.signal,
    })
      .then(
        (result) => send({ id, result: result ?? null }),
        (error: unknown) => {
          if (!(error instanceof OperatorError) && !gone.signal.aborted) {
            log.error({ err: error, command }, 'a command failed');
          }
          send({ id, error: toWireError(error) });
        },
      )
      .finally(() => {
        input?.destroy();
        socket.end();
      });
  };

  const reader = createLineReader((value) => {
    const line = value as ClientLine;
    if (typeof line !== 'object' || line === null) throw new Error('not an object');
    if ('command' in line) {
      if (begun || typeof line.command !== 'string') throw new Error('one command a connection');
      begin(line);
    } else if ('input' in line && input !== null && !input.destroyed) {
      if (!input.write(Buffer.from(line.input, 'base64'))) socket.pause();
    } else if ('inputEnd' in line) input?.end();
  });
  socket.on('data', (chunk) => {
    try {
      reader.push(chunk as Buffer);
    } catch (error) {
      log.warn({ err: error }, 'the control socket got something that is no command');
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    gone.abort();
    if (input !== null && !input.writableEnded) input.destroy(new Error('the client went away'));
  });
}

function refuseForeignDirectory(directory: string): void {
  const { uid, mode } = lstatSync(directory);
  const own = process.getuid?.();
  if ((own !== undefined && uid !== own) || (mode & 0o022) !== 0) {
    throw new OperatorError(`${directory} is not the service's own: others could replace what is in it.`, {
      at: directory,
      remedy: `chown it to the account that runs the broker, and chmod 700 ${directory}.`,
    });
  }
}

/**
 * Opens the socket, mode 0600. The caller holds the process lock, so a socket that is there already is a leftover.
 * @throws OperatorError when the directory belongs to, or can be written by, somebody else, or the path is too long
 */
export async function openControlSocket(options: {
  readonly path: string;
  readonly handle: ControlHandler;
  readonly log: Log;
}): Promise<{ close(): Promise<void> }> {
  const { path, handle, log } = options;
  if (Buffer.byteLength(path) > longestPath) {
    throw new OperatorError(`${path} is too long for a Unix socket (${longestPath} octets at most).`, {
      at: path,
      remedy: 'Choose a shorter dataDir.',
    });
  }
  refuseForeignDirectory(dirname(path));
  rmSync(path, { force: true });
  const connections = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveConnection(socket, handle, log);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The socket is made within listen(): nobody else gets a chance before the mode is set.
    const former = process.umask(0o177);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(former);
    }
  });
  chmodSync(path, 0o600);
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}
