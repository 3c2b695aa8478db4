// A gateway as they are: asks one node, asks again, then the other one with a new identifier; believes authentic replies only.

import { verifyResponse } from '../../src/wire/radius/authenticator.ts';
import { codes, first, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { hideUserPassword } from '../../src/wire/radius/user-password.ts';
import type { Datagram } from './broker.ts';
import type { Scheduler } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import { type PlayedGatewayFacts, secret } from './site.ts';

const timeoutMs = 3_000;
const attemptsPerNode = 3;
const nasIdentifierType = 32;
export const markerType = 44;
export const stateType = 24;

export interface Asked {
  /** Names this login in the record, whatever node it reaches. */
  readonly marker: string;
  readonly userName: string;
  readonly station: string;
  readonly password: string;
  readonly state: string | null;
}

export type Outcome =
  | { readonly kind: 'accept'; readonly reply: Packet }
  | { readonly kind: 'reject'; readonly reply: Packet }
  | { readonly kind: 'challenge'; readonly state: string }
  | { readonly kind: 'timeout' };

interface Exchange {
  readonly authenticator: Buffer;
  readonly settle: (outcome: Outcome) => void;
}

export interface PlayedGatewayDeps {
  readonly facts: PlayedGatewayFacts;
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly nodes: readonly string[];
  readonly transmit: (datagram: Datagram, node: string) => void;
  /** Every datagram that it makes, once. */
  readonly onMade: (asked: Asked, datagram: Datagram, node: string) => void;
}

export class PlayedGateway {
  readonly facts: PlayedGatewayFacts;
  readonly #deps: PlayedGatewayDeps;
  /** By node and identifier. */
  readonly #open = new Map<string, Exchange>();
  readonly #identifiers: number;
  readonly #port: number;
  #lastIdentifier = 0;

  constructor(deps: PlayedGatewayDeps) {
    this.facts = deps.facts;
    this.#deps = deps;
    // Some have only a few identifiers, and use them again soon.
    this.#identifiers = deps.random.pick([256, 256, 8]);
    this.#port = 40_000 + deps.facts.gatewayId;
  }

  ask(asked: Asked): Promise<Outcome> {
    const { random, nodes } = this.#deps;
    const order = random.chance(0.5) ? nodes : [...nodes].reverse();
    return new Promise((resolve) => this.#askNode(asked, order, resolve));
  }

  #askNode(asked: Asked, nodes: readonly string[], settle: (outcome: Outcome) => void): void {
    const { scheduler, random, transmit, onMade } = this.#deps;
    const [node, ...others] = nodes;
    const identifier = this.#freeIdentifier(node);
    if (node === undefined || identifier === null) {
      settle({ kind: 'timeout' });
      return;
    }
    const key = `${node} ${identifier}`;
    const authenticator = random.bytes(16);
    let cancel = () => {};
    const end = (outcome: Outcome) => {
      cancel();
      this.#open.delete(key);
      settle(outcome);
    };
    this.#open.set(key, { authenticator, settle: end });
    const datagram = this.#encode(asked, identifier, authenticator);
    onMade(asked, datagram, node);
    const send = (attempts: number) => {
      if (attempts === 0) {
        this.#open.delete(key);
        this.#askNode(asked, others, settle);
        return;
      }
      transmit(datagram, node);
      cancel = scheduler.after(timeoutMs, () => send(attempts - 1));
    };
    send(attemptsPerNode);
  }

  #freeIdentifier(node: string | undefined): number | null {
    for (let tries = 0; tries < this.#identifiers; tries += 1) {
      this.#lastIdentifier = (this.#lastIdentifier + 1) % this.#identifiers;
      if (!this.#open.has(`${node} ${this.#lastIdentifier}`)) return this.#lastIdentifier;
    }
    return null;
  }

  #encode(asked: Asked, identifier: number, authenticator: Buffer): Datagram {
    const attribute = (type: number, text: string) => ({ type, value: Buffer.from(text) });
    const octets = encodeRequest({
      code: codes.AccessRequest,
      identifier,
      authenticator,
      secret,
      messageAuthenticator: true,
      attributes: [
        attribute(1, asked.userName),
        { type: 2, value: hideUserPassword(Buffer.from(asked.password), authenticator, secret) },
        attribute(31, asked.station),
        attribute(nasIdentifierType, this.facts.style),
        attribute(markerType, asked.marker),
        ...(asked.state === null ? [] : [attribute(stateType, asked.state)]),
      ],
    });
    return { octets, from: { address: this.facts.address, port: this.#port }, isGenuine: true };
  }

  /** A reply that came in. What no open request explains, and what is not authentic, is dropped. */
  receive(node: string, octets: Buffer): void {
    const exchange = this.#open.get(`${node} ${octets[1] ?? 0}`);
    if (exchange === undefined || !verifyResponse(octets, exchange.authenticator, secret)) return;
    const reply = parsePacket(octets);
    switch (reply.code) {
      case codes.AccessAccept:
        exchange.settle({ kind: 'accept', reply });
        break;
      case codes.AccessReject:
        exchange.settle({ kind: 'reject', reply });
        break;
      case codes.AccessChallenge:
        exchange.settle({
          kind: 'challenge',
          state: first(reply, stateType)?.value.toString('latin1') ?? '',
        });
        break;
    }
  }
}
