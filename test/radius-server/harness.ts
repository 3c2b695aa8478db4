// A live listener on loopback, a played gateway, and an `authenticate` that is a plain function.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Timers } from '../../src/base/timers.ts';
import {
  createRadiusServer,
  type RadiusServer,
  type RadiusServerDeps,
} from '../../src/radius-server/server.ts';
import type { LoginRequest, Verdict } from '../../src/services/login.ts';
import { createClientLookup, type Gateway, type RadiusClient } from '../../src/services/settings/clients.ts';
import { type EncodedAttribute, encodeValue } from '../../src/wire/radius/attribute.ts';
import { codes, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { overrideProfile, type Profile, parseProfile } from '../../src/wire/radius/profile/parse.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { hideUserPassword } from '../../src/wire/radius/user-password.ts';

export const secretText = 'a-shared-secret-of-32-characters';
export const secret = createSecret(Buffer.from(secretText));

export function loadProfile(name: string, overrides?: unknown): Profile {
  const file = `config/gateways/${name}.yaml`;
  const profile = parseProfile(parse(readFileSync(file, 'utf8')), file);
  return overrides === undefined ? profile : overrideProfile(profile, overrides, 'overrides');
}

export function makeGateway(over: Partial<Gateway> = {}): Gateway {
  return {
    gatewayId: 1,
    name: 'vpn1',
    clientId: 1,
    nasIdentifier: null,
    nasIpAddress: null,
    profile: loadProfile('generic'),
    unitId: null,
    requestsPerSecond: null,
    accountRequestsPerMinute: null,
    cutProvenAt: null,
    ...over,
  };
}

export function makeClient(over: Partial<RadiusClient> = {}): RadiusClient {
  return {
    clientId: 1,
    name: 'loopback',
    prefix: '127.0.0.0/8',
    secrets: [secret],
    requireMessageAuthenticator: 'auto',
    seenMessageAuthenticator: false,
    limitProxyState: true,
    gateways: [makeGateway()],
    ...over,
  };
}

export const accept: Verdict = {
  kind: 'accept',
  sessionSeconds: 3600,
  userName: 'alice',
  sessionReference: 'ref-1',
};
export const reject: Verdict = { kind: 'reject', lookupCode: 'ABCD2345', isImmediate: false };

export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export function recordingLog(lines: LogLine[]): Log {
  const at = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields, message });
  };
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}

/** Timers and a monotonic clock that stand still until told otherwise. */
export function createManualTime(): { clock: Clock; timers: Timers; advance(ms: number): void } {
  let now = 1_000_000;
  let tasks: { at: number; task: () => void }[] = [];
  return {
    clock: { now: () => 1_700_000_000_000 + now, monotonic: () => now },
    timers: {
      after(ms, task) {
        const entry = { at: now + ms, task };
        tasks.push(entry);
        return () => {
          tasks = tasks.filter((other) => other !== entry);
        };
      },
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        tasks = tasks.filter((other) => other !== next);
        now = Math.max(now, next.at);
        next.task();
      }
      now = end;
    },
  };
}

/** A played gateway: one socket, whose replies are kept in order. */
export interface PlayedGateway {
  send(datagram: Buffer): void;
  /** Sends, again every three seconds, and waits for the reply with the same identifier. */
  ask(datagram: Buffer): Promise<Packet>;
  /** Waits for the next reply with that identifier that nobody has waited for yet. */
  reply(identifier: number): Promise<Buffer>;
  /** All replies so far that nobody waited for. */
  readonly unread: readonly Buffer[];
  readonly port: number;
  /** `closeAll` does it too, for whoever is alone in the process. */
  close(): Promise<void>;
}

export interface Harness {
  readonly server: RadiusServer;
  readonly logins: LoginRequest[];
  readonly lines: LogLine[];
  readonly signedClients: number[];
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  client: RadiusClient;
  /** A gateway that sends to the first address, or to another. */
  play(to?: string, port?: number, from?: string): Promise<PlayedGateway>;
  stop(): Promise<void>;
}

const opened: (() => Promise<void> | void)[] = [];

/** Closes all that was opened: for afterEach. */
export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

export async function startHarness(
  options: {
    client?: Partial<RadiusClient>;
    more?: readonly RadiusClient[];
    authenticate?: (login: LoginRequest) => Verdict | Promise<Verdict>;
    config?: Partial<RadiusServerDeps['config']>;
    isHealthy?: RadiusServerDeps['isHealthy'];
    eap?: NonNullable<RadiusServerDeps['eap']>;
    time?: { clock: Clock; timers: Timers };
  } = {},
): Promise<Harness> {
  const logins: LoginRequest[] = [];
  const lines: LogLine[] = [];
  const signedClients: number[] = [];
  const snapshotOf = (client: RadiusClient) => ({
    findClient: createClientLookup([client, ...(options.more ?? [])]),
    realms: ['example.org'],
  });
  const initial = makeClient(options.client);
  const state = { client: initial, snapshot: snapshotOf(initial) };
  const server = createRadiusServer({
    config: {
      listen: [{ host: '127.0.0.1', port: 0 }],
      receiveBufferBytes: 262_144,
      rejectDelayMs: 0,
      ...options.config,
    },
    settings: {
      current: () => state.snapshot,
    },
    authenticate: async (login) => {
      logins.push(login);
      return await (options.authenticate ?? (() => accept))(login);
    },
    isHealthy: options.isHealthy ?? (() => true),
    onMessageAuthenticatorSeen: (clientId) => signedClients.push(clientId),
    clock: options.time?.clock ?? systemClock,
    random: systemRandom,
    ...(options.eap === undefined ? {} : { eap: options.eap }),
    ...(options.time === undefined ? {} : { timers: options.time.timers }),
    log: recordingLog(lines),
  });
  const addresses = await server.start();
  let stopped: Promise<void> | null = null;
  const stop = () => {
    stopped ??= server.stop();
    return stopped;
  };
  opened.push(stop);
  const first = addresses[0];
  if (first === undefined) throw new Error('nothing was bound');
  return {
    server,
    logins,
    lines,
    signedClients,
    addresses,
    get client() {
      return state.client;
    },
    set client(changed) {
      state.client = changed;
      state.snapshot = snapshotOf(changed);
    },
    play: (to = first.address, port = first.port, from) => playGateway(to, port, from),
    stop,
  };
}

const retransmitMs = 3_000;

export async function playGateway(to: string, port: number, from?: string): Promise<PlayedGateway> {
  const socket: Socket = createSocket({ type: to.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
  socket.bind(0, from);
  await once(socket, 'listening');
  // Connected: a reply from any other address than the one asked never arrives.
  socket.connect(port, to);
  await once(socket, 'connect');
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= new Promise<void>((resolve) => socket.close(() => resolve()));
    return closing;
  };
  opened.push(close);
  const unread: Buffer[] = [];
  const waiting: { identifier: number; resolve: (reply: Buffer) => void }[] = [];
  socket.on('message', (reply) => {
    const index = waiting.findIndex(({ identifier }) => identifier === reply[1]);
    if (index === -1) unread.push(reply);
    else waiting.splice(index, 1)[0]?.resolve(reply);
  });
  const gateway: PlayedGateway = {
    send: (datagram) => socket.send(datagram),
    reply(identifier) {
      const index = unread.findIndex((reply) => reply[1] === identifier);
      const [found] = index === -1 ? [] : unread.splice(index, 1);
      if (found !== undefined) return Promise.resolve(found);
      return new Promise((resolve) => waiting.push({ identifier, resolve }));
    },
    async ask(datagram) {
      const reply = gateway.reply(datagram[1] ?? 0);
      gateway.send(datagram);
      // As gateways do: a datagram may be lost on a machine that is busy.
      const again = setInterval(() => gateway.send(datagram), retransmitMs);
      try {
        return parsePacket(await reply);
      } finally {
        clearInterval(again);
      }
    },
    unread,
    port: socket.address().port,
    close,
  };
  return gateway;
}

export const text = (type: number, value: string): EncodedAttribute => ({ type, value: Buffer.from(value) });
export const integer = (type: number, value: number): EncodedAttribute => ({
  type,
  value: encodeValue('integer', value),
});

let nextAuthenticator = 1;

/** 16 octets that no other request of the run has. */
export function freshAuthenticator(): Buffer {
  const authenticator = Buffer.alloc(16, 0x5a);
  authenticator.writeUInt32BE(nextAuthenticator, 0);
  nextAuthenticator += 1;
  return authenticator;
}

/** An Access-Request with PAP. Signed unless told otherwise. */
export function papRequest(
  over: {
    identifier?: number;
    userName?: string;
    password?: string | null;
    attributes?: readonly EncodedAttribute[];
    signed?: boolean;
    authenticator?: Buffer;
    secret?: typeof secret;
  } = {},
): Buffer {
  const authenticator = over.authenticator ?? freshAuthenticator();
  const key = over.secret ?? secret;
  const password = over.password === undefined ? 'secret123456' : over.password;
  return encodeRequest({
    code: codes.AccessRequest,
    identifier: over.identifier ?? 1,
    authenticator,
    secret: key,
    messageAuthenticator: over.signed ?? true,
    attributes: [
      text(1, over.userName ?? 'alice'),
      ...(password === null
        ? []
        : [{ type: 2, value: hideUserPassword(Buffer.from(password), authenticator, key) }]),
      text(32, 'vpn1'),
      ...(over.attributes ?? []),
    ],
  });
}

/** The values of one attribute of a reply, in order. */
export function valuesIn(packet: Packet, type: number): Buffer[] {
  return packet.attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
}

export function textIn(packet: Packet, type: number): string {
  return Buffer.concat(valuesIn(packet, type)).toString('utf8');
}
