// The roll-out: how far each unit has got, and who is missing, as figures and as a file for spreadsheets.
import {
  countPeopleOfUnits,
  countRollout,
  listRolloutOfUnits,
  type RolloutRow,
  type RolloutState,
  rolloutStates,
} from '../../store/queries/slips.ts';
import type { Store } from '../../store/store.ts';
import { csvLines, writeCsv } from '../lifecycle/file/csv.ts';

export interface UnitRollout {
  readonly unitId: number;
  readonly unitCode: string;
  readonly unitName: string;
  readonly counts: Readonly<Record<RolloutState, number>>;
  readonly total: number;
}

interface RolloutDeps {
  readonly store: Pick<Store, 'read'>;
  readonly now: number;
}

/** Figures by unit, of accounts that are not withdrawn; units without any are left out. */
export async function rolloutByUnit(
  { store, now }: RolloutDeps,
  scope: readonly string[] | null,
): Promise<UnitRollout[]> {
  const rows = await store.read((db) => countRollout(db, scope, now));
  const units = new Map<number, UnitRollout>();
  for (const { unitId, unitCode, unitName, state, count } of rows) {
    const zero = Object.fromEntries(rolloutStates.map((name) => [name, 0])) as UnitRollout['counts'];
    const unit = units.get(unitId) ?? { unitId, unitCode, unitName, counts: zero, total: 0 };
    const counts = { ...unit.counts, [state]: unit.counts[state] + count };
    units.set(unitId, { ...unit, counts, total: unit.total + count });
  }
  return [...units.values()];
}

const stateTexts: Readonly<Record<RolloutState, string>> = {
  'not-printed': 'chưa in phiếu',
  printed: 'đã in, chưa giao',
  'handed-over': 'đã giao, chưa kích hoạt',
  activated: 'đã kích hoạt, chưa đăng nhập lần đầu',
  'logged-in': 'đã đăng nhập',
};

/** Rows of one portion: a few milliseconds' work. */
const portionRows = 500;
const headings = ['Mã đơn vị', 'Đơn vị', 'Họ và tên', 'Mã CCVC', 'Chức vụ', 'Tên đăng nhập', 'Tình trạng'];

/** Units one after the other, taken together as long as they have no more people than a portion has rows. */
function together(units: readonly { readonly unitId: number; readonly people: number }[]): number[][] {
  const groups: number[][] = [];
  let room = 0;
  for (const { unitId, people } of units) {
    if (people > room) {
      groups.push([]);
      room = portionRows;
    }
    groups.at(-1)?.push(unitId);
    room -= people;
  }
  return groups;
}

/**
 * Who has not logged in yet, by unit and name, in portions: CSV with a byte order mark; no cell is taken for a formula. Each portion is
 * of the moment at which it is read.
 */
export async function* missingCsv(
  { store, now }: RolloutDeps,
  scope: readonly string[] | null,
): AsyncGenerator<string, void, undefined> {
  const states = rolloutStates.filter((state) => state !== 'logged-in');
  yield writeCsv([headings], ',');
  for (const unitIds of together(await store.read((db) => countPeopleOfUnits(db, scope)))) {
    let rows: readonly RolloutRow[] = [];
    do {
      const after = rows.at(-1) ?? null;
      rows = await store.read((db) =>
        listRolloutOfUnits(db, { unitIds, states, after, limit: portionRows, now }),
      );
      yield csvLines(rows.map(cellsOf), ',');
    } while (rows.length === portionRows);
  }
}

const cellsOf = (row: RolloutRow) => [
  row.unitCode,
  row.unitName,
  row.fullName,
  row.staffCode,
  row.position ?? '',
  row.userName,
  stateTexts[row.state],
];
