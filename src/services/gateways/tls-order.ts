// What an administrator orders of the certificates that are a client's.
import { OperatorError } from '../../base/errors.ts';
import { decodeTlsRule, encodeTlsRule, parseFingerprint, parseTlsName } from '../settings/tls-rule.ts';

/** Comma separated lists; an empty text takes away what was set, absent leaves it. */
export interface TlsOrder {
  readonly tlsNames?: string;
  readonly tlsIssuer?: string;
  readonly tlsPins?: string;
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The rule as stored after the order; null: the client does not come over TLS. @throws OperatorError */
export function orderedTlsRule(order: TlsOrder, former: string | null): string | null {
  const before = former === null ? { names: [], issuer: null, pins: [] } : decodeTlsRule(former);
  const { tlsNames, tlsIssuer, tlsPins } = order;
  const names =
    tlsNames === undefined ? before.names : listOf(tlsNames).map((name) => parseTlsName(name, '--tls-names'));
  const pins =
    tlsPins === undefined ? before.pins : listOf(tlsPins).map((pin) => parseFingerprint(pin, '--tls-pins'));
  const issuer =
    tlsIssuer === undefined
      ? before.issuer
      : tlsIssuer === ''
        ? null
        : parseFingerprint(tlsIssuer, '--tls-issuer');
  if (tlsIssuer && names.length === 0) {
    throw new OperatorError('--tls-issuer: an issuer alone picks no client.', {
      at: '--tls-issuer',
      remedy: 'Give --tls-names too: a name of the certificate that this issuer vouches for.',
    });
  }
  return encodeTlsRule({ names, issuer: names.length === 0 ? null : issuer, pins });
}
