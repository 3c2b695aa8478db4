// What a peer presented, as a login for services: the gateway's profile says what its one text means and what is asked.
import { type EvidenceLevel, identifierKey } from '../../core/evidence.ts';
import type { ObservedIdentifier } from '../../core/facts.ts';
import type { LoginCredentials, LoginRequest, Verdict } from '../../services/login.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import type { Decision } from '../../wire/eap/method/tunnel-method.ts';
import { eapTypes, parseEap } from '../../wire/eap/packet.ts';
import type { Presented } from '../../wire/eap/presented.ts';
import type { TlsEngine } from '../../wire/eap/tls/engine.ts';
import { splitTicketToken } from '../../wire/radius/profile/credentials.ts';
import { promptText } from '../../wire/radius/profile/reply.ts';

/** The broker itself has seen the proof. */
const seenByTheBroker: EvidenceLevel = 3;

const prompts = {
  password: { ascii: 'Mat khau:', diacritics: 'Mật khẩu:' },
  passwordAndCode: { ascii: 'Mat khau va ma OTP viet lien:', diacritics: 'Mật khẩu và mã OTP viết liền:' },
} as const;

/** The first question of GTC. */
export function promptOf({ profile }: Gateway): string {
  const { style, prompt } = profile.credentials;
  const text =
    { 'code-only': prompt, challenge: prompts.password }[style as string] ?? prompts.passwordAndCode;
  return prompt.useDiacritics ? text.diacritics : text.ascii;
}

/** How long the gateway should wait for the answer to a packet; null for one that no person answers. */
export function answerSecondsOf(message: Buffer, { profile }: Gateway): number | null {
  return parseEap(message)?.type === eapTypes.gtc ? profile.credentials.prompt.answerSeconds : null;
}

/** An accept or a further question, as the method takes it. */
export function askedFurther(
  verdict: Extract<Verdict, { kind: 'accept' | 'challenge' }>,
  { profile }: Gateway,
): Decision {
  if (verdict.kind === 'accept') {
    // Behind the identifier that RADIUS puts in front.
    return { verdict: 'accept', proof: verdict.msChap?.success.subarray(1) ?? null };
  }
  return { verdict: 'ask', state: verdict.state, prompt: promptText(profile, verdict.message) };
}

function credentialsOf({ evidence, canAsk }: Presented, { profile }: Gateway): LoginCredentials {
  switch (evidence.kind) {
    case 'certificate':
    case 'unsupported':
      return { style: 'ticket' };
    case 'ms-chap':
      return { style: 'ms-chap', challenge: evidence.challenge, response: evidence.response };
    case 'answer':
      return { style: 'challenge-answer', text: evidence.text, state: evidence.state };
    case 'text': {
      const { style } = profile.credentials;
      const { text } = evidence;
      if (style === 'code-only') return { style: 'code', text };
      // PAP can't be asked once more: there the code is appended, whatever the gateway does elsewhere.
      return style === 'challenge' && canAsk ? { style: 'password', text } : { style: 'password+code', text };
    }
  }
}

function proven(engine: TlsEngine | null): ObservedIdentifier[] {
  const peer = engine?.peer ?? null;
  if (peer === null || peer.fault !== null) return [];
  return [
    { key: identifierKey('spki-sha256', peer.spkiSha256), level: seenByTheBroker },
    { key: identifierKey('certificate-sha256', peer.sha256), level: seenByTheBroker },
  ];
}

function summaryOf(identity: string, engine: TlsEngine | null): Record<string, string> {
  const peer = engine?.peer ?? null;
  return {
    eapIdentity: identity.replace(/\p{C}/gu, '?').slice(0, 253),
    ...(engine?.version == null ? {} : { tlsVersion: engine.version }),
    ...(peer === null ? {} : { clientKey: peer.spkiSha256 }),
    ...(peer === null || peer.fault === null ? {} : { clientCertificate: peer.fault }),
  };
}

/** `login` is the request without what only the conversation knows. */
export function loginOf(
  login: LoginRequest,
  gateway: Gateway,
  presented: Presented,
  { identity, engine }: { readonly identity: string; readonly engine: TlsEngine | null },
): LoginRequest {
  const { evidence, userName, method } = presented;
  const refused =
    evidence.kind === 'unsupported'
      ? ({ reason: 'method-not-allowed', detail: evidence.detail } as const)
      : null;
  const typed = credentialsOf(presented, gateway);
  const { credentials, token } =
    typed.style !== 'ticket' && gateway.profile.tickets.delivery === 'password'
      ? splitTicketToken(typed)
      : { credentials: typed, token: null };
  return {
    ...login,
    userName,
    outerName: login.userName,
    credentials,
    canAsk: presented.canAsk,
    ticketToken: token,
    observed: [...proven(engine), ...login.observed],
    refused: login.refused ?? refused,
    method,
    summary: { ...login.summary, ...summaryOf(identity, engine) },
  };
}
