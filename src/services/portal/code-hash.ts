// Codes on paper and tickets in a browser are kept as keyed hashes: whoever reads the database can't guess them offline.
import { createHmac } from 'node:crypto';
import type { Keyring } from '../secrets/keyring.ts';

/** What a code is for: the same characters under another purpose are another code. */
type CodePurpose = 'activation' | 'recovery' | 'request' | 'ticket' | 'birth-date' | 'operator-order';

/** As typed: spaces and dashes away, upper case, and what is read for what the alphabet does not have. */
export function normaliseCode(typed: string): string {
  return typed
    .normalize('NFKC')
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .toUpperCase();
}

/** HMAC-SHA-256 under each cluster key, the newest first: keep the first, look for any. */
export function codeHashes(
  keyring: Pick<Keyring, 'clusterKeys'>,
  purpose: CodePurpose,
  code: string,
): string[] {
  return keyring
    .clusterKeys(`portal ${purpose} codes`)
    .map(({ key }) => createHmac('sha256', key).update(code, 'utf8').digest('base64url'));
}

/** In groups of four, as it is printed and read out. */
export function groupedCode(code: string): string {
  return code.match(/.{1,4}/g)?.join('-') ?? '';
}
