// Personnel files as workbooks (XLSX): the first sheet, cells as text; dates only where the cell is a date.
import { OperatorError } from '../../../base/errors.ts';
import type { CsvFile, CsvRow } from './csv.ts';

const zipBegins = Buffer.from('PK\u0003\u0004', 'latin1');
const directoryEntry = Buffer.from('PK\u0001\u0002', 'latin1');
/** Octets of a workbook once unpacked: a small file can hold very many. */
const largestUnpacked = 256 * 1024 * 1024;

export function isWorkbook(octets: Buffer): boolean {
  return octets.subarray(0, zipBegins.length).equals(zipBegins);
}

/** What the archive's directory says that it holds (APPNOTE §4.3.12). */
function unpackedSize(octets: Buffer): number {
  let total = 0;
  for (let at = octets.indexOf(directoryEntry); at !== -1 && at + 46 <= octets.length; ) {
    total += octets.readUInt32LE(at + 24);
    at = octets.indexOf(directoryEntry, at + 46);
  }
  return total;
}

/** A date is a day; a date with a time says no zone, and is left for the row to be refused. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (!(cell instanceof Date)) return String(cell);
  if (Number.isNaN(cell.getTime())) return '';
  const [day = '', time = ''] = cell.toISOString().split('T');
  return time.startsWith('00:00:00') ? day : `${day}T${time.slice(0, 8)}`;
}

/** Rows of the first sheet; empty ones are left out. @throws OperatorError for what is no workbook, too large, or empty */
export async function parseWorkbook(octets: Buffer): Promise<CsvFile> {
  if (unpackedSize(octets) > largestUnpacked)
    throw new OperatorError('The workbook is too large once unpacked.', {
      at: 'FILE',
      vi: ['Bảng tính quá lớn.', 'Chia nhỏ, hoặc lưu thành CSV UTF-8.'],
      remedy: 'Split it, or save the sheet as "CSV UTF-8".',
    });
  const { readSheet } = await import('read-excel-file/node');
  let cells: readonly (readonly unknown[])[];
  try {
    cells = await readSheet(octets, 1);
  } catch (cause) {
    throw new OperatorError('The file is no workbook that can be read.', {
      at: 'FILE',
      vi: ['Không đọc được bảng tính.', 'Tệp có thể bị cắt: lưu lại thành XLSX hoặc CSV UTF-8.'],
      remedy: 'Nothing was done. It may have been cut: save it again as XLSX, or as "CSV UTF-8".',
      cause,
    });
  }
  const [heading, ...rows] = cells
    .map((row, index): CsvRow => ({ line: index + 1, fields: row.map(textOf) }))
    .filter(({ fields }) => fields.some((field) => field.trim() !== ''));
  if (heading === undefined)
    throw new OperatorError('The file is empty: it has not even a heading.', {
      at: 'FILE',
      vi: ['Tệp trống, không có cả dòng tiêu đề.', 'Xin lại tệp đầy đủ.'],
      remedy: 'Nothing was done. Ask the sender for the whole file.',
    });
  return { separator: ',', heading, rows, isEnded: true };
}

/** Rows as a workbook; every cell is text, so that none is taken for a formula. */
export async function writeWorkbook(rows: readonly (readonly string[])[]): Promise<Buffer> {
  const { default: writeExcelFile } = await import('write-excel-file/node');
  const cells = rows.map((row) => row.map((value) => ({ value, type: String })));
  return writeExcelFile(cells).toBuffer();
}
