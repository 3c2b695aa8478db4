// TLS by Node's own library over memory: RFC 5246, 8446. No session is ever resumed: no tickets, no session cache.
import { constants, createHash, X509Certificate } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { PeerCertificate, TlsEngine, TlsTurn } from './engine.ts';

export interface TlsIdentity {
  readonly context: SecureContext;
  /** Authorities that a peer's certificate must come from; empty: any, self-signed ones too. */
  readonly clientAuthorities: readonly X509Certificate[];
}

/** @throws what OpenSSL says of a certificate and key that can't be read or don't belong together */
export function createTlsIdentity(options: {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly clientAuthorities: readonly string[];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}): TlsIdentity {
  const { certificate, key, clientAuthorities, minVersion } = options;
  const context = createSecureContext({
    cert: certificate,
    key,
    ...(clientAuthorities.length === 0 ? {} : { ca: [...clientAuthorities] }),
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers:
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL',
    ecdhCurve: 'X25519:P-256:P-384',
    secureOptions:
      constants.SSL_OP_NO_TICKET |
      constants.SSL_OP_NO_RENEGOTIATION |
      constants.SSL_OP_NO_COMPRESSION |
      constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
  });
  return { context, clientAuthorities: clientAuthorities.map((pem) => new X509Certificate(pem)) };
}

/**
 * The two ends of a wire that is none: what TLS writes is kept, what the peer sent is pushed. TLS listens to `data`, and writes
 * one flight after another: the buffers of a stream in between would cost more than the handshake.
 */
class Wire extends Duplex {
  #written: Buffer[] = [];
  writes = 0;

  override _read(): void {}

  override cork(): void {}

  override uncork(): void {}

  override write(chunk: Buffer, ...rest: unknown[]): boolean {
    this.#written.push(chunk);
    this.writes += 1;
    const done = rest.at(-1);
    if (typeof done === 'function') done();
    return true;
  }

  deliver(records: Buffer): void {
    this.emit('data', records);
  }

  drain(): Buffer {
    const [first, ...others] = this.#written;
    this.#written = [];
    return first !== undefined && others.length === 0 ? first : Buffer.concat([first ?? nothing, ...others]);
  }
}

const nothing = Buffer.alloc(0);

/** The server's end of TLS, with what the peer says inside kept until it is taken. */
class Session extends TLSSocket {
  #said: Buffer[] = [];
  hasEnded = false;

  /** What the library has decrypted; null: the peer has closed the tunnel. */
  override push(chunk: Buffer | null): boolean {
    if (chunk === null) this.hasEnded = true;
    else this.#said.push(chunk);
    return true;
  }

  get hasSaid(): boolean {
    return this.#said.length > 0;
  }

  takeSaid(): Buffer {
    const [first, ...others] = this.#said;
    this.#said = [];
    return first !== undefined && others.length === 0 ? first : Buffer.concat([first ?? nothing, ...others]);
  }
}

const mostIssuers = 4;
const clientAuth = '1.3.6.1.5.5.7.3.2';

function digest(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}

function isInDates(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now < certificate.validToDate.getTime();
}

/** Whether one of the authorities stands behind a certificate, by way of those that the peer sent along. */
function isIssuedBy(leaf: X509Certificate, authorities: readonly X509Certificate[], now: number): boolean {
  let at: X509Certificate | undefined = leaf;
  for (let depth = 0; at !== undefined && depth <= mostIssuers; depth += 1) {
    const below: X509Certificate = at;
    const found = authorities.some(
      (authority) =>
        authority.ca &&
        isInDates(authority, now) &&
        below.checkIssued(authority) &&
        below.verify(authority.publicKey),
    );
    if (found) return true;
    const issuer: X509Certificate | undefined = below.issuerCertificate;
    const isSound =
      issuer?.ca && isInDates(issuer, now) && below.checkIssued(issuer) && below.verify(issuer.publicKey);
    at = isSound && issuer.fingerprint256 !== below.fingerprint256 ? issuer : undefined;
  }
  return false;
}

function judgePeer(
  certificate: X509Certificate,
  { clientAuthorities }: TlsIdentity,
  now: number,
): PeerCertificate {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  // Node names extended key usages so.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  let fault: string | null = null;
  if (!isInDates(certificate, now)) fault = 'outside-its-dates';
  else if (usages !== undefined && !usages.includes(clientAuth)) fault = 'not-for-clients';
  else if (clientAuthorities.length > 0 && !isIssuedBy(certificate, clientAuthorities, now)) {
    fault = 'unknown-issuer';
  }
  return { spkiSha256: digest(spki), sha256: digest(certificate.raw), fault };
}

function faultName(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? 'broken' : code.replace(/^ERR_/, '').toLowerCase();
}

/** The server's end. `now`: epoch ms, for the dates of certificates. */
export function createNodeTlsEngine(
  identity: TlsIdentity,
  options: { readonly requestCertificate: boolean; readonly now: () => number },
): TlsEngine {
  const wire = new Wire();
  const socket = new Session(wire, {
    isServer: true,
    secureContext: identity.context,
    requestCert: options.requestCertificate,
    // Whose key it is, services judge; that the peer has it, TLS has proved.
    rejectUnauthorized: false,
  });
  let isEstablished = false;
  let fault: string | null = null;
  let peer: PeerCertificate | null = null;
  socket.on('secure', () => {
    isEstablished = true;
    if (socket.isSessionReused()) fault = 'session-resumed';
    const certificate = options.requestCertificate ? socket.getPeerX509Certificate() : undefined;
    if (certificate !== undefined) peer = judgePeer(certificate, identity, options.now());
  });
  const broken = (error: unknown) => {
    fault ??= faultName(error);
  };
  socket.on('error', broken);
  // What breaks an established tunnel a TLSSocket without a tls.Server tells so alone; the alert about it is written like any record.
  socket.on('_tlsError' as 'error', broken);
  socket.on('close', () => {
    fault ??= 'closed';
  });
  wire.on('error', () => {});

  /**
   * TLS answers what it is given at once, and goes on after a write when the next turn of the event loop has confirmed it;
   * that turn also tells why it failed. Only where something was said and nothing written is there nothing to wait for.
   */
  async function settle(writesBefore: number): Promise<TlsTurn> {
    let seen = writesBefore;
    while (wire.writes !== seen || !socket.hasSaid || socket.destroyed) {
      seen = wire.writes;
      await new Promise((resolve) => setImmediate(resolve));
      if (wire.writes === seen) break;
    }
    if (socket.hasEnded) fault ??= 'closed-by-peer';
    return { records: wire.drain(), plain: socket.takeSaid(), isEstablished, fault };
  }

  return {
    async receive(records) {
      const { writes } = wire;
      if (fault === null) wire.deliver(records);
      return await settle(writes);
    },
    async send(octets) {
      const { writes } = wire;
      if (fault === null) socket.write(octets);
      return await settle(writes);
    },
    exportKey: (label, length, context) =>
      context === null
        ? socket.exportKeyingMaterial(length, label, undefined as unknown as Buffer)
        : socket.exportKeyingMaterial(length, label, context),
    get version() {
      const version = isEstablished ? socket.getProtocol() : null;
      return version === 'TLSv1.2' || version === 'TLSv1.3' ? version : null;
    },
    get peer() {
      return peer;
    },
    close() {
      socket.destroy();
      wire.destroy();
    },
  };
}
