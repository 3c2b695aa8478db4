// The audit log as JSON lines, for whoever verifies it without the store.
//
// {"type":"meta","format":"gatewarden-audit","v":1,"exportedAt":<epoch ms>}
// {"type":"chain","chain","node","lane","startedAt","startHash" (hex),"start":<body of record 1 or null>}   every chain
// {"type":"checkpoint","jws"}                                                                              every checkpoint
// {"type":"record","chain","seq","body":<text, as hashed>,"hash" (hex),"personal":{"field":["salt","value"]}|null}
// {"type":"end","records":<how many>}
import type { AuditEntry } from './verify.ts';

const format = 'gatewarden-audit';

/** Lines without their line feeds. */
export async function* exportAudit(
  entries: AsyncIterable<AuditEntry>,
  exportedAt: number,
): AsyncGenerator<string> {
  yield toLine({ type: 'meta', format, v: 1, exportedAt });
  for await (const entry of entries) {
    switch (entry.type) {
      case 'chain': {
        const { startHash, ...chain } = entry.chain;
        const { startBody: start } = entry;
        yield toLine({ type: 'chain', ...chain, startHash: startHash.toString('hex'), start });
        break;
      }
      case 'record': {
        const { chain, seq, body, hash, personal } = entry.record;
        const values = personal === null ? null : readable(personal);
        yield toLine({
          type: 'record',
          chain,
          seq,
          body,
          hash: hash.toString('hex'),
          personal: values,
        });
        break;
      }
      default:
        yield toLine(entry);
    }
  }
}

/** Some readers of lines break them at U+2028 and U+2029 too, which anyone may put into a user name. */
function toLine(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/** The entries of an export. Lines that cannot be read become `malformed` ones that name the line. */
export async function* readExport(lines: AsyncIterable<string>): AsyncGenerator<AuditEntry> {
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line === '') continue;
    const value = parseObject(line);
    if (number === 1) {
      const known = value?.['type'] === 'meta' && value['format'] === format && value['v'] === 1;
      if (!known) yield { type: 'malformed', where: 'line 1: not the beginning of an export' };
      continue;
    }
    yield (value === null ? null : readEntry(value)) ?? { type: 'malformed', where: `line ${number}` };
  }
}

function readEntry(value: Record<string, unknown>): AuditEntry | null {
  const { type, chain, seq, hash, body, personal, jws, records, where } = value;
  if (type === 'record') {
    const complete =
      typeof chain === 'string' &&
      Number.isSafeInteger(seq) &&
      typeof hash === 'string' &&
      typeof body === 'string';
    if (!complete || personal === undefined) return null;
    const values = personal === null ? null : JSON.stringify(personal);
    return {
      type,
      record: {
        chain,
        seq: seq as number,
        body,
        hash: Buffer.from(hash, 'hex'),
        personal: values,
        columns: null,
      },
    };
  }
  if (type === 'chain') return readChain(value);
  if (type === 'checkpoint' && typeof jws === 'string') return { type, jws };
  if (type === 'end' && typeof records === 'number') return { type, records };
  if (type === 'malformed' && typeof where === 'string') return { type, where };
  return null;
}

function readChain(value: Record<string, unknown>): AuditEntry | null {
  const { chain, node, lane, startedAt, startHash, start } = value;
  if (typeof chain !== 'string' || typeof node !== 'string' || typeof lane !== 'string') return null;
  if (typeof startedAt !== 'number' || typeof startHash !== 'string') return null;
  if (start !== null && typeof start !== 'string') return null;
  const entry = { chain, node, lane, startedAt, startHash: Buffer.from(startHash, 'hex') };
  return { type: 'chain', chain: entry, startBody: start };
}

/** As an object if it is one; else the text itself, which verification then complains of. */
function readable(personal: string): unknown {
  return parseObject(personal) ?? personal;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
