// Signed checkpoints: a JWS (RFC 7515, compact, EdDSA by RFC 8037) over the heads of the audit chains, kept outside the host.
//
// header  = {"alg":"EdDSA","kid":<RFC 7638 thumbprint>,"typ":"gatewarden-checkpoint"}
// payload = {"v":1,"instant":<epoch ms>,"heads":[{"chain","seq","hash" (hex)}],"previous":<base64url SHA-256 of the previous
//           checkpoint's compact JWS, or null>}
// The heads are the open ones (chain.ts): chains that ended earlier are tied in by the first records of later chains.
import { hash } from 'node:crypto';
import { CompactSign, calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import type { Head } from './chain.ts';

export interface Checkpoint {
  readonly instant: number;
  readonly heads: readonly Head[];
  /** `checkpointHash` of the one before; null for the first. */
  readonly previous: string | null;
}

const type = 'gatewarden-checkpoint';

/** @param key private Ed25519 key as JWK */
export async function signCheckpoint(checkpoint: Checkpoint, key: JWK): Promise<string> {
  const payload = {
    v: 1,
    instant: checkpoint.instant,
    heads: checkpoint.heads.map((head) => ({ ...head, hash: head.hash.toString('hex') })),
    previous: checkpoint.previous,
  };
  const kid = await calculateJwkThumbprint(key);
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: type })
    .sign(await importJWK(key, 'EdDSA'));
}

/**
 * The checkpoint, if one of the public keys signed it; otherwise null. Nothing in an unverified one is looked at.
 * @param keys public Ed25519 keys, the present one and earlier ones
 */
export async function openCheckpoint(jws: string, keys: readonly JWK[]): Promise<Checkpoint | null> {
  for (const key of keys) {
    try {
      const { payload, protectedHeader } = await compactVerify(jws, await importJWK(key, 'EdDSA'), {
        algorithms: ['EdDSA'],
      });
      if (protectedHeader.typ === type) return parsePayload(Buffer.from(payload).toString('utf8'));
    } catch {
      // Not this key's: the next may fit.
    }
  }
  return null;
}

/** What the next checkpoint names as `previous`. */
export function checkpointHash(jws: string): string {
  return hash('sha256', jws, 'base64url');
}

function parsePayload(text: string): Checkpoint | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return null;
  const { v, instant, heads, previous } = value as Record<string, unknown>;
  if (v !== 1 || typeof instant !== 'number' || !Array.isArray(heads)) return null;
  if (previous !== null && typeof previous !== 'string') return null;
  const parsed: Head[] = [];
  for (const head of heads as unknown[]) {
    if (typeof head !== 'object' || head === null) return null;
    const { chain, seq, hash: hex } = head as Record<string, unknown>;
    if (typeof chain !== 'string' || typeof seq !== 'number' || typeof hex !== 'string') return null;
    parsed.push({ chain, seq, hash: Buffer.from(hex, 'hex') });
  }
  return { instant, heads: parsed, previous };
}
