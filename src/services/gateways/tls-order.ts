// What an administrator orders of the certificates that are a client's, or a gateway's that asks over HTTPS.
import { OperatorError } from '../../base/errors.ts';
import type { TlsRule } from '../settings/tls-clients.ts';
import {
  decodeTlsRule,
  encodeTlsRule,
  faultOfIssuer,
  parseFingerprint,
  parseRadiusVersion,
  parseTlsName,
} from '../settings/tls-rule.ts';

/** Comma separated lists; an empty text takes away what was set, absent leaves it. */
export interface TlsOrder {
  readonly tlsNames?: string;
  readonly tlsIssuer?: string;
  readonly tlsPins?: string;
  /** Versions of RADIUS that it may speak, comma separated; an empty text: all. */
  readonly tlsRadiusVersions?: string;
  /** Whether it is told to end sessions on the connections that it has opened. */
  readonly tlsDisconnect?: boolean;
}

/** The same of a gateway's certificates over HTTPS. */
export interface HttpOrder {
  readonly httpNames?: string;
  readonly httpIssuer?: string;
  readonly httpPins?: string;
}

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * The rule as stored after the order; null: the client does not come over TLS.
 * @param authorities as of `faultOfIssuer`, asked only if the order names an issuer
 * @throws OperatorError
 */
export function orderedTlsRule(
  order: TlsOrder,
  former: string | null,
  authorities: () => readonly string[] | null,
): string | null {
  const { tlsNames, tlsIssuer, tlsPins, tlsRadiusVersions, tlsDisconnect } = order;
  const certificates = orderedRule({ names: tlsNames, issuer: tlsIssuer, pins: tlsPins }, '--tls', former);
  if (certificates === null) {
    const at = tlsDisconnect === true ? '--tls-disconnect' : '--tls-radius-versions';
    if (tlsDisconnect !== true && !tlsRadiusVersions) return null;
    throw new OperatorError(`${at}: this client does not come over TLS.`, {
      at,
      remedy: 'Give --tls-names or --tls-pins too; a client over UDP is told by --coa-address.',
    });
  }
  const unknown =
    order.tlsIssuer && certificates.issuer !== null
      ? faultOfIssuer(certificates.issuer, authorities())
      : null;
  if (unknown !== null) {
    const [message, remedy] = unknown;
    throw new OperatorError(`--tls-issuer: ${message}.`, { at: '--tls-issuer', remedy });
  }
  const before = former === null ? null : decodeTlsRule(former);
  const radiusVersions =
    tlsRadiusVersions === undefined
      ? (before?.radiusVersions ?? [])
      : listOf(tlsRadiusVersions).map((version) => parseRadiusVersion(version, '--tls-radius-versions'));
  const takesDisconnect = tlsDisconnect ?? before?.takesDisconnect === true;
  return encodeTlsRule({ ...certificates, radiusVersions, takesDisconnect });
}

/** The rule as stored after the order; null: the gateway has no certificate to ask with. @throws OperatorError */
export function orderedHttpRule(order: HttpOrder, former: string | null): string | null {
  const { httpNames, httpIssuer, httpPins } = order;
  const rule = orderedRule({ names: httpNames, issuer: httpIssuer, pins: httpPins }, '--http', former);
  return rule === null ? null : encodeTlsRule(rule);
}

function orderedRule(
  order: Readonly<Record<'names' | 'issuer' | 'pins', string | undefined>>,
  option: '--tls' | '--http',
  former: string | null,
): TlsRule | null {
  const before = former === null ? { names: [], issuer: null, pins: [] } : decodeTlsRule(former);
  const names =
    order.names === undefined
      ? before.names
      : listOf(order.names).map((name) => parseTlsName(name, `${option}-names`));
  const pins =
    order.pins === undefined
      ? before.pins
      : listOf(order.pins).map((pin) => parseFingerprint(pin, `${option}-pins`));
  const issuer =
    order.issuer === undefined
      ? before.issuer
      : order.issuer === ''
        ? null
        : parseFingerprint(order.issuer, `${option}-issuer`);
  if (order.issuer && names.length === 0) {
    throw new OperatorError(`${option}-issuer: an issuer alone picks nobody.`, {
      at: `${option}-issuer`,
      remedy: `Give ${option}-names too: a name of the certificate that this issuer vouches for.`,
    });
  }
  if (names.length === 0 && pins.length === 0) return null;
  return { names, issuer: names.length === 0 ? null : issuer, pins };
}
