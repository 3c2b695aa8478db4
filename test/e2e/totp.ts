// One-time codes by oathtool, an implementation that shares nothing with the one under test.
import { randomBytes } from 'node:crypto';
import { must } from './process.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A fresh seed of 160 bits in base32, as an organisation file takes it. */
export function newSeed(): string {
  let bits = '';
  for (const octet of randomBytes(20)) bits += octet.toString(2).padStart(8, '0');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join('');
}

/** The code of this moment (SHA-1, six digits, 30 s). Codes are good for a step more, so no test waits for a new one. */
export async function currentCode(seed: string): Promise<string> {
  return (await must('oathtool', ['--totp', '--base32', '-'], { input: `${seed}\n` })).trim();
}

/** A code that is right at no moment within 15 minutes of now, so that it cannot pass for a clock that is off. */
export async function wrongCode(seed: string): Promise<string> {
  const near = await must(
    'oathtool',
    ['--totp', '--base32', '--now', '15 minutes ago', '--window', '60', '-'],
    {
      input: `${seed}\n`,
    },
  );
  const taken = new Set(near.trim().split('\n'));
  for (let candidate = 0; ; candidate += 1) {
    const code = String(candidate).padStart(6, '0');
    if (!taken.has(code)) return code;
  }
}
