// Written assignments.
import { formatDate, formatMoment } from '../../../core/dates.ts';
import {
  type AssignmentRow,
  findAssignments,
  insertAssignments,
  updateAssignment,
} from '../../../store/queries/import/assignments.ts';
import { findUnitIds } from '../../../store/queries/import/units.ts';
import { assignmentKey, type StagedAssignment } from '../staged.ts';
import { createComparison, defineKind, mustGet } from './kind.ts';

function columnsOf(entry: StagedAssignment) {
  const { documentDate, signatory, purpose, dataScope, validFrom, validUntil } = entry;
  return { documentDate, signatory, purpose, dataScope, validFrom, validUntil };
}

export const assignmentKind = defineKind('assignment', {
  async load(db, entries): Promise<ReadonlyMap<string, AssignmentRow>> {
    const rows = await findAssignments(
      db,
      entries.map(({ number }) => number),
    );
    return new Map(rows.map((row) => [assignmentKey(row.documentNumber, row.unit), row]));
  },
  compare(current, entry, { timeZone }) {
    const { fields, field } = createComparison();
    field('date', current.documentDate, entry.documentDate, (at) => formatDate(at, timeZone));
    field('signatory', current.signatory, entry.signatory);
    field('purpose', current.purpose, entry.purpose);
    field('dataScope', current.dataScope, entry.dataScope);
    field('validFrom', current.validFrom, entry.validFrom, (at) => formatMoment(at, 'from', timeZone));
    field<number | null>('validUntil', current.validUntil, entry.validUntil, (at) =>
      at === null ? null : formatMoment(at, 'until', timeZone),
    );
    return fields;
  },
  async write(db, created, changed) {
    const unitIds = await findUnitIds(
      db,
      created.map(({ unit }) => unit),
    );
    await insertAssignments(
      db,
      created.map((entry) => ({
        documentNumber: entry.number,
        unitId: mustGet(unitIds, entry.unit),
        ...columnsOf(entry),
      })),
    );
    for (const { entry, current } of changed) await updateAssignment(db, current.id, columnsOf(entry));
  },
});
