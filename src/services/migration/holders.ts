// Whose accounts they are: what no older system knows and no account can be without (a person, a term, a written assignment).
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import { nameSearchKey } from '../../core/names.ts';
import { parseCsv } from '../lifecycle/file/csv.ts';
import { decodeText } from '../lifecycle/file/decode.ts';

export interface Holder {
  /** Line of the file. */
  readonly line: number;
  /** How the older system calls the user. */
  readonly source: string;
  readonly userName: string;
  readonly staffCode: string;
  /** Dates as written; the import reads them. Empty: not given. */
  readonly validFrom: string;
  readonly validUntil: string;
  readonly assignments: readonly string[];
  readonly unit: string;
  readonly assetTag: string;
}

const columns = [
  'source',
  'userName',
  'staffCode',
  'validFrom',
  'validUntil',
  'assignments',
  'unit',
  'assetTag',
] as const;
type Column = (typeof columns)[number];
const required: readonly Column[] = ['userName', 'staffCode', 'validFrom'];

const key = (text: string) => nameSearchKey(text).replaceAll(/[^a-z0-9]/g, '');

/** Reads the CSV file of holders. @throws OperatorError that names the line and column */
export function readHolders(octets: Buffer): readonly Holder[] {
  const { heading, rows } = parseCsv(decodeText(octets));
  const at = new Map<Column, number>();
  for (const [index, title] of heading.fields.entries()) {
    const column = columns.find((name) => key(name) === key(title));
    if (column !== undefined) at.set(column, index);
    else if (title.trim() !== '') {
      const nearest = nearestName(title, columns);
      throw new OperatorError(`There is no column ${JSON.stringify(title)}.`, {
        at: `line ${heading.line}`,
        remedy: nearest === null ? `Known are ${columns.join(', ')}.` : `Did you mean ${nearest}?`,
      });
    }
  }
  const missing = required.filter((column) => !at.has(column));
  if (missing.length > 0) {
    throw new OperatorError(`The heading lacks ${missing.join(', ')}.`, {
      at: `line ${heading.line}`,
      remedy: `The first line names the columns: ${columns.join(', ')}.`,
    });
  }
  const seen = new Map<string, number>();
  return rows.map(({ line, fields }) => {
    const field = (column: Column) => (fields[at.get(column) ?? -1] ?? '').trim();
    const empty = required.find((column) => field(column) === '');
    if (empty !== undefined) {
      throw new OperatorError(`line ${line}: ${empty} is empty.`, {
        at: `line ${line}`,
        remedy: 'Fill it in, or leave the whole row out.',
      });
    }
    const source = field('source') || field('userName');
    const earlier = seen.get(source.toLowerCase());
    if (earlier !== undefined) {
      throw new OperatorError(`line ${line}: the user of line ${earlier} stands here again.`, {
        at: `line ${line}`,
        remedy: 'Keep one row for each user of the older system.',
      });
    }
    seen.set(source.toLowerCase(), line);
    return {
      line,
      source,
      userName: field('userName'),
      staffCode: field('staffCode'),
      validFrom: field('validFrom'),
      validUntil: field('validUntil'),
      assignments: field('assignments')
        .split('|')
        .map((number) => number.trim())
        .filter((number) => number !== ''),
      unit: field('unit'),
      assetTag: field('assetTag'),
    };
  });
}

/** By the names that the older system has for them; case does not count. */
export function holdersBySource(holders: readonly Holder[]): ReadonlyMap<string, Holder> {
  return new Map(holders.map((holder) => [holder.source.toLowerCase(), holder]));
}
