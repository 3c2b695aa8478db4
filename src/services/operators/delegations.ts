// Delegation: a head of unit lets an operator act for them, from a day to a day, by a document.
import { type Reach, reaches } from '../../core/permissions.ts';
import { listDelegations, revokeOperatorRole } from '../../store/queries/operator-list.ts';
import { findOperatorOfPerson, insertOperatorRole, listRolesInForce } from '../../store/queries/operators.ts';
import { findPersonByStaffCode } from '../../store/queries/people.ts';
import type { Db } from '../../store/tables.ts';
import { dateOf } from '../accounts/standing.ts';
import {
  type AdministrationDeps,
  checkReason,
  checkText,
  readOrganisation,
  recordAct,
  refuse,
} from '../administration.ts';
import { getUnit } from '../units.ts';

export interface DelegationDeps extends AdministrationDeps {
  /** Where the order may have effect. */
  readonly reach: Reach;
  readonly actorPersonId: number;
}

async function personOf(db: Db, staffCode: string, at: string): Promise<number> {
  const person = await findPersonByStaffCode(db, staffCode.trim().normalize('NFC'));
  if (person !== null) return person.id;
  return refuse(
    at,
    ['Nobody has this staff code.', 'Choose a person.'],
    ['Không có ai mang mã CCVC này.', 'Chọn người trong danh sách.'],
    'not-found',
  );
}

/**
 * Delegates the head's role of a unit. The head holds it themselves; without one named it is whoever orders.
 * @throws OperatorError that names the field
 */
export async function addDelegation(
  deps: DelegationDeps,
  order: {
    /** Staff codes. */
    readonly head?: string;
    readonly delegate: string;
    readonly unit: string;
    readonly from: string;
    readonly until: string;
    readonly documentNumber: string;
  },
): Promise<{ readonly id: number }> {
  const { store, clock, by, reach, actorPersonId } = deps;
  const documentNumber = checkText(order.documentNumber, 'documentNumber', 100);
  const { timeZone } = await readOrganisation(store);
  const now = clock.now();
  const validFrom = dateOf(order.from, 'from', timeZone, 'from');
  const validUntil = dateOf(order.until, 'until', timeZone, 'until');
  if (validUntil <= Math.max(now, validFrom)) {
    refuse(
      'until',
      ['The delegation would end before it begins.', 'Give a later day.'],
      ['Ủy quyền kết thúc trước khi bắt đầu.', 'Chọn ngày cuối muộn hơn.'],
    );
  }
  const unit = await getUnit(store, order.unit, 'unit');
  if (!reaches(reach, unit.path)) {
    refuse(
      'unit',
      ['There is no such unit.', 'Choose a unit that you look after.'],
      ['Không có đơn vị này.', 'Chọn đơn vị thuộc phạm vi quản lý.'],
      'not-found',
    );
  }
  return await store.write(async (db) => {
    const headId = order.head === undefined ? actorPersonId : await personOf(db, order.head, 'head');
    const delegateId = await personOf(db, order.delegate, 'delegate');
    if (headId !== actorPersonId && reach !== 'everywhere') {
      refuse(
        'head',
        [
          'Only heads themselves, or the centre for them, delegate.',
          'Leave the head out, or ask the centre.',
        ],
        [
          'Chỉ Thủ trưởng tự ủy quyền, hoặc trung ương nhập thay.',
          'Bỏ trống Thủ trưởng, hoặc nhờ trung ương nhập.',
        ],
      );
    }
    const head = await findOperatorOfPerson(db, headId);
    const isHead =
      head?.state === 'active' &&
      (await listRolesInForce(db, head.id, now)).some(
        ({ role, unitId, delegatedByPersonId }) =>
          role === 'head-of-unit' && unitId === unit.id && delegatedByPersonId === null,
      );
    if (!isHead) {
      refuse(
        'head',
        [
          'This person is not head of the unit themselves.',
          'Only the head delegates, for the unit they head.',
        ],
        ['Người này không phải Thủ trưởng của đơn vị.', 'Chỉ Thủ trưởng mới ủy quyền, cho đơn vị của mình.'],
      );
    }
    const delegate = await findOperatorOfPerson(db, delegateId);
    if (delegate === null || delegate.state !== 'active') {
      return refuse(
        'delegate',
        ['This person is no operator of the console.', 'Make them an operator first.'],
        ['Người này chưa là cán bộ vận hành.', 'Thêm làm cán bộ vận hành trước.'],
      );
    }
    if (delegateId === headId || (delegateId === actorPersonId && order.head !== undefined)) {
      refuse(
        'delegate',
        ['Nobody delegates to themselves.', 'Choose somebody else, or let another operator enter it.'],
        ['Không ai tự ủy quyền cho mình.', 'Chọn người khác, hoặc nhờ cán bộ vận hành khác nhập.'],
      );
    }
    const id = await insertOperatorRole(db, {
      operatorId: delegate.id,
      role: 'head-of-unit',
      unitId: unit.id,
      validFrom,
      validUntil,
      acting: false,
      delegatedByPersonId: headId,
      documentNumber,
      createdAt: now,
    });
    await recordAct(db, by, {
      verb: 'operator.delegate',
      at: now,
      body: { roleId: id, operatorId: delegate.id, unitId: unit.id, validFrom, validUntil, documentNumber },
      personal: { head: head?.fullName ?? '', delegate: delegate.fullName },
    });
    return { id };
  });
}

/** Ends a delegation at once. @throws OperatorError when there is none such within reach, or it is one's own */
export async function endDelegation(
  deps: DelegationDeps,
  order: { readonly id: number; readonly reason: string },
): Promise<void> {
  const { store, clock, by, reach } = deps;
  const reason = checkReason(order.reason, 'reason');
  const now = clock.now();
  await store.write(async (db) => {
    const found = (await listDelegations(db, reach, now)).find(({ id }) => id === order.id);
    if (found === undefined || (await revokeOperatorRole(db, found.operatorId, found.id, now)) === null) {
      return refuse(
        'id',
        ['There is no such delegation.', 'Load the page again.'],
        ['Không có ủy quyền này.', 'Tải lại trang.'],
        'not-found',
      );
    }
    await recordAct(db, by, {
      verb: 'operator.end-delegation',
      at: now,
      body: { roleId: found.id, operatorId: found.operatorId, unitId: found.unitId },
      personal: { reason },
    });
  });
}
