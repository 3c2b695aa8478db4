// What a login says for itself before any secret is looked at.
import type { Attempt } from '../../core/decision.ts';
import { normaliseIdentifier } from '../../core/evidence.ts';
import type { Facts } from '../../core/facts.ts';
import type { Policy } from '../../core/policy.ts';
import { judgeTicket } from '../../core/ticket.ts';
import type { OpenedChallenge } from '../challenge.ts';
import type { LoginRequest } from '../login.ts';
import type { Gateway } from '../settings/clients.ts';
import { ticketTokenHash } from '../ticket-token.ts';
import type { TypedSecrets } from './typed-secrets.ts';

/** A challenge is good for as long as its profile gives to answer it, and no longer than this. */
const longestChallengeMs = 120_000;

/** Styles that carry no code: what a ticket stands for. */
const codeBy: Readonly<Record<string, 'ticket' | 'code-ticket' | undefined>> = {
  ticket: 'ticket',
  'ms-chap': 'code-ticket',
};

/** How long a challenge may wait for its answer. */
export function answerMsOf(gateway: Gateway | null): number {
  const seconds = gateway?.profile.credentials.prompt.answerSeconds ?? 0;
  return Math.min(longestChallengeMs, seconds * 1000);
}

/**
 * What is refused whoever asks. A ticket in place of a password was bought where `soldBy` kept it, which may be another one than
 * this gateway's policy asks. MS-CHAPv2 says nothing but to an upstream that takes it.
 */
export function refusalOf(
  request: LoginRequest,
  gateway: Gateway | null,
  {
    policy,
    soldBy,
    takesMsChap,
  }: { readonly policy: Policy; readonly soldBy: string; readonly takesMsChap: boolean },
): Attempt['refused'] {
  if (gateway === null) return { reason: 'gateway-not-allowed', detail: null };
  if (request.refused !== null) return request.refused;
  const { style } = request.credentials;
  if (style === 'ms-chap' && !takesMsChap) return { reason: 'method-not-allowed', detail: 'ms-chap' };
  const lacksPassword = style === 'ticket' && policy.firstFactor !== soldBy;
  return lacksPassword ? { reason: 'method-not-allowed', detail: 'no-credential' } : null;
}

/** By what a ticket of this request is found; null where its gateway carries none. */
export function presentationOf(
  request: LoginRequest,
  gateway: Gateway | null,
  challenge: OpenedChallenge | null,
): Attempt['ticket'] {
  const delivery =
    codeBy[request.credentials.style] === undefined
      ? (gateway?.profile.tickets.delivery ?? 'none')
      : 'address';
  if (delivery === 'none') return null;
  const token = delivery === 'password' ? (request.ticketToken ?? null) : null;
  return {
    by: delivery === 'password' ? 'token' : 'address',
    address: normaliseIdentifier('source-address', request.station),
    tokenHash: token === null ? null : ticketTokenHash(token),
    // What round one saw in time may be spent by round two.
    at: challenge === null ? request.receivedAt : challenge.expiresAt - answerMsOf(gateway),
  };
}

/** Who knew the password when the ticket was sold that is good for this login; null: there is none. */
export function passwordOfTicket(
  request: LoginRequest,
  { account }: Facts,
  gateway: Gateway | null,
): string | null {
  if (account === null || request.credentials.style !== 'ticket') return null;
  const found = judgeTicket(account, 'login', presentationOf(request, gateway, null));
  return found.kind === 'good' ? found.ticket.passwordBy : null;
}

/** What is taken for the code as long as none has been looked at. */
export function unmatchedCode(
  request: LoginRequest,
  typed: TypedSecrets,
  refused: Attempt['refused'],
): Attempt['code'] {
  // A request that is no login, or can't carry a password, is not answered with a question.
  if (typed.isCodeDeferred && (refused === null || refused.reason === 'too-many-requests')) return 'deferred';
  return codeBy[request.credentials.style] ?? 'absent';
}
