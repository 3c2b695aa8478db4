// Disconnect-Requests down a connection that a gateway has opened: RFC 5176 over RFC 6614, in the other direction (RFC 8559 §4).
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Timers } from '../base/timers.ts';
import type { DisconnectAnswer } from '../services/sessions/disconnector.ts';
import { decodeValue, type EncodedAttribute, encodeValue } from '../wire/radius/attribute.ts';
import { verifyResponse } from '../wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../wire/radius/message-authenticator.ts';
import { codes, first, type Packet } from '../wire/radius/packet.ts';
import { encodePacket11, type RadiusVersion } from '../wire/radius/radius11.ts';
import { encodeRequest } from '../wire/radius/reply.ts';
import type { Secret } from '../wire/radius/secret.ts';

const eventTimestampType = 55;
const errorCauseType = 101;
/** TCP brings it or breaks: nothing is sent twice (RFC 6613 §2.6.1). With the same over UDP behind it, less than a claim lasts. */
const answerWithinMs = 10_000;
/** From then on an identifier without an answer stands for another request: the end of what is repeated over UDP (RFC 5080 §2.2.1). */
const identifierMs = 30_000;
/** Identifiers or Tokens of this direction: the peer's own requests have theirs. */
const mostOutstanding = 256;

interface Waiting {
  readonly attributes: readonly EncodedAttribute[];
  readonly settle: (answer: DisconnectAnswer) => void;
}

interface Sent {
  readonly octets: Buffer;
  /** Null: nobody waits for it any more, and its answer may still come. */
  waiting: Waiting | null;
}

/** A version's way to number requests, and to tell their answers from forged ones. */
interface Dialect {
  readonly first: number;
  readonly modulus: number;
  encode(identifier: number, attributes: readonly EncodedAttribute[]): Buffer;
  isAuthentic(response: Packet, request: Buffer): boolean;
}

const code = codes.DisconnectRequest;

function signed(secret: Secret): Dialect {
  return {
    first: 0,
    modulus: 256,
    encode: (identifier, attributes) =>
      encodeRequest({ code, identifier, attributes, secret, messageAuthenticator: true }),
    isAuthentic(response, request) {
      const requestAuthenticator = request.subarray(4, 20);
      return (
        verifyResponse(response.bytes, requestAuthenticator, secret) &&
        checkMessageAuthenticator(response, secret, requestAuthenticator) !== 'invalid'
      );
    },
  };
}

/** RADIUS/1.1: TLS says whose the answer is; the Token counts from anywhere (RFC 9765 §4.2). */
const clear = (random: Random): Dialect => ({
  first: random.bytes(4).readUInt32BE(0),
  modulus: 2 ** 32,
  encode: (token, attributes) => encodePacket11({ code, token, attributes }),
  isAuthentic: () => true,
});

export interface OutgoingDisconnects {
  /** Resolves with what the peer says within 10 s. Never rejects. */
  ask(attributes: readonly EncodedAttribute[]): Promise<DisconnectAnswer>;
  /** An answer of the peer; one to nothing is passed over. `broken`: it is forged, or the peer has another secret. */
  receive(response: Packet): 'taken' | 'broken';
  /** Nothing more will come: whatever waits is told why. */
  close(error: string): void;
}

export const isDisconnectResponse = (packet: Packet): boolean =>
  packet.code === codes.DisconnectAck || packet.code === codes.DisconnectNak;

/** Protocol-Error says why a request was not even looked at: RFC 7930 §4. */
const isAnswer = (packet: Packet): boolean =>
  isDisconnectResponse(packet) || packet.code === codes.ProtocolError;

export function createOutgoingDisconnects(deps: {
  readonly version: RadiusVersion;
  /** For 1.0. */
  readonly secret: Secret;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: Timers;
  write(octets: Buffer): void;
}): OutgoingDisconnects {
  const { clock, timers } = deps;
  const dialect = deps.version === '1.1' ? clear(deps.random) : signed(deps.secret);
  const outstanding = new Map<number, Sent>();
  /** Requests whose identifier was taken back: an answer that comes even later is no forgery. */
  const givenUp = new Map<number, Buffer>();
  /** One timer each, for what is outstanding and unanswered. */
  const expiries = new Set<() => void>();
  const queue: Waiting[] = [];
  let next = dialect.first;
  let closedBy: string | null = null;

  function transmit(): void {
    while (queue.length > 0 && outstanding.size < mostOutstanding) {
      const waiting = queue.shift();
      if (waiting === undefined) return;
      while (outstanding.has(next)) next = (next + 1) % dialect.modulus;
      const identifier = next;
      next = (next + 1) % dialect.modulus;
      const stamp = encodeValue('time', Math.floor(clock.now() / 1000));
      const octets = dialect.encode(identifier, [
        ...waiting.attributes,
        { type: eventTimestampType, value: stamp },
      ]);
      outstanding.set(identifier, { octets, waiting });
      deps.write(octets);
    }
  }

  function forget(waiting: Waiting): void {
    const at = queue.indexOf(waiting);
    if (at >= 0) queue.splice(at, 1);
    for (const [identifier, sent] of outstanding) {
      if (sent.waiting !== waiting) continue;
      sent.waiting = null;
      expire(identifier, sent);
    }
  }

  function expire(identifier: number, sent: Sent): void {
    const cancel = timers.after(identifierMs - answerWithinMs, () => {
      expiries.delete(cancel);
      if (outstanding.get(identifier) !== sent) return;
      outstanding.delete(identifier);
      // Of Tokens none comes again.
      if (deps.version === '1.0') givenUp.set(identifier, sent.octets);
      transmit();
    });
    expiries.add(cancel);
  }

  function isLate(response: Packet): boolean {
    const request = givenUp.get(response.identifier);
    return request !== undefined && dialect.isAuthentic(response, request);
  }

  return {
    ask(attributes) {
      if (closedBy !== null) return Promise.resolve({ kind: 'unsent', error: closedBy });
      return new Promise((resolve) => {
        const cancel = timers.after(answerWithinMs, () => {
          forget(waiting);
          resolve({ kind: 'no-answer' });
        });
        const settle = (answer: DisconnectAnswer) => {
          cancel();
          resolve(answer);
        };
        const waiting: Waiting = { attributes, settle };
        queue.push(waiting);
        transmit();
      });
    },
    receive(response) {
      const sent = outstanding.get(response.identifier);
      if (sent === undefined || !isAnswer(response)) return 'taken';
      if (!dialect.isAuthentic(response, sent.octets)) return isLate(response) ? 'taken' : 'broken';
      sent.waiting?.settle(answerOf(response));
      outstanding.delete(response.identifier);
      transmit();
      return 'taken';
    },
    close(error) {
      closedBy = error;
      for (const { settle } of queue.splice(0)) settle({ kind: 'unsent', error });
      for (const { waiting } of outstanding.values()) waiting?.settle({ kind: 'unsent', error });
      outstanding.clear();
      for (const cancel of expiries) cancel();
    },
  };
}

/** What an authentic answer to a Disconnect-Request says. */
export function answerOf(response: Packet): DisconnectAnswer {
  if (response.code === codes.DisconnectAck) return { kind: 'ack' };
  const cause = first(response, errorCauseType)?.value;
  return { kind: 'nak', errorCause: cause === undefined ? null : decodeValue('integer', cause) };
}
