// What a reply may carry to one gateway: RFC 2865 §4.2 to §4.4, narrowed by its profile.
import { type EncodedAttribute, encodeValue, splitText } from '../attribute.ts';
import type { Profile } from './parse.ts';

const types = {
  userName: 1,
  replyMessage: 18,
  state: 24,
  class: 25,
  sessionTimeout: 27,
  prompt: 76,
  acctInterimInterval: 85,
} as const;

const integer = (type: number, value: number): EncodedAttribute => ({
  type,
  value: encodeValue('integer', value),
});

/** What the decision says about an Accept. */
export interface AcceptFacts {
  /** At least 1. */
  readonly sessionSeconds: number;
  /** The account's name in its one spelling. */
  readonly userName: string;
  /** Opaque reference to the session, for Class; null when there is none. */
  readonly sessionReference: string | null;
}

/** Attributes of an Access-Accept, Message-Authenticator and Proxy-State aside. */
export function acceptAttributes(profile: Profile, facts: AcceptFacts): EncodedAttribute[] {
  const { reply } = profile;
  const attributes: EncodedAttribute[] = [];
  if (reply.userName) attributes.push({ type: types.userName, value: Buffer.from(facts.userName, 'utf8') });
  if (reply.sessionTimeout !== 'omit') attributes.push(integer(types.sessionTimeout, facts.sessionSeconds));
  if (reply.interimSeconds !== undefined) {
    attributes.push(integer(types.acctInterimInterval, reply.interimSeconds));
  }
  const text =
    reply.class === 'group' ? reply.group : reply.class === 'opaque' ? facts.sessionReference : null;
  if (text !== null && text !== undefined)
    attributes.push({ type: types.class, value: Buffer.from(text, 'utf8') });
  attributes.push(...reply.attributes);
  return attributes;
}

/** The one text of every denial: ASCII, since clients garble accents. Null: the gateway shows none. */
export function denialText({ reply }: Profile, lookupCode: string): string | null {
  if (!reply.rejectMessage) return null;
  return `Khong ket noi duoc. Ma tra cuu: ${lookupCode.slice(0, 4)}-${lookupCode.slice(4)}`;
}

/** Attributes of an Access-Reject. A text never stands beside EAP-Message (RFC 3579 §2.6.5). */
export function rejectAttributes(profile: Profile, lookupCode: string): EncodedAttribute[] {
  const text = denialText(profile, lookupCode);
  return text === null ? [] : splitText(types.replyMessage, text);
}

const mostPromptCharacters = 480;

/** What the holder is asked for. `message`: in an upstream's words, from which comes one line of text that the gateway's clients can show. */
export function promptText({ credentials: { prompt } }: Profile, message?: string): string {
  const asked = (message ?? '').replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  if (asked === '') return prompt.useDiacritics ? prompt.diacritics : prompt.ascii;
  const shown = prompt.useDiacritics ? asked.toWellFormed() : plainLetters(asked);
  return [...shown].slice(0, mostPromptCharacters).join('');
}

function plainLetters(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replace(/[^\x20-\x7e]/g, '?');
}

/** Attributes of an Access-Challenge. `state` is printable ASCII: some gateways treat it as a C string. */
export function challengeAttributes(profile: Profile, state: string, message?: string): EncodedAttribute[] {
  const { prompt } = profile.credentials;
  const attributes: EncodedAttribute[] = [
    { type: types.state, value: Buffer.from(state, 'latin1') },
    ...splitText(types.replyMessage, promptText(profile, message)),
  ];
  if (prompt.sendAnswerSeconds) attributes.push(integer(types.sessionTimeout, prompt.answerSeconds));
  if (prompt.hideAnswer) attributes.push(integer(types.prompt, 0));
  return attributes;
}
