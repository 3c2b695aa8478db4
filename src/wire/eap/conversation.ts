// One EAP conversation as its authenticator's end leads it, RFC 3748 §4 and RFC 3579 §2: a pure step from state to state.

import { fragmentOverhead, startFlags } from './fragments.ts';
import {
  askFurther,
  askGtc,
  askMsChap,
  type InnerEap,
  type InnerMove,
  receiveInner,
  showProof,
  textIn,
  unsupportedType,
} from './method/inner-eap.ts';
import { peapMethod } from './method/peap.ts';
import { tlsMethod } from './method/tls.ts';
import { ttlsMethod } from './method/ttls.ts';
import type { Decision, TunnelMethod } from './method/tunnel-method.ts';
import {
  type EapPacket,
  eapCodes,
  eapTypeName,
  eapTypes,
  encodeEnd,
  encodeRequest,
  failureFor,
  parseEap,
} from './packet.ts';
import type { EapMethod, Presented } from './presented.ts';
import type { TlsTurn } from './tls/engine.ts';
import { afterDecision, afterTurn, openTunnel, receiveData, type Tunnel, type TunnelStep } from './tunnel.ts';

export interface EapRules {
  /** What may be offered, best first. */
  readonly methods: readonly EapMethod[];
  /** Of a first GTC prompt. */
  readonly prompt: string;
  /** 16 fresh random octets where MS-CHAPv2 is relayed; null: it is refused. */
  readonly msChapChallenge: Buffer | null;
}

type Phase =
  | { readonly name: 'identity' }
  /** `tried`: types that were offered, this one included. */
  | {
      readonly name: 'offered';
      readonly type: number;
      readonly tried: readonly number[];
      /** Of a method without a tunnel. */
      readonly inner: InnerEap | null;
    }
  | { readonly name: 'plain'; readonly inner: InnerEap }
  | { readonly name: 'tunnel'; readonly tunnel: Tunnel }
  | { readonly name: 'over' };

export interface Conversation {
  /** Of the last Request. */
  readonly identifier: number;
  readonly lastRequest: Buffer | null;
  /** What the peer first called itself: nobody has vouched for it. */
  readonly identity: string;
  readonly rounds: number;
  /** Of the peer's packets. */
  readonly octets: number;
  /** Of what it was sent. */
  readonly sent: number;
  /** Packets that belonged nowhere. */
  readonly strays: number;
  readonly phase: Phase;
}

export type ConversationInput =
  /** EAP-Start: an empty EAP-Message. */
  | { readonly kind: 'start' }
  | { readonly kind: 'message'; readonly octets: Buffer }
  | { readonly kind: 'turn'; readonly turn: TlsTurn; readonly isTls13: boolean; readonly wasSaid: boolean }
  | { readonly kind: 'decided'; readonly decision: Decision | { readonly verdict: 'reject' } };

export type ConversationOutput =
  | { readonly kind: 'request'; readonly octets: Buffer }
  | { readonly kind: 'feed'; readonly records: Buffer }
  | { readonly kind: 'say'; readonly plain: Buffer }
  | { readonly kind: 'present'; readonly presented: Presented }
  /** `type`: of the method whose keys are to be exported, null for one without. */
  | { readonly kind: 'success'; readonly octets: Buffer; readonly type: number | null }
  | { readonly kind: 'failure'; readonly octets: Buffer; readonly cause: string };

export type ConversationStep = readonly [Conversation, ConversationOutput];

/** For everything but fragments. */
const freeRounds = 50;
/**
 * A further round is earned by so many octets carried either way: the smallest fragment of ours with its acknowledgement has more, so that
 * chains of any length that the bounds of octets allow get through, and packets of next to nothing do not go on for long.
 */
const octetsPerRound = 64;
const mostOctets = 65_536;
const mostStrays = 5;
/** The least Framed-MTU there is (RFC 2865 §5.12), less what 802.11 takes of it. */
const leastRoom = 60;
/** Code, Identifier, Length and Type. */
const headerOctets = 5;

/** Methods without a tunnel around them. */
const plainTypes = { gtc: eapTypes.gtc, mschapv2: eapTypes.msChapV2 } as const;
type PlainMethod = keyof typeof plainTypes;
const isPlain = (method: EapMethod): method is PlainMethod => method in plainTypes;

const tunnelMethods: Readonly<Record<Exclude<EapMethod, PlainMethod>, TunnelMethod>> = {
  ttls: ttlsMethod,
  peap: peapMethod,
  tls: tlsMethod,
};

const typeOf = (method: EapMethod): number =>
  isPlain(method) ? plainTypes[method] : tunnelMethods[method].type;

export const newConversation: Conversation = {
  identifier: 0,
  lastRequest: null,
  identity: '',
  rounds: 0,
  octets: 0,
  sent: 0,
  strays: 0,
  phase: { name: 'identity' },
};

/**
 * One step. `room`: the longest EAP packet that may be sent, 60 octets at least. After `feed`, `say` and `present` the caller comes back with what
 * became of it; after `request` with the peer's answer. Total: whatever the octets are, there is an output.
 */
export function step(
  conversation: Conversation,
  input: ConversationInput,
  rules: EapRules,
  room: number,
): ConversationStep {
  const most = Math.max(room, leastRoom);
  return cutPrompt(take(conversation, input, rules, most), most);
}

/** Of what does not go out in fragments only a question in words can be too long for the gateway's link. */
function cutPrompt(taken: ConversationStep, room: number): ConversationStep {
  const [conversation, output] = taken;
  if (output.kind !== 'request' || output.octets.length <= room) return taken;
  let end = room;
  while (((output.octets[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const { identifier, sent } = conversation;
  const unsent = { ...conversation, sent: sent - output.octets.length };
  return request(unsent, identifier, eapTypes.gtc, output.octets.subarray(headerOctets, end));
}

function take(
  conversation: Conversation,
  input: ConversationInput,
  rules: EapRules,
  room: number,
): ConversationStep {
  const { phase } = conversation;
  const fits = room - fragmentOverhead + 1;
  const context = contextOf(conversation, rules);
  switch (input.kind) {
    case 'start':
      return phase.name === 'identity'
        ? request(conversation, 1, eapTypes.identity, Buffer.alloc(0))
        : fail(conversation, 'start-within');
    case 'message':
      return receive(conversation, input.octets, rules, fits);
    case 'turn': {
      if (phase.name !== 'tunnel') return fail(conversation, 'no-tunnel');
      const { turn, isTls13, wasSaid } = input;
      return ofTunnel(conversation, afterTurn(phase.tunnel, { ...turn, isTls13, wasSaid }, context, fits));
    }
    case 'decided': {
      const { decision } = input;
      if (decision.verdict === 'reject') return fail(conversation, 'denied');
      if (phase.name === 'tunnel') return ofTunnel(conversation, afterDecision(phase.tunnel, decision, fits));
      if (phase.name !== 'plain') return fail(conversation, 'nothing-to-decide');
      if (decision.verdict === 'ask') {
        return ofPlain(conversation, askFurther(phase.inner, decision.state, decision.prompt));
      }
      return decision.proof === null
        ? succeed(conversation, null)
        : ofPlain(conversation, showProof(phase.inner, decision.proof));
    }
  }
}

const contextOf = ({ identity }: Conversation, { prompt, msChapChallenge }: EapRules) => ({
  identity,
  prompt,
  msChapChallenge,
});

function receive(
  conversation: Conversation,
  octets: Buffer,
  rules: EapRules,
  room: number,
): ConversationStep {
  const counted = {
    ...conversation,
    rounds: conversation.rounds + 1,
    octets: conversation.octets + octets.length,
  };
  const earned = Math.floor((counted.octets + counted.sent) / octetsPerRound);
  if (counted.rounds > freeRounds + earned) return fail(counted, 'too-many-rounds');
  if (counted.octets > mostOctets) return fail(counted, 'too-many-octets');
  const packet = parseEap(octets);
  // Whoever sends us a Request, a Success or a Failure plays our part: that is no stray, it is an attack or a defect.
  if (packet !== null && packet.code !== eapCodes.response) return fail(counted, 'role-reversal', octets);
  const isExpected =
    packet !== null && (conversation.lastRequest === null || packet.identifier === conversation.identifier);
  if (!isExpected) {
    const strays = conversation.strays + 1;
    return conversation.lastRequest === null || strays > mostStrays
      ? fail({ ...counted, strays }, packet === null ? 'malformed' : 'wrong-identifier', octets)
      : [
          { ...counted, strays },
          { kind: 'request', octets: conversation.lastRequest },
        ];
  }
  return respond({ ...counted, identifier: packet.identifier }, packet, rules, room);
}

function respond(
  conversation: Conversation,
  packet: EapPacket,
  rules: EapRules,
  room: number,
): ConversationStep {
  const { phase } = conversation;
  const { type, data } = packet;
  switch (phase.name) {
    case 'identity': {
      if (type !== eapTypes.identity) return fail(conversation, 'no-identity');
      return offer({ ...conversation, identity: textIn(data) }, rules, [], null);
    }
    case 'offered':
      if (type === eapTypes.nak) return offer(conversation, rules, phase.tried, data);
      if (type !== phase.type) return fail(conversation, 'another-method');
      return begin(conversation, phase, packet, rules, room);
    case 'plain':
      return ofPlain(conversation, receivePlain(phase.inner, packet));
    case 'tunnel': {
      if (type !== phase.tunnel.method.type) return fail(conversation, 'another-method');
      return ofTunnel(conversation, receiveData(phase.tunnel, data, contextOf(conversation, rules), room));
    }
    case 'over':
      return fail(conversation, 'over');
  }
}

/** Offers the best method that was not offered yet and that the peer says it wants (`wanted` null: it has not said). */
function offer(
  conversation: Conversation,
  rules: EapRules,
  tried: readonly number[],
  wanted: Buffer | null,
): ConversationStep {
  const method = rules.methods.find((one) => {
    const type = typeOf(one);
    const canBe = one !== 'mschapv2' || rules.msChapChallenge !== null;
    return canBe && !tried.includes(type) && (wanted === null || wanted.includes(type));
  });
  if (method === undefined) {
    const type = wanted?.find((one) => one !== 0) ?? 0;
    const presented: Presented = {
      userName: conversation.identity,
      method: type === 0 ? 'EAP' : eapTypeName(type),
      canAsk: false,
      evidence: { kind: 'unsupported', detail: unsupportedType(type) },
    };
    return [conversation, { kind: 'present', presented }];
  }
  const type = typeOf(method);
  const offered = (inner: InnerEap | null): Conversation => ({
    ...conversation,
    phase: { name: 'offered', type, tried: [...tried, type], inner },
  });
  if (!isPlain(method)) {
    const start = startFlags(tunnelMethods[method].version);
    return request(offered(null), next(conversation.identifier), type, start);
  }
  const { identifier, identity } = conversation;
  const inner = { identifier, userName: identity, state: null, msChap: null };
  const { msChapChallenge, prompt } = rules;
  const move =
    method === 'mschapv2' && msChapChallenge !== null
      ? askMsChap(inner, msChapChallenge)
      : askGtc(inner, prompt);
  if (move.kind !== 'ask') return fail(conversation, 'nothing-to-ask');
  return request(offered(move.inner), move.request.identifier, type, move.request.data);
}

/** The peer takes the method that was offered. */
function begin(
  conversation: Conversation,
  { type, inner }: Extract<Phase, { name: 'offered' }>,
  packet: EapPacket,
  rules: EapRules,
  room: number,
): ConversationStep {
  if (inner !== null) return ofPlain(conversation, receivePlain(inner, packet));
  const method = Object.values(tunnelMethods).find((one) => one.type === type);
  if (method === undefined) return fail(conversation, 'another-method');
  const context = contextOf(conversation, rules);
  return ofTunnel(conversation, receiveData(openTunnel(method), packet.data, context, room));
}

/** Which of them it is was agreed on outside: no other is asked for now. */
function receivePlain(inner: InnerEap, packet: EapPacket): InnerMove {
  const wanted = inner.msChap === null ? eapTypes.gtc : eapTypes.msChapV2;
  if (packet.type !== wanted) return { kind: 'fail', cause: 'another-method' };
  return receiveInner(inner, packet, { tunnel: 'EAP', prompt: '', msChapChallenge: null });
}

function ofPlain(conversation: Conversation, move: InnerMove): ConversationStep {
  if (move.kind === 'fail') return fail(conversation, move.cause);
  if (move.kind === 'agreed') return succeed(conversation, null);
  const after: Conversation = { ...conversation, phase: { name: 'plain', inner: move.inner } };
  if (move.kind === 'present')
    return [
      after,
      { kind: 'present', presented: { ...move.presented, method: move.presented.method.replace('/', '-') } },
    ];
  const { identifier, type, data } = move.request;
  return request(after, identifier, type, data);
}

function ofTunnel(conversation: Conversation, [tunnel, output]: TunnelStep): ConversationStep {
  const after: Conversation = { ...conversation, phase: { name: 'tunnel', tunnel } };
  switch (output.kind) {
    case 'send':
      return request(after, next(conversation.identifier), tunnel.method.type, output.data);
    case 'succeed':
      return succeed(after, tunnel.method.type);
    case 'fail':
      return fail(after, output.cause);
    default:
      return [after, output];
  }
}

const next = (identifier: number): number => (identifier + 1) & 0xff;

function request(
  conversation: Conversation,
  identifier: number,
  type: number,
  data: Buffer,
): ConversationStep {
  const octets = encodeRequest(identifier, type, data);
  return [
    { ...conversation, identifier, lastRequest: octets, sent: conversation.sent + octets.length },
    { kind: 'request', octets },
  ];
}

function succeed(conversation: Conversation, type: number | null): ConversationStep {
  const octets = encodeEnd('success', conversation.identifier);
  return [
    { ...conversation, phase: { name: 'over' } },
    { kind: 'success', octets, type },
  ];
}

/** `message`: the packet that is answered, when its Identifier is not the conversation's. */
function fail(conversation: Conversation, cause: string, message?: Buffer): ConversationStep {
  const octets = message === undefined ? encodeEnd('failure', conversation.identifier) : failureFor(message);
  return [
    { ...conversation, phase: { name: 'over' } },
    { kind: 'failure', octets, cause },
  ];
}
