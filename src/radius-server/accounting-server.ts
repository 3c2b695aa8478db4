// The accounting listener over UDP: RFC 2866, 5080 §2.2.2, 5997. Nothing is answered before it is stored.
import { hash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { StoreUnavailableError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createRareLog } from '../base/rare-log.ts';
import { systemTimers, type Timers } from '../base/timers.ts';
import { type CacheEntry, createDuplicateCache } from '../services/admission/duplicate-cache.ts';
import { createRateLimit } from '../services/admission/rate-limit.ts';
import type { Accounting, AccountingNews, AccountingResult } from '../services/sessions/accounting.ts';
import type { Gateway, RadiusClient } from '../services/settings/clients.ts';
import { readAccounting } from '../wire/radius/accounting.ts';
import { verifyRequestAuthenticator } from '../wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../wire/radius/message-authenticator.ts';
import {
  all,
  codeName,
  codes,
  MalformedPacketError,
  type Packet,
  parsePacket,
} from '../wire/radius/packet.ts';
import { readIdentification } from '../wire/radius/profile/disconnect.ts';
import { findStation } from '../wire/radius/profile/interpret.ts';
import { type Sealing, sealingBy } from '../wire/radius/sealing.ts';
import { datagramExchange, type Exchange, type Handled } from './exchange.ts';
import { canonicalAddress, gatewayOfRequest } from './gateway-of-request.ts';
import { notServedRemedy } from './not-served.ts';
import { answerStatus } from './status-server.ts';
import { type BoundSocket, type Endpoint, openUdpListener, type UdpListener } from './udp-listener.ts';

const proxyStateType = 33;
const replyLifetimeMs = 30_000;
const maxReplies = 65_536;
const maxLimitKeys = 10_000;
const rescanMs = 5_000;

const dropCauses = [
  'malformed',
  'unknown-client',
  'unknown-gateway',
  'code-not-served',
  'authenticator-invalid',
  'duplicate-at-work',
  'not-stored',
  'status',
  'defect',
] as const;
type DropCause = (typeof dropCauses)[number];

export interface AccountingCounters {
  readonly datagrams: number;
  readonly retransmissions: number;
  readonly results: Readonly<Record<AccountingResult, number>>;
  readonly dropped: Readonly<Record<DropCause, number>>;
}

export interface AccountingServerDeps {
  readonly config: { readonly listen: readonly Endpoint[]; readonly receiveBufferBytes: number };
  /** Asked for every packet: changed settings need no restart. */
  readonly settings: { current(): { findClient(sourceAddress: string): RadiusClient | null } };
  readonly record: Accounting['record'];
  /** Whether anything could be stored now; without it Status-Server gets no answer. */
  readonly isHealthy: () => boolean | Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
  readonly timers?: Timers;
}

export interface AccountingServer {
  /** Binds and serves. Rejects with OperatorError. */
  start(): Promise<readonly Endpoint[]>;
  /** A packet that came another way than by UDP, of a client that is known. Never throws. */
  handle(exchange: Exchange, packet: Packet): void;
  /** Takes no more requests and closes, once those at work are answered. */
  stop(): Promise<void>;
  counters(): AccountingCounters;
}

/** News of a session as the gateway's profile reads it; null: a kind of accounting that is not kept. */
function toNews(packet: Packet, gateway: Gateway, receivedAt: number): AccountingNews | null {
  const event = readAccounting(packet, receivedAt);
  if (event === null) return null;
  const { kind, at, userName, acctSessionId, framedIpAddress, octetsIn, octetsOut, terminateCause } = event;
  const { gatewayId, profile } = gateway;
  if (kind === 'on' || kind === 'off') return { kind: 'restart', gatewayId, at };
  return {
    kind,
    gatewayId,
    at,
    receivedAt,
    userName,
    station: findStation(profile, packet).replaceAll('\0', '\uFFFD'),
    acctSessionId,
    references: profile.accounting.echoesClass ? event.classes : [],
    framedIpAddress,
    octetsIn,
    octetsOut,
    terminateCause,
    identification: readIdentification(profile, packet),
    interimMs: profile.accounting.interimSeconds * 1000,
  };
}

/** Composes the listener. Nothing is bound before `start`. */
export function createAccountingServer(deps: AccountingServerDeps): AccountingServer {
  const { config, settings, clock, log } = deps;
  const timers = deps.timers ?? systemTimers;
  const monotonic = () => clock.monotonic();
  const rareLog = createRareLog(log, clock);
  const cache = createDuplicateCache({ lifetimeMs: replyLifetimeMs, maxReplies, monotonic });
  const rateLimit = createRateLimit({ maxKeys: maxLimitKeys, monotonic });
  const results: Record<AccountingResult, number> = { stored: 0, adopted: 0, unmatched: 0 };
  const dropped = Object.fromEntries(dropCauses.map((cause) => [cause, 0])) as Record<DropCause, number>;
  const atWork = new Set<Promise<void>>();
  let datagrams = 0;
  let retransmissions = 0;
  let listener: UdpListener | null = null;
  let cancelRescan: () => void = () => undefined;
  let isStopping = false;

  function drop(cause: DropCause, source: string, fields: Record<string, string>, remedy: string): void {
    dropped[cause] += 1;
    rareLog.warn(
      `accounting ${cause} ${source} ${fields['code'] ?? ''}`,
      { cause, source, ...fields, remedy },
      'an accounting request was dropped',
    );
  }

  function receive(socket: BoundSocket, datagram: Buffer, address: string, port: number): void {
    if (isStopping) return;
    datagrams += 1;
    try {
      read(socket, datagram, address, port);
    } catch (error) {
      dropped.defect += 1;
      log.error({ err: error }, 'an accounting request could not be handled: this is a defect');
    }
  }

  function read(socket: BoundSocket, datagram: Buffer, address: string, port: number): void {
    const source = canonicalAddress(address);
    const client = settings.current().findClient(source);
    if (client === null) {
      const remedy = 'Declare this address as a RADIUS client if it is a gateway of yours.';
      drop('unknown-client', source, {}, remedy);
      return;
    }
    let packet: Packet;
    try {
      packet = parsePacket(datagram);
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) throw error;
      const fields = { client: client.name, fault: error.fault };
      drop('malformed', source, fields, 'Look at what sends it: these octets are no RADIUS packet.');
      return;
    }
    dispatch(datagramExchange(socket, address, port, client), packet);
  }

  function handle(exchange: Exchange, packet: Packet): void {
    if (isStopping) {
      exchange.end('unanswered');
      return;
    }
    datagrams += 1;
    try {
      const handled = dispatch(exchange, packet);
      if (handled !== 'at-work' && handled !== 'answered') exchange.end(handled);
    } catch (error) {
      dropped.defect += 1;
      log.error({ err: error }, 'an accounting request could not be handled: this is a defect');
      exchange.end('unanswered');
    }
  }

  function dispatch(exchange: Exchange, packet: Packet): Handled {
    if (packet.code === codes.StatusServer) {
      track(answerStatusServer(packet, exchange));
      return 'at-work';
    }
    if (packet.code === codes.AccountingRequest) return receiveAccounting(packet, exchange);
    const fields = { client: exchange.client.name, code: codeName(packet.code) };
    drop('code-not-served', exchange.source, fields, notServedRemedy(packet.code, 'accounting'));
    return 'not-served';
  }

  function track(work: Promise<void>): void {
    atWork.add(work);
    void work.finally(() => atWork.delete(work));
  }

  async function answerStatusServer(packet: Packet, exchange: Exchange): Promise<void> {
    const { client } = exchange;
    const signedWith = client.secrets.find((one) => checkMessageAuthenticator(packet, one) === 'valid');
    const sealing = exchange.sealing ?? (signedWith === undefined ? null : sealingBy(signedWith));
    const key = `status ${client.clientId}`;
    const answer =
      sealing === null
        ? null
        : await answerStatus(packet, sealing, key, rateLimit, deps.isHealthy, codes.AccountingResponse);
    if (answer?.kind === 'reply') {
      exchange.send(answer.reply, () => undefined);
      return;
    }
    dropped.status += 1;
    exchange.end(sealing === null ? 'broken' : 'unanswered');
  }

  /** What the request was made with: nothing in it counts before that is known. */
  function sealingOf(packet: Packet, { client, sealing }: Exchange): Sealing | null {
    if (sealing !== null) return sealing;
    const made = client.secrets.find((secret) => verifyRequestAuthenticator(packet, secret));
    if (made === undefined || checkMessageAuthenticator(packet, made) === 'invalid') return null;
    return sealingBy(made);
  }

  function receiveAccounting(packet: Packet, exchange: Exchange): Handled {
    const { client, source } = exchange;
    const receivedAt = clock.now();
    const sealing = sealingOf(packet, exchange);
    if (sealing === null) {
      const remedy = 'Compare the shared secret of the gateway with the one of this client.';
      drop('authenticator-invalid', source, { client: client.name }, remedy);
      return 'broken';
    }
    const gateway = gatewayOfRequest(client, packet);
    if (gateway === null) {
      const remedy =
        'Declare a gateway for this client with the NAS-Identifier or NAS-IP-Address that it sends, or with none.';
      drop('unknown-gateway', source, { client: client.name }, remedy);
      return 'unknown-gateway';
    }
    const key = `${exchange.link} ${packet.code} ${packet.identifier}`;
    const admitted = cache.admit(key, hash('sha256', packet.bytes, 'buffer'));
    if (admitted.kind === 'at-work') {
      dropped['duplicate-at-work'] += 1;
      return 'duplicate';
    }
    if (admitted.kind === 'answered') {
      retransmissions += 1;
      exchange.send(admitted.reply, () => undefined);
      return 'answered';
    }
    const news = toNews(packet, gateway, receivedAt);
    track(store({ packet, sealing, entry: admitted.entry, exchange, gateway, news }));
    return 'at-work';
  }

  async function store(job: {
    readonly packet: Packet;
    readonly sealing: Sealing;
    readonly entry: CacheEntry;
    readonly exchange: Exchange;
    readonly gateway: Gateway;
    readonly news: AccountingNews | null;
  }): Promise<void> {
    const { packet, sealing, entry, exchange, gateway, news } = job;
    try {
      if (news !== null) await count(deps.record(news), gateway);
      const attributes = all(packet, proxyStateType).map(({ type, value }) => ({ type, value }));
      const reply = sealing.encodeReply(packet, { code: codes.AccountingResponse, attributes });
      if (cache.complete(entry, reply)) exchange.send(reply, () => undefined);
      else exchange.end('unanswered');
    } catch (error) {
      cache.release(entry);
      exchange.end('unanswered');
      if (error instanceof StoreUnavailableError) {
        const remedy = 'The gateway will ask again; look at the store.';
        drop('not-stored', exchange.source, { gateway: gateway.name }, remedy);
      } else {
        dropped.defect += 1;
        log.error({ err: error, gateway: gateway.name }, 'accounting could not be stored: this is a defect');
      }
    }
  }

  async function count(recorded: Promise<AccountingResult>, gateway: Gateway): Promise<void> {
    const result = await recorded;
    results[result] += 1;
    if (result === 'unmatched') {
      rareLog.warn(
        `unmatched ${gateway.name}`,
        { gateway: gateway.name, remedy: 'Look for accounts on the gateway itself that bypass the broker.' },
        'a gateway accounts for a session of nobody known here',
      );
    }
  }

  function scheduleRescan(): void {
    cancelRescan = timers.after(rescanMs, () => {
      listener
        ?.rescan()
        .catch((error: unknown) => log.warn({ err: error }, 'a local address cannot be listened on'))
        .finally(() => {
          if (!isStopping) scheduleRescan();
        });
    });
  }

  return {
    async start() {
      const { listen, receiveBufferBytes } = config;
      const at = 'radius.accountingListen';
      listener = await openUdpListener(listen, { receiveBufferBytes, onDatagram: receive, log, at });
      scheduleRescan();
      const { sockets } = listener;
      log.info({ sockets: sockets.map(({ name }) => name) }, 'RADIUS accounting listens');
      return sockets.map(({ address, port }) => ({ host: address, port }));
    },
    handle,
    async stop() {
      isStopping = true;
      cancelRescan();
      await Promise.all(atWork);
      await listener?.close();
      listener = null;
    },
    counters: () => structuredClone({ datagrams, retransmissions, results, dropped }),
  };
}
