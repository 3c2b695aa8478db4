// The form of one entry: short forms written out, then checked against its schema.
import { Compile, type Validator } from 'typebox/compile';
import { findFaults } from '../../config/faults.ts';
import type { EntryFaults } from './faults.ts';
import type { RawEntry } from './read.ts';
import { type Entry, type EntryKind, entryForms } from './schema.ts';

const validators = new Map<EntryKind, Validator>();

/** Compiled when first needed: that takes longer than checking a small file. */
function validatorOf(kind: EntryKind): Validator {
  const known = validators.get(kind);
  if (known !== undefined) return known;
  const validator: Validator = Compile(entryForms[kind]);
  validators.set(kind, validator);
  return validator;
}

type Section = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const named = (key: string) => (value: unknown) => (typeof value === 'string' ? { [key]: value } : value);

const listed = (value: unknown, expand: (item: unknown) => unknown) =>
  Array.isArray(value) ? value.map(expand) : value;

const expansions: { readonly [kind in EntryKind]?: (value: Section) => Section } = {
  unit: (value) => (value['parent'] === null ? { ...value, parent: '' } : value),
  account: (value) => ({
    ...value,
    assignments: listed(value['assignments'], named('number')),
    workstations: listed(value['workstations'], named('assetTag')),
  }),
  policy: (value) => ({ ...value, scope: value['scope'] === 'organisation' ? {} : value['scope'] }),
};

/** Elsewhere a field without a value is a field left out. */
const meaningfulNulls: ReadonlySet<string> = new Set(['parent', 'hours', 'gatewayUnits']);

/** Any entry of the file, by its kind. */
export type CheckedEntry = { [K in EntryKind]: { readonly kind: K; readonly value: Entry<K> } }[EntryKind];

/** What must stay octet by octet as written. */
const verbatim: ReadonlySet<string> = new Set([
  'password',
  'secret',
  'secretFile',
  'seed',
  'profileOverrides',
]);

/** Texts in NFC and without white space around them, so that a name is one name however it was typed. */
function tidy(value: unknown): unknown {
  if (typeof value === 'string') return value.normalize('NFC').trim();
  if (Array.isArray(value)) return value.map(tidy);
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, verbatim.has(key) ? field : tidy(field)]),
  );
}

/** The entry in its written-out form, or null when it has faults, all of which are reported. */
export function checkForm({ kind, value }: Omit<RawEntry, 'line'>, faults: EntryFaults): CheckedEntry | null {
  if (!isSection(value)) {
    faults.add(null, 'is not a section with settings of its own.', 'Write its fields as "name: value".');
    return null;
  }
  const given = tidy(
    Object.fromEntries(
      Object.entries(value).filter(([key, field]) => field !== null || meaningfulNulls.has(key)),
    ),
  ) as Section;
  const expanded = expansions[kind]?.(given) ?? given;
  if (!validatorOf(kind).Check(expanded)) {
    for (const { message, remedy } of findFaults(entryForms[kind], expanded)) {
      faults.add(null, message, remedy.replace('The file knows', 'Known are'));
    }
    return null;
  }
  return { kind, value: expanded } as CheckedEntry;
}

/** The field that names an entry of a kind; empty when there is none. */
export const nameFields: Readonly<Record<EntryKind, string>> = {
  organisation: '',
  unit: 'code',
  person: 'staffCode',
  assignment: 'number',
  workstation: 'assetTag',
  account: 'userName',
  radiusClient: 'name',
  gateway: 'name',
  policy: '',
};

/** What an entry is called in messages, as far as its name can be read: `account "nvan"`. */
export function entryName({ kind, value }: Omit<RawEntry, 'line'>): string {
  const word = kind === 'radiusClient' ? 'RADIUS client' : kind;
  const name = isSection(value) ? value[nameFields[kind]] : undefined;
  return typeof name === 'string' && name !== '' ? `${word} ${JSON.stringify(name.slice(0, 64))}` : word;
}
