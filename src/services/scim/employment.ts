// What a User resource says of somebody's employment, staff code, name and unit.
import { OperatorError } from '../../base/errors.ts';
import { parseTermDate } from '../../core/dates.ts';
import type { FeedState } from '../../core/feed-state.ts';
import { lifecycleDetails } from '../../core/lifecycle.ts';
import { nameSearchKey } from '../../core/names.ts';
import { isObject, type ScimValue } from '../../wire/scim/attribute.ts';
import { ScimError } from '../../wire/scim/error.ts';
import { employmentSchema, employmentStatuses, enterpriseSchema } from '../../wire/scim/schemas.ts';
import type { FeedSettings } from '../feeds/settings.ts';

/** Employment as told: words, not yet instants. */
export interface Told {
  readonly status: FeedState['status'];
  /** Whether the extension says it in words. */
  readonly isSaid: boolean;
  readonly detail: string | null;
  readonly effectiveFrom: string | null;
  readonly plannedEnd: string | null;
  readonly keepUntil: string | null;
  readonly documentNumber: string | null;
  /** Code of a unit that must be there; null: none is named. */
  readonly unit: string | null;
  /** May be the code of a unit. */
  readonly department: string | null;
}

const personKinds = ['civil-servant', 'public-employee', 'worker', 'external'] as const;

function wrong(name: string, what: string): never {
  throw new ScimError(400, 'invalidValue', `${name}: ${what}`);
}

function textOf(holder: unknown, name: string): string | null {
  const value = isObject(holder) ? holder[name] : undefined;
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' ? null : text;
}

const endedDetails = lifecycleDetails.ended ?? [];
const leaveDetails = lifecycleDetails.leave ?? [];

/**
 * Reads employment. `active: false` without a status, or with `employed`, is an end: `resigned` unless the detail says how.
 * @throws ScimError `invalidValue`
 */
export function readTold(user: ScimValue): Told {
  const employment = user[employmentSchema.id];
  const given = textOf(employment, 'status');
  const status = given === null ? null : employmentStatuses.find((one) => one === given);
  if (status === undefined) wrong('status', `one of ${employmentStatuses.join(', ')} is wanted`);
  const detail = textOf(employment, 'detail');
  const hasLeft = user['active'] === false && (status === null || status === 'employed');
  const told = {
    isSaid: given !== null,
    effectiveFrom: textOf(employment, 'effectiveFrom'),
    plannedEnd: textOf(employment, 'plannedEnd'),
    keepUntil: textOf(employment, 'keepUntil'),
    documentNumber: textOf(employment, 'documentNumber'),
    unit: textOf(employment, 'unit'),
    department: textOf(user[enterpriseSchema.id], 'department'),
  };
  if ((told.documentNumber?.length ?? 0) > 100) wrong('documentNumber', 'longer than 100 characters');
  // A detail left from a leave must not keep an end from happening.
  if (hasLeft) return { ...told, status: 'ended', detail: endOf(detail) ?? 'resigned' };
  if (status === 'ended') {
    if (detail !== null && endOf(detail) === null)
      wrong('detail', `one of ${endedDetails.join(', ')} is wanted`);
    return { ...told, status, detail: detail ?? 'resigned' };
  }
  if (status === 'on-leave') {
    if (detail === null || !leaveDetails.includes(detail))
      wrong('detail', `one of ${leaveDetails.join(', ')} is wanted`);
    return { ...told, status, detail };
  }
  return { ...told, status: 'employed', detail: null };
}

/** What names a unit, or may do so, in a document; null: nothing does. */
export function unitCodeOf(user: ScimValue): string | null {
  return textOf(user[employmentSchema.id], 'unit') ?? textOf(user[enterpriseSchema.id], 'department');
}

/** Whether a document only says that somebody is employed, wherever that is. */
export function isPlainlyEmployed(user: ScimValue): boolean {
  return user['active'] !== false && user[employmentSchema.id] === undefined && unitCodeOf(user) === null;
}

function endOf(detail: string | null): string | null {
  return detail !== null && endedDetails.includes(detail) ? detail : null;
}

/** Reads a date of the extension. @throws ScimError `invalidValue` */
export function readDate(name: string, text: string, kind: 'from' | 'until', timeZone: string): number {
  try {
    return parseTermDate(text, kind, timeZone);
  } catch (error) {
    if (error instanceof OperatorError) return wrong(name, `${error.message}. ${error.remedy}`);
    throw error;
  }
}

/**
 * The state that a change of what is told means; null: employment is told as before. A date counts with the change that
 * brings it: one left from earlier neither delays nor antedates what comes later.
 */
export function stateOfTold(
  told: Told,
  before: Told | null,
  now: number,
  timeZone: string,
): FeedState | null {
  const isAsBefore =
    before !== null &&
    told.status === before.status &&
    told.detail === before.detail &&
    told.effectiveFrom === before.effectiveFrom &&
    (told.status !== 'on-leave' || told.plannedEnd === before.plannedEnd);
  const effectiveAt = effectiveAtOf(told, before, now, timeZone);
  const endsAt =
    told.status !== 'on-leave' || told.plannedEnd === null
      ? null
      : readDate('plannedEnd', told.plannedEnd, 'until', timeZone);
  if (endsAt !== null && endsAt <= effectiveAt) wrong('plannedEnd', 'it is not after effectiveFrom');
  return isAsBefore ? null : { status: told.status, detail: told.detail, effectiveAt, endsAt };
}

/** When a change takes effect: at its own date, or now. */
export function effectiveAtOf(told: Told, before: Told | null, now: number, timeZone: string): number {
  const { effectiveFrom } = told;
  if (effectiveFrom === null) return now;
  const at = readDate('effectiveFrom', effectiveFrom, 'from', timeZone);
  return before !== null && effectiveFrom === before.effectiveFrom ? now : at;
}

/** @throws ScimError `invalidValue` when the attribute that holds the staff code is missing */
export function staffCodeOf(user: ScimValue, { staffCodeFrom }: FeedSettings): string {
  const holder = staffCodeFrom === 'employeeNumber' ? user[enterpriseSchema.id] : user;
  const code = textOf(holder, staffCodeFrom);
  if (code !== null && code.length <= 100) return code;
  const name = staffCodeFrom === 'employeeNumber' ? `${enterpriseSchema.id}:employeeNumber` : staffCodeFrom;
  return wrong(
    name,
    code === null
      ? 'it is missing: it holds the staff code, by which people are found here, never by name'
      : 'a staff code has up to 100 characters',
  );
}

/** The names that a resource gives somebody, the fullest first. */
function namesOf(user: ScimValue): string[] {
  const { name } = user;
  const parts = ['familyName', 'middleName', 'givenName'].map((part) => textOf(name, part));
  const joined = parts.filter((part) => part !== null).join(' ');
  return [textOf(user, 'displayName'), textOf(name, 'formatted'), joined === '' ? null : joined].filter(
    (one) => one !== null,
  );
}

export function fullNameOf(user: ScimValue): string {
  return (namesOf(user)[0] ?? textOf(user, 'userName') ?? '').slice(0, 200);
}

const wordsOf = (name: string) => nameSearchKey(name).split(' ').sort().join(' ');

/** Whether somebody of this name may be meant; directories write names without marks and in another order. */
export function isNameOf(user: ScimValue, fullName: string): boolean {
  const names = namesOf(user);
  return names.length === 0 || names.some((name) => wordsOf(name) === wordsOf(fullName));
}

export function personKindOf(user: ScimValue): (typeof personKinds)[number] {
  const given = textOf(user[employmentSchema.id], 'personKind');
  if (given === null) return 'civil-servant';
  return (
    personKinds.find((one) => one === given) ??
    wrong('personKind', `one of ${personKinds.join(', ')} is wanted`)
  );
}
