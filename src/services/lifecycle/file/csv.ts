// Comma-separated values, RFC 4180, with the separators that spreadsheets really use.
import { OperatorError } from '../../../base/errors.ts';

export interface CsvRow {
  /** Line of the file where the row begins. */
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvFile {
  readonly separator: string;
  readonly heading: CsvRow;
  readonly rows: readonly CsvRow[];
  /** Whether the last row is: where it is not, the file may have been cut in it. */
  readonly isEnded: boolean;
}

const separators = [',', ';', '\t'];

/** Rows of a text; empty lines are left out. @throws OperatorError for an open quote, which a cut file leaves behind, or no heading */
export function parseCsv(text: string): CsvFile {
  const firstLine = /^[^\r\n]*/.exec(text.trimStart())?.[0] ?? '';
  const counted = separators.map((separator) => ({ separator, count: firstLine.split(separator).length }));
  const best = counted.reduce((a, b) => (b.count > a.count ? b : a));
  const [heading, ...rows] = readRows(text, best.separator);
  if (heading === undefined) {
    throw new OperatorError('The file is empty: it has not even a heading.', {
      at: 'FILE',
      vi: ['Tệp trống, không có cả dòng tiêu đề.', 'Xin lại tệp đầy đủ.'],
      remedy: 'Nothing was done. Ask the sender for the whole file.',
    });
  }
  return { separator: best.separator, heading, rows, isEnded: /[\r\n]\s*$/.test(text) };
}

function readRows(text: string, separator: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let field = '';
  let line = 1;
  let startLine = 1;
  let quotedSince: number | null = null;
  const endField = () => {
    fields.push(field);
    field = '';
  };
  const endRow = () => {
    endField();
    if (fields.some((value) => value.trim() !== '')) rows.push({ line: startLine, fields });
    fields = [];
    startLine = line;
  };
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\n') line += 1;
    if (quotedSince !== null) {
      if (character !== '"') field += character;
      else if (text.charAt(i + 1) === '"') {
        field += '"';
        i += 1;
      } else quotedSince = null;
    } else if (character === '"' && field.trim() === '') {
      field = '';
      quotedSince = line;
    } else if (character === separator) endField();
    else if (character === '\n') endRow();
    else if (character !== '\r') field += character;
    else if (text.charAt(i + 1) !== '\n') {
      line += 1;
      endRow();
    }
  }
  if (quotedSince !== null) {
    throw new OperatorError(`The quote that opens in line ${quotedSince} is not closed.`, {
      at: `line ${quotedSince}`,
      vi: [
        `Dấu ngoặc kép mở ở dòng ${quotedSince} không được đóng.`,
        'Tệp có thể bị cắt: xin lại tệp đầy đủ, hoặc đóng dấu ngoặc kép.',
      ],
      remedy: 'Nothing was done. The file may have been cut: ask for the whole one, or close the quote.',
    });
  }
  if (field !== '' || fields.length > 0) endRow();
  return rows;
}

/** What a spreadsheet takes for a formula, and runs: by its first character (OWASP, CSV Injection). */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** What was written with an apostrophe before it, as it was. */
export function rearmed(text: string): string {
  return text.startsWith("'") && formula.test(text.slice(1)) ? text.slice(1) : text;
}

/** Rows as text: lines ended with CR LF. A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvLines(rows: readonly (readonly string[])[], separator: string): string {
  const written = (text: string) => {
    const value = formula.test(text) ? `'${text}` : text;
    return value.includes(separator) || /["\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return rows.map((fields) => `${fields.map(written).join(separator)}\r\n`).join('');
}

/** A whole file for spreadsheets: `csvLines` after a byte order mark. */
export function writeCsv(rows: readonly (readonly string[])[], separator: string): string {
  return `\ufeff${csvLines(rows, separator)}`;
}
