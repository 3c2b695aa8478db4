// The committed corpus: packets that were worth keeping, and what must become of each.
import { readdirSync, readFileSync } from 'node:fs';

export interface CorpusEntry {
  readonly name: string;
  /** `packet`, or the fault by which it is refused. */
  readonly expected: string;
  /** Where in a conversation it comes; empty where there is none. */
  readonly stage: string;
  readonly octets: Buffer;
}

export function readCorpus(kind: 'radius' | 'eap' = 'radius'): CorpusEntry[] {
  const folder = new URL(`./corpus/${kind}/`, import.meta.url);
  return readdirSync(folder).map((name) => {
    const lines = readFileSync(new URL(name, folder), 'utf8').split('\n');
    const told = (mark: string) => lines.find((line) => line.startsWith(mark))?.slice(mark.length) ?? '';
    const octets = lines.filter((line) => !line.startsWith('#')).join('');
    return {
      name,
      expected: told('# expect: '),
      stage: told('# stage: '),
      octets: Buffer.from(octets, 'hex'),
    };
  });
}
