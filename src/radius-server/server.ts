// The RADIUS listener: RFC 2865, 3579, 5080, 5997. Takes datagrams, and packets of connections; asks services, sends what they say.
import { hash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { createRareLog } from '../base/rare-log.ts';
import { systemTimers, type Timers } from '../base/timers.ts';
import { type CacheEntry, createDuplicateCache } from '../services/admission/duplicate-cache.ts';
import { createLimits } from '../services/admission/limits.ts';
import { createAdmission } from '../services/admission/queue.ts';
import { createRateLimit } from '../services/admission/rate-limit.ts';
import { createRejectDelay } from '../services/admission/reject-delay.ts';
import type { Authenticator, LoginRequest, Verdict } from '../services/login.ts';
import type { Gateway, RadiusClient } from '../services/settings/clients.ts';
import {
  codeName,
  codes,
  first,
  MalformedPacketError,
  type Packet,
  parsePacket,
} from '../wire/radius/packet.ts';
import { type Sealing, sealingBy } from '../wire/radius/sealing.ts';
import {
  type ReadRequest,
  type Receipt,
  readAccessRequest,
  toEapReply,
  toEapRound,
  toLogin,
  toReply,
} from './access-request.ts';
import { distrustRemedy, judgeTrust } from './blast-radius.ts';
import { createTally, type DropCause, type RadiusCounters } from './counters.ts';
import type { EapAnswer } from './eap/answer.ts';
import { createEapServer, type EapCounters, type EapServerDeps } from './eap/exchange.ts';
import { datagramExchange, type Exchange, type Handled } from './exchange.ts';
import { canonicalAddress, gatewayOfRequest } from './gateway-of-request.ts';
import { notServedRemedy } from './not-served.ts';
import { createObservations, type GatewayObservation } from './observations.ts';
import { answerStatus } from './status-server.ts';
import { type BoundSocket, type Endpoint, openUdpListener, type UdpListener } from './udp-listener.ts';

const stateType = 24;
const eapMessageType = 79;

const replyLifetimeMs = 30_000;
const maxReplies = 65_536;
const maxLimitKeys = 10_000;
const rescanMs = 5_000;
/** A request that has waited this long was given up by every gateway. */
const maxWaitMs = 15_000;
const stopGraceMs = 5_000;
/**
 * From receipt to an Access-Challenge, whatever was computed: above what a hash and a commit take, below what anybody notices
 * who is about to type a code.
 */
const challengeDelayMs = 250;

const defaultMaxInFlight = 1_024;
const defaultMaxQueued = 4_096;

export interface RadiusServerDeps {
  readonly config: {
    readonly listen: readonly Endpoint[];
    readonly receiveBufferBytes: number;
    /** From receipt to an Access-Reject, whatever was computed. */
    readonly rejectDelayMs: number;
    readonly maxInFlight?: number;
    readonly maxQueued?: number;
  };
  /** Asked for every packet: changed settings need no restart. */
  readonly settings: {
    current(): {
      findClient(sourceAddress: string): RadiusClient | null;
      readonly realms: readonly string[];
    };
  };
  readonly authenticate: Authenticator['authenticate'];
  /** Without it EAP is refused whatever a profile allows. */
  readonly eap?: Pick<EapServerDeps, 'most' | 'mostPerGateway' | 'openTls'>;
  /** Whether a decision could be made now; without it Status-Server gets no answer. */
  readonly isHealthy: () => boolean | Promise<boolean>;
  /** A client in `auto` has signed a request: to be stored, so that it must from now on, on every node. */
  readonly onMessageAuthenticatorSeen: (clientId: number) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers?: Timers;
  /** UDP sockets unless a simulation has its own network. */
  readonly openListener?: typeof openUdpListener;
}

export interface RadiusServer {
  /** Binds and serves; resolves with the names of the sockets. Rejects with OperatorError. */
  start(): Promise<readonly { readonly address: string; readonly port: number }[]>;
  /** A packet that came another way than by UDP, of a client that is known. Never throws. */
  handle(exchange: Exchange, packet: Packet): void;
  /** Takes no more requests, waits up to 5 s for those at work, sends the rejects and challenges that wait, closes. */
  stop(): Promise<void>;
  counters(): RadiusCounters;
  /** Null where EAP is not spoken. */
  eapCounters(): EapCounters | null;
  /** By name of gateway. */
  observations(): Readonly<Record<string, GatewayObservation>>;
}

/** One authentic Access-Request on its way. */
interface Job {
  readonly packet: Packet;
  readonly gateway: Gateway;
  readonly read: ReadRequest;
  readonly receipt: Receipt;
  readonly entry: CacheEntry;
  readonly exchange: Exchange;
}

interface Arrival {
  readonly exchange: Exchange;
  readonly receipt: Receipt;
  readonly client: RadiusClient;
  readonly packet: Packet;
}

/** Until which deadline a reply waits; null: it leaves at once. */
type Delay = 'reject' | 'challenge' | null;

function delayOf(verdict: Verdict): Delay {
  if (verdict.kind === 'reject') return verdict.isImmediate ? null : 'reject';
  return verdict.kind === 'challenge' ? 'challenge' : null;
}

/** Composes the listener. Nothing is bound before `start`. */
export function createRadiusServer(deps: RadiusServerDeps): RadiusServer {
  const { config, settings, clock, log } = deps;
  const timers = deps.timers ?? systemTimers;
  const openListener = deps.openListener ?? openUdpListener;
  const monotonic = () => clock.monotonic();
  const tally = createTally();
  const observations = createObservations();
  const rareLog = createRareLog(log, clock);
  const cache = createDuplicateCache({ lifetimeMs: replyLifetimeMs, maxReplies, monotonic });
  const rejects = createRejectDelay(config.rejectDelayMs, clock, timers);
  const challenges = createRejectDelay(Math.min(challengeDelayMs, config.rejectDelayMs), clock, timers);
  const rateLimit = createRateLimit({ maxKeys: maxLimitKeys, monotonic });
  const limits = createLimits({ ask, realms: () => settings.current().realms, monotonic });
  const admission = createAdmission({
    maxInFlight: config.maxInFlight ?? defaultMaxInFlight,
    maxQueued: config.maxQueued ?? defaultMaxQueued,
  });
  const eap =
    deps.eap === undefined
      ? null
      : createEapServer({
          ...deps.eap,
          authenticate: (login, gateway) => limits.ask(login, limits.account(gateway, login)),
          clock,
          random: deps.random,
          log,
          timers,
        });
  // Per snapshot of the settings: when they are loaded again, what the store says counts.
  const seenSigned = new WeakSet<RadiusClient>();
  let listener: UdpListener | null = null;
  let cancelRescan: () => void = () => undefined;
  let isStopping = false;

  function drop(cause: DropCause, source: string, fields: Record<string, string>, remedy: string): void {
    tally.drop(cause);
    rareLog.warn(`${cause} ${source}`, { cause, ...fields, remedy }, 'a RADIUS request was dropped');
  }

  /** A defect that one packet brings out must not take the listener down with it. */
  function receive(socket: BoundSocket, datagram: Buffer, address: string, port: number): void {
    if (isStopping) return;
    tally.datagram();
    try {
      read(socket, datagram, address, port);
    } catch (error) {
      tally.drop('defect');
      log.error({ err: error }, 'a RADIUS request could not be handled: this is a defect');
    }
  }

  function read(socket: BoundSocket, datagram: Buffer, address: string, port: number): void {
    const source = canonicalAddress(address);
    const client = settings.current().findClient(source);
    if (client === null) {
      drop(
        'unknown-client',
        source,
        { source },
        'Declare this address as a RADIUS client if it is a gateway of yours.',
      );
      return;
    }
    let packet: Packet;
    try {
      packet = parsePacket(datagram);
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) throw error;
      const fields = { source, client: client.name, fault: error.fault };
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
    tally.datagram();
    try {
      const handled = dispatch(exchange, packet);
      if (handled !== 'at-work' && handled !== 'answered') exchange.end(handled);
    } catch (error) {
      tally.drop('defect');
      log.error({ err: error }, 'a RADIUS request could not be handled: this is a defect');
      exchange.end('unanswered');
    }
  }

  function dispatch(exchange: Exchange, packet: Packet): Handled {
    const { client, source } = exchange;
    const receipt = { receivedAt: clock.now(), receivedMonotonic: clock.monotonic(), sourceAddress: source };
    const arrival = { exchange, receipt, client, packet };
    if (packet.code === codes.AccessRequest) return receiveAccessRequest(arrival);
    if (packet.code === codes.StatusServer) return receiveStatusServer(arrival);
    const fields = { source, client: client.name, code: codeName(packet.code) };
    drop(
      'code-not-served',
      `${source} ${packet.code}`,
      fields,
      notServedRemedy(packet.code, 'authentication'),
    );
    return 'not-served';
  }

  /** What an authentic packet may have been made with; null when it was dropped. Inside TLS, RADIUS/1.1 signs nothing. */
  function trust(
    arrival: Arrival,
    mustSign: boolean,
  ): { signed: boolean; sealings: readonly Sealing[] } | null {
    const { client, exchange, packet, receipt } = arrival;
    if (exchange.sealing !== null) return { signed: true, sealings: [exchange.sealing] };
    const isSeen = client.seenMessageAuthenticator || seenSigned.has(client);
    const judged = judgeTrust(packet, client, { isSeen, mustSign });
    if (judged.kind === 'ok') return { signed: judged.signed, sealings: judged.secrets.map(sealingBy) };
    const fields = { source: receipt.sourceAddress, client: client.name };
    drop(judged.cause, receipt.sourceAddress, fields, distrustRemedy(judged.cause, client));
    return null;
  }

  function noteSigned(client: RadiusClient, packet: Packet): void {
    // Whoever speaks EAP signs it; that says nothing about the PAP requests of the same gateway.
    if (client.requireMessageAuthenticator !== 'auto' || first(packet, eapMessageType) !== undefined) return;
    if (client.seenMessageAuthenticator || seenSigned.has(client)) return;
    seenSigned.add(client);
    deps.onMessageAuthenticatorSeen(client.clientId);
  }

  function send(exchange: Exchange, reply: Buffer): void {
    exchange.send(reply, () => tally.drop('send-failed'));
  }

  function receiveStatusServer(arrival: Arrival): Handled {
    const trusted = trust(arrival, true);
    const sealing = trusted?.sealings[0];
    if (sealing === undefined) return 'broken';
    const key = `status ${arrival.client.clientId}`;
    void answerStatus(arrival.packet, sealing, key, rateLimit, deps.isHealthy).then((answer) => {
      if (answer.kind === 'silent') {
        tally.drop(`status-${answer.cause}`);
        arrival.exchange.end('unanswered');
        return;
      }
      tally.statusReply();
      send(arrival.exchange, answer.reply);
    });
    return 'at-work';
  }

  function receiveAccessRequest(arrival: Arrival): Handled {
    const { exchange, client, packet, receipt } = arrival;
    const trusted = trust(arrival, false);
    if (trusted === null) return 'broken';
    if (trusted.signed) noteSigned(client, packet);

    const source = receipt.sourceAddress;
    const gateway = gatewayOfRequest(client, packet);
    if (gateway === null) {
      const remedy =
        'Declare a gateway for this client with the NAS-Identifier or NAS-IP-Address that it sends, or with none.';
      drop('unknown-gateway', source, { source, client: client.name }, remedy);
      return 'unknown-gateway';
    }

    const key = `${exchange.link} ${packet.code} ${packet.identifier}`;
    const admitted = cache.admit(key, hash('sha256', packet.bytes, 'buffer'));
    if (admitted.kind !== 'new') {
      observations.retransmission(gateway.name, admitted.afterMs);
      if (admitted.kind === 'at-work') {
        tally.drop('duplicate-at-work');
        return 'duplicate';
      }
      tally.gateways.retransmission(gateway.name);
      send(exchange, admitted.reply);
      return 'answered';
    }

    const { entry } = admitted;
    const read = readAccessRequest(packet, gateway, trusted.sealings);
    const isEmpty = read?.interpretation.method === 'none' && first(packet, stateType) === undefined;
    if (read === null || (isEmpty && !trusted.signed)) {
      cache.release(entry);
      const remedy = 'Look at what sends it: neither a credential nor a Message-Authenticator is in it.';
      drop('no-credential-unsigned', source, { source, gateway: gateway.name }, remedy);
      return 'unanswered';
    }
    const { interpretation } = read;
    observations.request(gateway.name, {
      at: receipt.receivedAt,
      packet,
      signed: trusted.signed,
      interpretation,
      useless: gateway.profile.useless.map(({ reference }) => reference),
    });
    if (!trusted.signed && interpretation.method === 'pap' && !interpretation.passwordReadable) {
      const fields = {
        gateway: gateway.name,
        source,
        remedy: 'Compare the shared secret of the gateway with the one of this client.',
      };
      rareLog.warn(
        `unreadable ${gateway.name}`,
        fields,
        "a password doesn't read as text: probably a wrong shared secret",
      );
    }
    admit({ packet, gateway, read, receipt, entry, exchange });
    return 'at-work';
  }

  /** No answer comes of a request that was at work: a retransmission is looked at afresh. */
  function giveUp(job: Job): void {
    cache.release(job.entry);
    job.exchange.end('unanswered');
  }

  /** The key of the limit that is exceeded, or null. */
  function exceededLimit(job: Job): string | null {
    const { gateway, read } = job;
    const { interpretation } = read;
    const exceeded = limits.gateway(gateway);
    if (exceeded !== null || interpretation.kind === 'health-probe') return exceeded;
    // A round of EAP is not for an account yet, whatever it calls itself outside.
    return isConversation(job) ? null : limits.account(gateway, interpretation);
  }

  const isConversation = ({ read: { interpretation } }: Job): boolean =>
    eap !== null && interpretation.method === 'eap' && interpretation.kind === 'login';

  function admit(job: Job): void {
    const limit = exceededLimit(job);
    if (limit !== null) {
      tally.gateways.limited(job.gateway.name);
      const open = limits.refusal(limit);
      if (open !== undefined) {
        void open.then((verdict) => answer(job, verdict));
        return;
      }
    }
    admission.submit({
      hasState: first(job.packet, stateType) !== undefined,
      run: () => decide(job, limit),
      drop: () => {
        giveUp(job);
        const remedy = 'Look at the load of this node: more requests come than it can decide.';
        drop('overloaded', job.gateway.name, { gateway: job.gateway.name }, remedy);
      },
    });
  }

  async function decide(job: Job, limit: string | null): Promise<void> {
    if (clock.monotonic() - job.receipt.receivedMonotonic > maxWaitMs) {
      giveUp(job);
      tally.drop('overloaded');
      return;
    }
    if (limit === null && isConversation(job)) {
      await converse(job);
      return;
    }
    const login = toLogin(job.read, job.gateway, job.receipt);
    answer(job, await limits.ask(withoutEap(job, login), limit));
  }

  /** A gateway's profile allows EAP, and this node does not speak it. */
  function withoutEap({ read: { interpretation } }: Job, login: LoginRequest): LoginRequest {
    if (eap !== null || interpretation.method !== 'eap' || interpretation.kind !== 'login') return login;
    const detail = login.method === 'EAP-MD5' ? 'eap-md5' : 'eap-other';
    return { ...login, refused: { reason: 'method-not-allowed', detail } };
  }

  async function converse(job: Job): Promise<void> {
    const { packet, gateway, read, receipt } = job;
    try {
      const round = toEapRound(packet, read, gateway, receipt);
      const reply: EapAnswer = (await eap?.receive(round)) ?? { kind: 'silent' };
      if (reply.kind === 'silent') leave(job, 'silent', null, () => null);
      else {
        const [outcome, delay] =
          reply.kind === 'continue'
            ? (['challenge', reply.isDelayed ? 'challenge' : null] as const)
            : ([reply.verdict.kind, delayOf(reply.verdict)] as const);
        leave(job, outcome, delay, () => toEapReply(packet, read, gateway, reply, deps.random));
      }
    } catch (error) {
      giveUp(job);
      tally.drop('defect');
      log.error({ err: error, gateway: gateway.name }, 'a round of EAP failed: this is a defect');
    }
  }

  async function ask(login: LoginRequest): Promise<Verdict> {
    try {
      return await deps.authenticate(login);
    } catch (error) {
      log.error({ err: error, gatewayId: login.gatewayId }, 'a decision failed: no reply is sent');
      return { kind: 'silent', cause: 'store-unavailable' };
    }
  }

  function answer(job: Job, verdict: Verdict): void {
    try {
      reply(job, verdict);
    } catch (error) {
      giveUp(job);
      tally.drop('defect');
      log.error({ err: error, gateway: job.gateway.name }, 'a reply could not be made: this is a defect');
    }
  }

  function reply(job: Job, verdict: Verdict): void {
    const { packet, gateway, read } = job;
    leave(job, verdict.kind, delayOf(verdict), () =>
      verdict.kind === 'silent' ? null : toReply(packet, read, gateway, verdict, deps.random),
    );
  }

  /** Counts the outcome and sees the reply off; `encode` null: there is none. */
  function leave(job: Job, outcome: Verdict['kind'], delay: Delay, encode: () => Buffer | null): void {
    const { gateway, receipt, entry, exchange } = job;
    const seconds = (clock.monotonic() - receipt.receivedMonotonic) / 1000;
    tally.gateways.outcome(gateway.name, outcome, seconds);
    const octets = encode();
    if (octets === null) {
      giveUp(job);
      return;
    }
    // Until it leaves the request counts as at work: a retransmission must not fetch the Reject early.
    const depart = () => {
      if (cache.complete(entry, octets)) send(exchange, octets);
      else exchange.end('unanswered');
    };
    if (delay === 'reject') rejects.schedule(receipt.receivedMonotonic, depart);
    else if (delay === 'challenge') challenges.schedule(receipt.receivedMonotonic, depart);
    else depart();
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
      listener = await openListener(listen, { receiveBufferBytes, onDatagram: receive, log });
      scheduleRescan();
      const { sockets } = listener;
      log.info({ sockets: sockets.map(({ name }) => name) }, 'RADIUS listens');
      return sockets.map(({ address, port }) => ({ address, port }));
    },
    handle,
    async stop() {
      isStopping = true;
      cancelRescan();
      let cancelGrace: () => void = () => undefined;
      const grace = new Promise<void>((resolve) => {
        cancelGrace = timers.after(stopGraceMs, resolve);
      });
      await Promise.race([admission.idle(), grace]);
      cancelGrace();
      rejects.flush();
      challenges.flush();
      eap?.close();
      await listener?.close();
      listener = null;
    },
    counters: () =>
      tally.snapshot({
        inFlight: admission.inFlight,
        queued: admission.queued,
        delayed: rejects.waiting + challenges.waiting,
      }),
    eapCounters: () => eap?.counters() ?? null,
    observations: () => observations.snapshot(),
  };
}
