// The EAP conversations that this node leads, by their State: bounded in all and by gateway, the idle and the oldest given up.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Conversation, ConversationOutput } from '../../wire/eap/conversation.ts';
import type { TlsEngine } from '../../wire/eap/tls/engine.ts';
import type { HeldAccept } from './answer.ts';

/** One conversation under way. Its state changes hands between rounds only: `isAtWork` while one is at it. */
export interface Lead {
  readonly gatewayId: number;
  readonly clientId: number;
  readonly startedAt: number;
  conversation: Conversation;
  engine: TlsEngine | null;
  isAtWork: boolean;
  /** The States that name it: the latest, and the one before, for an answer that is asked for again. */
  state: string;
  formerState: string | null;
  /** The EAP packet that was answered last, for the same reason. */
  lastMessage: Buffer | null;
  /** Decided upon without a result (nothing was answered): taken up when the gateway asks again. */
  undecided: (ConversationOutput & { kind: 'present' }) | null;
  accepted: HeldAccept | null;
  /** The longest EAP packet that the gateway takes; null: it has not said. */
  room: number | null;
  /** Monotonic; when it is given up. */
  expiresAt: number;
}

export interface ConversationCounts {
  /** Now. */
  readonly open: number;
  readonly started: number;
  /** Given up unfinished: nobody answered in time; to make room, the oldest first. */
  readonly abandoned: number;
  readonly evicted: number;
}

export interface Conversations {
  /** Makes room if it must. */
  open(gatewayId: number, clientId: number, conversation: Conversation): Lead;
  find(state: string): Lead | null;
  /** A fresh State for the next round, good for `waitMs`. */
  renew(lead: Lead, waitMs: number): string;
  /** Nothing was sent: the same State is good for `waitMs` more. */
  extend(lead: Lead, waitMs: number): void;
  /** Its end: frees what it holds. */
  close(lead: Lead): void;
  /** Gives up what nobody has answered in time. */
  sweep(): void;
  closeAll(): void;
  counts(): ConversationCounts;
}

const stateOctets = 18;
/** However diligently somebody keeps one alive. */
const longestMs = 600_000;

export function createConversations(options: {
  readonly most: number;
  readonly mostPerGateway: number;
  readonly clock: Clock;
  readonly random: Random;
}): Conversations {
  const { most, mostPerGateway, clock, random } = options;
  const byState = new Map<string, Lead>();
  /** By gateway, each in the order of their last rounds. */
  const gateways = new Map<number, Set<Lead>>();
  let open = 0;
  let started = 0;
  let abandoned = 0;
  let evicted = 0;

  function ofGateway(gatewayId: number): Set<Lead> {
    let leads = gateways.get(gatewayId);
    if (leads === undefined) {
      leads = new Set();
      gateways.set(gatewayId, leads);
    }
    return leads;
  }

  function close(lead: Lead): void {
    if (!ofGateway(lead.gatewayId).delete(lead)) return;
    open -= 1;
    byState.delete(lead.state);
    if (lead.formerState !== null) byState.delete(lead.formerState);
    lead.engine?.close();
    lead.engine = null;
  }

  function evict(leads: Iterable<Lead>): void {
    let oldest: Lead | null = null;
    for (const lead of leads) {
      if (oldest === null || lead.expiresAt < oldest.expiresAt) oldest = lead;
    }
    if (oldest === null) return;
    close(oldest);
    evicted += 1;
  }

  /** None at work: its login may be decided already, and would be answered without keys. Admission bounds how many those are. */
  function firstOf(leads: Iterable<Lead>): Lead[] {
    for (const lead of leads) if (!lead.isAtWork) return [lead];
    return [];
  }

  function firstOfEach(): Lead[] {
    return [...gateways.values()].flatMap(firstOf);
  }

  return {
    open(gatewayId, clientId, conversation) {
      const leads = ofGateway(gatewayId);
      if (leads.size >= mostPerGateway) evict(firstOf(leads));
      else if (open >= most) evict(firstOfEach());
      const now = clock.monotonic();
      const lead: Lead = {
        gatewayId,
        clientId,
        startedAt: now,
        conversation,
        engine: null,
        isAtWork: false,
        state: '',
        formerState: null,
        lastMessage: null,
        undecided: null,
        accepted: null,
        room: null,
        expiresAt: now,
      };
      leads.add(lead);
      open += 1;
      started += 1;
      return lead;
    },
    find: (state) => byState.get(state) ?? null,
    renew(lead, waitMs) {
      const leads = ofGateway(lead.gatewayId);
      const state = random.bytes(stateOctets).toString('base64url');
      // Given up meanwhile: the State that goes out names nothing, and the peer starts afresh.
      if (!leads.delete(lead)) return state;
      leads.add(lead);
      if (lead.formerState !== null) byState.delete(lead.formerState);
      lead.formerState = lead.state === '' ? null : lead.state;
      lead.state = state;
      byState.set(state, lead);
      lead.expiresAt = Math.min(clock.monotonic() + waitMs, lead.startedAt + longestMs);
      return state;
    },
    extend(lead, waitMs) {
      lead.expiresAt = Math.min(clock.monotonic() + waitMs, lead.startedAt + longestMs);
    },
    close,
    sweep() {
      const now = clock.monotonic();
      for (const leads of gateways.values()) {
        for (const lead of leads) {
          if (lead.isAtWork || lead.expiresAt > now) continue;
          close(lead);
          abandoned += 1;
        }
      }
    },
    closeAll() {
      for (const leads of gateways.values()) for (const lead of [...leads]) close(lead);
    },
    counts: () => ({ open, started, abandoned, evicted }),
  };
}
