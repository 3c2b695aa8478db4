// A person entered by hand: one whom no source of personnel data tells of, such as an external.
import { OperatorError } from '../base/errors.ts';
import { type Reach, reaches } from '../core/permissions.ts';
import { findPersonByStaffCode } from '../store/queries/people.ts';
import { dateOf } from './accounts/standing.ts';
import { checkText, readOrganisation } from './administration.ts';
import { type LifecycleDeps, recordEvents } from './lifecycle/record.ts';
import { getUnit } from './units.ts';

export interface NewPerson {
  readonly staffCode: string;
  readonly fullName: string;
  readonly kind: 'civil-servant' | 'public-employee' | 'worker' | 'external';
  readonly position?: string;
  /** Code. */
  readonly unit: string;
  /** First day of the employment, or of the contract. */
  readonly from: string;
  readonly documentNumber: string;
}

/**
 * Enters a person with the beginning of the employment, as one personnel event. `reach`: units that whoever acts looks after.
 * @throws OperatorError that names the field: a staff code that somebody has, a unit out of reach, a day that is none
 */
export async function addPerson(
  deps: LifecycleDeps & { readonly reach: Reach },
  order: NewPerson,
): Promise<{ readonly id: number }> {
  const { store, reach } = deps;
  const staffCode = checkText(order.staffCode, 'staffCode', 64);
  const fullName = checkText(order.fullName, 'fullName', 200);
  const documentNumber = checkText(order.documentNumber, 'documentNumber', 100);
  const position = order.position === undefined ? null : checkText(order.position, 'position', 200);
  const { timeZone } = await readOrganisation(store);
  const effectiveAt = dateOf(order.from, 'from', timeZone, 'from');
  const unit = await getUnit(store, order.unit, 'unit');
  if (unit.closedAt !== null || !reaches(reach, unit.path)) {
    throw new OperatorError('There is no such unit.', {
      at: 'unit',
      fault: 'not-found',
      remedy: 'Choose a unit that you look after.',
      vi: ['Không có đơn vị này.', 'Chọn đơn vị thuộc phạm vi quản lý.'],
    });
  }
  const find = () => store.read((db) => findPersonByStaffCode(db, staffCode));
  if ((await find()) !== null) throw taken(staffCode);
  const [result] = await recordEvents(deps, { kind: 'person', name: 'command-line' }, [
    {
      staffCode,
      kind: 'hired',
      detail: null,
      effectiveAt,
      endsAt: null,
      keepUntil: null,
      unitId: null,
      documentNumber,
      sourceKey: [staffCode, documentNumber, 'hired', '', effectiveAt, '', '', ''].join('|'),
      person: { fullName, unitId: unit.id, kind: order.kind, position },
    },
  ]);
  // Somebody else has entered the same code at the same moment.
  if (result?.outcome !== 'applied' && result?.outcome !== 'scheduled') throw taken(staffCode);
  const person = await find();
  if (person === null) throw new Error('a person was not made');
  return { id: person.id };
}

function taken(staffCode: string): OperatorError {
  return new OperatorError(`Somebody has the staff code ${staffCode}.`, {
    at: 'staffCode',
    fault: 'conflict',
    remedy: 'Search for it in People; whoever comes back to work is entered as a personnel event.',
    vi: [
      `Đã có người mang mã CCVC ${staffCode}.`,
      'Tìm trong danh sách người; người trở lại làm việc thì nhập biến động nhân sự.',
    ],
  });
}
