// People as a directory keeps them: entries read, Active Directory's flags and times understood.
import type { DirectoryEntry } from './connection.ts';

export interface DirectoryPerson {
  /** Names the entry for ever. */
  readonly key: string;
  readonly userName: string;
  readonly staffCode: string;
  /** Null: the entry has none. */
  readonly fullName: string | null;
  readonly unit: string | null;
  /** ACCOUNTDISABLE of userAccountControl. */
  readonly isDisabled: boolean;
  /** accountExpires as an instant; null: never. */
  readonly expiresAt: number | null;
}

export interface PeopleAttributes {
  readonly key: string;
  readonly staffCode: string;
  readonly userName: string;
  readonly fullName: string;
  readonly unit?: string;
}

/** What makes an entry nobody: it is no person's (a service's account), or can't be told apart. */
export type EntryFault = 'key-missing' | 'staff-code-missing' | 'value-wrong';

const accountDisable = 0x2;
/** From 1601 to 1970, in milliseconds. */
const fileTimeEpochMs = 11_644_473_600_000;
const never = ['0', '9223372036854775807'];

/** [MS-ADTS] §2.2.10 and `accountExpires`: 100 ns since 1601; undefined: it is no such time. */
export function readFileTime(text: string): number | null | undefined {
  if (never.includes(text)) return null;
  if (!/^\d{1,19}$/.test(text)) return undefined;
  return Number(BigInt(text) / 10_000n) - fileTimeEpochMs;
}

const flagAttributes = ['userAccountControl', 'accountExpires'] as const;

/** Octets that are no text: objectGUID. */
export function binaryAttributes({ key }: PeopleAttributes): string[] {
  return key.toLowerCase() === 'objectguid' ? [key] : [];
}

/** The attributes to ask for. */
export function wantedAttributes(attributes: PeopleAttributes): string[] {
  return [...new Set([...Object.values(attributes), ...flagAttributes])];
}

export function readPerson(
  entry: DirectoryEntry,
  attributes: PeopleAttributes,
): DirectoryPerson | EntryFault {
  const textOf = (name: string) => entry.values.get(name)?.[0]?.trim().normalize('NFC') ?? '';
  const octets = entry.octets.get(attributes.key)?.[0];
  const key = octets === undefined ? textOf(attributes.key) : octets.toString('hex');
  if (key === '') return 'key-missing';
  const staffCode = textOf(attributes.staffCode);
  if (staffCode === '') return 'staff-code-missing';
  const flags = textOf('userAccountControl');
  const expires = textOf('accountExpires');
  const expiresAt = expires === '' ? null : readFileTime(expires);
  if ((flags !== '' && !/^-?\d{1,10}$/.test(flags)) || expiresAt === undefined) return 'value-wrong';
  const fullName = textOf(attributes.fullName);
  const unit = attributes.unit === undefined ? '' : textOf(attributes.unit);
  return {
    key,
    userName: textOf(attributes.userName) || entry.dn.slice(0, 200),
    staffCode,
    fullName: fullName === '' ? null : fullName,
    unit: unit === '' ? null : unit,
    isDisabled: flags !== '' && (Number(flags) & accountDisable) !== 0,
    expiresAt,
  };
}
