// RADIUS/TLS, RFC 6614: sockets, handshakes, whose connection it is, limits, and files that change while it runs.
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { createRareLog } from '../base/rare-log.ts';
import type { Timers } from '../base/timers.ts';
import type { RadiusTlsConfig } from '../config/load.ts';
import type { DisconnectAnswer } from '../services/sessions/disconnector.ts';
import type { RadiusClient } from '../services/settings/clients.ts';
import type { TlsFault, TlsLookup, TlsRule } from '../services/settings/tls-clients.ts';
import { readTlsMaterial, type TlsMaterial } from '../services/tls/material.ts';
import { type PeerCertificate, readPeerCertificate } from '../services/tls/peer-certificate.ts';
import type { EncodedAttribute } from '../wire/radius/attribute.ts';
import type { Packet } from '../wire/radius/packet.ts';
import { alpnNames, type RadiusVersion } from '../wire/radius/radius11.ts';
import { versionRefused } from '../wire/radius/sealing.ts';
import type { Exchange } from './exchange.ts';
import { canonicalAddress } from './gateway-of-request.ts';
import { type CloseCause, type Connection, serveConnection } from './tls-connection.ts';
import { type HandshakeFault, handshakeFaultOf, type RefusalCause, remedies } from './tls-refusals.ts';

const handshakeMs = 10_000;
const mostHandshakes = 256;
const mostHandshakesPerAddress = 32;
const lookMs = 5_000;
const drainMs = 2_000;

/** No resumption, ever: it would skip the look at the certificate. No renegotiation: the certificate stays the one that was judged. */
const secureOptions =
  constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

export interface TlsCounters {
  readonly connections: number;
  readonly accepted: number;
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  readonly closed: Readonly<Partial<Record<CloseCause, number>>>;
  /** Errors of connections, by the code that the system or OpenSSL gives. */
  readonly errors: Readonly<Record<string, number>>;
  /** By name of client. */
  readonly perClient: Readonly<Record<string, number>>;
}

export interface TlsListenerDeps {
  readonly config: RadiusTlsConfig;
  readonly settings: { current(): { readonly findTlsClient: TlsLookup } };
  onPacket(packet: Packet, exchange: Exchange): void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers: Timers;
}

export interface TlsListener {
  /** Binds and serves. Rejects with OperatorError. */
  start(): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /** Looks at the files now, and judges every connection anew. */
  look(): void;
  /** Takes no more connections and requests. */
  quiet(): void;
  /** Closes what is left, once what was at work is answered. */
  stop(): Promise<void>;
  /** Clients that have a connection here, by their ids. */
  connectedClients(): readonly number[];
  /** Asks a client to end a session, on the connection that it was heard on last; null: it has none. Never rejects. */
  disconnect(clientId: number, attributes: readonly EncodedAttribute[]): Promise<DisconnectAnswer | null>;
  counters(): TlsCounters;
}

interface Open {
  readonly connection: Connection;
  readonly socket: TLSSocket;
  readonly certificate: PeerCertificate;
  readonly version: RadiusVersion;
  readonly source: string;
  client: RadiusClient;
  /** Monotonic: its last packet, or its beginning. */
  heardAt: number;
}

const versionOf = ({ alpnProtocol }: TLSSocket): RadiusVersion =>
  alpnProtocol === alpnNames['1.1'] ? '1.1' : '1.0';

export function createTlsListener(deps: TlsListenerDeps): TlsListener {
  const { config, settings, clock, random, log, timers } = deps;
  const rareLog = createRareLog(log, clock);
  const servers: Server[] = [];
  const open = new Set<Open>();
  const handshakes = new Map<string, number>();
  const refused: Partial<Record<RefusalCause, number>> = {};
  const closed: Partial<Record<CloseCause, number>> = {};
  const errors: Record<string, number> = {};
  let material: TlsMaterial | null = null;
  let accepted = 0;
  let serial = 0;
  let isQuiet = false;
  let cancelLook: () => void = () => undefined;
  let lastFileFault = '';

  function refuse(cause: RefusalCause, source: string, fields: Record<string, unknown> = {}): void {
    refused[cause] = (refused[cause] ?? 0) + 1;
    rareLog.warn(
      `${cause} ${source}`,
      { cause, source, ...fields, remedy: remedies[cause] },
      'a RADIUS/TLS connection was refused',
    );
  }

  function noteError({ code = 'unknown' }: NodeJS.ErrnoException, source: string): void {
    errors[code] = (errors[code] ?? 0) + 1;
    rareLog.warn(
      `socket ${code} ${source}`,
      { cause: 'connection-broken', code, source, remedy: remedies['connection-broken'] },
      'a RADIUS/TLS connection reports an error',
    );
  }

  /** Before the handshake: whoever knocks costs us a key exchange. */
  function admit(socket: Socket): (() => void) | null {
    const source = canonicalAddress(socket.remoteAddress ?? '');
    socket.on('error', (error) => noteError(error, source));
    const count = handshakes.get(source) ?? 0;
    let all = open.size;
    for (const number of handshakes.values()) all += number;
    const cause =
      all >= config.connections || all - open.size >= mostHandshakes
        ? 'too-many-connections'
        : count >= mostHandshakesPerAddress
          ? 'too-many-handshakes'
          : null;
    if (cause !== null || isQuiet) {
      if (cause !== null) refuse(cause, source);
      socket.destroy();
      return null;
    }
    handshakes.set(source, count + 1);
    let isOver = false;
    const over = () => {
      if (isOver) return;
      isOver = true;
      const left = (handshakes.get(source) ?? 1) - 1;
      if (left === 0) handshakes.delete(source);
      else handshakes.set(source, left);
    };
    socket.once('close', over);
    return over;
  }

  // A TLS socket doesn't give its raw socket away: they meet by the pair of ports.
  const pairOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
  const overByPair = new Map<string, () => void>();

  function establish(socket: TLSSocket): void {
    const source = canonicalAddress(socket.remoteAddress ?? '');
    overByPair.get(pairOf(socket))?.();
    overByPair.delete(pairOf(socket));
    socket.on('error', (error) => noteError(error, source));
    const judged = judge(socket, source);
    if (judged === null || isQuiet) {
      // What was said to it leaves first.
      socket.destroySoon();
      return;
    }
    const { client, certificate, version } = judged;
    serial += 1;
    accepted += 1;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    let snapshot: unknown = settings.current();
    let current: RadiusClient | null = client;
    const connection = serveConnection(socket, {
      link: `tls ${serial}`,
      source,
      idleMs: config.idleSeconds * 1000,
      version,
      random,
      clock,
      timers,
      currentClient() {
        if (settings.current() === snapshot) return current;
        snapshot = settings.current();
        const found = settings.current().findTlsClient(certificate);
        current = 'client' in found && mayUse(found.rule, version) ? found.client : null;
        if (current !== null) entry.client = current;
        return current;
      },
      onPacket(packet, exchange) {
        entry.heardAt = clock.monotonic();
        deps.onPacket(packet, exchange);
      },
      onClose(cause) {
        closed[cause] = (closed[cause] ?? 0) + 1;
        open.delete(entry);
        const fields = { cause, source, client: entry.client.name };
        if (cause in remedies) {
          const remedy = remedies[cause as keyof typeof remedies];
          rareLog.warn(`${cause} ${source}`, { ...fields, remedy }, 'a RADIUS/TLS connection was closed');
        } else log.info(fields, 'a RADIUS/TLS connection has ended');
      },
    });
    const entry: Open = {
      ...{ connection, socket, certificate, version, source, client },
      heardAt: clock.monotonic(),
    };
    open.add(entry);
    log.info(
      {
        ...{ source, client: client.name, radius: version },
        ...{ protocol: socket.getProtocol(), certificate: certificate.fingerprint },
      },
      'a RADIUS/TLS connection is up',
    );
  }

  const mayUse = ({ radiusVersions }: TlsRule, version: RadiusVersion): boolean =>
    config.radiusVersions.includes(version) && (radiusVersions?.includes(version) ?? true);

  function judge(
    socket: TLSSocket,
    source: string,
  ): { client: RadiusClient; certificate: PeerCertificate; version: RadiusVersion } | null {
    const certificate = readPeerCertificate(socket, clock.now());
    const fault = (cause: TlsFault): null => {
      const shown =
        certificate === null
          ? {}
          : {
              names: [...certificate.dnsNames, ...certificate.ipAddresses].slice(0, 8),
              certificate: certificate.fingerprint,
            };
      refuse(cause, source, shown);
      return null;
    };
    if (certificate === null) return fault('no-certificate');
    if (socket.isSessionReused()) return fault('session-resumed');
    const found = settings.current().findTlsClient(certificate);
    if ('fault' in found) return fault(found.fault);
    const { client, rule } = found;
    const version = versionOf(socket);
    if (!mayUse(rule, version)) {
      refuse('radius-version', source, { client: client.name, radius: version });
      const others = config.radiusVersions.filter((one) => mayUse(rule, one));
      socket.write(versionRefused(`RADIUS/${others.join(' or ')} alone is taken here: offer it by ALPN.`));
      return null;
    }
    if (version === '1.1' && socket.getProtocol() !== 'TLSv1.3') {
      refuse('radius-1.1-needs-tls-1.3', source, { client: client.name });
      return null;
    }
    const count = [...open].filter((one) => one.client.name === client.name).length;
    if (count < config.connectionsPerClient) return { client, certificate, version };
    refuse('too-many-connections-of-client', source, { client: client.name });
    return null;
  }

  function failHandshake(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const source = canonicalAddress(socket.remoteAddress ?? '');
    const fault: HandshakeFault | null = handshakeFaultOf(error.code);
    // A probe that connects and goes away again is no news.
    if (fault !== null) refuse(fault, source === '' ? 'unknown' : source, { code: error.code });
    socket.destroy();
  }

  function bind({ host, port }: { host: string; port: number }, options: TlsMaterial): Promise<Server> {
    const server = createServer({
      ...options.options,
      minVersion: 'TLSv1.2',
      requestCert: true,
      // Pins need no authority: judged after the handshake, before any packet is read.
      rejectUnauthorized: false,
      handshakeTimeout: handshakeMs,
      secureOptions,
      honorCipherOrder: true,
      // Whoever offers none speaks 1.0; whoever offers others alone gets the alert no_application_protocol.
      ALPNProtocols: [...config.radiusVersions]
        .sort()
        .reverse()
        .map((version) => alpnNames[version]),
    });
    server.on('connection', (socket: Socket) => {
      const over = admit(socket);
      if (over === null) return;
      const pair = pairOf(socket);
      overByPair.set(pair, over);
      socket.once('close', () => {
        if (overByPair.get(pair) === over) overByPair.delete(pair);
      });
    });
    server.on('secureConnection', establish);
    server.on('tlsClientError', failHandshake);
    const address = host === 'localhost' ? '127.0.0.1' : host;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: host.includes(':') }, () => {
        server.removeListener('error', reject);
        server.on('error', (error) => log.error({ err: error }, 'a RADIUS/TLS socket reports an error'));
        resolve(server);
      });
    }).then(
      () => server,
      (cause: NodeJS.ErrnoException) => {
        const at = 'radius.tls.listen';
        throw new OperatorError(`${at}: ${host}:${port} cannot be opened (${cause.code}).`, {
          at,
          remedy: 'Name an address of this host and a port that nothing else uses (see "ss -lntp").',
          cause,
        });
      },
    );
  }

  /** A broken file leaves what was read before in force: no gateway is lost by half a copy. */
  function reload(): void {
    let next: TlsMaterial;
    try {
      next = readTlsMaterial(config, 'radius.tls');
    } catch (error) {
      const { message } = error as Error;
      if (message !== lastFileFault) {
        log.error(
          { err: error },
          'the files of RADIUS/TLS cannot be read anew; the former ones stay in force',
        );
      }
      lastFileFault = message;
      return;
    }
    lastFileFault = '';
    if (next.digest === material?.digest) return;
    const isTrustChanged = next.trustDigest !== material?.trustDigest;
    material = next;
    for (const server of servers)
      server.setSecureContext({ ...next.options, secureOptions, minVersion: 'TLSv1.2' });
    log.info({ trust: isTrustChanged }, 'changed files of RADIUS/TLS are in force');
    // Whoever is still trusted comes back at once and proves it; whoever was revoked doesn't.
    if (isTrustChanged) for (const { connection } of open) connection.drain('trust-changed');
  }

  function look(): void {
    reload();
    const { findTlsClient } = settings.current();
    const now = clock.now();
    for (const { connection, certificate, version } of open) {
      const found = findTlsClient(certificate);
      if (now >= certificate.validUntil) connection.drain('certificate-expired');
      else if ('fault' in found || !mayUse(found.rule, version)) connection.drain('client-changed');
    }
  }

  function schedule(): void {
    cancelLook = timers.after(lookMs, () => {
      look();
      if (!isQuiet) schedule();
    });
  }

  return {
    async start() {
      material = readTlsMaterial(config, 'radius.tls');
      try {
        for (const endpoint of config.listen) servers.push(await bind(endpoint, material));
      } catch (error) {
        for (const server of servers.splice(0)) server.close();
        throw error;
      }
      schedule();
      const bound = servers.map((server) => {
        const address = server.address();
        if (address === null || typeof address === 'string') throw new Error('a TLS socket has no address');
        return { address: address.address, port: address.port };
      });
      log.info(
        { sockets: bound.map(({ address, port }) => `${address} port ${port}`) },
        'RADIUS/TLS listens',
      );
      return bound;
    },
    look,
    quiet() {
      isQuiet = true;
      cancelLook();
      for (const server of servers) server.close();
      for (const { connection } of open) connection.drain('stopping');
    },
    async stop() {
      isQuiet = true;
      cancelLook();
      const sockets = [...open].map(({ socket }) => socket);
      for (const { connection } of [...open]) connection.close('stopping');
      const ended = sockets.map(
        (socket) =>
          new Promise<void>((resolve) =>
            socket.destroyed ? resolve() : socket.once('close', () => resolve()),
          ),
      );
      let cancel: () => void = () => undefined;
      const grace = new Promise<void>((resolve) => {
        cancel = timers.after(drainMs, resolve);
      });
      await Promise.race([Promise.all(ended), grace]);
      cancel();
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
    connectedClients: () => [
      ...new Set([...open].filter(({ connection }) => connection.isUp).map(({ client }) => client.clientId)),
    ],
    async disconnect(clientId, attributes) {
      const [last] = [...open]
        .filter(({ client, connection }) => client.clientId === clientId && connection.isUp)
        .sort((one, other) => other.heardAt - one.heardAt);
      return last === undefined ? null : await last.connection.disconnect(attributes);
    },
    counters() {
      const perClient: Record<string, number> = {};
      for (const { client } of open) perClient[client.name] = (perClient[client.name] ?? 0) + 1;
      return structuredClone({ connections: open.size, accepted, refused, closed, errors, perClient });
    },
  };
}
