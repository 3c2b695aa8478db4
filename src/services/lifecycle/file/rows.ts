// Rows of a personnel file as events, each with its fault if it has one.
import { OperatorError } from '../../../base/errors.ts';
import { parseTermDate } from '../../../core/dates.ts';
import { findEventFault } from '../../../core/lifecycle.ts';
import type { EventFault } from '../../../core/lifecycle-texts.ts';
import type { ReportedEvent } from '../record.ts';
import { type Column, type Columns, findDetailOfWord, findKindOfWord, findPersonKind } from './columns.ts';
import { type CsvRow, rearmed } from './csv.ts';
import { looksLegacy } from './decode.ts';

/** What rows are read with. */
export interface RowContext {
  readonly columns: Columns;
  readonly headingLength: number;
  readonly timeZone: string;
  /** Ids of units by their codes. */
  readonly units: ReadonlyMap<string, number>;
}

export interface ReadRow {
  readonly event: ReportedEvent;
  /** As the file says; null: it says none. */
  readonly fullName: string | null;
}

const longestField = 300;

/** The event of a row, or its fault. */
export function readRow(row: CsvRow, context: RowContext): ReadRow | EventFault {
  const { columns, headingLength, timeZone, units } = context;
  if (row.fields.length !== headingLength) return 'fields-missing';
  const value = (column: Column): string => {
    const index = columns.at.get(column);
    const text = index === undefined ? '' : (row.fields[index] ?? '');
    return rearmed(text).normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  };
  if (row.fields.some((field) => field.length > longestField)) return 'too-long';
  // Before anything else: in an old encoding no other fault would mean anything.
  const texts: readonly Column[] = ['fullName', 'kind', 'detail', 'position'];
  if (texts.some((column) => looksLegacy(value(column)))) return 'legacy-encoding';
  const staffCode = value('staffCode');
  if (staffCode === '') return 'staff-code-missing';
  const word = findKindOfWord(value('kind'));
  if (word === null) return 'kind-unknown';
  const [kind, meant] = word;
  const given = value('detail') === '' ? null : findDetailOfWord(value('detail'));
  if (meant !== null && given !== null && given !== meant) return 'detail-unknown';
  if (value('effectiveAt') === '') return 'date-missing';
  const dates = readDates(
    [
      [value('effectiveAt'), 'from'],
      [value('endsAt'), 'until'],
      [value('keepUntil'), 'until'],
    ],
    timeZone,
  );
  if (dates === null) return 'date-wrong';
  const [effectiveAt = null, endsAt = null, keepUntil = null] = dates;
  if (effectiveAt === null) return 'date-missing';
  const unitCode = value('unit');
  const unitId = unitCode === '' ? null : (units.get(unitCode) ?? 'unknown');
  if (unitId === 'unknown') return 'unit-unknown';
  const personKind = value('personKind') === '' ? 'civil-servant' : findPersonKind(value('personKind'));
  if (personKind === null) return 'person-kind-unknown';
  const fullName = value('fullName') === '' ? null : value('fullName');
  const detail = meant ?? given;
  const event: ReportedEvent = {
    staffCode,
    kind,
    detail,
    effectiveAt,
    endsAt,
    keepUntil,
    unitId,
    documentNumber: value('documentNumber') === '' ? null : value('documentNumber'),
    sourceKey:
      value('eventId') === ''
        ? [staffCode, kind, detail ?? '', effectiveAt, endsAt ?? '', keepUntil ?? '', unitCode].join('|')
        : `id|${value('eventId')}`,
    person:
      kind === 'hired' && fullName !== null && unitId !== null
        ? {
            fullName,
            unitId,
            kind: personKind,
            position: value('position') === '' ? null : value('position'),
          }
        : null,
  };
  return findEventFault(event) ?? { event, fullName };
}

/** The instants of dates as written, null for none; null when one of them is no date. */
function readDates(
  written: readonly (readonly [string, 'from' | 'until'])[],
  timeZone: string,
): (number | null)[] | null {
  try {
    return written.map(([text, kind]) => (text === '' ? null : parseTermDate(text, kind, timeZone)));
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}
