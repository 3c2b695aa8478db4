// The rule that picks a client by its certificate, as operators write it and as it is stored.
import { isIP } from 'node:net';
import { OperatorError } from '../../base/errors.ts';
import type { RadiusVersion } from '../../wire/radius/radius11.ts';
import { canonicalTlsName, type TlsRule } from './tls-clients.ts';

const dnsName = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

function refuse(at: string | undefined, message: string, remedy: string): never {
  const where = at === undefined ? '' : `${at}: `;
  throw new OperatorError(`${where}${message}.`, { remedy, ...(at === undefined ? {} : { at }) });
}

/** @throws OperatorError that names the option `at`, if one is given */
export function parseTlsName(text: string, at?: string): string {
  const name = canonicalTlsName(text.trim());
  if (isIP(name) !== 0 || dnsName.test(name)) return name;
  return refuse(
    at,
    `${JSON.stringify(text)} is no name of a certificate`,
    'Write a dNSName or iPAddress of its subject alternative names in full, such as vpn1.example.org; no asterisk.',
  );
}

/** SHA-256 in hex, with or without colons, as `openssl x509 -fingerprint -sha256` prints it. @throws OperatorError */
export function parseFingerprint(text: string, at?: string): string {
  const hex = text
    .trim()
    .replace(/^sha256[:=/ ]/i, '')
    .replaceAll(':', '')
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  return refuse(
    at,
    `${JSON.stringify(text)} is no SHA-256 fingerprint`,
    'Write 64 hexadecimal digits, as "openssl x509 -noout -fingerprint -sha256 -in FILE" prints them.',
  );
}

/**
 * What is wrong with the fingerprint of an issuer, and the remedy; null: nothing.
 * @param authorities those that RADIUS/TLS trusts (`readTlsAuthorities`); null: it can't be told here
 */
export function faultOfIssuer(
  issuer: string,
  authorities: readonly string[] | null,
): readonly [message: string, remedy: string] | null {
  if (authorities === null || authorities.includes(issuer)) return null;
  return [
    'it is the fingerprint of no authority in radius.tls.caFile',
    authorities.length === 0
      ? 'Name a file with the certificate of that authority in radius.tls.caFile.'
      : `Add its certificate to that file, or write one of ${authorities.join(', ')}.`,
  ];
}

/** @throws OperatorError that names the option `at`, if one is given */
export function parseRadiusVersion(text: string, at?: string): RadiusVersion {
  const version = text.trim();
  if (version === '1.0' || version === '1.1') return version;
  return refuse(at, `${JSON.stringify(text)} is no version of RADIUS over TLS`, 'Write 1.0, 1.1, or both.');
}

/** In one order, so that equal rules are equal texts; null for a rule that no certificate meets. */
export function encodeTlsRule(rule: TlsRule): string | null {
  if (rule.names.length === 0 && rule.pins.length === 0) return null;
  const names = [...new Set(rule.names)].sort();
  const pins = [...new Set(rule.pins)].sort();
  const versions = [...new Set(rule.radiusVersions)].sort();
  return JSON.stringify({
    names,
    issuer: rule.issuer,
    pins,
    ...(versions.length === 0 ? {} : { radiusVersions: versions }),
    ...(rule.takesDisconnect === true ? { takesDisconnect: true } : {}),
  });
}

export const decodeTlsRule = (text: string): TlsRule => JSON.parse(text) as TlsRule;

/** Whether a client takes Disconnect-Requests on its own connections; `rule` as stored. */
export const takesDisconnect = (rule: string | null): boolean =>
  rule !== null && decodeTlsRule(rule).takesDisconnect === true;

/** In words for operators. */
export function describeTlsRule({ names, issuer, pins, ...rest }: TlsRule): string {
  const named = names.length === 0 ? [] : [`named ${names.join(' or ')}`];
  const issued = named.length > 0 && issuer !== null ? [`issued under ${issuer.slice(0, 16)}…`] : [];
  const pinned = pins.map((pin) => `pinned ${pin.slice(0, 16)}…`);
  const picked = [[...named, ...issued].join(' '), ...pinned].filter((part) => part !== '').join(', or ');
  const spoken = rest.radiusVersions ?? [];
  return [
    picked,
    ...(spoken.length === 0 ? [] : [`speaks RADIUS/${spoken.join(' or ')} alone`]),
    ...(rest.takesDisconnect === true ? ['takes Disconnect-Requests on its connection'] : []),
  ].join('; ');
}
