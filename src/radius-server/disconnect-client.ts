// Disconnect-Requests as a client of gateways: RFC 5176, retransmitted by RFC 5080 §2.2.1.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { systemTimers, type Timers } from '../base/timers.ts';
import type { DisconnectAnswer, Disconnector, DisconnectTarget } from '../services/sessions/disconnector.ts';
import { type EncodedAttribute, encodeValue } from '../wire/radius/attribute.ts';
import { verifyResponse } from '../wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../wire/radius/message-authenticator.ts';
import { codes, MalformedPacketError, type Packet, parsePacket } from '../wire/radius/packet.ts';
import { encodeRequest } from '../wire/radius/reply.ts';
import type { Secret } from '../wire/radius/secret.ts';
import { canonicalAddress } from './gateway-of-request.ts';
import { answerOf, isDisconnectResponse } from './tls-disconnect.ts';

const eventTimestampType = 55;

/** RFC 5080 §2.2.1. */
const initialMs = 2_000;
const longestMs = 16_000;
const durationMs = 30_000;
const transmissions = 5;
/** A gateway remembers identifiers for as long as it takes an Event-Timestamp for fresh (RFC 5176 §3). */
const identifierRestMs = 300_000;
const identifiers = 256;
/** Each source port brings 256 identifiers for each gateway. */
const mostSockets = 16;

interface Exchange {
  readonly bytes: Buffer;
  readonly secret: Secret;
  readonly settle: (answer: DisconnectAnswer) => void;
}

/** The identifiers of one source port towards one gateway. */
interface Lane {
  readonly outstanding: Map<number, Exchange>;
  /** Monotonic milliseconds. */
  readonly usedAt: Float64Array;
  next: number;
}

interface Slot {
  readonly lane: Lane;
  readonly socket: Socket;
  readonly identifier: number;
}

/** Opens source ports as they are needed. Requests to one gateway go out at once, thousands if need be. */
export function createDisconnectClient(deps: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers?: Timers;
}): Disconnector & { close(): Promise<void> } {
  const { clock, random, log } = deps;
  const timers = deps.timers ?? systemTimers;
  const sockets: Record<'udp4' | 'udp6', Socket[]> = { udp4: [], udp6: [] };
  /** By source port (its number in `sockets`) and destination. */
  const lanes = new Map<string, Lane>();
  let isClosed = false;

  function socketAt(family: 'udp4' | 'udp6', index: number): Socket {
    const known = sockets[family][index];
    if (known !== undefined) return known;
    const socket = createSocket({
      type: family,
      lookup: (host, _options, found) => found(null, host, family === 'udp6' ? 6 : 4),
    });
    socket.on('message', (datagram, { address, port }) => {
      const lane = lanes.get(laneKey(index, canonicalAddress(address), port));
      if (lane !== undefined) receive(lane, datagram);
    });
    socket.on('error', (error) => {
      log.warn({ error: error.message }, 'a socket for Disconnect-Requests reports an error');
    });
    sockets[family][index] = socket;
    return socket;
  }

  const laneKey = (index: number, host: string, port: number) => `${index} ${host} ${port}`;

  function laneAt(index: number, { host, port }: DisconnectTarget): Lane {
    const key = laneKey(index, host, port);
    let lane = lanes.get(key);
    if (lane === undefined) {
      const usedAt = new Float64Array(identifiers).fill(Number.NEGATIVE_INFINITY);
      lane = { outstanding: new Map(), usedAt, next: 0 };
      lanes.set(key, lane);
    }
    return lane;
  }

  /** An identifier that has rested; when none has, one at least that nobody waits for. Null: all are outstanding. */
  function takeSlot(target: DisconnectTarget): Slot | null {
    const family = isIPv6(target.host) ? 'udp6' : 'udp4';
    for (const rest of [identifierRestMs, 0]) {
      for (let index = 0; index < mostSockets; index += 1) {
        const lane = laneAt(index, target);
        const identifier = lane.next;
        const isRested = clock.monotonic() - (lane.usedAt[identifier] ?? 0) >= rest;
        if (!isRested || lane.outstanding.has(identifier)) continue;
        lane.next = (identifier + 1) % identifiers;
        lane.usedAt[identifier] = clock.monotonic();
        return { lane, socket: socketAt(family, index), identifier };
      }
    }
    return null;
  }

  function receive(lane: Lane, datagram: Buffer): void {
    const response = parse(datagram);
    if (response === null) return;
    const exchange = lane.outstanding.get(response.identifier);
    if (exchange === undefined) return;
    const { bytes, secret, settle } = exchange;
    const requestAuthenticator = bytes.subarray(4, 20);
    // Whoever can guess an identifier must not be able to say that a session is gone.
    if (!verifyResponse(response.bytes, requestAuthenticator, secret)) return;
    if (checkMessageAuthenticator(response, secret, requestAuthenticator) === 'invalid') return;
    if (isDisconnectResponse(response)) settle(answerOf(response));
  }

  function parse(datagram: Buffer): Packet | null {
    try {
      return parsePacket(datagram);
    } catch (error) {
      if (error instanceof MalformedPacketError) return null;
      throw error;
    }
  }

  /** A tenth more or less, so that many requests do not come again all at once. */
  const jittered = (ms: number) => ms * (0.9 + (0.2 * random.bytes(2).readUInt16BE(0)) / 0xffff);

  async function exchangeWith(
    target: DisconnectTarget,
    attributes: readonly EncodedAttribute[],
  ): Promise<DisconnectAnswer> {
    const slot = takeSlot(target);
    if (slot === null) return { kind: 'unsent', error: 'too many requests wait for this gateway' };
    const { lane, socket, identifier } = slot;
    const stamp = encodeValue('time', Math.floor(clock.now() / 1000));
    const bytes = encodeRequest({
      code: codes.DisconnectRequest,
      identifier,
      attributes: [...attributes, { type: eventTimestampType, value: stamp }],
      secret: target.secret,
      messageAuthenticator: true,
    });
    return await new Promise<DisconnectAnswer>((resolve) => {
      const deadline = clock.monotonic() + durationMs;
      let cancel: () => void = () => undefined;
      const settle = (answer: DisconnectAnswer) => {
        cancel();
        lane.outstanding.delete(identifier);
        resolve(answer);
      };
      lane.outstanding.set(identifier, { bytes, secret: target.secret, settle });
      const transmit = (sent: number, waitMs: number) => {
        socket.send(bytes, target.port, target.host, (error) => {
          if (error !== null) settle({ kind: 'unsent', error: error.message });
        });
        const isLast = sent === transmissions;
        const pause = Math.max(0, Math.min(jittered(waitMs), deadline - clock.monotonic()));
        cancel = timers.after(pause, () => {
          if (isLast || clock.monotonic() >= deadline) settle({ kind: 'no-answer' });
          else transmit(sent + 1, Math.min(longestMs, waitMs * 2));
        });
      };
      transmit(1, initialMs);
    });
  }

  return {
    async disconnect(target, attributes) {
      if (isClosed) return { kind: 'unsent', error: 'the broker is stopping' };
      return await exchangeWith({ ...target, host: canonicalAddress(target.host) }, attributes);
    },
    async close() {
      isClosed = true;
      for (const { outstanding } of lanes.values()) {
        for (const { settle } of [...outstanding.values()]) {
          settle({ kind: 'unsent', error: 'the broker is stopping' });
        }
      }
      const all = [...sockets.udp4, ...sockets.udp6];
      await Promise.all(all.map((socket) => new Promise<void>((closed) => socket.close(() => closed()))));
    },
  };
}
