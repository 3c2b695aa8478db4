// Disconnect-Requests down a connection that a gateway has opened: RFC 5176 over RFC 6614, in the other direction (RFC 8559 §4).
import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';
import type { DisconnectAnswer } from '../services/sessions/disconnector.ts';
import { decodeValue, type EncodedAttribute, encodeValue } from '../wire/radius/attribute.ts';
import { verifyResponse } from '../wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../wire/radius/message-authenticator.ts';
import { codes, first, type Packet } from '../wire/radius/packet.ts';
import { encodeRequest } from '../wire/radius/reply.ts';
import type { Secret } from '../wire/radius/secret.ts';

const eventTimestampType = 55;
const errorCauseType = 101;
/** TCP brings it or breaks: nothing is sent twice (RFC 6613 §2.6.1). With the same over UDP behind it, less than a claim lasts. */
const answerWithinMs = 10_000;
/** Identifiers of this direction: the peer's own requests have theirs. */
const identifiers = 256;

interface Waiting {
  readonly attributes: readonly EncodedAttribute[];
  readonly settle: (answer: DisconnectAnswer) => void;
}

interface Sent extends Waiting {
  readonly requestAuthenticator: Buffer;
}

export interface OutgoingDisconnects {
  /** Resolves with what the peer says within 10 s. Never rejects. */
  ask(attributes: readonly EncodedAttribute[]): Promise<DisconnectAnswer>;
  /** A Disconnect-ACK or -NAK of the peer. `broken`: it is forged, or the peer has another secret. */
  receive(response: Packet): 'taken' | 'broken';
  /** Nothing more will come: whatever waits is told why. */
  close(error: string): void;
}

export const isDisconnectResponse = ({ code }: Packet): boolean =>
  code === codes.DisconnectAck || code === codes.DisconnectNak;

export function createOutgoingDisconnects(deps: {
  readonly secret: Secret;
  readonly clock: Clock;
  readonly timers: Timers;
  write(octets: Buffer): void;
}): OutgoingDisconnects {
  const { secret, clock, timers } = deps;
  /** Null: nobody waits for it any more, and its answer may still come; till then it stands for no other request. */
  const outstanding = new Map<number, Sent | null>();
  const queue: Waiting[] = [];
  let next = 0;
  let closedBy: string | null = null;

  function transmit(): void {
    while (queue.length > 0 && outstanding.size < identifiers) {
      const waiting = queue.shift();
      if (waiting === undefined) return;
      while (outstanding.has(next)) next = (next + 1) % identifiers;
      const identifier = next;
      next = (next + 1) % identifiers;
      const stamp = encodeValue('time', Math.floor(clock.now() / 1000));
      const octets = encodeRequest({
        code: codes.DisconnectRequest,
        identifier,
        attributes: [...waiting.attributes, { type: eventTimestampType, value: stamp }],
        secret,
        messageAuthenticator: true,
      });
      outstanding.set(identifier, { ...waiting, requestAuthenticator: octets.subarray(4, 20) });
      deps.write(octets);
    }
  }

  function forget(waiting: Waiting): void {
    const at = queue.indexOf(waiting);
    if (at >= 0) queue.splice(at, 1);
    for (const [identifier, sent] of outstanding) {
      if (sent?.settle === waiting.settle) outstanding.set(identifier, null);
    }
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
      if (sent === undefined) return 'taken';
      if (sent !== null) {
        const { requestAuthenticator, settle } = sent;
        if (!verifyResponse(response.bytes, requestAuthenticator, secret)) return 'broken';
        if (checkMessageAuthenticator(response, secret, requestAuthenticator) === 'invalid') return 'broken';
        settle(answerOf(response));
      }
      outstanding.delete(response.identifier);
      transmit();
      return 'taken';
    },
    close(error) {
      closedBy = error;
      for (const { settle } of queue.splice(0)) settle({ kind: 'unsent', error });
      for (const sent of outstanding.values()) sent?.settle({ kind: 'unsent', error });
      outstanding.clear();
    },
  };
}

/** What an authentic answer to a Disconnect-Request says. */
export function answerOf(response: Packet): DisconnectAnswer {
  if (response.code === codes.DisconnectAck) return { kind: 'ack' };
  const cause = first(response, errorCauseType)?.value;
  return { kind: 'nak', errorCause: cause === undefined ? null : decodeValue('integer', cause) };
}
