// Pages of a list: a cursor is the place after the last row shown, opaque to whoever hands it back.
import { OperatorError } from '../base/errors.ts';

export interface PageOf<Row> {
  readonly items: readonly Row[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

type Place = readonly (string | number)[];

/** The place of a cursor, if it has the form that this list gives out. @throws OperatorError */
export function readCursor(cursor: string | undefined, form: readonly ('string' | 'number')[]): Place | null {
  if (cursor === undefined) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Array.isArray(value) &&
      value.length === form.length &&
      form.every((type, i) => typeof value[i] === type)
    ) {
      return value as Place;
    }
  } catch {
    // Refused below like any other text.
  }
  throw new OperatorError('This is no place in the list.', {
    at: 'cursor',
    vi: ['Vị trí trong danh sách không hợp lệ.', 'Tải lại danh sách từ đầu.'],
    remedy: 'Take it from `next` of the page before, or leave it out to begin again.',
  });
}

export function encodeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** A page of `limit` rows from one more than that. */
export function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => Place): PageOf<Row> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return { items, next: isMore ? encodeCursor(placeOf(last)) : null };
}
