// What a new password must be, after NIST SP 800-63B-4 §3.1.1: long, not common, not derived from its owner; no composition rules.
import { commonParts } from './common-parts.ts';

export type NewPasswordFault =
  | 'too-short'
  | 'too-long'
  /** VPN clients encode anything but printable ASCII differently from each other. */
  | 'not-printable-ascii'
  /** Several clients cut spaces off at the ends. */
  | 'space-at-the-ends'
  | 'common'
  | 'derived-from-owner';

/** Twelve: between the eight that NIST asks beside a second factor and the fifteen without one. */
const minLength = 12;
/** radcli sends at most 112 octets, of which six are the code's. */
const maxLength = 106;
/** What must remain once everything that can be guessed is taken away: a letter counts one, a digit half. */
const leastOwn = 5;

const lookalikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
};

const withoutMarks = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();

/** Words of a name or identifier that are long enough to tell their owner, longest first. */
function partsOf(names: readonly string[]): string[] {
  const parts = new Set<string>();
  for (const name of names) {
    const words = withoutMarks(name).split(/[^a-z0-9]+/);
    for (const part of [...words, words.join('')]) if (part.length >= 3) parts.add(part);
  }
  return [...parts].sort((a, b) => b.length - a.length);
}

/** Takes runs out: the same character repeated, neighbours of the alphabet, digits in order. */
function withoutRuns(text: string): string {
  let out = '';
  let start = 0;
  while (start < text.length) {
    let end = start + 1;
    const step = text.charCodeAt(end) - text.charCodeAt(start);
    if (Math.abs(step) <= 1) {
      while (end < text.length && text.charCodeAt(end) - text.charCodeAt(end - 1) === step) end += 1;
    }
    if (end - start < 3) {
      out += text.charAt(start);
      start += 1;
    } else start = end;
  }
  return out;
}

/** A text that repeats one short piece says no more than the piece. */
function withoutRepetition(text: string): string {
  return /^(.+?)\1+$/.exec(text)?.[1] ?? text;
}

/** How much of a password is left without the parts given, years, runs and signs. */
function ownShare(password: string, parts: readonly string[]): number {
  const plain = password.toLowerCase();
  const unmasked = [...plain].map((character) => lookalikes[character] ?? character).join('');
  // Either reading may be the meant one: "1q2w3e4r" as typed, "p4ssw0rd" unmasked.
  const shares = [plain, unmasked].map((reading) => {
    let rest = withoutRepetition(reading);
    for (const part of parts) rest = rest.replaceAll(part, ' ');
    const pieces = rest.replace(/(?:19[0-9]{2}|20[0-3][0-9])/g, ' ').split(/[^a-z0-9]+/);
    const own = pieces.map(withoutRuns).join('');
    return own.length - own.replace(/[^0-9]/g, '').length / 2;
  });
  return Math.min(...shares);
}

/**
 * Null when the password may be set, else the first fault. `ownerNames`: user name, staff code, full name and the
 * organisation's names, in any script. Known leaks are not looked up: that needs a service outside.
 */
export function findNewPasswordFault(
  password: string,
  ownerNames: readonly string[],
): NewPasswordFault | null {
  if (!/^[\x20-\x7e]*$/.test(password)) return 'not-printable-ascii';
  if (password.length < minLength) return 'too-short';
  if (password.length > maxLength) return 'too-long';
  if (password.trim() !== password) return 'space-at-the-ends';
  if (ownShare(password, commonParts) < leastOwn) return 'common';
  const owned = [...partsOf(ownerNames), ...commonParts].sort((a, b) => b.length - a.length);
  return ownShare(password, owned) < leastOwn ? 'derived-from-owner' : null;
}
