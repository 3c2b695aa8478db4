// Reading an organisation file as a stream of entries: YAML and JSON whole, JSON lines line by line.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Document, isCollection, isNode, LineCounter, parseDocument } from 'yaml';
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import type { FaultCollector } from './faults.ts';
import { type EntryKind, entryKinds } from './schema.ts';

export interface RawEntry {
  readonly kind: EntryKind;
  readonly value: unknown;
  readonly line: number;
}

const sections: Readonly<Record<string, EntryKind>> = {
  units: 'unit',
  people: 'person',
  assignments: 'assignment',
  workstations: 'workstation',
  accounts: 'account',
  radiusClients: 'radiusClient',
  gateways: 'gateway',
  policies: 'policy',
};

/** Larger files must be JSON lines: a whole document is held in memory. */
const largestDocument = 64 * 1024 * 1024;

/** SHA-256 (hex) of the file: identifies an import that is taken up again. @throws OperatorError when it can't be read */
export async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new OperatorError(`${file}: the file cannot be read (${code}).`, {
      at: file,
      remedy: code === 'ENOENT' ? 'Check the path.' : 'Give a file that you may read.',
      cause,
    });
  }
}

/** Entries in the order of the file. Faults of form go to `faults`; the entry concerned is left out. */
export async function* readEntries(file: string, faults: FaultCollector): AsyncGenerator<RawEntry> {
  if (/\.(jsonl|ndjson)$/i.test(file)) yield* readLines(file, faults);
  else yield* readDocument(file, faults);
}

/** People and workstations have a kind of their own: on a line it has another name. */
const ownKinds: { readonly [kind in EntryKind]?: string } = {
  person: 'personKind',
  workstation: 'workstationKind',
};

async function* readLines(file: string, faults: FaultCollector): AsyncGenerator<RawEntry> {
  const input = createReadStream(file, 'utf8');
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let failure: Error | null = null;
  // Without a listener of its own an error of the stream would end the process.
  input.once('error', (error) => {
    failure = error;
    lines.close();
  });
  try {
    yield* parseLines(lines, file, faults);
    if (failure !== null) throw failure;
  } finally {
    input.destroy();
  }
}

async function* parseLines(
  lines: AsyncIterable<string>,
  file: string,
  faults: FaultCollector,
): AsyncGenerator<RawEntry> {
  let number = 0;
  for await (const read of lines) {
    number++;
    const line = number === 1 ? read.replace(/^\ufeff/, '') : read;
    if (line.trim() === '') continue;
    const place = `${file}:${number}`;
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      // The parser's own message repeats the input, which may hold a password.
      faults.add({ place, message: 'the line is not JSON.', remedy: 'Write one JSON object a line.' });
      continue;
    }
    const { kind, ...value } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Record<
      string,
      unknown
    >;
    const known = entryKinds.find((name) => name === kind);
    if (known === undefined) {
      faults.add({
        place,
        message: kind === undefined ? '"kind" is missing.' : `"kind": there is no ${JSON.stringify(kind)}.`,
        remedy: `Give one of ${entryKinds.join(', ')}.`,
      });
      continue;
    }
    const own = ownKinds[known];
    if (own === undefined) {
      yield { kind: known, value, line: number };
      continue;
    }
    const { [own]: ownKind, ...rest } = value;
    if (ownKind === undefined) {
      faults.add({
        place,
        message: `${own} is missing.`,
        remedy: `On JSON lines "kind" names the entry; give the ${known}'s own kind as "${own}".`,
      });
      continue;
    }
    yield { kind: known, value: { ...rest, kind: ownKind }, line: number };
  }
}

/** @throws OperatorError when aliases multiply beyond reason */
function toValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    throw new OperatorError(`${file}: its aliases cannot be resolved.`, {
      at: file,
      remedy: 'Write the entries out, without anchors and aliases.',
      cause,
    });
  }
}

async function* readDocument(file: string, faults: FaultCollector): AsyncGenerator<RawEntry> {
  const text = await readFile(file, 'utf8');
  if (text.length > largestDocument) {
    throw new OperatorError(`${file}: the file is larger than 64 MB.`, {
      at: file,
      remedy: 'Write it as JSON lines (.jsonl): one entry a line, each with its "kind".',
    });
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new OperatorError(
      `${file}:${error.linePos?.[0].line ?? 1}: not well-formed YAML or JSON (${error.code}).`,
      {
        at: `${file}:${error.linePos?.[0].line ?? 1}`,
        remedy: 'Correct that line; indent with spaces, and quote texts that hold ": " or begin with a sign.',
      },
    );
  }
  const lineOf = (node: unknown) =>
    isNode(node) && node.range ? lineCounter.linePos(node.range[0]).line : 1;
  const root = toValue(document, file);
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    throw new OperatorError(`${file}: the file holds no organisation.`, {
      at: file,
      remedy: `Write sections: organisation, ${Object.keys(sections).join(', ')}.`,
    });
  }
  // Dates and user names of the others depend on the organisation's time zone and realms.
  const named = Object.entries(root).sort(
    ([a], [b]) => Number(b === 'organisation') - Number(a === 'organisation'),
  );
  for (const [name, value] of named) {
    const node = document.get(name, true);
    if (name === 'organisation') {
      if (value !== null) yield { kind: 'organisation', value, line: lineOf(node) };
      continue;
    }
    const kind = sections[name];
    if (kind === undefined) {
      const nearest = nearestName(name, ['organisation', ...Object.keys(sections)]);
      const known = `Known are organisation, ${Object.keys(sections).join(', ')}.`;
      faults.add({
        place: `${file}:${lineOf(node)}`,
        message: `there is no section ${JSON.stringify(name)}.`,
        remedy: nearest === null ? known : `Did you mean ${nearest}? ${known}`,
      });
      continue;
    }
    if (value === null) continue;
    if (!Array.isArray(value)) {
      faults.add({
        place: `${file}:${lineOf(node)}`,
        message: `${name} is not a list.`,
        remedy: 'Begin each entry with "- ".',
      });
      continue;
    }
    const items = isCollection(node) ? node.items : [];
    for (const [index, entry] of value.entries()) yield { kind, value: entry, line: lineOf(items[index]) };
  }
}
