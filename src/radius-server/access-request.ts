// Access-Request to login and verdict to reply, RFC 2865 §4 and RFC 3579: this edge translates, it never decides.
import type { LoginRequest, Verdict } from '../services/login.ts';
import type { Gateway } from '../services/settings/clients.ts';
import { type EncodedAttribute, joinConcat } from '../wire/radius/attribute.ts';
import { all, codes, headerLength, maxPacketLength, type Packet } from '../wire/radius/packet.ts';
import { eapFailure } from '../wire/radius/profile/eap-failure.ts';
import { type Interpretation, interpretRequest } from '../wire/radius/profile/interpret.ts';
import { acceptAttributes, challengeAttributes, rejectAttributes } from '../wire/radius/profile/reply.ts';
import { encodeReply } from '../wire/radius/reply.ts';
import type { Secret } from '../wire/radius/secret.ts';
import { revealUserPassword } from '../wire/radius/user-password.ts';

const proxyStateType = 33;
const eapMessageType = 79;
/** Message-Authenticator in a reply. */
const signatureLength = 18;

export interface ReadRequest {
  readonly interpretation: Interpretation;
  /** The one that the reply is signed with. */
  readonly secret: Secret;
}

/**
 * Reads a request that was found authentic. `secrets` are those it may have been made with, current first: an unsigned
 * one is taken for the first that makes its password readable, since a wrong secret gives random octets.
 */
export function readAccessRequest(
  packet: Packet,
  gateway: Gateway,
  secrets: readonly Secret[],
): ReadRequest | null {
  let fallback: ReadRequest | null = null;
  for (const secret of secrets) {
    const interpretation = interpretRequest(gateway.profile, packet, (hidden) =>
      revealUserPassword(hidden, packet.authenticator, secret),
    );
    if (interpretation.passwordReadable || interpretation.method !== 'pap') return { interpretation, secret };
    fallback ??= { interpretation, secret };
  }
  return fallback;
}

export interface Receipt {
  readonly receivedAt: number;
  readonly receivedMonotonic: number;
  readonly sourceAddress: string;
}

/** What services decide on. `refused` by a limit takes the place of what the profile says. */
export function toLogin(
  { interpretation }: ReadRequest,
  gateway: Gateway,
  receipt: Receipt,
  limit: LoginRequest['refused'],
): LoginRequest {
  return {
    gatewayId: gateway.gatewayId,
    receivedAt: receipt.receivedAt,
    receivedMonotonic: receipt.receivedMonotonic,
    userName: interpretation.userName,
    credentials: interpretation.credentials,
    ticketToken: interpretation.ticketToken,
    station: interpretation.station,
    observed: interpretation.observed,
    refused: limit ?? interpretation.refused,
    isHealthProbe: interpretation.kind === 'health-probe',
    method: interpretation.summary['method'] ?? interpretation.method,
    summary: { sourceAddress: receipt.sourceAddress, ...interpretation.summary },
  };
}

type Answer = Exclude<Verdict, { kind: 'silent' }>;

function answerAttributes(request: Packet, gateway: Gateway, verdict: Answer): [number, EncodedAttribute[]] {
  const { profile } = gateway;
  switch (verdict.kind) {
    case 'accept':
      return [codes.AccessAccept, acceptAttributes(profile, verdict)];
    case 'challenge':
      return [codes.AccessChallenge, challengeAttributes(profile, verdict.state)];
    case 'reject': {
      const eap = joinConcat(request, eapMessageType);
      if (eap !== null) return [codes.AccessReject, [{ type: eapMessageType, value: eapFailure(eap) }]];
      const { lookupCode } = verdict;
      return [codes.AccessReject, lookupCode === null ? [] : rejectAttributes(profile, lookupCode)];
    }
  }
}

/**
 * The signed reply to a request: Message-Authenticator first, then what the verdict and the profile say, then all
 * Proxy-State of the request in order. One that would not fit in 4096 octets becomes a bare Reject; null when not
 * even that fits.
 */
export function toReply(
  request: Packet,
  read: ReadRequest,
  gateway: Gateway,
  verdict: Answer,
): Buffer | null {
  const proxyStates = all(request, proxyStateType).map(({ type, value }) => ({ type, value }));
  const [code, attributes] = answerAttributes(request, gateway, verdict);
  const candidates: [number, EncodedAttribute[]][] = [
    [code, attributes],
    [codes.AccessReject, []],
  ];
  for (const [candidate, own] of candidates) {
    const whole = [...own, ...proxyStates];
    const length =
      headerLength + signatureLength + whole.reduce((sum, { value }) => sum + 2 + value.length, 0);
    if (length > maxPacketLength) continue;
    return encodeReply({ code: candidate, request, attributes: whole, secret: read.secret });
  }
  return null;
}
