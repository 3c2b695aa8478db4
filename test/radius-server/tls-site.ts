// A RADIUS/TLS listener with an authority, clients and peers over real connections.
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, expect } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { systemTimers } from '../../src/base/timers.ts';
import type { RadiusTlsConfig } from '../../src/config/load.ts';
import type { Exchange } from '../../src/radius-server/exchange.ts';
import { createTlsListener, type TlsListener } from '../../src/radius-server/tls-listener.ts';
import type { LoginRequest, Verdict } from '../../src/services/login.ts';
import type { RadiusClient } from '../../src/services/settings/clients.ts';
import { createTlsLookup, type TlsRule } from '../../src/services/settings/tls-clients.ts';
import { encodeValue } from '../../src/wire/radius/attribute.ts';
import { codes, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeReply } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { createPemFiles, createTestAuthority, type Issued, type TestAuthority } from './authority.ts';
import {
  closeAll,
  type createManualTime,
  type LogLine,
  makeClient,
  papRequest,
  recordingLog,
  startHarness,
} from './harness.ts';

export const radsec = createSecret(Buffer.from('radsec'));
export const request = (identifier: number, password = 'secret123456') =>
  papRequest({ identifier, password, secret: radsec, signed: false });

export let authority: TestAuthority;
export let server: Issued;
export let vpn: Issued;
export const closers: (() => Promise<void> | void)[] = [];

/** For a test file: the certificates before all, and everything closed after each. */
export function prepareTlsSite(): void {
  beforeAll(async () => {
    authority = await createTestAuthority();
    server = await authority.issue({ dns: ['broker.example.org'], usage: 'server' });
    vpn = await authority.issue({ dns: ['vpn1.example.org'] });
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await closeAll();
  });
}

export const tlsClient = (over: Partial<RadiusClient> = {}): RadiusClient =>
  makeClient({
    prefix: null,
    secrets: [radsec],
    requireMessageAuthenticator: 'never',
    limitProxyState: false,
    name: 'vpn1',
    ...over,
  });
export const rule = (over: Partial<TlsRule> = {}): TlsRule => ({
  names: [],
  issuer: null,
  pins: [],
  ...over,
});

export interface Started {
  readonly listener: TlsListener;
  readonly port: number;
  readonly lines: LogLine[];
  readonly logins: LoginRequest[];
  readonly files: ReturnType<typeof createPemFiles>;
  rules: { client: RadiusClient; rule: TlsRule }[];
  dial(identity: Issued | null, options?: ConnectionOptions): Promise<TLSSocket>;
}

export async function start(
  options: {
    rules?: { client: RadiusClient; rule: TlsRule }[];
    config?: Partial<RadiusTlsConfig>;
    crl?: string;
    authenticate?: (login: LoginRequest) => Verdict | Promise<Verdict>;
    onPacket?: (packet: Packet, exchange: Exchange) => void;
    time?: ReturnType<typeof createManualTime>;
  } = {},
): Promise<Started> {
  const { server: radius, logins } = await startHarness({
    ...(options.authenticate === undefined ? {} : { authenticate: options.authenticate }),
  });
  const files = createPemFiles();
  closers.push(files.remove);
  const lines: LogLine[] = [];
  const state = {
    rules: options.rules ?? [{ client: tlsClient(), rule: rule({ names: ['vpn1.example.org'] }) }],
  };
  let snapshot = { rules: state.rules, findTlsClient: createTlsLookup(state.rules) };
  const current = () => {
    if (snapshot.rules !== state.rules) {
      snapshot = { rules: state.rules, findTlsClient: createTlsLookup(state.rules) };
    }
    return snapshot;
  };
  const listener = createTlsListener({
    config: {
      listen: [{ host: '127.0.0.1', port: 0 }],
      certificateFile: files.write('server.pem', server.cert),
      keyFile: files.write('server.key', server.key),
      caFile: files.write('ca.pem', authority.cert),
      crlFile: options.crl === undefined ? null : files.write('crl.pem', options.crl),
      connections: 100,
      connectionsPerClient: 10,
      radiusVersions: ['1.0', '1.1'],
      idleSeconds: 3_600,
      ...options.config,
    },
    settings: { current },
    onPacket: options.onPacket ?? ((packet, exchange) => radius.handle(exchange, packet)),
    clock: options.time?.clock ?? systemClock,
    random: systemRandom,
    log: recordingLog(lines),
    timers: options.time?.timers ?? systemTimers,
  });
  const [bound] = await listener.start();
  closers.push(() => listener.stop());
  const port = bound?.port ?? 0;
  return {
    listener,
    port,
    lines,
    logins,
    files,
    get rules() {
      return state.rules;
    },
    set rules(rules) {
      state.rules = rules;
    },
    async dial(identity, more = {}) {
      const socket = connect({
        host: '127.0.0.1',
        port,
        ca: [authority.cert],
        checkServerIdentity: () => undefined,
        ...(identity === null ? {} : { cert: identity.cert, key: identity.key }),
        ...more,
      });
      socket.on('error', () => undefined);
      closers.push(() => void socket.destroy());
      await once(socket, 'secureConnect');
      return socket;
    },
  };
}

/** Packets that come over a connection, in order. */
export async function take(socket: TLSSocket, count: number): Promise<Packet[]> {
  const packets: Packet[] = [];
  let octets = Buffer.alloc(0);
  while (packets.length < count) {
    while (octets.length >= 4 && octets.length >= octets.readUInt16BE(2)) {
      const length = octets.readUInt16BE(2);
      packets.push(parsePacket(octets.subarray(0, length)));
      octets = octets.subarray(length);
    }
    if (packets.length >= count) break;
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    octets = Buffer.concat([octets, chunk]);
  }
  return packets;
}

export const alice = [{ type: 1, value: Buffer.from('alice') }];

/** What a peer answers a Disconnect-Request with. */
export const disconnectReply = (request: Packet, code: number = codes.DisconnectAck, secret = radsec) =>
  encodeReply({
    code,
    request,
    attributes: code === codes.DisconnectNak ? [{ type: 101, value: encodeValue('integer', 503) }] : [],
    secret,
  });

/** Resolves when the peer has closed; what it sent meanwhile is thrown away. */
export async function closed(socket: TLSSocket): Promise<void> {
  socket.resume();
  if (socket.closed) return;
  // Not `once`: a reset on the way is as good an end.
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}

export const causesIn = (lines: readonly LogLine[]) =>
  lines.flatMap(({ fields: { cause, remedy } }) => (remedy === undefined ? [] : [cause]));

/** Dials and expects to be turned away, with the cause in the log. */
export async function expectRefused(
  started: Started,
  identity: Issued | null,
  cause: string,
  options: ConnectionOptions = {},
): Promise<void> {
  const socket = connect({
    host: '127.0.0.1',
    port: started.port,
    ca: [authority.cert],
    checkServerIdentity: () => undefined,
    ...(identity === null ? {} : { cert: identity.cert, key: identity.key }),
    ...options,
  });
  socket.on('error', () => undefined);
  socket.on('secureConnect', () => socket.write(request(1)));
  await closed(socket);
  await expect.poll(() => causesIn(started.lines)).toContain(cause);
  expect(started.logins).toEqual([]);
  expect(Object.keys(started.listener.counters().refused)).toEqual([cause]);
}
