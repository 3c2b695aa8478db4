// People and what HR knows of their employment. Facts of employment are added and corrected, never removed.
import { formatDate } from '../../../core/dates.ts';
import {
  bumpAccountsOfPeople,
  correctEmployment,
  type EmploymentRow,
  findEmployment,
  findPeople,
  insertEmployment,
  insertPeople,
  type PersonRow,
  updatePerson,
} from '../../../store/queries/import/people.ts';
import { findUnitIds } from '../../../store/queries/import/units.ts';
import type { Db } from '../../../store/tables.ts';
import type { StagedEmployment, StagedPerson } from '../staged.ts';
import { type Changed, createComparison, defineKind, type KindContext, mustGet } from './kind.ts';

interface KnownPerson extends PersonRow {
  readonly unit: string;
  readonly employment: readonly EmploymentRow[];
}

/** Facts of the file come from this source; one fact has one key, however often it is imported. */
const source = 'import';

const sourceKey = (staffCode: string, { kind, effectiveAt }: StagedEmployment): string =>
  `${staffCode}|${kind}|${effectiveAt}`;

const happensLike = (event: StagedEmployment) => (row: EmploymentRow) =>
  row.kind === event.kind && row.effectiveAt === event.effectiveAt;

/** What to do for one fact of the file: it is known, or was imported with another detail, or is new. */
function findStanding(person: KnownPerson, event: StagedEmployment): EmploymentRow | 'known' | 'new' {
  const alike = person.employment.filter(happensLike(event));
  const isKnown = alike.some(
    ({ detail, documentNumber }) =>
      detail === event.detail && (event.document === null || documentNumber === event.document),
  );
  if (isKnown) return 'known';
  return alike.find((row) => row.source === source) ?? 'new';
}

function eventText(
  event: { kind: string; detail: string | null; effectiveAt: number },
  timeZone: string,
): string {
  const detail = event.detail === null ? '' : ` (${event.detail})`;
  return `${event.kind}${detail} from ${formatDate(event.effectiveAt, timeZone)}`;
}

function employmentRow(personId: number, entry: StagedPerson, event: StagedEmployment, now: number) {
  return {
    personId,
    kind: event.kind,
    detail: event.detail,
    effectiveAt: event.effectiveAt,
    documentNumber: event.document,
    source,
    sourceKey: sourceKey(entry.staffCode, event),
    recordedAt: now,
  };
}

function columnsOf(entry: StagedPerson, unitId: number) {
  const { fullName, givenName, nameSearchKey, nameSortKey, kind, position } = entry;
  return { fullName, givenName, nameSearchKey, nameSortKey, kind, position, unitId };
}

async function writeChanged(
  db: Db,
  { entry, current, fields }: Changed<StagedPerson, KnownPerson>,
  unitIds: ReadonlyMap<string, number>,
  { now }: KindContext,
): Promise<void> {
  if (fields.some(({ field }) => field !== 'employment')) {
    await updatePerson(db, current.id, columnsOf(entry, mustGet(unitIds, entry.unit)));
  }
  for (const event of entry.employment) {
    const standing = findStanding(current, event);
    if (standing === 'known') continue;
    if (standing === 'new') await insertEmployment(db, [employmentRow(current.id, entry, event, now)]);
    else {
      await correctEmployment(db, standing.id, {
        detail: event.detail,
        documentNumber: event.document ?? standing.documentNumber,
      });
    }
  }
}

export const personKind = defineKind('person', {
  async load(db, entries): Promise<ReadonlyMap<string, KnownPerson>> {
    const people = await findPeople(
      db,
      entries.map(({ staffCode }) => staffCode),
    );
    const events = await findEmployment(
      db,
      people.map(({ id }) => id),
    );
    const byPerson = Map.groupBy(events, ({ personId }) => personId);
    return new Map(
      people.map((person) => [person.staffCode, { ...person, employment: byPerson.get(person.id) ?? [] }]),
    );
  },
  compare(current, entry, { timeZone }) {
    const { fields, field } = createComparison();
    field('fullName', current.fullName, entry.fullName);
    field('givenName', current.givenName, entry.givenName);
    field('unit', current.unit, entry.unit);
    field<string>('kind', current.kind, entry.kind);
    field('position', current.position, entry.position);
    for (const event of entry.employment) {
      const standing = findStanding(current, event);
      if (standing === 'known') continue;
      const before = standing === 'new' ? null : eventText(standing, timeZone);
      fields.push({ field: 'employment', before, after: eventText(event, timeZone) });
    }
    return fields;
  },
  async write(db, created, changed, context) {
    const { now } = context;
    const unitIds = await findUnitIds(
      db,
      [...created, ...changed.map(({ entry }) => entry)].map(({ unit }) => unit),
    );
    const ids = await insertPeople(
      db,
      created.map((entry) => ({
        staffCode: entry.staffCode,
        ...columnsOf(entry, mustGet(unitIds, entry.unit)),
        createdAt: now,
      })),
    );
    await insertEmployment(
      db,
      created.flatMap((entry) =>
        entry.employment.map((event) => employmentRow(mustGet(ids, entry.staffCode), entry, event, now)),
      ),
    );
    for (const change of changed) await writeChanged(db, change, unitIds, context);
    await bumpAccountsOfPeople(
      db,
      changed.map(({ current }) => current.id),
    );
  },
});
