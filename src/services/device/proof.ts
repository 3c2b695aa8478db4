// A device's proof: a DPoP proof (RFC 9449 §4.2, §4.3) by the workstation's key, with a nonce of ours and the account it is for.
import { createHash, createPublicKey } from 'node:crypto';
import { EmbeddedJWK, errors, type JWTPayload, jwtVerify } from 'jose';
import { identifierKey } from '../../core/evidence.ts';
import type { DetailOf } from '../../core/reasons.ts';
import type { GoodNonce, Nonces } from './nonces.ts';

/** What the proof must be about. */
export interface Expected {
  readonly method: string;
  /** Host (and port) and path of the request, as the workstation names them; the scheme is the proxy's business. */
  readonly host: string;
  readonly path: string;
}

export interface GoodProof {
  /** `spki-sha256:…` of the key that signed. */
  readonly identifier: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** The account it was made for; null: for none. */
  readonly subject: string | null;
  readonly nonce: GoodNonce;
}

export type ProofFault = DetailOf<'device-proof-invalid'>;

export type ProofResult =
  | { readonly kind: 'good'; readonly proof: GoodProof }
  | { readonly kind: 'bad'; readonly fault: ProofFault };

const longest = 8_192;
/** How far the workstation's clock may be off: the nonce is what proves that the proof is fresh. */
const clockToleranceMs = 300_000;
/** Header members of RFC 7515 that point elsewhere for a key. */
const pointers = ['jku', 'x5u', 'x5c', 'kid', 'crit'];

/** `spki-sha256:…` of a public key. */
export function keyIdentifier(publicKey: Buffer): string {
  return identifierKey('spki-sha256', createHash('sha256').update(publicKey).digest('hex'));
}

const bad = (fault: ProofFault): ProofResult => ({ kind: 'bad', fault });

function isAbout(payload: JWTPayload, expected: Expected): boolean {
  const { htm, htu } = payload;
  if (htm !== expected.method || typeof htu !== 'string' || !URL.canParse(htu)) return false;
  const { host, pathname, search, hash } = new URL(htu);
  return host === expected.host.toLowerCase() && pathname === expected.path && search === '' && hash === '';
}

/**
 * Verifies a proof. Only ES256 (P-256) is taken, with the public key in the header and nothing that points elsewhere. A proof
 * that is wrong in several ways is refused for its signature first, then its nonce, then its clock.
 */
export async function verifyProof(
  jwt: string,
  expected: Expected,
  nonces: Pick<Nonces, 'check'>,
  now: number,
): Promise<ProofResult> {
  if (jwt.length > longest) return bad('signature');
  let payload: JWTPayload;
  let publicKey: Buffer;
  try {
    const verified = await jwtVerify(jwt, EmbeddedJWK, {
      algorithms: ['ES256'],
      typ: 'dpop+jwt',
      // The claims' times are looked at below, where each has its own fault.
      currentDate: new Date(0),
    });
    ({ payload } = verified);
    const { jwk } = verified.protectedHeader;
    if (jwk === undefined || 'd' in jwk || pointers.some((name) => name in verified.protectedHeader)) {
      return bad('signature');
    }
    const { kty, crv, x, y } = jwk;
    if (kty === undefined || crv !== 'P-256' || x === undefined || y === undefined) return bad('signature');
    publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }).export({
      type: 'spki',
      format: 'der',
    });
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return bad('signature');
    throw error;
  }
  const { iat, jti, nonce, sub } = payload;
  if (!isAbout(payload, expected) || typeof jti !== 'string' || jti === '') return bad('signature');
  const good = typeof nonce === 'string' ? nonces.check(nonce, now) : null;
  if (good === null) return bad('nonce');
  if (typeof iat !== 'number' || Math.abs(iat * 1000 - now) > clockToleranceMs) return bad('clock');
  return {
    kind: 'good',
    proof: {
      identifier: keyIdentifier(publicKey),
      publicKey,
      subject: typeof sub === 'string' ? sub : null,
      nonce: good,
    },
  };
}
