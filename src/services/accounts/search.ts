// Lists of accounts for the console.
import { OperatorError } from '../../base/errors.ts';
import { wordsOf } from '../../core/names.ts';
import { type Reach, reaches } from '../../core/permissions.ts';
import { searchAccounts } from '../../store/queries/account-search/search.ts';
import type { AccountListState } from '../../store/queries/account-state.ts';
import type { Attention } from '../../store/queries/attention.ts';
import { findUnits } from '../../store/queries/units.ts';
import type { Store } from '../../store/store.ts';
import { encodeCursor, readCursor } from '../page.ts';

interface AccountFilter {
  readonly q?: string;
  readonly state?: AccountListState;
  readonly unit?: number;
  readonly expiringDays?: number;
  readonly incomplete?: 'workstation' | 'authenticator' | 'assignment';
  readonly attention?: Attention;
}

interface SearchDeps {
  readonly store: Pick<Store, 'read'>;
  readonly now: number;
  readonly reach: Reach;
}

const day = 86_400_000;
/** More words say no more. */
const mostWords = 6;

function textOf(q: string | undefined) {
  const literal = (q ?? '').trim().normalize('NFC');
  if (literal === '') return null;
  return {
    words: wordsOf(literal).slice(0, mostWords),
    staffCode: literal,
    userName: literal.toLowerCase(),
    match: 'whole' as const,
  };
}

/** What a row is called by its own columns. */
function stateOf(
  row: { status: string; suspendedDetail: string | null; validFrom: number; validUntil: number },
  now: number,
): AccountListState {
  if (row.status === 'pending' || row.status === 'withdrawn') return row.status;
  if (row.suspendedDetail !== null) return 'suspended';
  if (row.validUntil <= now) return 'expired';
  return row.validFrom > now ? 'not-yet-valid' : 'valid';
}

/** One page of accounts within reach. @throws OperatorError for a unit outside it, or a cursor of another list */
export async function findAccountPage(
  { store, now, reach }: SearchDeps,
  filter: AccountFilter,
  page: { readonly cursor?: string; readonly limit: number },
) {
  const { q, state = null, unit, expiringDays, incomplete = null, attention = null } = filter;
  const unitPath = unit === undefined ? null : await unitPathOf(store, reach, unit);
  const place = readCursor(page.cursor, ['string', 'number', 'number']);
  const after =
    place === null
      ? null
      : { nameSortKey: String(place[0]), personId: Number(place[1]), accountId: Number(place[2]) };
  const search = {
    scope: reach,
    unitPath,
    text: textOf(q),
    state,
    expiringBefore: expiringDays === undefined ? null : now + expiringDays * day,
    lacks: incomplete,
    attention,
    now,
  };
  const { rows, next, total } = await store.read((db) =>
    searchAccounts(db, search, { after, limit: page.limit }),
  );
  return {
    items: rows.map(({ unitId, unitCode, unitName, nameSortKey: _, personId: __, status, ...row }) => ({
      ...row,
      unit: { id: unitId, code: unitCode, name: unitName },
      state: stateOf({ ...row, status }, now),
    })),
    next: next === null ? null : encodeCursor([next.nameSortKey, next.personId, next.accountId]),
    total,
  };
}

/** The path of a unit within reach. @throws OperatorError when there is none there */
async function unitPathOf(store: Pick<Store, 'read'>, reach: Reach, unitId: number): Promise<string> {
  const unit = (await store.read((db) => findUnits(db, [unitId]))).get(unitId);
  if (unit !== undefined && reaches(reach, unit.path)) return unit.path;
  throw new OperatorError('There is no such unit.', {
    at: 'unit',
    vi: ['Không có đơn vị này.', 'Chọn đơn vị thuộc phạm vi quản lý.'],
    remedy: 'Choose a unit that you look after.',
    fault: 'not-found',
  });
}
