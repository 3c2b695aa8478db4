// Accounting-Request read, RFC 2866 §5, RFC 2869 §5.1, §5.2 and §5.3: octets to a typed event, nothing decided.
import { isUtf8 } from 'node:buffer';
import { decodeValue } from './attribute.ts';
import { first, type Packet } from './packet.ts';

const types = {
  userName: 1,
  framedIpAddress: 8,
  class: 25,
  acctStatusType: 40,
  acctDelayTime: 41,
  acctInputOctets: 42,
  acctOutputOctets: 43,
  acctSessionId: 44,
  acctTerminateCause: 49,
  acctInputGigawords: 52,
  acctOutputGigawords: 53,
  eventTimestamp: 55,
} as const;

const statusKinds: Readonly<Record<number, AccountingEvent['kind']>> = {
  1: 'start',
  2: 'stop',
  3: 'interim',
  7: 'on',
  8: 'off',
};

/** `on` and `off` speak of the whole gateway, the others of one session. */
export interface AccountingEvent {
  readonly kind: 'start' | 'interim' | 'stop' | 'on' | 'off';
  /** When it happened, epoch ms; never later than the receipt. */
  readonly at: number;
  /** As sent; empty when missing or not UTF-8. */
  readonly userName: string;
  /** Null when missing or empty. */
  readonly acctSessionId: string | null;
  /** Class as text (Latin-1), in order. */
  readonly classes: readonly string[];
  readonly framedIpAddress: string | null;
  /** From the user; null when it is not said. Above 2⁵³ − 1 it stays there. */
  readonly octetsIn: number | null;
  /** To the user. */
  readonly octetsOut: number | null;
  readonly terminateCause: number | null;
}

/** A clock that is further behind than this is wrong; gateways repeat for hours, hardly for days. */
const longestDelayMs = 7 * 86_400_000;

function integer(packet: Packet, type: number): number | null {
  const attribute = first(packet, type);
  return attribute === undefined ? null : decodeValue('integer', attribute.value);
}

function octets(packet: Packet, low: number, high: number): number | null {
  const units = integer(packet, low);
  const gigawords = integer(packet, high);
  if (units === null && gigawords === null) return null;
  return Math.min(Number.MAX_SAFE_INTEGER, (gigawords ?? 0) * 2 ** 32 + (units ?? 0));
}

/** Event-Timestamp while it is plausible, else the receipt less Acct-Delay-Time. */
function eventTime(packet: Packet, receivedAt: number): number {
  const stamp = integer(packet, types.eventTimestamp);
  const stampedAt = stamp === null ? null : stamp * 1000;
  if (stampedAt !== null && stampedAt <= receivedAt && stampedAt >= receivedAt - longestDelayMs) {
    return stampedAt;
  }
  const delayMs = (integer(packet, types.acctDelayTime) ?? 0) * 1000;
  return receivedAt - Math.min(delayMs, longestDelayMs);
}

/** Reads an Accounting-Request that was found authentic; null when its Acct-Status-Type is none that is kept. */
export function readAccounting(packet: Packet, receivedAt: number): AccountingEvent | null {
  const kind = statusKinds[integer(packet, types.acctStatusType) ?? 0];
  if (kind === undefined) return null;
  const userName = first(packet, types.userName)?.value;
  const sessionId = first(packet, types.acctSessionId)?.value.toString('utf8').toWellFormed();
  const address = first(packet, types.framedIpAddress)?.value;
  return {
    kind,
    at: eventTime(packet, receivedAt),
    userName: userName !== undefined && isUtf8(userName) ? userName.toString('utf8') : '',
    // No name in the store holds a NUL.
    acctSessionId: sessionId === undefined || sessionId === '' ? null : sessionId.replaceAll('\0', '\uFFFD'),
    classes: packet.attributes
      .filter(({ type }) => type === types.class)
      .map(({ value }) => value.toString('latin1')),
    framedIpAddress: address === undefined ? null : decodeValue('ipv4addr', address),
    octetsIn: octets(packet, types.acctInputOctets, types.acctInputGigawords),
    octetsOut: octets(packet, types.acctOutputOctets, types.acctOutputGigawords),
    terminateCause: integer(packet, types.acctTerminateCause),
  };
}
