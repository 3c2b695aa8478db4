// Where a workstation's private key is kept. It is used there and never read out; a file is the one declared exception.

/** The public half, as JWK (RFC 7517): P-256. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

type StorageKind = 'pkcs11' | 'tpm' | 'file';

/** A key that is there, opened for use. */
export interface DeviceKey {
  readonly storage: StorageKind;
  readonly publicJwk: PublicJwk;
  /** ECDSA over SHA-256 of the octets: r and s, 64 octets (RFC 7518 §3.4). */
  sign(octets: Uint8Array): Promise<Buffer>;
  /** Forgets sessions and PINs. */
  close(): Promise<void>;
}

/** One place for keys; a workstation may have two in it while one is being renewed. */
export interface KeyStore {
  readonly storage: StorageKind;
  /** Makes a key under a name that is free; it can't be exported where the storage knows how to forbid that. */
  create(name: string): Promise<DeviceKey>;
  /** Null: there is no key of this name. Throws AgentError when the storage can't be used. */
  open(name: string): Promise<DeviceKey | null>;
  remove(name: string): Promise<void>;
}
