// The organisation, its units, people, papers and machines: from the file's spelling to the store's.
import { parseTermDate } from '../../../core/dates.ts';
import { identifierKey, normaliseIdentifier } from '../../../core/evidence.ts';
import { nameSearchKey, nameSortKey } from '../../../core/names.ts';
import { checkTimeZone } from '../../../core/time-zone.ts';
import type { EntryFaults } from '../faults.ts';
import { employmentDetails } from '../schema/organisation.ts';
import type { Entry } from '../schema.ts';
import type {
  StagedAssignment,
  StagedEmployment,
  StagedOrganisation,
  StagedPerson,
  StagedUnit,
  StagedWorkstation,
} from '../staged.ts';

/** What dates and user names of a file depend on. */
export interface OrganisationContext {
  readonly timeZone: string;
  readonly realms: readonly string[];
}

/** Names in one spelling: NFC, single spaces. */
const tidy = (text: string): string => text.normalize('NFC').replace(/\s+/g, ' ').trim();

export function normaliseOrganisation(
  value: Entry<'organisation'>,
  faults: EntryFaults,
): StagedOrganisation | null {
  const { name, timeZone, realms, rulesVersion } = value;
  if (timeZone !== undefined) faults.attempt('timeZone', () => checkTimeZone(timeZone));
  for (const realm of realms ?? []) {
    if (/^@?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(realm)) continue;
    faults.add(
      'realms',
      `${JSON.stringify(realm)} is not a realm`,
      'Write it as in user@example.vn: example.vn',
    );
  }
  if (faults.count > 0) return null;
  return {
    ...(name === undefined ? {} : { name: tidy(name) }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(realms === undefined
      ? {}
      : { realms: [...new Set(realms.map((realm) => realm.replace(/^@/, '').toLowerCase()))] }),
    ...(rulesVersion === undefined ? {} : { rulesVersion }),
  };
}

export function normaliseUnit({ code, name, parent }: Entry<'unit'>): StagedUnit {
  return {
    code,
    name: tidy(name),
    ...(parent === undefined ? {} : { parent: parent === null || parent === '' ? null : parent }),
  };
}

function normaliseEmployment(
  value: Entry<'person'>['employment'][number],
  field: string,
  faults: EntryFaults,
  timeZone: string,
): StagedEmployment | null {
  const { kind, detail = null, from, document = null } = value;
  const effectiveAt = faults.attempt(`${field}.from`, () => parseTermDate(from, 'from', timeZone));
  const known: readonly string[] = kind === 'ended' || kind === 'leave' ? employmentDetails[kind] : [];
  if (detail !== null && !known.includes(detail)) {
    const remedy =
      known.length === 0
        ? `Leave it out: "${kind}" has none`
        : `With "${kind}" give one of ${known.join(', ')}`;
    faults.add(`${field}.detail`, `${detail} does not go with "${kind}"`, remedy);
  }
  return effectiveAt === null ? null : { kind, detail, effectiveAt, document };
}

export function normalisePerson(
  value: Entry<'person'>,
  faults: EntryFaults,
  { timeZone }: OrganisationContext,
): StagedPerson | null {
  const fullName = tidy(value.fullName);
  const givenName = value.givenName === undefined ? null : tidy(value.givenName);
  const employment: StagedEmployment[] = [];
  for (const [index, event] of value.employment.entries()) {
    const field = `employment[${index}]`;
    const staged = normaliseEmployment(event, field, faults, timeZone);
    if (staged === null) continue;
    if (employment.some((other) => other.kind === staged.kind && other.effectiveAt === staged.effectiveAt)) {
      faults.add(field, `"${staged.kind}" is given twice for that day`, 'Keep one of them');
    }
    employment.push(staged);
  }
  if (fullName === '') faults.add('fullName', 'it is blank', 'Write the full name');
  if (faults.count > 0) return null;
  return {
    staffCode: value.staffCode,
    fullName,
    givenName,
    nameSearchKey: nameSearchKey(fullName),
    nameSortKey: nameSortKey(fullName, givenName ?? undefined),
    unit: value.unit,
    kind: value.kind,
    position: value.position === undefined ? null : tidy(value.position),
    employment,
  };
}

/** First and last moment of a term; null once its faults are reported. */
export function normaliseTerm(
  given: { readonly validFrom: string; readonly validUntil: string },
  field: string,
  faults: EntryFaults,
  timeZone: string,
): { validFrom: number; validUntil: number } | null {
  const validFrom = faults.attempt(`${field}validFrom`, () =>
    parseTermDate(given.validFrom, 'from', timeZone),
  );
  const validUntil = faults.attempt(`${field}validUntil`, () =>
    parseTermDate(given.validUntil, 'until', timeZone),
  );
  if (validFrom === null || validUntil === null) return null;
  if (validUntil > validFrom) return { validFrom, validUntil };
  faults.add(
    `${field}validUntil`,
    `${given.validUntil} is not after validFrom (${given.validFrom})`,
    'Give a last day that is not before the first',
  );
  return null;
}

export function normaliseAssignment(
  value: Entry<'assignment'>,
  faults: EntryFaults,
  { timeZone }: OrganisationContext,
): StagedAssignment | null {
  const { validFrom, validUntil } = value;
  const documentDate = faults.attempt('date', () => parseTermDate(value.date, 'from', timeZone));
  const term =
    validUntil === undefined
      ? faults.attempt('validFrom', () => ({
          validFrom: parseTermDate(validFrom, 'from', timeZone),
          validUntil: null,
        }))
      : normaliseTerm({ validFrom, validUntil }, '', faults, timeZone);
  if (documentDate === null || term === null || faults.count > 0) return null;
  return {
    number: value.number,
    unit: value.unit,
    documentDate,
    signatory: tidy(value.signatory),
    purpose: value.purpose.normalize('NFC').trim(),
    dataScope: value.dataScope.normalize('NFC').trim(),
    ...term,
  };
}

export function normaliseWorkstation(
  value: Entry<'workstation'>,
  faults: EntryFaults,
): StagedWorkstation | null {
  const identifiers = new Set<string>();
  for (const [index, { type, value: text }] of value.identifiers.entries()) {
    const normal = normaliseIdentifier(type, text);
    if (normal === null) {
      faults.add(
        `identifiers[${index}]`,
        `${JSON.stringify(text.slice(0, 140))} is no usable ${type}`,
        'Copy it as the gateway reports it; values that many machines share (zeros, broadcast) name none',
      );
    } else {
      identifiers.add(identifierKey(type, normal));
    }
  }
  if (faults.count > 0) return null;
  return {
    assetTag: value.assetTag,
    name: tidy(value.name ?? value.assetTag),
    kind: value.kind,
    unit: value.unit,
    keeper: value.keeper ?? null,
    ...(value.state === undefined ? {} : { state: value.state }),
    identifiers: [...identifiers].sort(),
  };
}
