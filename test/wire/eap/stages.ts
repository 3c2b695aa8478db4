// Conversations brought to each of their stages, for tests of what peers may send there.
import {
  type Conversation,
  type EapRules,
  newConversation,
  step,
} from '../../../src/wire/eap/conversation.ts';
import type { TlsTurn } from '../../../src/wire/eap/tls/engine.ts';

export const rules: EapRules = {
  methods: ['ttls', 'peap', 'tls', 'gtc'],
  prompt: 'Ma:',
  msChapChallenge: null,
};
export const room = 300;

export function respond(identifier: number, type: number, data: Buffer | string): Buffer {
  const octets = Buffer.from(data);
  const header = Buffer.from([2, identifier, 0, 0, type]);
  header.writeUInt16BE(5 + octets.length, 2);
  return Buffer.concat([header, octets]);
}

export function tell(conversation: Conversation, octets: Buffer, of: EapRules = rules) {
  return step(conversation, { kind: 'message', octets }, of, room);
}

function turned(conversation: Conversation, turn: Partial<TlsTurn>) {
  const whole = {
    records: Buffer.alloc(0),
    plain: Buffer.alloc(0),
    isEstablished: false,
    fault: null,
    ...turn,
  };
  return step(conversation, { kind: 'turn', turn: whole, isTls13: false, wasSaid: false }, rules, room);
}

const only = (method: EapRules['methods'][number]): EapRules => ({ ...rules, methods: [method] });
const hello = Buffer.from([0, 0x16, 3, 1, 0, 1, 1]);

const [offered] = tell(newConversation, respond(7, 1, 'alice'));
const [fed] = tell(offered, respond(8, 21, hello));
const [sending] = turned(fed, { records: Buffer.alloc(700, 0x16) });
const [handshake] = turned(fed, { records: Buffer.alloc(50, 0x16) });
const [fedAgain] = tell(handshake, respond(9, 21, hello));
const [established] = turned(fedAgain, { records: Buffer.alloc(20, 0x14), isEstablished: true });
const [gtcOffered] = tell(newConversation, respond(7, 1, 'alice'), only('gtc'));
const [gtc] = step(
  tell(gtcOffered, respond(8, 6, 'secret'), only('gtc'))[0],
  { kind: 'decided', decision: { verdict: 'ask', state: 'S', prompt: 'Ma:' } },
  only('gtc'),
  room,
);

/** By name; the Identifier that an answer must have, and the type of the method. */
export const stages = {
  start: { conversation: newConversation, identifier: 7, type: 1 },
  offered: { conversation: offered, identifier: 8, type: 21 },
  /** A flight of ours is on its way in fragments. */
  sending: { conversation: sending, identifier: 9, type: 21 },
  handshake: { conversation: handshake, identifier: 9, type: 21 },
  established: { conversation: established, identifier: 10, type: 21 },
  gtc: { conversation: gtc, identifier: 9, type: 6 },
} as const;

export type Stage = keyof typeof stages;

/** The output in a few words. */
export function described(output: ReturnType<typeof step>[1]): string {
  return output.kind === 'failure' ? `failure: ${output.cause}` : output.kind;
}
