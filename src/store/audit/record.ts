// The body of an audit record: canonical JSON (RFC 8785) in which personal fields are replaced by salted commitments.
//
// body       = JSON object with exactly these members, sorted, no white space:
//              accountId, at, data, detail, gatewayId, kind, lookupCode, outcome, personal, reason, v (1).
//              `data` is the draft's body, `personal` maps each personal field's name to its commitment.
// commitment = base64url(SHA-256(salt (16 octets) ‖ field name in UTF-8 ‖ 0x00 ‖ value in UTF-8)).
// Values and salts are handed back apart: {"field":["salt in base64url","value"]}. Whoever erases them leaves a body from
// which the value cannot be guessed, and a chain that still holds.
import { hash } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import type { RecordDraft } from '../store.ts';

const saltLength = 16;

/** A record ready for the chain: columns for searching, the body that the chain covers, and the erasable part. */
export interface PreparedRecord extends Omit<RecordDraft, 'body' | 'personal'> {
  readonly body: string;
  /** JSON of values and salts; null when the record has no personal field. */
  readonly personal: string | null;
}

/** What a body says, read back. */
export interface RecordBody extends Omit<RecordDraft, 'personal'> {
  /** Field name to commitment. */
  readonly commitments: Readonly<Record<string, string>>;
}

/**
 * Builds the body and the commitments. Meant for the thread that decides, so that the writer only extends the chain.
 * @throws TypeError when a number is not finite or a field's name contains NUL: both would make the body ambiguous
 */
export function prepareRecord(draft: RecordDraft, random: Random): PreparedRecord {
  const { body: data, personal, ...columns } = draft;
  const names = Object.keys(personal).sort();
  let commitments = '';
  let values = '';
  const salts = names.length === 0 ? null : random.bytes(saltLength * names.length);
  for (const [index, name] of names.entries()) {
    const salt = salts?.subarray(index * saltLength, (index + 1) * saltLength) ?? Buffer.alloc(0);
    const value = personal[name] ?? '';
    const key = quoted(name);
    const comma = index === 0 ? '' : ',';
    commitments += `${comma}${key}:"${commitment(salt, name, value)}"`;
    values += `${comma}${key}:["${salt.toString('base64url')}",${quoted(value)}]`;
  }
  const body =
    `{"accountId":${scalar(draft.accountId)},"at":${scalar(draft.at)},"data":${sortedObject(data)}` +
    `,"detail":${scalar(draft.detail)},"gatewayId":${scalar(draft.gatewayId)},"kind":${scalar(draft.kind)}` +
    `,"lookupCode":${scalar(draft.lookupCode)},"outcome":${scalar(draft.outcome)},"personal":{${commitments}}` +
    `,"reason":${scalar(draft.reason)},"v":1}`;
  return { ...columns, body, personal: names.length === 0 ? null : `{${values}}` };
}

// Everything here is synchronous, so one scratch serves all.
let scratch = Buffer.allocUnsafeSlow(1024);

/** The commitment to one personal value, in base64url. */
function commitment(salt: Buffer, name: string, value: string): string {
  if (name.includes('\0')) throw new TypeError('a personal field has a NUL in its name');
  const text = `${name}\0${value}`;
  // A UTF-16 code unit takes three octets at most.
  const longest = saltLength + text.length * 3;
  if (scratch.length < longest) scratch = Buffer.allocUnsafeSlow(longest * 2);
  salt.copy(scratch);
  const length = saltLength + scratch.write(text, saltLength, 'utf8');
  return hash('sha256', scratch.subarray(0, length), 'base64url');
}

function sortedObject(value: RecordDraft['body']): string {
  let members = '';
  for (const key of Object.keys(value).sort()) {
    members += `${members === '' ? '' : ','}${quoted(key)}:${scalar(value[key] ?? null)}`;
  }
  return `{${members}}`;
}

const plainText = /^[ !#-[\]-~]*$/;

/** As JSON.stringify, which costs several times as much for the usual text: ASCII with nothing to escape. */
function quoted(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text);
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('a record holds a number that is not finite');
  }
  // JSON knows no negative zero.
  return value === 0 ? '0' : String(value);
}

/** Reads a body back; null when it is not one that `prepareRecord` could have written (canonical form included). */
export function readBody(text: string): RecordBody | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed) || parsed['v'] !== 1 || !isObject(parsed['data']) || !isObject(parsed['personal'])) {
    return null;
  }
  if (canonical(parsed) !== text) return null;
  const { at, kind, outcome, data, personal } = parsed;
  if (typeof at !== 'number' || typeof outcome !== 'string' || !isKind(kind)) return null;
  if (!Object.values(data).every(isScalar)) return null;
  const commitments = Object.entries(personal).filter((entry): entry is [string, string] => {
    return typeof entry[1] === 'string';
  });
  if (commitments.length !== Object.keys(personal).length) return null;
  return {
    kind,
    at,
    accountId: numberOrNull(parsed['accountId']),
    gatewayId: numberOrNull(parsed['gatewayId']),
    outcome,
    reason: stringOrNull(parsed['reason']),
    detail: stringOrNull(parsed['detail']),
    lookupCode: stringOrNull(parsed['lookupCode']),
    body: data as RecordDraft['body'],
    commitments: Object.fromEntries(commitments),
  };
}

/** Personal values of a record as they stand in the side table; null when the text is none. */
export function readPersonal(text: string): Readonly<Record<string, { salt: Buffer; value: string }>> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const fields: Record<string, { salt: Buffer; value: string }> = {};
  for (const [name, pair] of Object.entries(parsed)) {
    if (!Array.isArray(pair) || pair.length !== 2) return null;
    const [salt, value] = pair as unknown[];
    if (typeof salt !== 'string' || typeof value !== 'string') return null;
    fields[name] = { salt: Buffer.from(salt, 'base64url'), value };
  }
  return fields;
}

/** The names of personal fields whose values do not fit the body's commitments. Absent (erased) ones fit. */
export function alteredFields(
  commitments: RecordBody['commitments'],
  fields: Readonly<Record<string, { salt: Buffer; value: string }>>,
): string[] {
  return Object.entries(fields)
    .filter(([name, field]) => {
      return (
        field.salt.length !== saltLength || commitment(field.salt, name, field.value) !== commitments[name]
      );
    })
    .map(([name]) => name);
}

/** Canonical JSON by RFC 8785: members sorted by UTF-16 code units, no white space. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isKind(value: unknown): value is RecordDraft['kind'] {
  return value === 'decision' || value === 'undecided' || value === 'administration' || value === 'system';
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
