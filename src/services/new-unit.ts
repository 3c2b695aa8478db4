// A unit put into the tree by hand, below another.
import { OperatorError } from '../base/errors.ts';
import { nameSearchKey } from '../core/names.ts';
import { bumpSettingsVersion } from '../store/queries/settings.ts';
import { isCodeTaken } from '../store/queries/unit-events.ts';
import { insertUnit } from '../store/queries/units.ts';
import { type AdministrationDeps, checkText, recordAct } from './administration.ts';
import { getUnit } from './units.ts';

export interface NewUnit {
  readonly code: string;
  readonly name: string;
  /** Code of the unit above. */
  readonly parent: string;
}

/** No unit has the id: the code must be free of all of them. */
const none = 0;

/** @throws OperatorError that names the field: a code that is taken, a parent that is closed or is not there */
export async function addUnit(deps: AdministrationDeps, order: NewUnit): Promise<{ readonly id: number }> {
  const { store, clock, by } = deps;
  const code = checkText(order.code, 'code', 64);
  const name = checkText(order.name, 'name', 300);
  const parent = await getUnit(store, order.parent, 'parent');
  if (parent.closedAt !== null) {
    throw new OperatorError(`The unit ${parent.code} is closed.`, {
      at: 'parent',
      remedy: 'Choose a unit that is there.',
      vi: [`Đơn vị ${parent.code} đã giải thể hoặc sáp nhập.`, 'Chọn đơn vị đang hoạt động.'],
    });
  }
  return await store.write(async (db) => {
    if (await isCodeTaken(db, code, none)) {
      throw new OperatorError(`The code ${code} is another unit's.`, {
        at: 'code',
        fault: 'conflict',
        remedy: 'Give another code.',
        vi: [`Mã ${code} là của đơn vị khác.`, 'Nhập mã khác.'],
      });
    }
    const id = await insertUnit(db, {
      code,
      name,
      nameSearchKey: nameSearchKey(name),
      parentId: parent.id,
    });
    // Policies go by the tree.
    await bumpSettingsVersion(db);
    await recordAct(db, by, {
      verb: 'unit.add',
      at: clock.now(),
      body: { unit: code, name, parent: parent.code },
    });
    return { id };
  });
}
