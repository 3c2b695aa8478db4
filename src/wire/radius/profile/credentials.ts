// How the credentials arrive: one text or two, in OpenVPN's own wrappings too (management-notes.txt: SCRV1, CRV1).
import { isUtf8 } from 'node:buffer';
import type { CredentialStyle } from './schema.ts';

/** What the holder typed, by the way in which the gateway carries it. */
export type Credentials =
  | { readonly style: 'password+code'; readonly text: string }
  | { readonly style: 'code'; readonly text: string }
  /** First round of a challenge. */
  | { readonly style: 'password'; readonly text: string }
  | { readonly style: 'challenge-answer'; readonly text: string; readonly state: string }
  | { readonly style: 'static-challenge'; readonly password: string; readonly code: string }
  /** MS-CHAPv2: proof of the password, for whoever knows it. */
  | { readonly style: 'ms-chap'; readonly challenge: Buffer; readonly response: Buffer };

/** Strict: what does not encode back to itself is no base64. */
function decodeBase64(text: string): string | null {
  const octets = Buffer.from(text, 'base64');
  return octets.toString('base64') === text && isUtf8(octets) ? octets.toString('utf8') : null;
}

function openVpnForm(text: string): Credentials | null {
  const dynamic = /^CRV1::([\x21-\x39\x3b-\x7e]{1,253})::(.*)$/s.exec(text);
  if (dynamic !== null) {
    return { style: 'challenge-answer', state: dynamic[1] ?? '', text: dynamic[2] ?? '' };
  }
  const parts = /^SCRV1:([A-Za-z0-9+/=]*):([A-Za-z0-9+/=]*)$/.exec(text);
  const password = decodeBase64(parts?.[1] ?? '');
  const code = decodeBase64(parts?.[2] ?? '');
  if (parts === null || password === null || code === null) return null;
  return { style: 'static-challenge', password, code };
}

/**
 * Tells what the revealed User-Password means. A `state` always makes it the answer to a challenge: nobody but us
 * issues one. There is exactly one reading of a text; splits are never tried one after another.
 */
export function readCredentials(
  style: CredentialStyle,
  openVpnForms: boolean,
  text: string,
  state: string | null,
): Credentials {
  if (state !== null) return { style: 'challenge-answer', text, state };
  if (openVpnForms) {
    const form = openVpnForm(text);
    if (form !== null) return form;
  }
  switch (style) {
    case 'appended':
      return { style: 'password+code', text };
    case 'code-only':
      return { style: 'code', text };
    case 'challenge':
      return { style: 'password', text };
    case 'static-challenge':
      // A client without its `static-challenge` line: the password alone.
      return { style: 'static-challenge', password: text, code: '' };
  }
}

/** `~` and 16 letters and digits at the very end, whatever stands before; written by the workstation's program, never by hand. */
const tokenForm = /^(.*)~([a-z0-9]{16})$/s;

/**
 * Takes the token of a ticket off the end of the password (SCRV1: of the password in it, not of the code). What is left is read
 * as if no token had come. A password that does not end so has none; the answer to a challenge carries none.
 */
export function splitTicketToken(read: Credentials): {
  readonly credentials: Credentials;
  readonly token: string | null;
} {
  if (read.style === 'challenge-answer' || read.style === 'ms-chap')
    return { credentials: read, token: null };
  const match = tokenForm.exec(read.style === 'static-challenge' ? read.password : read.text);
  if (match === null) return { credentials: read, token: null };
  const [, rest = '', token = ''] = match;
  return {
    credentials: read.style === 'static-challenge' ? { ...read, password: rest } : { ...read, text: rest },
    token,
  };
}
