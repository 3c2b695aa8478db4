// Access-Request to login and verdict to reply, RFC 2865 §4 and RFC 3579: this edge translates, it never decides.
import type { Random } from '../base/random.ts';
import type { LoginRequest, Verdict } from '../services/login.ts';
import type { Gateway } from '../services/settings/clients.ts';
import { failureFor } from '../wire/eap/packet.ts';
import {
  decodeValue,
  type EncodedAttribute,
  encodeValue,
  joinConcat,
  splitConcat,
} from '../wire/radius/attribute.ts';
import { encodeMsChapSuccess } from '../wire/radius/ms-chap.ts';
import { all, codes, first, headerLength, maxPacketLength, type Packet } from '../wire/radius/packet.ts';
import { type Interpretation, interpretRequest } from '../wire/radius/profile/interpret.ts';
import { acceptAttributes, challengeAttributes, rejectAttributes } from '../wire/radius/profile/reply.ts';
import type { Sealing } from '../wire/radius/sealing.ts';
import type { EapAnswer } from './eap/answer.ts';
import type { EapRound } from './eap/exchange.ts';

const userNameType = 1;
const framedMtuType = 12;
const stateType = 24;
const sessionTimeoutType = 27;
const proxyStateType = 33;
const nasPortTypeType = 61;
/** Wireless - IEEE 802.11. */
const wireless = 19;
const eapMessageType = 79;
/** Message-Authenticator in a reply. */
const signatureLength = 18;

export interface ReadRequest {
  readonly interpretation: Interpretation;
  /** The one that the reply is made with. */
  readonly sealing: Sealing;
}

/**
 * Reads a request that was found authentic. `sealings` are those it may have been made with, current first: an unsigned
 * one is taken for the first that makes its password readable, since a wrong secret gives random octets.
 */
export function readAccessRequest(
  packet: Packet,
  gateway: Gateway,
  sealings: readonly Sealing[],
): ReadRequest | null {
  let fallback: ReadRequest | null = null;
  for (const sealing of sealings) {
    const interpretation = interpretRequest(gateway.profile, packet, (hidden) =>
      sealing.revealPassword(hidden, packet),
    );
    if (interpretation.passwordReadable || interpretation.method !== 'pap')
      return { interpretation, sealing };
    fallback ??= { interpretation, sealing };
  }
  return fallback;
}

export interface Receipt {
  readonly receivedAt: number;
  readonly receivedMonotonic: number;
  readonly sourceAddress: string;
}

/** What services decide on. */
export function toLogin({ interpretation }: ReadRequest, gateway: Gateway, receipt: Receipt): LoginRequest {
  return {
    gatewayId: gateway.gatewayId,
    receivedAt: receipt.receivedAt,
    receivedMonotonic: receipt.receivedMonotonic,
    userName: interpretation.userName,
    credentials: interpretation.credentials,
    ticketToken: interpretation.ticketToken,
    station: interpretation.station,
    observed: interpretation.observed,
    refused: interpretation.refused,
    isHealthProbe: interpretation.kind === 'health-probe',
    method: interpretation.methodName,
    summary: { sourceAddress: receipt.sourceAddress, ...interpretation.summary },
  };
}

/** A request with EAP, as the conversation that it belongs to takes it. */
export function toEapRound(request: Packet, read: ReadRequest, gateway: Gateway, receipt: Receipt): EapRound {
  const mtu = first(request, framedMtuType)?.value;
  const portType = first(request, nasPortTypeType)?.value;
  return {
    gateway,
    clientId: gateway.clientId,
    message: joinConcat(request, eapMessageType) ?? Buffer.alloc(0),
    state: first(request, stateType)?.value.toString('latin1') ?? null,
    mtu: mtu === undefined ? null : decodeValue('integer', mtu),
    isWireless: portType !== undefined && decodeValue('integer', portType) === wireless,
    receivedMonotonic: receipt.receivedMonotonic,
    toLogin: () => toLogin(read, gateway, receipt),
  };
}

type Answer = Exclude<Verdict, { kind: 'silent' }>;
type EapReply = Exclude<EapAnswer, { kind: 'silent' }>;

function answerAttributes(
  request: Packet,
  { sealing }: ReadRequest,
  gateway: Gateway,
  verdict: Answer,
  random: Random,
): [number, EncodedAttribute[]] {
  const { profile } = gateway;
  switch (verdict.kind) {
    case 'accept':
      return [
        codes.AccessAccept,
        [
          ...acceptAttributes(profile, verdict),
          ...(verdict.msChap === undefined
            ? []
            : encodeMsChapSuccess(verdict.msChap, (keys) =>
                sealing.encodeKeyPair(keys, random.bytes(4), request),
              )),
        ],
      ];
    case 'challenge':
      return [codes.AccessChallenge, challengeAttributes(profile, verdict.state, verdict.message)];
    case 'reject': {
      const eap = joinConcat(request, eapMessageType);
      if (eap !== null) return [codes.AccessReject, [{ type: eapMessageType, value: failureFor(eap) }]];
      const { lookupCode } = verdict;
      return [codes.AccessReject, lookupCode === null ? [] : rejectAttributes(profile, lookupCode)];
    }
  }
}

/** Exactly one EAP packet, and no text beside it: RFC 3579 §2.6. */
function eapAttributes(
  request: Packet,
  { sealing }: ReadRequest,
  gateway: Gateway,
  answer: EapReply,
  random: Random,
): [number, EncodedAttribute[]] {
  const message = splitConcat(eapMessageType, answer.message);
  if (answer.kind === 'continue') {
    const state = { type: stateType, value: Buffer.from(answer.state, 'latin1') };
    const { answerSeconds } = answer;
    const wait =
      answerSeconds === null
        ? []
        : [{ type: sessionTimeoutType, value: encodeValue('integer', answerSeconds) }];
    return [codes.AccessChallenge, [state, ...wait, ...message]];
  }
  const { verdict, msk } = answer;
  if (verdict.kind === 'reject') return [codes.AccessReject, message];
  const accept = acceptAttributes(gateway.profile, verdict);
  // RFC 3579 §3: a request with User-Name gets one back; it is the account, whatever the outer identity was.
  if (!accept.some(({ type }) => type === userNameType)) {
    accept.unshift({ type: userNameType, value: Buffer.from(verdict.userName, 'utf8') });
  }
  const keys = msk === null ? [] : sealing.encodeKeys(msk, random.bytes(4), request);
  return [codes.AccessAccept, [...accept, ...message, ...keys]];
}

/** The signed reply to a round of EAP; null when it does not fit in 4096 octets. */
export function toEapReply(
  request: Packet,
  read: ReadRequest,
  gateway: Gateway,
  answer: EapReply,
  random: Random,
): Buffer | null {
  return encodeFitting(request, read.sealing, [eapAttributes(request, read, gateway, answer, random)]);
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
  random: Random,
): Buffer | null {
  return encodeFitting(request, read.sealing, [
    answerAttributes(request, read, gateway, verdict, random),
    [codes.AccessReject, []],
  ]);
}

/** The first that fits, with all Proxy-State of the request behind it. */
function encodeFitting(
  request: Packet,
  sealing: Sealing,
  candidates: readonly [number, EncodedAttribute[]][],
): Buffer | null {
  const proxyStates = all(request, proxyStateType).map(({ type, value }) => ({ type, value }));
  for (const [candidate, own] of candidates) {
    const whole = [...own, ...proxyStates];
    const length =
      headerLength + signatureLength + whole.reduce((sum, { value }) => sum + 2 + value.length, 0);
    if (length > maxPacketLength) continue;
    return sealing.encodeReply(request, { code: candidate, attributes: whole });
  }
  return null;
}
