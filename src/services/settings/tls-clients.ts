// RADIUS clients by the certificate that they show over TLS (RFC 6614 §2.3): by name under a known authority, or by pin.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { RadiusVersion } from '../../wire/radius/radius11.ts';
import type { RadiusClient } from './clients.ts';

/** Which certificates are a client's. Either `names`, or `pins`, or both: one that matches is enough. */
export interface TlsRule {
  /** dNSName (lower case) or iPAddress of the subject alternative names, under an authority that this broker trusts. */
  readonly names: readonly string[];
  /** SHA-256 (hex) of a certificate in the chain above it, for `names`; null: any authority that is trusted. */
  readonly issuer: string | null;
  /** SHA-256 (hex) of a certificate or of its SubjectPublicKeyInfo. No authority is asked then. */
  readonly pins: readonly string[];
  /** Which versions of RADIUS it may speak (RFC 9765); left out: all that the configuration allows. */
  readonly radiusVersions?: readonly RadiusVersion[];
  /** Whether the client takes Disconnect-Requests on the connections that it has opened (RFC 8559); left out: it doesn't. */
  readonly takesDisconnect?: boolean;
}

/** What the edge found out about a certificate whose key the peer holds. */
export interface CertificateFacts {
  /** Null: it was verified up to an authority of the trust store, unrevoked, in its time and for its purpose. */
  readonly chainFault: TlsFault | null;
  /** The same without an authority: its own dates and purpose, and whether a list revokes it. */
  readonly ownFault: TlsFault | null;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** SHA-256 in hex. */
  readonly fingerprint: string;
  readonly keyFingerprint: string;
  /** Of the certificates above it. */
  readonly issuers: readonly string[];
}

/** Why a peer is not served; the log names it. */
export type TlsFault =
  | 'no-certificate'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-revoked'
  | 'certificate-purpose'
  | 'revocation-unknown'
  | 'issuer-unknown'
  | 'issuer-not-the-clients'
  | 'name-unknown'
  | 'several-clients'
  | 'session-resumed';

export type TlsLookup<Client = RadiusClient> = (
  certificate: CertificateFacts,
) => { readonly client: Client; readonly rule: TlsRule } | { readonly fault: TlsFault };

/** One spelling for names in rules and certificates: dNSName in lower case, addresses as ipaddr.js writes them. */
export function canonicalTlsName(name: string): string {
  return isIP(name) === 0 ? name.toLowerCase() : ipaddr.process(name).toString();
}

interface Candidate<Client> {
  readonly client: Client;
  readonly rule: TlsRule;
}

/** A pin comes before a name: it names one key, whatever an authority may say of others. */
export function createTlsLookup<Client>(candidates: readonly Candidate<Client>[]): TlsLookup<Client> {
  const only = (found: readonly Candidate<Client>[]): ReturnType<TlsLookup<Client>> | null => {
    const [first, second] = found;
    if (first === undefined) return null;
    return second === undefined ? first : { fault: 'several-clients' };
  };
  return (certificate) => {
    const pinned = only(
      candidates.filter(
        ({ rule }) =>
          rule.pins.includes(certificate.fingerprint) || rule.pins.includes(certificate.keyFingerprint),
      ),
    );
    if (pinned !== null) return certificate.ownFault === null ? pinned : { fault: certificate.ownFault };
    if (certificate.chainFault !== null) return { fault: certificate.chainFault };
    const names = new Set([...certificate.dnsNames, ...certificate.ipAddresses]);
    const named = candidates.filter(({ rule }) => rule.names.some((name) => names.has(name)));
    const issued = named.filter(
      ({ rule }) => rule.issuer === null || certificate.issuers.includes(rule.issuer),
    );
    return only(issued) ?? { fault: named.length > 0 ? 'issuer-not-the-clients' : ('name-unknown' as const) };
  };
}
