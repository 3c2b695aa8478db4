// A request as its gateway's profile reads it: is it a VPN login, with what credentials, from which workstation.
import { isUtf8 } from 'node:buffer';
import { identifierKey, normaliseIdentifier } from '../../../core/evidence.ts';
import type { ObservedIdentifier } from '../../../core/facts.ts';
import type { Detail, Reason } from '../../../core/reasons.ts';
import { eapName } from '../../eap/packet.ts';
import { joinConcat } from '../attribute.ts';
import { type MsChapTry, readMsChapTry } from '../ms-chap.ts';
import { all, first, type Packet } from '../packet.ts';
import { vendorAttributes } from '../vendor.ts';
import { type AttributeReference, textOf, valuesOf } from './attribute-reference.ts';
import { type Credentials, readCredentials, splitTicketToken } from './credentials.ts';
import { matchRule } from './match.ts';
import type { Profile, Source } from './parse.ts';

interface Refusal {
  readonly reason: Reason;
  readonly detail: Detail | null;
}

/** How the request wants to authenticate. `several`: more than one kind, which RFC 3579 §3.3 forbids. */
type Method = 'pap' | 'chap' | 'ms-chap' | 'eap' | 'several' | 'none';

export interface Interpretation {
  readonly kind: 'login' | 'refused' | 'health-probe';
  readonly refused: Refusal | null;
  readonly method: Method;
  /** The same, or what an EAP packet speaks: `pap`, `EAP-TTLS` … */
  readonly methodName: string;
  /** Empty texts when the method is not PAP or the value can't be revealed. */
  readonly credentials: Credentials;
  /** The token of a ticket that ended the password field; null: none did. */
  readonly ticketToken: string | null;
  /** The revealed password is UTF-8 without control characters. False hints at a wrong shared secret. */
  readonly passwordReadable: boolean;
  /** As sent; empty when missing or not UTF-8. */
  readonly userName: string;
  /** Where the holder connects from, as the gateway says; empty when the profile trusts no attribute for it. */
  readonly station: string;
  readonly observed: readonly ObservedIdentifier[];
  /** For the record and the doctor: plain text, no secrets, control characters replaced. */
  readonly summary: Readonly<Record<string, string>>;
}

const types = {
  userName: 1,
  userPassword: 2,
  chapPassword: 3,
  state: 24,
  arapPassword: 70,
  eapMessage: 79,
  digestResponse: 103,
} as const;

const microsoft = 311;
const msChapTypes: ReadonlySet<number> = new Set([1, 25]);

function methodOf(packet: Packet): Method {
  const found = new Set<Method>();
  for (const { type } of packet.attributes) {
    if (type === types.userPassword) found.add('pap');
    else if (type === types.chapPassword) found.add('chap');
    else if (type === types.eapMessage) found.add('eap');
    else if (type === types.arapPassword || type === types.digestResponse) found.add('several');
  }
  if (vendorAttributes(packet, microsoft).some(({ vendorType }) => msChapTypes.has(vendorType))) {
    found.add('ms-chap');
  }
  if (found.size > 1 || all(packet, types.userPassword).length > 1) return 'several';
  const [only] = found;
  return only ?? 'none';
}

function methodRefusal(
  profile: Profile,
  method: Method,
  eap: string,
  msChap: MsChapTry | null,
): Refusal | null {
  const reason = 'method-not-allowed';
  switch (method) {
    case 'pap':
      return null;
    case 'ms-chap':
      return msChap === null ? { reason, detail: method } : null;
    case 'chap':
      return { reason, detail: method };
    case 'eap':
      // Which methods are refused inside EAP is found out in talking.
      if (profile.eap !== undefined) return null;
      return { reason, detail: eap === 'EAP-MD5' ? 'eap-md5' : 'eap-other' };
    case 'none':
    case 'several':
      return { reason, detail: 'no-credential' };
  }
}

/** Log and record injection: what a client typed never brings control characters along. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 253);
}

function sourceTexts(packet: Packet, source: Source): string[] {
  const found: string[] = [];
  for (const value of valuesOf(packet, source.reference)) {
    const text = textOf(source.reference, value);
    const taken = text === null ? null : source.take(text);
    if (taken !== null && taken !== '') found.push(taken);
  }
  return found;
}

/** Where the holder connects from, in one spelling; empty when the profile trusts no attribute for it. */
export function findStation(profile: Profile, packet: Packet): string {
  for (const source of profile.station) {
    for (const text of sourceTexts(packet, source)) {
      const station = normaliseIdentifier('station-id', text);
      if (station !== null) return station;
    }
  }
  return '';
}

/** One entry per identifier, at the best level that any source gives it. */
function findObserved(profile: Profile, packet: Packet): ObservedIdentifier[] {
  const found = new Map<string, ObservedIdentifier>();
  for (const source of profile.workstation) {
    for (const text of sourceTexts(packet, source)) {
      const value = normaliseIdentifier(source.type, text);
      if (value === null) continue;
      const key = identifierKey(source.type, value);
      const known = found.get(key);
      if (known === undefined || known.level < source.level) found.set(key, { key, level: source.level });
    }
  }
  return [...found.values()];
}

function summarise(
  packet: Packet,
  references: ReadonlyMap<string, AttributeReference>,
  method: string,
  unreadable: readonly string[],
): Record<string, string> {
  const summary: Record<string, string> = { method };
  const repeated = repeatedNames(packet);
  if (repeated.length > 0) summary['repeated'] = repeated.join(', ');
  if (unreadable.length > 0) summary['unreadable'] = unreadable.join(', ');
  for (const [name, reference] of references) {
    const value = valuesOf(packet, reference)[0];
    const text = value === undefined ? null : textOf(reference, value);
    if (text !== null && text !== '') summary[name] = plain(text);
  }
  return summary;
}

/** Made when it is first asked for: most rounds of EAP are answered without it. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * Reads an Access-Request by a profile. Pure and total: whatever the octets are, it returns a value. `reveal` is
 * called at most once, with the value of User-Password; `null` means that its length is illegal.
 */
export function interpretRequest(
  profile: Profile,
  packet: Packet,
  reveal: (hidden: Buffer) => Buffer | null,
): Interpretation {
  const method = methodOf(packet);
  const eap = joinConcat(packet, types.eapMessage);
  const methodName = eap === null ? method : eapName(eap);

  const userNameOctets = first(packet, types.userName)?.value;
  const userName =
    userNameOctets !== undefined && isUtf8(userNameOctets) ? userNameOctets.toString('utf8') : '';

  const hidden = method === 'pap' ? first(packet, types.userPassword)?.value : undefined;
  const revealed = hidden === undefined ? null : reveal(hidden);
  const passwordReadable =
    revealed !== null && isUtf8(revealed) && !/\p{Cc}/u.test(revealed.toString('utf8'));
  const states = all(packet, types.state);
  const read = readCredentials(
    profile.credentials.style,
    profile.credentials.openVpnForms,
    revealed?.toString('utf8') ?? '',
    // The State of an EAP conversation is no challenge's.
    method === 'eap' ? null : (states[0]?.value.toString('latin1') ?? null),
  );
  const msChap = method === 'ms-chap' && profile.msChapV2 === 'relay' ? readMsChapTry(packet) : null;
  const { credentials, token } =
    msChap !== null
      ? { credentials: { style: 'ms-chap' as const, ...msChap }, token: null }
      : profile.tickets.delivery === 'password'
        ? splitTicketToken(read)
        : { credentials: read, token: null };

  const isProbe = profile.healthProbeUsers.includes(userName);
  const refused = isProbe ? null : findRefusal(profile, packet, method, methodName, msChap);
  const station = once(() => findStation(profile, packet));
  const observed = once(() => findObserved(profile, packet));
  const summary = once(() =>
    summarise(packet, profile.summary, methodName, [
      ...(userNameOctets !== undefined && !isUtf8(userNameOctets) ? ['User-Name'] : []),
      ...(hidden !== undefined && !passwordReadable ? ['User-Password'] : []),
    ]),
  );
  return {
    kind: isProbe ? 'health-probe' : refused === null ? 'login' : 'refused',
    refused,
    method,
    methodName,
    credentials,
    ticketToken: token,
    passwordReadable,
    userName,
    get station() {
      return station();
    },
    get observed() {
      return observed();
    },
    get summary() {
      return summary();
    },
  };
}

/** RFC 2865 §5.44 allows one of each: of two, the gateway may have meant the one that is not read here. */
const singleTypes: ReadonlyMap<number, string> = new Map([
  [types.userName, 'User-Name'],
  [4, 'NAS-IP-Address'],
  [6, 'Service-Type'],
  [32, 'NAS-Identifier'],
  [95, 'NAS-IPv6-Address'],
]);
const repeatable: ReadonlyMap<number, string> = new Map([
  ...singleTypes,
  [types.userPassword, 'User-Password'],
  [types.state, 'State'],
]);

/** Names of the attributes that came more often than once and may not. */
function repeatedNames(packet: Packet, names = repeatable): string[] {
  const seen = new Set<number>();
  const repeated = new Set<string>();
  for (const { type } of packet.attributes) {
    const name = names.get(type);
    if (name === undefined) continue;
    if (seen.has(type)) repeated.add(name);
    seen.add(type);
  }
  return [...repeated];
}

function findRefusal(
  profile: Profile,
  packet: Packet,
  method: Method,
  eap: string,
  msChap: MsChapTry | null,
): Refusal | null {
  const isLogin =
    repeatedNames(packet, singleTypes).length === 0 &&
    matchRule(profile.requests.refuse, packet) === undefined &&
    matchRule(profile.requests.login, packet) !== undefined;
  if (!isLogin) return { reason: 'service-not-allowed', detail: null };
  const refusal = methodRefusal(profile, method, eap, msChap);
  if (refusal !== null) return refusal;
  const states = all(packet, types.state).length;
  return states > 1 ? { reason: 'challenge-mismatch', detail: 'malformed' } : null;
}
