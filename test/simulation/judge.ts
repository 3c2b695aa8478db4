// Watches what goes in and out of the nodes, octet by octet, and holds it against the record.
import type { Verdict } from '../../src/services/login.ts';
import { codes, first, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { clockToleranceMs, type Ledger } from './ledger.ts';
import { markerType, stateType } from './played-gateway.ts';
import { epoch, type Site } from './site.ts';
import type { Trace } from './trace.ts';

const replyMessageType = 18;
const classType = 25;
const sessionTimeoutType = 27;
const rejectDelayMs = 1_000;
/** Rejects leave in slots of 10 ms; a clock read between two of them adds one. */
const rejectToleranceMs = 20;
/** Replies are kept this long for retransmissions. */
const keptMs = 30_000;

interface Arrival {
  readonly node: string;
  readonly incarnation: number;
  readonly octets: Buffer;
  readonly from: { readonly address: string; readonly port: number };
  readonly isGenuine: boolean;
}

/** One request as a node sees it: same source, identifier and authenticator. */
interface Exchange {
  readonly authenticator: string;
  readonly marker: string;
  /** When the copy came that is decided on. */
  receivedAt: number;
  decidedAt: number | null;
  state: 'new' | 'deciding' | 'decided';
  reply: Buffer | null;
  repliedAt: number;
}

export class Judge {
  readonly #ledger: Ledger;
  readonly #site: Site;
  readonly #trace: Trace;
  readonly #now: () => number;
  /** By node, incarnation, source and identifier. */
  readonly #exchanges = new Map<string, Exchange>();
  #current: { readonly isGenuine: boolean; readonly key: string; readonly exchange: Exchange } | null = null;

  constructor(deps: { ledger: Ledger; site: Site; trace: Trace; now: () => number }) {
    this.#ledger = deps.ledger;
    this.#site = deps.site;
    this.#trace = deps.trace;
    this.#now = deps.now;
  }

  onCrash(node: string): void {
    for (const key of [...this.#exchanges.keys()]) {
      if (key.startsWith(`${node} `)) this.#exchanges.delete(key);
    }
  }

  /** A datagram reaches a node that is up. */
  onArrival({ node, incarnation, octets, from, isGenuine }: Arrival): void {
    const packet = parsePacket(octets);
    const marker = textOf(packet, markerType);
    const authenticator = packet.authenticator.toString('hex');
    const key = `${node} ${incarnation} ${from.address} ${from.port} ${packet.identifier}`;
    const now = this.#now();
    let exchange = this.#exchanges.get(key);
    const isKnown = exchange?.authenticator === authenticator && !this.#isForgotten(exchange);
    if (exchange === undefined || (isGenuine && !isKnown)) {
      // A late copy with the same identifier takes its place: what is being decided is answered to nobody.
      const overtaken = exchange === undefined ? undefined : this.#ledger.find(exchange.marker);
      if (overtaken !== undefined) overtaken.isTamperedWith = true;
      exchange = {
        authenticator,
        marker,
        receivedAt: now,
        decidedAt: null,
        state: 'new',
        reply: null,
        repliedAt: 0,
      };
      if (isGenuine) this.#exchanges.set(key, exchange);
    }
    if (isGenuine) this.#ledger.find(marker)?.receipts.push(now);
    this.#trace.add(`${node} gets ${isGenuine ? marker : 'a forgery'} id ${packet.identifier}`);
    this.#current = { isGenuine, key, exchange };
  }

  #isForgotten({ repliedAt, reply }: Exchange): boolean {
    return reply !== null && this.#now() - repliedAt >= keptMs;
  }

  afterArrival(): void {
    this.#current = null;
  }

  /** A node asks its authenticator about the datagram that has just arrived. */
  observeDecision(decide: () => Promise<Verdict>): Promise<Verdict> {
    const current = this.#current;
    if (current === null) return decide();
    const { exchange, isGenuine } = current;
    if (!isGenuine) this.#trace.violate('forgeries change nothing', 'one was decided');
    else if (exchange.state !== 'new') {
      this.#trace.violate('a retransmission is not decided again', exchange.marker);
    }
    exchange.state = 'deciding';
    exchange.receivedAt = this.#now();
    return decide().then((verdict) => {
      exchange.decidedAt = this.#now();
      // Without a reply nothing was answered: the next copy is looked at afresh.
      exchange.state = verdict.kind === 'silent' ? 'new' : 'decided';
      if (verdict.kind === 'silent') this.#trace.add(`silent about ${exchange.marker}: ${verdict.cause}`);
      return verdict;
    });
  }

  /** A node sends a reply. */
  onSend(sent: {
    readonly node: string;
    readonly incarnation: number;
    readonly octets: Buffer;
    readonly to: { readonly address: string; readonly port: number };
  }): void {
    const reply = parsePacket(sent.octets);
    const { node, incarnation, to } = sent;
    if (this.#current !== null && !this.#current.isGenuine) {
      this.#trace.violate('forgeries change nothing', 'one was answered');
      return;
    }
    const exchange = this.#exchanges.get(
      `${node} ${incarnation} ${to.address} ${to.port} ${reply.identifier}`,
    );
    if (exchange === undefined) {
      this.#trace.violate('only what was asked is answered', `identifier ${reply.identifier}`);
      return;
    }
    this.#trace.add(`${node} answers ${exchange.marker} with ${reply.code}`);
    if (exchange.reply !== null) {
      if (!exchange.reply.equals(sent.octets)) {
        this.#trace.violate('a retransmission gets the same octets', exchange.marker);
      }
      return;
    }
    exchange.reply = sent.octets;
    exchange.repliedAt = this.#now();
    this.#judgeReply(exchange, reply, node);
  }

  #judgeReply(exchange: Exchange, reply: Packet, node: string): void {
    if (this.#ledger.wasUntimely(node, exchange.marker)) {
      this.#trace.violate('nothing is answered on a wrong clock', exchange.marker);
    }
    switch (reply.code) {
      case codes.AccessAccept:
        this.#judgeAccept(exchange, reply);
        break;
      case codes.AccessReject:
        this.#judgeReject(exchange, reply);
        break;
      case codes.AccessChallenge: {
        const login = this.#ledger.find(exchange.marker);
        const state = first(reply, stateType)?.value.toString('latin1');
        if (login !== undefined && state !== undefined) this.#ledger.issue(login, state);
        break;
      }
      default:
        this.#trace.violate('only what was asked is answered', `with code ${reply.code}`);
    }
  }

  #judgeAccept({ marker }: Exchange, reply: Packet): void {
    const record = this.#ledger.record(textOf(reply, classType));
    if (record === undefined || record.outcome !== 'accept' || record.marker !== marker) {
      this.#trace.violate('committed before answered', `the Accept of ${marker} is not in the record`);
      return;
    }
    const seconds = first(reply, sessionTimeoutType)?.value.readUInt32BE(0) ?? 0;
    // By the right time, whatever the node's clock says.
    if (seconds < 1 || epoch + this.#now() + seconds * 1_000 > record.until + clockToleranceMs) {
      this.#trace.violate('a session ends in time', `${marker} may stay ${seconds} s`);
    }
  }

  #judgeReject({ marker, receivedAt, decidedAt }: Exchange, reply: Packet): void {
    const lookupCode = textOf(reply, replyMessageType).slice(-9).replace('-', '');
    const record = this.#ledger.recordByLookupCode(lookupCode);
    const isOwn = record !== undefined && record.outcome === 'deny' && record.marker === marker;
    // Whoever is over a limit gets the lookup code of the first one that was.
    const isShared = this.#site.hasRateLimits && record?.outcome === 'deny';
    if (!isOwn && !isShared) {
      this.#trace.violate('committed before answered', `the Reject of ${marker} is not in the record`);
    }
    const due = Math.max(receivedAt + rejectDelayMs, decidedAt ?? 0);
    const late = this.#now() - due;
    if (!isShared && (late < 0 || late > rejectToleranceMs)) {
      this.#trace.violate('rejects leave at their deadline', `${marker}: ${late} ms after it`);
    }
  }
}

function textOf(packet: Packet, type: number): string {
  return first(packet, type)?.value.toString('utf8') ?? '';
}
