// The command line's end of the control socket.
import { lstatSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { OperatorError } from '../../base/errors.ts';
import type { Output } from '../output.ts';
import { type BrokerLine, type ClientLine, createLineReader, fromWireError } from './protocol.ts';

function refuseForeignSocket(path: string): void {
  let stat: ReturnType<typeof lstatSync>;
  try {
    stat = lstatSync(path);
  } catch (cause) {
    throw new OperatorError(
      `Another process works on this data directory, but it has no control socket (${path}).`,
      {
        at: path,
        remedy:
          'Another command is running, or the broker is just starting or stopping: try again in a moment.',
        cause,
      },
    );
  }
  const own = process.getuid?.() ?? 0;
  if (!stat.isSocket() || (stat.mode & 0o077) !== 0 || (own !== 0 && stat.uid !== own)) {
    throw new OperatorError(`${path} is not the control socket of a broker of this account.`, {
      at: path,
      remedy: 'Run the command as the account that runs the broker (sudo -u …), with the same dataDir.',
    });
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) =>
      reject(
        new OperatorError(`The broker does not answer on ${path}.`, {
          at: path,
          remedy: 'It is just starting or stopping: try again in a moment.',
          cause,
        }),
      ),
    );
  });
}

async function sendInput(socket: Socket, input: AsyncIterable<Buffer>): Promise<void> {
  let room = Promise.withResolvers<void>();
  socket.on('drain', () => room.resolve());
  socket.on('close', () => room.resolve());
  const send = async (line: ClientLine) => {
    if (socket.write(`${JSON.stringify(line)}\n`)) return;
    await room.promise;
    room = Promise.withResolvers<void>();
  };
  for await (const chunk of input) {
    if (socket.destroyed) return;
    await send({ id: 1, input: chunk.toString('base64') });
  }
  await send({ id: 1, inputEnd: true });
}

/**
 * Runs a command in the broker. Events arrive as they happen; resolves with the result.
 * @throws OperatorError as the command did, or when the socket is not the broker's own
 */
export async function callBroker(options: {
  readonly path: string;
  readonly command: string;
  readonly arguments: unknown;
  readonly input: AsyncIterable<Buffer> | null;
  readonly output: Output;
  readonly signal: AbortSignal;
}): Promise<unknown> {
  refuseForeignSocket(options.path);
  const socket = await open(options.path);
  const stop = () => socket.destroy();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const reader = createLineReader((value) => {
        const line = value as BrokerLine;
        if ('event' in line) options.output.emit(line.event);
        else if ('error' in line) reject(fromWireError(line.error));
        else resolve(line.result);
      });
      socket.on('data', (chunk) => {
        try {
          reader.push(chunk as Buffer);
        } catch (error) {
          reject(error);
        }
      });
      socket.on('error', reject);
      socket.on('close', () =>
        reject(new Error('the broker closed the connection before the command was done')),
      );
      const request: ClientLine = {
        id: 1,
        command: options.command,
        arguments: options.arguments,
        hasInput: options.input !== null,
      };
      socket.write(`${JSON.stringify(request)}\n`);
      if (options.input !== null) sendInput(socket, options.input).catch(reject);
    });
  } finally {
    options.signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}
