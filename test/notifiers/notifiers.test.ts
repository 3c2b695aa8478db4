import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createFileNotifier } from '../../src/notifiers/file.ts';
import { createSyslogNotifier, formatSyslog } from '../../src/notifiers/syslog.ts';
import { createWebhookNotifier } from '../../src/notifiers/webhook.ts';

const message = { target: 'x', instant: Date.UTC(2026, 2, 1, 8, 30), jws: 'eyJh.eyJi.c2ln' };

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanUp.splice(0)) undo();
});

describe('checkpoints to a directory', () => {
  it('appear whole under a name that sorts by time, and once only', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatewarden-checkpoints-'));
    cleanUp.push(() => rmSync(directory, { recursive: true }));
    const notifier = createFileNotifier(directory);
    await notifier.deliver(message);
    await notifier.deliver(message);
    const [name, ...more] = readdirSync(directory);
    expect(more).toEqual([]);
    expect(name).toMatch(/^checkpoint-20260301T083000000Z-[\w-]{8}\.jws$/);
    expect(readFileSync(join(directory, name ?? ''), 'utf8')).toBe('eyJh.eyJi.c2ln\n');
  });

  it('fail when the directory is not there (not mounted)', async () => {
    await expect(createFileNotifier('/nowhere/at/all').deliver(message)).rejects.toThrow('ENOENT');
  });
});

describe('checkpoints to syslog', () => {
  const options = { host: '127.0.0.1', facility: 13, node: 'broker-1' } as const;
  const line = '<109>1 2026-03-01T08:30:00.000Z broker-1 gatewarden - checkpoint - eyJh.eyJi.c2ln';

  it('are RFC 5424 messages', () => {
    expect(
      formatSyslog(options, { instant: message.instant, id: 'checkpoint', severity: 5, text: message.jws }),
    ).toBe(line);
  });

  it('arrive over UDP as one datagram', async () => {
    const socket = createSocket('udp4');
    cleanUp.push(() => socket.close());
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const received = once(socket, 'message');
    await createSyslogNotifier({ ...options, transport: 'udp', port: socket.address().port }).deliver(
      message,
    );
    expect(String((await received)[0])).toBe(line);
  });

  it('arrive over TCP with their length in front (RFC 6587)', async () => {
    const chunks: Buffer[] = [];
    const server = createServer((socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)));
    cleanUp.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await createSyslogNotifier({ ...options, transport: 'tcp', port }).deliver(message);
    expect(Buffer.concat(chunks).toString()).toBe(`${line.length} ${line}`);
  });

  it('fail when nobody listens', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(
      createSyslogNotifier({ ...options, transport: 'tcp', port }).deliver(message),
    ).rejects.toThrow('ECONNREFUSED');
  });
});

describe('checkpoints to a webhook', () => {
  async function receiver(status: number) {
    const requests: { signature: string; body: string }[] = [];
    const server = createHttpServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      requests.push({
        signature: String(request.headers['gatewarden-signature']),
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    cleanUp.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
  }

  it('carry a signature that the receiver can compute again', async () => {
    const { requests, url } = await receiver(204);
    const secret = Buffer.from('a shared secret of the receiver');
    await createWebhookNotifier({ url, secret, clock: systemClock }).deliver(message);
    const [request] = requests;
    expect(JSON.parse(request?.body ?? '')).toEqual({
      kind: 'checkpoint',
      instant: message.instant,
      jws: message.jws,
    });
    const [, time, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request?.signature ?? '') ?? [];
    expect(mac).toBe(createHmac('sha256', secret).update(`${time}.${request?.body}`).digest('hex'));
  });

  it.each([500, 404, 302])('fail on an answer of %i', async (status) => {
    const { url } = await receiver(status);
    await expect(
      createWebhookNotifier({ url, secret: null, clock: systemClock }).deliver(message),
    ).rejects.toThrow();
  });
});
