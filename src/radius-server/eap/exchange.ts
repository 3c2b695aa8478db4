// EAP over RADIUS, RFC 3579: takes a round of a conversation as far as it goes and asks services where there is something to decide.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { createRareLog } from '../../base/rare-log.ts';
import type { Timers } from '../../base/timers.ts';
import type { LoginRequest, Verdict } from '../../services/login.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import {
  type Conversation,
  type ConversationInput,
  type ConversationOutput,
  type EapRules,
  newConversation,
  step,
} from '../../wire/eap/conversation.ts';
import { exportMsk } from '../../wire/eap/keys.ts';
import { challengeOctets } from '../../wire/eap/method/ms-chap-v2.ts';
import { failureFor } from '../../wire/eap/packet.ts';
import type { Presented } from '../../wire/eap/presented.ts';
import type { TlsEngine } from '../../wire/eap/tls/engine.ts';
import { type EapAnswer, mskOf, remainderOf } from './answer.ts';
import { type ConversationCounts, createConversations, type Lead } from './conversations.ts';
import { failureRemedy } from './failure-remedy.ts';
import { answerSecondsOf, askedFurther, loginOf, promptOf } from './login.ts';

/** One authentic Access-Request with an EAP-Message. */
export interface EapRound {
  readonly gateway: Gateway;
  readonly clientId: number;
  /** EAP-Message, joined. Empty: EAP-Start. */
  readonly message: Buffer;
  readonly state: string | null;
  /** Framed-MTU, if the gateway sent one. */
  readonly mtu: number | null;
  /** On 802.11 the MTU covers 4 octets that are not EAP's (RFC 3579 §2.4). */
  readonly isWireless: boolean;
  readonly receivedMonotonic: number;
  /** The request as services would take it, but for what only EAP knows: needed only where something is to be judged. */
  toLogin(): LoginRequest;
}

export interface EapCounters extends ConversationCounts {
  /** By cause; closed words of ours and of OpenSSL. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface EapServer {
  /** Never rejects for what peers do. */
  receive(round: EapRound): Promise<EapAnswer>;
  counters(): EapCounters;
  /** Gives all conversations up. */
  close(): void;
}

export interface EapServerDeps {
  readonly most: number;
  readonly mostPerGateway: number;
  /** A server's end of TLS under the certificate in force. */
  readonly openTls: (requestCertificate: boolean) => TlsEngine;
  readonly authenticate: (login: LoginRequest, gateway: Gateway) => Promise<Verdict>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers: Timers;
}

/** Without a person in it a round takes a network's time; gateways ask again for 10 to 30 s. */
const handshakeWaitMs = 45_000;
const sweepMs = 5_000;
const defaultMtu = 1_020;
const mostMtu = 1_400;
/** RFC 2865 §5.12: Framed-MTU lies between these. */
const leastMtu = 64;
const mostRfcMtu = 65_535;
const mostCauses = 200;

export function createEapServer(deps: EapServerDeps): EapServer {
  const { clock, timers } = deps;
  const conversations = createConversations(deps);
  const rareLog = createRareLog(deps.log, clock);
  const failures = new Map<string, number>();
  let cancelSweep: (() => void) | null = null;

  /** A timer only while there is something to give up. */
  function watch(): void {
    cancelSweep ??= timers.after(sweepMs, () => {
      cancelSweep = null;
      conversations.sweep();
      if (conversations.counts().open > 0) watch();
    });
  }

  function noteFailure(cause: string, { gateway, toLogin }: EapRound): void {
    const name = failures.has(cause) || failures.size < mostCauses ? cause : 'other';
    failures.set(name, (failures.get(name) ?? 0) + 1);
    if (cause === 'denied') return;
    const fields = {
      cause,
      gateway: gateway.name,
      station: toLogin().station,
      remedy: failureRemedy(cause),
    };
    rareLog.warn(
      `${cause} ${gateway.name}`,
      fields,
      'an EAP conversation failed before anything was decided',
    );
  }

  const rulesFor = ({ gateway }: EapRound): EapRules => ({
    methods: gateway.profile.eap?.methods ?? [],
    prompt: promptOf(gateway),
    msChapChallenge: gateway.profile.msChapV2 === 'relay' ? deps.random.bytes(challengeOctets) : null,
  });

  /** What the gateway has said last holds for the rest of the conversation (RFC 3579 §2.4). */
  function noteRoom(lead: Lead, { mtu, isWireless }: EapRound): void {
    if (mtu === null || mtu < leastMtu || mtu > mostRfcMtu) return;
    lead.room = Math.min(isWireless ? mtu - 4 : mtu, mostMtu);
  }

  /** No conversation of ours: it began on another node, was given up, or never was. Recorded, never counted. */
  async function elsewhere(
    round: EapRound,
    refused: NonNullable<LoginRequest['refused']>,
  ): Promise<EapAnswer> {
    const verdict = await deps.authenticate({ ...round.toLogin(), refused }, round.gateway);
    if (verdict.kind !== 'reject') return { kind: 'silent' };
    return {
      kind: 'end',
      verdict: { ...verdict, isImmediate: true },
      message: failureFor(round.message),
      msk: null,
    };
  }

  async function receive(round: EapRound): Promise<EapAnswer> {
    const { state, message, gateway } = round;
    if (state === null) {
      const lead = conversations.open(gateway.gatewayId, round.clientId, newConversation);
      watch();
      return await work(
        lead,
        round,
        message.length === 0 ? { kind: 'start' } : { kind: 'message', octets: message },
      );
    }
    const lead = conversations.find(state);
    if (lead === null) return await elsewhere(round, { reason: 'conversation-elsewhere', detail: null });
    if (lead.gatewayId !== gateway.gatewayId || lead.clientId !== round.clientId) {
      return await elsewhere(round, { reason: 'challenge-mismatch', detail: 'other-gateway' });
    }
    // Somebody is at it: the answer under way is the answer.
    if (lead.isAtWork) return { kind: 'silent' };
    const isAskedAgain = lead.lastMessage?.equals(message) === true;
    if (isAskedAgain && lead.undecided !== null) return await work(lead, round, lead.undecided);
    if (isAskedAgain && lead.conversation.lastRequest !== null) {
      return goOn(lead, round, lead.conversation.lastRequest, { isDelayed: false });
    }
    if (state !== lead.state) return { kind: 'silent' };
    return await work(lead, round, { kind: 'message', octets: message });
  }

  async function work(
    lead: Lead,
    round: EapRound,
    first: ConversationInput | (ConversationOutput & { kind: 'present' }),
  ): Promise<EapAnswer> {
    lead.isAtWork = true;
    lead.lastMessage = Buffer.from(round.message);
    try {
      return await drive(lead, round, first);
    } catch (error) {
      conversations.close(lead);
      throw error;
    } finally {
      lead.isAtWork = false;
    }
  }

  async function drive(
    lead: Lead,
    round: EapRound,
    first: ConversationInput | (ConversationOutput & { kind: 'present' }),
  ): Promise<EapAnswer> {
    const rules = rulesFor(round);
    noteRoom(lead, round);
    let isDelayed = false;
    let output: ConversationOutput;
    const advance = (input: ConversationInput): ConversationOutput => {
      let next: Conversation;
      [next, output] = step(lead.conversation, input, rules, lead.room ?? defaultMtu);
      lead.conversation = next;
      return output;
    };
    output = first.kind === 'present' ? first : advance(first);
    for (;;) {
      switch (output.kind) {
        case 'feed':
        case 'say': {
          const input = await turn(lead, round, output);
          output = advance(input);
          break;
        }
        case 'present': {
          const presented = output;
          const verdict = await judge(lead, round, presented.presented);
          if (verdict.kind === 'silent') {
            lead.undecided = presented;
            conversations.extend(lead, handshakeWaitMs);
            return { kind: 'silent' };
          }
          lead.undecided = null;
          if (verdict.kind === 'reject') {
            output = advance({ kind: 'decided', decision: { verdict: 'reject' } });
            return end(lead, round, output, verdict);
          }
          if (verdict.kind === 'accept') lead.accepted = { verdict, at: clock.monotonic() };
          else isDelayed = true;
          output = advance({ kind: 'decided', decision: askedFurther(verdict, round.gateway) });
          break;
        }
        case 'request':
          return goOn(lead, round, output.octets, { isDelayed });
        case 'success':
        case 'failure':
          return end(lead, round, output, null);
      }
    }
  }

  async function turn(
    lead: Lead,
    { gateway }: EapRound,
    output: ConversationOutput & { kind: 'feed' | 'say' },
  ): Promise<ConversationInput> {
    lead.engine ??= deps.openTls(gateway.profile.eap?.clientCertificate !== 'none');
    const { engine } = lead;
    const wasSaid = output.kind === 'say';
    const turned =
      output.kind === 'say' ? await engine.send(output.plain) : await engine.receive(output.records);
    return { kind: 'turn', turn: turned, isTls13: engine.version === 'TLSv1.3', wasSaid };
  }

  async function judge(lead: Lead, round: EapRound, presented: Presented): Promise<Verdict> {
    const login = loginOf(round.toLogin(), round.gateway, presented, {
      identity: lead.conversation.identity,
      engine: lead.engine,
    });
    return await deps.authenticate(login, round.gateway);
  }

  function goOn(
    lead: Lead,
    round: EapRound,
    message: Buffer,
    { isDelayed }: { isDelayed: boolean },
  ): EapAnswer {
    const answerSeconds = answerSecondsOf(message, round.gateway);
    const waitMs = answerSeconds === null ? handshakeWaitMs : answerSeconds * 1000 + handshakeWaitMs;
    return { kind: 'continue', message, state: conversations.renew(lead, waitMs), answerSeconds, isDelayed };
  }

  function end(
    lead: Lead,
    round: EapRound,
    output: ConversationOutput,
    rejected: Extract<Verdict, { kind: 'reject' }> | null,
  ): EapAnswer {
    try {
      if (output.kind === 'success' && lead.accepted !== null) {
        const accept = remainderOf(lead.accepted, round.receivedMonotonic, clock.monotonic());
        if (accept !== null) {
          const msk =
            output.type === null || lead.engine === null
              ? mskOf(accept)
              : exportMsk(lead.engine, output.type);
          return { kind: 'end', verdict: accept, message: output.octets, msk };
        }
      }
      const cause = output.kind === 'failure' ? output.cause : 'too-late';
      noteFailure(cause, round);
      const message = output.kind === 'failure' ? output.octets : failureFor(round.message);
      const verdict = rejected ?? { kind: 'reject', lookupCode: null, isImmediate: false };
      return { kind: 'end', verdict, message, msk: null };
    } finally {
      conversations.close(lead);
    }
  }

  return {
    receive,
    counters: () => ({ ...conversations.counts(), failures: Object.fromEntries(failures) }),
    close() {
      cancelSweep?.();
      conversations.closeAll();
    },
  };
}
