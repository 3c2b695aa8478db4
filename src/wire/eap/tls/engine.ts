// What a tunnelled EAP method needs of TLS: records in, records out, keys. Nothing here knows how it is done.

/** What one turn brought about. */
export interface TlsTurn {
  /** For the peer. */
  readonly records: Buffer;
  /** What it said inside the tunnel. */
  readonly plain: Buffer;
  readonly isEstablished: boolean;
  /** Why the tunnel is over, in a closed word of the library; null while it holds. */
  readonly fault: string | null;
}

/** The certificate whose key the peer proved to have. */
export interface PeerCertificate {
  /** SHA-256 of SubjectPublicKeyInfo, lower-case hexadecimal. */
  readonly spkiSha256: string;
  /** Of the whole certificate. */
  readonly sha256: string;
  /** Why it proves nothing here (its dates, its issuer), or null. */
  readonly fault: string | null;
}

/** One conversation's end of TLS. Every turn is over when its promise resolves; turns must not overlap. */
export interface TlsEngine {
  receive(records: Buffer): Promise<TlsTurn>;
  /** Sends inside the tunnel; only once it is established. */
  send(plain: Buffer): Promise<TlsTurn>;
  /** RFC 5705. `context` null: none at all, which differs from an empty one. */
  exportKey(label: string, length: number, context: Buffer | null): Buffer;
  readonly version: 'TLSv1.2' | 'TLSv1.3' | null;
  readonly peer: PeerCertificate | null;
  close(): void;
}
