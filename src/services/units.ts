// Finding the unit that an administrator means.
import { OperatorError } from '../base/errors.ts';
import { nearestName } from '../base/nearest.ts';
import { findUnitByCode, listUnitCodes, type UnitRow } from '../store/queries/units.ts';
import type { Store } from '../store/store.ts';

/** @throws OperatorError that names the nearest code, when there is no such unit */
export async function getUnit(store: Pick<Store, 'read'>, code: string, at = '--unit'): Promise<UnitRow> {
  const wanted = code.trim().normalize('NFC');
  const unit = await store.read((db) => findUnitByCode(db, wanted));
  if (unit !== null) return unit;
  const similar = nearestName(wanted, await store.read(listUnitCodes));
  throw new OperatorError(`There is no unit ${wanted}.`, {
    at,
    fault: 'not-found',
    vi: [
      `Không có đơn vị ${wanted}.`,
      similar === null ? 'Chọn mã đơn vị trong danh sách.' : `Có phải ${similar} không?`,
    ],
    remedy:
      similar === null ? 'Give the code of a unit, as in the organisation file.' : `Did you mean ${similar}?`,
  });
}
