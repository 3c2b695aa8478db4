// Why RADIUS/TLS connections are refused or closed, and what the engineer of the peer can do about it.
import type { TlsFault } from '../services/settings/tls-clients.ts';
import type { CloseCause } from './tls-connection.ts';

/** What went wrong before there was a connection. */
export type HandshakeFault =
  | 'tls-version'
  | 'no-common-radius-version'
  | 'not-tls'
  | 'handshake-timeout'
  | 'handshake-failed';

export type RefusalCause =
  | TlsFault
  | HandshakeFault
  | 'radius-version'
  | 'radius-1.1-needs-tls-1.3'
  | 'too-many-connections'
  | 'too-many-handshakes'
  | 'too-many-connections-of-client';

const faults: Readonly<Record<string, HandshakeFault | null>> = {
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls-version',
  ERR_SSL_VERSION_TOO_LOW: 'tls-version',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'no-common-radius-version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_UNKNOWN_PROTOCOL: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake-timeout',
  ECONNRESET: null,
  EPIPE: null,
};

/** Null: the peer went away, which is no fault. */
export function handshakeFaultOf(code: string | undefined): HandshakeFault | null {
  const known = code === undefined ? undefined : faults[code];
  return known === undefined ? 'handshake-failed' : known;
}

/** Of causes that somebody should look at. */
export const remedies: Readonly<
  Record<
    RefusalCause | Extract<CloseCause, 'stalled' | 'malformed' | 'not-authentic'> | 'connection-broken',
    string
  >
> = {
  'no-certificate': 'Configure a client certificate at the peer: RADIUS/TLS takes nobody without one.',
  'certificate-expired': 'Renew the certificate of the peer; check the clocks of both.',
  'certificate-not-yet-valid':
    'Check the clocks of the peer, of this host and of whoever issued the certificate.',
  'certificate-revoked': 'Find out why it was revoked; give the peer a new certificate.',
  'certificate-purpose':
    'Issue the certificate for client authentication (extended key usage clientAuth), or with no such restriction.',
  'revocation-unknown':
    'Put a current revocation list of every authority in caFile into crlFile: without one nobody can be told unrevoked.',
  'issuer-unknown':
    'Put the authority into radius.tls.caFile, let the peer send its intermediate certificates, or pin the certificate.',
  'issuer-not-the-clients': 'The client names another issuer: see "gatewarden gateway show".',
  'name-unknown':
    'Declare one of these names for the client (gatewarden gateway set GATEWAY --tls-names), or correct the certificate.',
  'several-clients': 'Several clients claim this certificate: give each its own names or pins.',
  'session-resumed': 'Switch session resumption off at the peer.',
  'tls-version': 'Let the peer speak TLS 1.2 or 1.3.',
  'no-common-radius-version':
    'Let the peer offer radius/1.0 or radius/1.1 by ALPN, as radius.tls.radiusVersions has them.',
  'radius-version':
    'Let the peer offer the version that its client is declared with ("gatewarden gateway show"), and no other one.',
  'radius-1.1-needs-tls-1.3': 'Let the peer speak TLS 1.3, or offer radius/1.0 alone.',
  'not-tls': 'Let the peer speak TLS on this port; plain RADIUS over TCP is not served.',
  'handshake-timeout': 'Look for what keeps the peer from finishing its handshake: packet loss, a scanner.',
  'handshake-failed': 'Compare certificates and cipher suites; the code names what OpenSSL found.',
  'too-many-connections': 'Look who connects; raise radius.tls.connections if all of them may.',
  'too-many-handshakes': 'Look at what opens so many connections from there at once.',
  'too-many-connections-of-client':
    'Look at the peer; raise radius.tls.connectionsPerClient if it needs as many.',
  'connection-broken': 'Look at the peer and the way to it: the connection broke rather than ended.',
  stalled: 'Look at the peer or the way to it: it began a packet, or left replies, and went quiet.',
  malformed: 'Look at the peer: these octets are no RADIUS packets.',
  'not-authentic': 'Let the peer use the shared secret "radsec" over TLS (RFC 6614 §2.3).',
};
