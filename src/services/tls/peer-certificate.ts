// What the certificate of a TLS peer says, and what OpenSSL found wrong with it: RFC 6614 §2.3, RFC 5280.
import { createHash, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type CertificateFacts, canonicalTlsName, type TlsFault } from '../settings/tls-clients.ts';

const clientAuth = '1.3.6.1.5.5.7.3.2';
const anyPurpose = '2.5.29.37.0';

const faultsByCode: Readonly<Record<string, TlsFault>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  CERT_REVOKED: 'certificate-revoked',
  INVALID_PURPOSE: 'certificate-purpose',
  UNABLE_TO_GET_CRL: 'revocation-unknown',
  CRL_HAS_EXPIRED: 'revocation-unknown',
  CRL_NOT_YET_VALID: 'revocation-unknown',
  CRL_SIGNATURE_FAILURE: 'revocation-unknown',
};

const hexOf = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

/** dNSName and iPAddress. A name that Node has to quote could hide others in it: such a certificate has no names. */
function namesOf(certificate: X509Certificate): Pick<CertificateFacts, 'dnsNames' | 'ipAddresses'> {
  const dnsNames: string[] = [];
  const ipAddresses: string[] = [];
  const text = certificate.subjectAltName ?? '';
  for (const entry of text.includes('"') ? [] : text.split(', ')) {
    if (entry.startsWith('DNS:')) dnsNames.push(canonicalTlsName(entry.slice(4)));
    else if (entry.startsWith('IP Address:')) {
      const address = entry.slice(11);
      if (isIP(address) !== 0) ipAddresses.push(canonicalTlsName(address));
    }
  }
  return { dnsNames, ipAddresses };
}

/** Extended key usage that leaves clients out; a certificate without the extension is for everything. */
function isForOtherPurposes(certificate: X509Certificate): boolean {
  const { keyUsage } = certificate as { readonly keyUsage?: readonly string[] };
  return keyUsage !== undefined && !keyUsage.some((oid) => oid === clientAuth || oid === anyPurpose);
}

function ownFaultOf(certificate: X509Certificate, code: string | null, now: number): TlsFault | null {
  if (code === 'CERT_REVOKED') return 'certificate-revoked';
  if (now < certificate.validFromDate.getTime()) return 'certificate-not-yet-valid';
  if (now >= certificate.validToDate.getTime()) return 'certificate-expired';
  return isForOtherPurposes(certificate) ? 'certificate-purpose' : null;
}

/** Of the certificates that lead from the peer's own to the root, as far as they are known. */
function issuersOf(socket: TLSSocket): string[] {
  const issuers: string[] = [];
  let at = socket.getPeerCertificate(true);
  // A root is its own issuer.
  for (let depth = 0; depth < 16; depth += 1) {
    const { issuerCertificate: issuer } = at;
    if (issuer === undefined || issuer === null || issuer === at) break;
    issuers.push(hexOf(issuer.fingerprint256));
    at = issuer;
  }
  return issuers;
}

export interface PeerCertificate extends CertificateFacts {
  readonly validUntil: number;
}

/** After the handshake, in which the peer has proven that it holds the key. Null: it showed no certificate. */
export function readPeerCertificate(socket: TLSSocket, now: number): PeerCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  // The types call it an error; it is OpenSSL's word for one.
  const code = socket.authorized ? null : String(socket.authorizationError ?? '');
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const ownFault = ownFaultOf(certificate, code, now);
  const chainFault = code === null ? null : (faultsByCode[code] ?? ('issuer-unknown' as const));
  return {
    // What the certificate itself shows says more than what the chain lacks besides.
    chainFault: chainFault === null ? ownFault : (ownFault ?? chainFault),
    ownFault,
    ...namesOf(certificate),
    fingerprint: hexOf(certificate.fingerprint256),
    keyFingerprint: createHash('sha256').update(key).digest('hex'),
    issuers: issuersOf(socket),
    validUntil: certificate.validToDate.getTime(),
  };
}
