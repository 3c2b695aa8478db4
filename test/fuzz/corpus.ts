// The committed corpus: packets that were worth keeping, and what must become of each.
import { readdirSync, readFileSync } from 'node:fs';

export interface CorpusEntry {
  readonly name: string;
  /** `packet`, or the fault by which it is refused. */
  readonly expected: string;
  readonly octets: Buffer;
}

const folder = new URL('./corpus/radius/', import.meta.url);

export function readCorpus(): CorpusEntry[] {
  return readdirSync(folder).map((name) => {
    const lines = readFileSync(new URL(name, folder), 'utf8').split('\n');
    const expected = lines.find((line) => line.startsWith('# expect: '))?.slice('# expect: '.length) ?? '';
    const octets = lines.filter((line) => !line.startsWith('#')).join('');
    return { name, expected, octets: Buffer.from(octets, 'hex') };
  });
}
