// Gateways that drip, flood, fall silent or hang up: every command of a control interface has an end, and what is cut off counts for nothing.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ControlLimits } from '../../src/gateway-control/limits.ts';
import { openOcctl } from '../../src/gateway-control/occtl.ts';
import { openControl } from '../../src/gateway-control/open.ts';
import { openOpenvpn } from '../../src/gateway-control/openvpn.ts';
import { openVici } from '../../src/gateway-control/vici.ts';
import type { ControlTarget, ListedTunnel } from '../../src/services/sessions/control.ts';
import { encodeVici, viciTypes } from '../../src/wire/vici/message.ts';

/** Octets are limited, and time is not, however slow the machine is. */
const patient: ControlLimits = {
  silenceMs: 20_000,
  opening: { totalMs: 20_000, octets: 64 << 10 },
  listing: { totalMs: 20_000, octets: 256 << 10 },
  ending: { totalMs: 20_000, octets: 256 << 10 },
};
/** Commands may not take long as a whole. */
const hasty: ControlLimits = {
  ...patient,
  opening: { ...patient.opening, totalMs: 200 },
  listing: { ...patient.listing, totalMs: 250 },
  ending: { ...patient.ending, totalMs: 250 },
};
/** What says nothing is soon given up. */
const impatient: ControlLimits = { ...patient, silenceMs: 100 };

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A listener on loopback that does to each connection what `play` says. */
async function listen(play: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    play(socket);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    server.close(() => close());
    await closed;
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

/** Writes again and again until the other side is gone. */
function keepWriting(socket: Socket, octets: string | Buffer, everyMs: number): void {
  const timer = setInterval(() => socket.write(octets), everyMs);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket, octets: string | Buffer): void {
  const write = () => {
    while (!socket.destroyed && socket.write(octets));
  };
  socket.on('drain', write);
  write();
}

const target = (method: ControlTarget['method'], address: string): ControlTarget => ({
  gateway: 'vpn-1',
  method,
  address,
  password: null,
});

const tunnel = (id: string): ListedTunnel => ({
  id,
  userName: 'an',
  remoteAddress: null,
  addresses: [],
  acctSessionId: null,
  isUp: true,
});

const header =
  'HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tUsername\tClient ID\r\n';
const client = 'CLIENT_LIST\tan\t192.0.2.7:40001\t10.8.0.2\t\tan\t7\r\n';
const greeting = '>INFO:OpenVPN Management Interface Version 5\r\n';

/** Greets, then answers each line with what `answer` does. */
const openvpn = (answer: (socket: Socket, line: string) => void) =>
  listen((socket) => {
    socket.write(greeting);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      for (const line of text.split('\n').slice(0, -1)) answer(socket, line);
    });
  });

describe("OpenVPN's management interface", () => {
  it('is read to its end, also when a letter comes in two pieces and the gateway hangs up behind it', async () => {
    const address = await openvpn((socket, line) => {
      if (line !== 'status 3') return;
      const answer = Buffer.from(`${header + client.replaceAll('an', 'Đan')}END\r\n`);
      const at = answer.indexOf('Đ') + 1;
      socket.write(answer.subarray(0, at));
      setTimeout(() => socket.end(answer.subarray(at)), 5);
    });
    const control = await openOpenvpn(target('openvpn-management', address), patient);
    closing.push(() => control.close());
    expect(await control.list()).toMatchObject([{ id: '7', userName: 'Đan' }]);
    await expect(control.list()).rejects.toThrow('closed the connection');
  });

  it('that greets without an end is left', async () => {
    const address = await listen((socket) => keepWriting(socket, 'x', 20));
    await expect(openOpenvpn(target('openvpn-management', address), hasty)).rejects.toThrow(
      'takes longer than 0.2 s',
    );
  });

  it('that floods before it has greeted is left', async () => {
    const address = await listen((socket) => flood(socket, Buffer.alloc(4096, 'x')));
    await expect(openOpenvpn(target('openvpn-management', address), patient)).rejects.toThrow(
      'longer than 65536 octets',
    );
  });

  it.each([
    [
      'drips a list line by line',
      (s: Socket) => keepWriting(s, client, 20),
      hasty,
      'takes longer than 0.25 s',
    ],
    ['drips news in between', (s: Socket) => keepWriting(s, '>CLIENT:x\r\n', 20), hasty, 'takes longer than'],
    ['floods lines', (s: Socket) => flood(s, client.repeat(64)), patient, 'longer than 262144 octets'],
    ['floods one line', (s: Socket) => flood(s, 'x'.repeat(8192)), patient, 'a line without an end'],
    ['says nothing', () => undefined, impatient, 'does not answer'],
    ['hangs up in the middle', (s: Socket) => s.end(header + client), patient, 'closed the connection'],
  ])('that %s gives no list, and none after it', async (_how, play, limits, message) => {
    const address = await openvpn(play);
    const control = await openOpenvpn(target('openvpn-management', address), limits);
    closing.push(() => control.close());
    await expect(control.list()).rejects.toThrow(message);
    await expect(control.list()).rejects.toThrow();
  });

  it('that answers each order slowly is left before the last', async () => {
    let orders = 0;
    const address = await openvpn((socket, line) => {
      if (!line.startsWith('client-kill')) return;
      orders += 1;
      setTimeout(() => socket.write('SUCCESS: client-kill command succeeded\r\n'), 60);
    });
    const control = await openOpenvpn(target('openvpn-management', address), hasty);
    closing.push(() => control.close());
    await expect(control.end(Array.from({ length: 50 }, (_, i) => tunnel(String(i))))).rejects.toThrow(
      'takes longer than 0.25 s',
    );
    expect(orders).toBeLessThan(6);
  });

  it('is named by its gateway in what is said of it', async () => {
    const address = await listen((socket) => socket.end());
    await expect(openControl(target('openvpn-management', address))).rejects.toThrow(
      /^vpn-1: 127\.0\.0\.1:\d+ closed the connection$/,
    );
    const open = await openControl(
      target('openvpn-management', await openvpn((socket) => socket.end('x\n'))),
    );
    closing.push(() => open.close());
    await expect(open.list()).rejects.toThrow(/^vpn-1: .*closed/);
  });
});

describe('VICI', () => {
  const event = encodeVici({
    type: viciTypes.event,
    name: 'list-sa',
    message: {
      ike: { uniqueid: '7', 'remote-eap-id': 'an', state: 'ESTABLISHED', 'remote-host': '192.0.2.7' },
    },
  });
  const confirm = encodeVici({ type: viciTypes.eventConfirm, name: '', message: {} });

  /** Confirms the registration, then answers `list-sas` or `terminate` as `play` says. */
  const charon = (play: (socket: Socket) => void) =>
    listen((socket) => {
      let packets = 0;
      socket.on('data', () => {
        packets += 1;
        if (packets === 1) socket.write(confirm);
        else play(socket);
      });
    });

  it.each([
    ['lists without an end', (s: Socket) => keepWriting(s, event, 20), hasty, 'takes longer than 0.25 s'],
    [
      'floods events',
      (s: Socket) => flood(s, Buffer.concat(Array(64).fill(event))),
      patient,
      'longer than 262144 octets',
    ],
    [
      'drips one packet',
      (s: Socket) => keepWriting(s, Buffer.from([0, 0, 1]), 20),
      hasty,
      'takes longer than 0.25 s',
    ],
    [
      'names a packet too long for any',
      (s: Socket) => s.write(Buffer.alloc(4, 255)),
      patient,
      'a length that no packet has',
    ],
    ['hangs up after some', (s: Socket) => s.end(event), patient, 'closed the connection'],
    ['says nothing', () => undefined, impatient, 'does not answer'],
  ])('of a gateway that %s gives no list', async (_how, play, limits, message) => {
    const control = await openVici(target('vici', await charon(play)), limits);
    closing.push(() => control.close());
    await expect(control.list()).rejects.toThrow(message);
  });

  it('of a gateway that never answers an order ends with the command', async () => {
    const address = await listen((socket) => keepWriting(socket, event, 20));
    const control = await openVici(target('vici', address), hasty);
    closing.push(() => control.close());
    await expect(control.end([tunnel('1')])).rejects.toThrow('takes longer than 0.25 s');
  });
});

describe('occtl', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'occtl-'));
    closing.push(() => rmSync(folder, { recursive: true }));
  });

  function program(script: string): string {
    const path = join(folder, 'occtl');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }
  const open = (script: string, limits = patient) =>
    openOcctl(target('occtl', `unix:${folder}/socket`), limits, program(script));

  const pidFile = () => join(folder, 'socket.pid');
  const isGone = () =>
    expect
      .poll(() => existsSync(`/proc/${readFileSync(pidFile(), 'utf8').trim()}/fd`), { timeout: 20_000 })
      .toBe(false);

  it('that floods is killed', async () => {
    const control = await open('echo $$ > "$2.pid"; exec yes');
    await expect(control.list()).rejects.toThrow('longer than 262144 octets');
    await isGone();
  });

  it('that hangs and takes no notice of being asked to end is killed', async () => {
    const control = await open('trap \'\' TERM; echo $$ > "$2.pid"; exec sleep 60', {
      ...patient,
      // Enough for a shell to begin.
      silenceMs: 2_000,
    });
    await expect(control.list()).rejects.toThrow('ocserv does not answer occtl');
    await isGone();
  });

  it('that takes its time for each order is left before the last', async () => {
    const control = await open('echo x >> "$2.orders"; exec sleep 0.08', hasty);
    await expect(control.end(Array.from({ length: 50 }, (_, i) => tunnel(String(i))))).rejects.toThrow(
      'takes longer than 0.25 s',
    );
  });

  it('that is told to end while it lists is killed', async () => {
    const control = await open('echo $$ > "$2.pid"; exec sleep 60');
    const listing = expect(control.list()).rejects.toThrow();
    await expect
      .poll(() => (existsSync(pidFile()) ? readFileSync(pidFile(), 'utf8') : ''), { timeout: 20_000 })
      .toMatch(/\n/);
    await control.close();
    await listing;
    await isGone();
  });

  it('that fails, prints half a list, or is not there gives no list', async () => {
    await expect((await open('exit 1')).list()).rejects.toThrow('failed');
    await expect((await open("printf 'no \\033[1msocket\\nthere' >&2; exit 1")).list()).rejects.toThrow(
      'failed: no [1msocket there',
    );
    await expect((await open('echo \'[{"ID": 1\'')).list()).rejects.toThrow('no JSON');
    const missing = await openOcctl(target('occtl', 'unix:/nowhere'), patient, join(folder, 'nothing'));
    await expect(missing.list()).rejects.toThrow('not installed');
  });
});
