// Accounts of a benchmark, as CSV: username,password,totp_secret,workstation,expires. Generated ones, or a file from elsewhere.
import { createHmac } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { decodeBase32, encodeBase32 } from '../../src/core/otp.ts';

export interface User {
  readonly userName: string;
  readonly password: string;
  /** Base32. */
  readonly seed: string;
  /** As the gateway sends it in Calling-Station-Id. */
  readonly workstation: string;
  /** Date, the last day of validity. */
  readonly expires: string;
}

export interface Users {
  readonly count: number;
  at(index: number): User;
}

const heading = 'username,password,totp_secret,workstation,expires';
/** So that preparing slow hashes for many accounts stays quick. */
const distinctPasswords = 64;
const chunkLines = 10_000;

const octets = (label: string): Buffer => createHmac('sha1', 'gatewarden bench').update(label).digest();

function generate(index: number): string {
  const userName = `u${String(index).padStart(6, '0')}`;
  const password = `Pw-${octets(`password ${index % distinctPasswords}`).toString('hex', 0, 4)}`;
  const hex = index.toString(16).padStart(10, '0').toUpperCase();
  const workstation = `02-${(hex.match(/../g) ?? []).join('-')}`;
  return `${userName},${password},${encodeBase32(octets(`seed ${userName}`))},${workstation},2037-01-01`;
}

/** Writes `count` accounts, the same ones whenever it is called. */
export function writeUsers(file: string, count: number): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    writeSync(descriptor, `${heading}\n`);
    for (let from = 0; from < count; from += chunkLines) {
      const lines = Array.from({ length: Math.min(chunkLines, count - from) }, (_, i) => generate(from + i));
      writeSync(descriptor, `${lines.join('\n')}\n`);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Opens a CSV; lines are parsed when asked for, so that a million accounts stay small. */
export function openUsers(file: string): Users {
  const text = readFileSync(file);
  const starts: number[] = [];
  const isHeading = text.subarray(0, 9).equals(Buffer.from('username,'));
  let at = isHeading ? text.indexOf(10) + 1 : 0;
  while (at < text.length) {
    const end = text.indexOf(10, at);
    starts.push(at);
    at = end === -1 ? text.length : end + 1;
  }
  return {
    count: starts.length,
    at(index) {
      const line = text.toString('utf8', starts[index], starts[index + 1] ?? text.length).trimEnd();
      const [userName = '', password = '', seed = '', workstation = '', expires = ''] = line.split(',');
      return { userName, password, seed, workstation, expires };
    },
  };
}

/** The seed's octets. */
export function seedOf(user: User): Buffer {
  return decodeBase32(user.seed);
}
