// Written assignments: entered from the paper, given another end, withdrawn, put over accounts and taken off them.
import { type Reach, reaches } from '../core/permissions.ts';
import { findAccountById } from '../store/queries/accounts.ts';
import {
  coverAccounts,
  coversPerson,
  findAssignment,
  insertAssignment,
  setAssignmentEnd,
  uncoverAccount,
} from '../store/queries/assignments.ts';
import { findUnitPathOf } from '../store/queries/reach.ts';
import type { Db } from '../store/tables.ts';
import { dateOf } from './accounts/standing.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  checkText,
  readOrganisation,
  recordAct,
  refuse,
} from './administration.ts';
import { notAsSeen } from './seen.ts';
import { getUnit } from './units.ts';

/** Whoever acts, and the units within which they look after papers and accounts. */
export interface AssignmentDeps extends AdministrationDeps {
  readonly reach: Reach;
  /** The person behind whoever acts: nobody puts their own account under a paper. Null: not a person of the store. */
  readonly actorPersonId: number | null;
}

/** @throws OperatorError when the accounts are not all there, or not all within reach, or one is the actor's own */
async function cover(
  db: Db,
  deps: AssignmentDeps,
  assignmentId: number,
  accountIds: readonly number[],
): Promise<number[]> {
  for (const accountId of accountIds) {
    const path = await findUnitPathOf(db, 'account', accountId);
    const account = await findAccountById(db, accountId);
    if (account === null || path === null || !reaches(deps.reach, path)) {
      refuse(
        'accounts',
        ['There is no such account.', 'Choose accounts of the units that you look after.'],
        ['Không có tài khoản này.', 'Chọn tài khoản thuộc phạm vi quản lý.'],
        'not-found',
      );
    }
    if (account.personId === deps.actorPersonId) {
      refuse(
        'accounts',
        ['Nobody puts their own account under a paper.', 'Let another operator do it.'],
        ['Không ai tự đưa tài khoản của mình vào văn bản phân công.', 'Nhờ cán bộ vận hành khác thực hiện.'],
      );
    }
  }
  return accountIds.length === 0 ? [] : await coverAccounts(db, assignmentId, accountIds);
}

export interface NewAssignment {
  readonly documentNumber: string;
  readonly documentDate: string;
  readonly signatory: string;
  readonly purpose: string;
  readonly dataScope: string;
  /** Code. */
  readonly unit: string;
  readonly validFrom: string;
  readonly validUntil?: string;
  readonly accounts: readonly number[];
}

/** Enters a paper with the accounts it covers. @throws OperatorError that names the field */
export async function addAssignment(
  deps: AssignmentDeps,
  order: NewAssignment,
): Promise<{ readonly id: number }> {
  const { store, clock, by, reach } = deps;
  const documentNumber = checkText(order.documentNumber, 'documentNumber', 100);
  const signatory = checkText(order.signatory, 'signatory', 200);
  const purpose = checkText(order.purpose, 'purpose', 500);
  const dataScope = checkText(order.dataScope, 'dataScope', 500);
  const { timeZone } = await readOrganisation(store);
  const documentDate = dateOf(order.documentDate, 'from', timeZone, 'documentDate');
  const validFrom = dateOf(order.validFrom, 'from', timeZone, 'validFrom');
  const validUntil =
    order.validUntil === undefined ? null : dateOf(order.validUntil, 'until', timeZone, 'validUntil');
  if (validUntil !== null && validUntil <= validFrom) refuseEnd();
  const at = clock.now();
  if (documentDate > at) {
    refuse(
      'documentDate',
      ['The paper would be dated in the future.', 'Give the date that stands on it.'],
      ['Ngày văn bản ở tương lai.', 'Nhập ngày ghi trên văn bản.'],
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
    const id = await insertAssignment(db, {
      documentNumber,
      documentDate,
      signatory,
      purpose,
      dataScope,
      unitId: unit.id,
      validFrom,
      validUntil,
    });
    if (id === null) {
      return refuse(
        'documentNumber',
        [`${documentNumber} of this unit is entered already.`, 'Open it, and add the accounts there.'],
        [`Văn bản ${documentNumber} của đơn vị này đã có.`, 'Mở văn bản đó và thêm tài khoản.'],
        'conflict',
      );
    }
    await recordAct(db, by, {
      verb: 'assignment.add',
      at,
      body: { assignmentId: id, documentNumber, documentDate, unitId: unit.id, validFrom, validUntil },
      personal: { signatory, purpose, dataScope },
    });
    await recordCover(db, deps, id, documentNumber, await cover(db, deps, id, order.accounts), at);
    return { id };
  });
}

async function recordCover(
  db: Db,
  { by }: AssignmentDeps,
  assignmentId: number,
  documentNumber: string,
  accountIds: readonly number[],
  at: number,
): Promise<void> {
  for (const accountId of accountIds)
    await recordAct(db, by, {
      verb: 'assignment.cover',
      at,
      accountId,
      body: { assignmentId, documentNumber },
    });
}

function refuseEnd(): never {
  refuse(
    'validUntil',
    ['It would end before it begins.', 'Give a later last day, or none.'],
    ['Văn bản hết hiệu lực trước khi bắt đầu.', 'Chọn ngày cuối muộn hơn, hoặc để trống.'],
  );
}

async function getAssignment(db: Db, id: number) {
  const found = await findAssignment(db, id);
  if (found !== null) return found;
  return refuse(
    'id',
    ['There is no such paper.', 'Look at the list of assignments.'],
    ['Không có văn bản này.', 'Xem lại danh sách văn bản phân công.'],
    'not-found',
  );
}

function checkRevision({ ifRevision }: AssignmentDeps, { revision }: { readonly revision: number }): void {
  if (ifRevision !== undefined && ifRevision !== revision) throw notAsSeen('The paper');
}

async function changeEnd(
  deps: AssignmentDeps,
  id: number,
  act: {
    readonly verb: 'assignment.set-end' | 'assignment.withdraw';
    readonly reason: string;
    readonly endOf: (paper: Awaited<ReturnType<typeof getAssignment>>, at: number) => number | null;
  },
): Promise<{ readonly revision: number; readonly accounts: number }> {
  const { store, clock, by } = deps;
  const reason = checkReason(act.reason, 'reason');
  const at = clock.now();
  return await store.write(async (db) => {
    const paper = await getAssignment(db, id);
    checkRevision(deps, paper);
    const validUntil = act.endOf(paper, at);
    const isLater = validUntil === null || (paper.validUntil !== null && validUntil > paper.validUntil);
    if (isLater && deps.actorPersonId !== null && (await coversPerson(db, id, deps.actorPersonId))) {
      refuse(
        'validUntil',
        ['Nobody extends a paper that covers their own account.', 'Let another operator do it.'],
        ['Không ai tự gia hạn văn bản có tài khoản của mình.', 'Nhờ cán bộ vận hành khác thực hiện.'],
      );
    }
    if (!(await setAssignmentEnd(db, paper, validUntil))) throw changedMeanwhile('The paper');
    await recordAct(db, by, {
      verb: act.verb,
      at,
      body: {
        assignmentId: id,
        documentNumber: paper.documentNumber,
        validUntil,
        formerValidUntil: paper.validUntil,
        accounts: paper.accounts,
      },
      personal: { reason },
    });
    return { revision: paper.revision + 1, accounts: paper.accounts };
  });
}

/** Extends or shortens a paper, or lets it stand without end (null). @throws OperatorError */
export async function setEndOfAssignment(
  deps: AssignmentDeps,
  order: { readonly id: number; readonly validUntil: string | null; readonly reason: string },
): Promise<{ readonly revision: number; readonly accounts: number }> {
  const { timeZone } = await readOrganisation(deps.store);
  const wanted = order.validUntil === null ? null : dateOf(order.validUntil, 'until', timeZone, 'validUntil');
  return changeEnd(deps, order.id, {
    verb: 'assignment.set-end',
    reason: order.reason,
    endOf(paper, at) {
      if (wanted !== null && wanted <= Math.max(paper.validFrom, at)) refuseEnd();
      if (wanted === paper.validUntil) {
        refuse(
          'validUntil',
          ['The paper ends then already.', 'Nothing needs to be done.'],
          ['Văn bản đang có đúng thời hạn này.', 'Không cần làm gì.'],
        );
      }
      return wanted;
    },
  });
}

/** Ends a paper now: accounts that no other paper covers can't connect from this instant on. @throws OperatorError */
export function withdrawAssignment(
  deps: AssignmentDeps,
  order: { readonly id: number; readonly reason: string },
): Promise<{ readonly revision: number; readonly accounts: number }> {
  return changeEnd(deps, order.id, {
    verb: 'assignment.withdraw',
    reason: order.reason,
    endOf(paper, at) {
      if (paper.validUntil !== null && paper.validUntil <= at) {
        refuse(
          'id',
          ['The paper has ended already.', 'Nothing needs to be done.'],
          ['Văn bản đã hết hiệu lực.', 'Không cần làm gì.'],
        );
      }
      if (paper.validFrom >= at) {
        refuse(
          'id',
          ['The paper is not in force yet.', 'Take the accounts off it instead.'],
          ['Văn bản chưa có hiệu lực.', 'Bỏ các tài khoản khỏi văn bản.'],
        );
      }
      return at;
    },
  });
}

/** Puts accounts under a paper. @throws OperatorError when they are under it already, or not within reach */
export async function addToAssignment(
  deps: AssignmentDeps,
  order: { readonly id: number; readonly accounts: readonly number[] },
): Promise<{ readonly revision: number }> {
  const at = deps.clock.now();
  return await deps.store.write(async (db) => {
    const paper = await getAssignment(db, order.id);
    checkRevision(deps, paper);
    const added = await cover(db, deps, paper.id, [...new Set(order.accounts)]);
    if (added.length === 0) {
      refuse(
        'accounts',
        ['The paper covers these accounts already.', 'Nothing needs to be done.'],
        ['Văn bản đã bao gồm các tài khoản này.', 'Không cần làm gì.'],
      );
    }
    await recordCover(db, deps, paper.id, paper.documentNumber, added, at);
    return { revision: paper.revision + 1 };
  });
}

/** Takes an account off a paper. @throws OperatorError when it is not on it, or not within reach */
export async function removeFromAssignment(
  deps: AssignmentDeps,
  order: { readonly id: number; readonly accountId: number; readonly reason: string },
): Promise<{ readonly revision: number }> {
  const { store, clock, by, reach } = deps;
  const reason = checkReason(order.reason, 'reason');
  const { id, accountId } = order;
  return await store.write(async (db) => {
    const paper = await getAssignment(db, id);
    checkRevision(deps, paper);
    const path = await findUnitPathOf(db, 'account', accountId);
    if (path === null || !reaches(reach, path) || !(await uncoverAccount(db, id, accountId))) {
      refuse(
        'accountId',
        ['The paper does not cover this account.', 'Load the paper again.'],
        ['Văn bản không bao gồm tài khoản này.', 'Tải lại trang.'],
        'not-found',
      );
    }
    await recordAct(db, by, {
      verb: 'assignment.uncover',
      at: clock.now(),
      accountId,
      body: { assignmentId: id, documentNumber: paper.documentNumber },
      personal: { reason },
    });
    return { revision: paper.revision + 1 };
  });
}
