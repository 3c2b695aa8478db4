import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import type { Log } from '../../src/base/log.ts';
import { callBroker } from '../../src/cli/control/client.ts';
import { type ControlHandler, openControlSocket } from '../../src/cli/control/server.ts';
import type { OutputEvent } from '../../src/cli/output.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

let directory: string;
let path: string;
let close: (() => Promise<void>) | null = null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewarden-control-'));
  path = join(directory, 'control.sock');
});

afterEach(async () => {
  await close?.();
  close = null;
  rmSync(directory, { recursive: true, force: true });
});

async function open(handle: ControlHandler): Promise<void> {
  ({ close } = await openControlSocket({ path, handle, log: silent }));
}

async function call(command: string, args: unknown, input: AsyncIterable<Buffer> | null = null) {
  const events: OutputEvent[] = [];
  const result = await callBroker({
    path,
    command,
    arguments: args,
    input,
    output: { emit: (event) => events.push(event) },
    signal: new AbortController().signal,
  });
  return { result, events };
}

describe('the control socket', () => {
  it('carries a command, its events in order and its result', async () => {
    await open(async ({ command, arguments: args, output }) => {
      output.emit({ type: 'progress', label: 'half', done: 1, total: 2 });
      output.emit({ type: 'text', text: 'Đã xong' });
      return { command, args };
    });
    expect(await call('audit.verify', { file: 'x' })).toEqual({
      result: { command: 'audit.verify', args: { file: 'x' } },
      events: [
        { type: 'progress', label: 'half', done: 1, total: 2 },
        { type: 'text', text: 'Đã xong' },
      ],
    });
  });

  it('does not repeat in the log what it cannot read: it may hold a secret', async () => {
    const errors: unknown[] = [];
    const log: Log = { ...silent, warn: (fields) => errors.push(fields['err']) };
    ({ close } = await openControlSocket({ path, handle: async () => null, log }));
    const socket = connect(path);
    socket.write('s3cret-of-the-gateway\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(String(errors[0])).toContain('not JSON');
    expect(String(errors[0])).not.toContain('s3cret');
  });

  it("carries an operator's error with its remedy, and of a defect the message alone", async () => {
    await open(async ({ command }) => {
      if (command === 'defect') throw new TypeError('x is not a function');
      throw new OperatorError('No such account.', { remedy: 'Check the name.', at: '--user' });
    });
    await expect(call('operator', {})).rejects.toMatchObject({
      name: 'OperatorError',
      message: 'No such account.',
      remedy: 'Check the name.',
      at: '--user',
    });
    await expect(call('defect', {})).rejects.toThrow('the broker failed: x is not a function');
  });

  it('streams input that is larger than its buffers, and reads it only as fast as the command does', async () => {
    await open(async ({ input }) => {
      let octets = 0;
      for await (const chunk of input ?? []) octets += chunk.length;
      return octets;
    });
    async function* input() {
      for (let i = 0; i < 200; i += 1) yield Buffer.alloc(65_536, i);
    }
    expect((await call('import', {}, input())).result).toBe(200 * 65_536);
  });

  it('tells the command when the operator has gone', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    await open(async ({ signal }) => {
      signal.addEventListener('abort', () => resolve());
      begin();
      await aborted;
    });
    const operator = new AbortController();
    const calling = callBroker({
      path,
      command: 'long',
      arguments: {},
      input: null,
      output: { emit() {} },
      signal: operator.signal,
    });
    await begun;
    operator.abort();
    await expect(calling).rejects.toThrow('closed the connection');
    await aborted;
  });

  it('is for its owner alone', async () => {
    await open(async () => null);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is not opened in a directory that others can write', async () => {
    chmodSync(directory, 0o777);
    await expect(openControlSocket({ path, handle: async () => null, log: silent })).rejects.toThrow(
      "is not the service's own",
    );
  });

  it('replaces the leftover of a broker that was killed', async () => {
    writeFileSync(path, '');
    await open(async () => 'new');
    expect((await call('x', {})).result).toBe('new');
  });

  it('refuses, as a client, what is no socket of this account', async () => {
    writeFileSync(path, '');
    await expect(call('x', {})).rejects.toThrow('is not the control socket');
    rmSync(path);
    await open(async () => null);
    chmodSync(path, 0o666);
    await expect(call('x', {})).rejects.toThrow('is not the control socket');
  });

  it('refuses a path that Unix would cut off', async () => {
    const long = join(directory, 'x'.repeat(120));
    await expect(openControlSocket({ path: long, handle: async () => null, log: silent })).rejects.toThrow(
      'too long for a Unix socket',
    );
  });

  it.each(['no json\n', '[]\n', 'null\n', '{"id":1,"command":5}\n', `${'x'.repeat(5_000_000)}`])(
    'cuts off a client that sends something else (case %#)',
    async (octets) => {
      await open(async () => null);
      const socket = connect(path);
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.on('error', () => {});
      socket.write(octets);
      socket.resume();
      if (octets === '[]\n') socket.end();
      await closed;
      expect((await call('x', {})).result).toBeNull();
    },
  );
});
