// One RADIUS/TLS connection: packets out of a stream, requests in flight, replies back. RFC 6613 §2.6, RFC 6614 §2.
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timers.ts';
import type { DisconnectAnswer } from '../services/sessions/disconnector.ts';
import type { RadiusClient } from '../services/settings/clients.ts';
import type { EncodedAttribute } from '../wire/radius/attribute.ts';
import {
  codes,
  headerLength,
  MalformedPacketError,
  maxPacketLength,
  type Packet,
  parsePacket,
} from '../wire/radius/packet.ts';
import { parsePacket11, type RadiusVersion } from '../wire/radius/radius11.ts';
import { clearSealing, errorCauses, protocolError } from '../wire/radius/sealing.ts';
import { createSecret } from '../wire/radius/secret.ts';
import type { EndOfExchange, Exchange } from './exchange.ts';
import { createOutgoingDisconnects } from './tls-disconnect.ts';

/** Requests of one connection that are at work; more wait in the peer's socket. */
const mostInFlight = 128;
/** A packet that has begun must be whole after this, and a reply taken. */
const stallMs = 10_000;
/** Replies that the peer has not taken: beyond it no more requests are read. */
const mostUnsentBytes = 256 * 1024;

/** RFC 6614 §2.3: TLS protects what MD5 can't, so that the secret is known to everybody. */
const secret = createSecret(Buffer.from('radsec'));

/** Nobody's requests: answers to ours, or to nothing. To answer them could go on for ever. */
const responses: ReadonlySet<number> = new Set([
  ...[codes.AccessAccept, codes.AccessReject, codes.AccessChallenge, codes.AccountingResponse],
  ...[codes.DisconnectAck, codes.DisconnectNak, codes.CoaAck, codes.CoaNak, codes.ProtocolError],
]);

/** What a request gets in RADIUS/1.1 that gets no other answer. */
const causeOf: Readonly<Record<EndOfExchange, number | null>> = {
  unanswered: errorCauses.resourcesUnavailable,
  'not-served': errorCauses.unsupportedExtension,
  'unknown-gateway': errorCauses.nasIdentificationMismatch,
  duplicate: null,
  broken: null,
};

/** Why a connection ended, for counters and log. */
export type CloseCause =
  | 'peer-closed'
  | 'idle'
  | 'stalled'
  | 'malformed'
  | 'not-authentic'
  | 'client-changed'
  | 'certificate-expired'
  | 'trust-changed'
  | 'stopping';

export interface ConnectionDeps {
  /** Names the connection within this process. */
  readonly link: string;
  readonly source: string;
  /** As negotiated. */
  readonly version: RadiusVersion;
  readonly idleMs: number;
  readonly random: Random;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Whose connection it is now; null: nobody's any more. */
  currentClient(): RadiusClient | null;
  onPacket(packet: Packet, exchange: Exchange): void;
  onClose(cause: CloseCause): void;
}

export interface Connection {
  /** No more requests are read; those at work are answered, then it is closed. */
  drain(cause: CloseCause): void;
  close(cause: CloseCause): void;
  /** Whether requests are still read. */
  readonly isUp: boolean;
  /** Asks the peer to end a session. Never rejects. */
  disconnect(attributes: readonly EncodedAttribute[]): Promise<DisconnectAnswer>;
}

/** Serves the connection until it ends. `socket` has finished its handshake. */
export function serveConnection(socket: TLSSocket, deps: ConnectionDeps): Connection {
  const { timers } = deps;
  let pending: Buffer = Buffer.alloc(0);
  let inFlight = 0;
  let closing: CloseCause | null = null;
  let isClosed = false;
  let cancelStall: (() => void) | null = null;
  let cancelIdle: () => void = () => undefined;

  const outgoing = createOutgoingDisconnects({
    secret,
    timers,
    version: deps.version,
    clock: deps.clock,
    random: deps.random,
    write: (octets) => socket.write(octets),
  });

  function close(cause: CloseCause): void {
    if (isClosed) return;
    isClosed = true;
    outgoing.close('the connection ended before the gateway answered');
    cancelStall?.();
    cancelIdle();
    deps.onClose(cause);
    // Half-closed first, so that replies under way and close_notify leave; a peer that keeps it open gets no say.
    socket.end();
    const cancel = timers.after(stallMs, () => socket.destroy());
    socket.once('close', cancel);
  }

  function restartIdle(): void {
    cancelIdle();
    cancelIdle = timers.after(deps.idleMs, () => close('idle'));
  }

  function watchStall(isStalled: boolean): void {
    if (!isStalled) {
      cancelStall?.();
      cancelStall = null;
    } else cancelStall ??= timers.after(stallMs, () => close('stalled'));
  }

  /** Whether another request may be read now. */
  const isOpen = () =>
    !isClosed && closing === null && inFlight < mostInFlight && socket.writableLength <= mostUnsentBytes;

  const isClear = deps.version === '1.1';

  function exchangeOf(client: RadiusClient, token: number): Exchange {
    let isOver = false;
    const finish = () => {
      if (isOver) return false;
      isOver = true;
      inFlight -= 1;
      return true;
    };
    return {
      link: deps.link,
      source: deps.source,
      client,
      sealing: isClear ? clearSealing : null,
      send(reply, onError) {
        if (!finish()) return;
        if (isClosed || socket.destroyed) onError();
        else socket.write(reply);
        resume();
      },
      end(how: EndOfExchange) {
        if (!finish()) return;
        const cause = causeOf[how];
        if (how === 'broken') close('not-authentic');
        else if (isClear && cause !== null && !isClosed) socket.write(protocolError(token, cause));
        resume();
      },
    };
  }

  /** Takes whole packets off what has arrived, as many as may be at work. */
  function read(): void {
    while (isOpen() && pending.length >= 4) {
      const length = pending.readUInt16BE(2);
      if (length < headerLength || length > maxPacketLength) {
        close('malformed');
        return;
      }
      if (pending.length < length) break;
      const octets = pending.subarray(0, length);
      pending = pending.subarray(length);
      restartIdle();
      if (!receive(octets)) return;
    }
    if (isClosed) return;
    // What waits for its turn is whole; only a packet that the peer leaves unfinished stalls.
    const isUnfinished = pending.length > 0 && isOpen();
    watchStall(isUnfinished || socket.writableLength > mostUnsentBytes);
    if (isOpen()) socket.resume();
    else socket.pause();
    if (closing !== null && inFlight === 0) close(closing);
  }

  function receive(octets: Buffer): boolean {
    const client = deps.currentClient();
    if (client === null) {
      close('client-changed');
      return false;
    }
    let packet: Packet;
    try {
      packet = isClear ? parsePacket11(octets) : parsePacket(octets);
    } catch (error) {
      if (!(error instanceof MalformedPacketError)) throw error;
      close('malformed');
      return false;
    }
    // The other direction: what answers our own requests is matched with them, and is nobody's request.
    if (responses.has(packet.code)) {
      if (outgoing.receive(packet) === 'broken') close('not-authentic');
      return !isClosed;
    }
    inFlight += 1;
    deps.onPacket(packet, exchangeOf(client, packet.identifier));
    return !isClosed;
  }

  let isReading = false;
  /** Answers that come while a packet is being handed over are taken up by the loop that hands over. */
  function resume(): void {
    if (isReading || isClosed) return;
    isReading = true;
    try {
      read();
    } finally {
      isReading = false;
    }
  }

  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    resume();
  });
  socket.on('drain', resume);
  socket.on('end', () => close('peer-closed'));
  socket.on('close', () => close('peer-closed'));
  restartIdle();

  return {
    drain(cause) {
      closing ??= cause;
      resume();
    },
    close,
    get isUp() {
      return !isClosed && closing === null;
    },
    disconnect: (attributes) => outgoing.ask(attributes),
  };
}
