// Import of a personnel file: read whole, every row judged, the sound ones recorded in writes of a few at a time.
import { OperatorError } from '../../../base/errors.ts';
import type { EventFault } from '../../../core/lifecycle-texts.ts';
import { nameSearchKey } from '../../../core/names.ts';
import { findUnitIds } from '../../../store/queries/import/units.ts';
import { findFullNames } from '../../../store/queries/lifecycle.ts';
import { readOrganisation } from '../../administration.ts';
import { getSource, type LifecycleDeps, mostEvents, recordEvents } from '../record.ts';
import { findColumns, findFaultColumn } from './columns.ts';
import { type CsvFile, parseCsv, writeCsv } from './csv.ts';
import { decodeText } from './decode.ts';
import { type ReadRow, readRow } from './rows.ts';
import { isWorkbook, parseWorkbook, writeWorkbook } from './xlsx.ts';

/** Octets of the largest file taken: several hundred thousand rows. */
export const largestFile = 32 * 1024 * 1024;

export interface FileReport {
  readonly dryRun: boolean;
  readonly rows: number;
  readonly applied: number;
  readonly scheduled: number;
  readonly held: number;
  /** Recorded before, or known from another source. */
  readonly same: number;
  /** Line, place among the rows, and fault of each row that was left out. */
  readonly rejected: readonly { readonly line: number; readonly row: number; readonly fault: EventFault }[];
  /** Headings that mean nothing here. */
  readonly ignoredColumns: readonly string[];
}

export interface FileInput {
  readonly octets: Buffer;
  readonly source: string;
  /** Headings by the names of the columns (file/columns.ts). */
  readonly mapping?: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

interface Sound extends ReadRow {
  readonly line: number;
  readonly row: number;
}

/**
 * Imports a file of events for a source. A row with a fault is left out and named; the others are recorded in the order of the
 * file, unless the fault is half a last row. A file sent again, whole or after a break, records only what is new. Nobody is withdrawn for not being in the file.
 * @throws OperatorError for a file that can't be read at all, an unknown source, or when stopped by `signal`
 */
export async function importLifecycleFile(deps: LifecycleDeps, input: FileInput): Promise<FileReport> {
  const { store } = deps;
  const { source, dryRun, signal, progress } = input;
  await getSource(store, source);
  const file = await parseFile(input.octets);
  const columns = findColumns(file.heading.fields, input.mapping);
  const { timeZone } = await readOrganisation(store);
  const unitAt = columns.at.get('unit');
  const codes = new Set(
    unitAt === undefined ? [] : file.rows.map(({ fields }) => (fields[unitAt] ?? '').normalize('NFC').trim()),
  );
  const context = {
    columns,
    headingLength: file.heading.fields.length,
    timeZone,
    units: await readUnits(deps, [...codes]),
  };
  const rejected: FileReport['rejected'][number][] = [];
  const sound: Sound[] = [];
  for (const [row, csvRow] of file.rows.entries()) {
    const read = readRow(csvRow, context);
    if (typeof read === 'string') rejected.push({ line: csvRow.line, row, fault: read });
    else sound.push({ ...read, line: csvRow.line, row });
  }
  await refuseBrokenOff(deps, file, sound);
  const counts = { applied: 0, scheduled: 0, held: 0, same: 0 };
  const perCall = dryRun ? Math.max(1, sound.length) : mostEvents;
  for (let at = 0; at < sound.length; at += perCall) {
    if (signal.aborted) {
      throw new OperatorError(`The import was stopped after ${at} of ${sound.length} rows.`, {
        remedy: 'Import the same file again: what was recorded is not recorded twice.',
      });
    }
    const some = await withoutWrongNames(deps, sound.slice(at, at + perCall), rejected);
    const results = await recordEvents(
      deps,
      { kind: 'feed', name: source },
      some.map(({ event }) => event),
      { dryRun },
    );
    for (const [index, result] of results.entries()) {
      const row = some[index];
      if (row === undefined) continue;
      if (result.outcome === 'refused') rejected.push({ line: row.line, row: row.row, fault: result.fault });
      else counts[result.outcome === 'known' ? 'same' : result.outcome] += 1;
    }
    progress(Math.min(at + perCall, sound.length), sound.length);
  }
  return {
    dryRun,
    rows: file.rows.length,
    ...counts,
    rejected: rejected.sort((a, b) => a.row - b.row),
    ignoredColumns: columns.ignored,
  };
}

async function readUnits(
  { store }: LifecycleDeps,
  codes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const units = new Map<string, number>();
  for (let at = 0; at < codes.length; at += 1_000) {
    const some = await store.read((db) => findUnitIds(db, codes.slice(at, at + 1_000)));
    for (const [code, id] of some) units.set(code, id);
  }
  return units;
}

/** A name that is not that of the staff code's holder means that one of them is wrong: neither is guessed. */
async function withoutWrongNames(
  { store }: LifecycleDeps,
  rows: readonly Sound[],
  rejected: FileReport['rejected'][number][],
): Promise<readonly Sound[]> {
  const named = rows.filter(({ fullName }) => fullName !== null);
  if (named.length === 0) return rows;
  const known = await store.read((db) =>
    findFullNames(
      db,
      named.map(({ event }) => event.staffCode),
    ),
  );
  const names = new Map([...known].map(([staffCode, fullName]) => [staffCode, nameSearchKey(fullName)]));
  return rows.filter(({ event: { staffCode, person }, fullName, line, row }) => {
    if (fullName === null) return true;
    const name = nameSearchKey(fullName);
    // Whom a row before hires has that row's name.
    if (person !== null && !names.has(staffCode)) names.set(staffCode, name);
    if ((names.get(staffCode) ?? name) === name) return true;
    rejected.push({ line, row, fault: 'name-differs' });
    return false;
  });
}

/** A last row that is neither ended nor sound: whoever wrote the file, or the way here, stopped in the middle. */
async function refuseBrokenOff(
  deps: LifecycleDeps,
  { rows, isEnded }: CsvFile,
  sound: readonly Sound[],
): Promise<void> {
  const [last, read] = [rows.at(-1), sound.at(-1)];
  if (isEnded || last === undefined) return;
  if (read?.line === last.line && (await withoutWrongNames(deps, [read], [])).length > 0) return;
  throw new OperatorError(`The file breaks off in line ${last.line}.`, {
    at: `line ${last.line}`,
    vi: [`Tệp bị cắt ngang ở dòng ${last.line}.`, 'Xin lại tệp đầy đủ.'],
    remedy: 'Nothing was done. Ask the sender for the whole file.',
  });
}

function parseFile(octets: Buffer): Promise<CsvFile> {
  return isWorkbook(octets) ? parseWorkbook(octets) : Promise.resolve(parseCsv(decodeText(octets)));
}

/** How a file of rejected rows is called and sent: as the file that they come from. */
export function formatOf(octets: Buffer): { readonly extension: string; readonly mediaType: string } {
  return isWorkbook(octets)
    ? {
        extension: 'xlsx',
        mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      }
    : { extension: 'csv', mediaType: 'text/csv; charset=utf-8' };
}

/** Heading of the column that says what is wrong. */
export const rejectedTitle = { vi: 'Lý do không nhận', en: 'Why it was left out' } as const;

/** The rows left out, as a file to correct and load again: the input with one more column that says what is wrong. */
export async function rejectedRows(
  octets: Buffer,
  rejected: FileReport['rejected'],
  fault: { readonly title: string; readonly text: (fault: EventFault) => string },
): Promise<Buffer> {
  const file = await parseFile(octets);
  const before = findFaultColumn(file.heading.fields);
  const width = file.heading.fields.length;
  const without = (fields: readonly string[]) => {
    const padded = [...fields, ...Array.from({ length: Math.max(0, width - fields.length) }, () => '')];
    return before === undefined ? padded : padded.filter((_, index) => index !== before);
  };
  const rows = rejected.flatMap((one) => {
    const row = file.rows[one.row];
    return row === undefined ? [] : [[...without(row.fields), fault.text(one.fault)]];
  });
  const all = [[...without(file.heading.fields), fault.title], ...rows];
  return isWorkbook(octets) ? await writeWorkbook(all) : Buffer.from(writeCsv(all, file.separator));
}
