// Undoing a lifecycle event: exactly what it changed is put back, or nothing when something else has changed since.
import { OperatorError } from '../../base/errors.ts';
import { formatMoment } from '../../core/dates.ts';
import { type EmploymentState, employmentAt } from '../../core/employment.ts';
import { findUndoConflicts, type UndoConflict } from '../../core/lifecycle.ts';
import { bumpAccountsOfPeople } from '../../store/queries/import/people.ts';
import { restoreOperator } from '../../store/queries/leaving-operators.ts';
import {
  claimLifecycleEvents,
  countEmploymentFacts,
  deleteEmploymentFacts,
  findLifecycleEvents,
  findLifecyclePeople,
  type KnownPerson,
  restoreUnitOfPerson,
  setAccountField,
} from '../../store/queries/lifecycle.ts';
import { checkReason, readOrganisation, recordActs } from '../administration.ts';
import { type ChangesWithHead, undoHead } from './heads.ts';
import type { ChangesWithOperator } from './leaving-operators.ts';
import { actsOfEvent, type LifecycleDeps } from './record.ts';

export interface Undone {
  readonly eventId: number;
  readonly staffCode: string;
  /** User names of the accounts that were put back. */
  readonly accounts: readonly string[];
  /** What employment is now, by the facts that are left. */
  readonly employment: EmploymentState;
}

/**
 * Puts back what an event changed: its facts of employment go, accounts and unit get their former values. Events that are
 * undone stay on record, and are not done again when their source sends them once more.
 * @throws OperatorError when it was not applied or scheduled, or when something else has changed what it changed: all of that
 * is named, and nothing is done
 */
export async function undoEvent(
  deps: LifecycleDeps,
  order: { readonly eventId: number; readonly reason: string },
): Promise<Undone> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason);
  const { timeZone } = await readOrganisation(store);
  return await store.write(async (db) => {
    const now = clock.now();
    const [row] = await findLifecycleEvents(db, [order.eventId]);
    if (row === undefined) throw noSuchEvent(order.eventId);
    if (row.state !== 'applied' && row.state !== 'scheduled') throw notToBeUndone(row.id, row.state);
    await bumpAccountsOfPeople(db, [row.personId]);
    const [claimed] = await claimLifecycleEvents(db, [row.id], row.state, {
      state: 'undone',
      nextDueAt: null,
      decidedAt: now,
      decidedBy: by.name,
    });
    const [person] = await findLifecyclePeople(db, { personIds: [row.personId] });
    if (claimed === undefined || person === undefined) throw notToBeUndone(row.id, 'changed');
    const changes = JSON.parse(claimed.changes) as ChangesWithOperator & ChangesWithHead;
    const there = await countEmploymentFacts(db, row.source, changes.facts);
    const conflicts = findUndoConflicts(changes, person, there);
    if (conflicts.length > 0) throw conflict(row.id, conflicts, person, timeZone);

    await deleteEmploymentFacts(db, row.source, changes.facts);
    for (const { accountId, field, before } of changes.accounts)
      await setAccountField(
        db,
        accountId,
        field === 'status' ? { status: before } : { validUntil: before },
        now,
      );
    if (changes.unit !== null) {
      const { before, after } = changes.unit;
      await restoreUnitOfPerson(db, person.personId, { from: before, into: after, at: row.effectiveAt });
    }
    if (changes.head !== undefined) await undoHead(db, changes.head, now);
    if (changes.operator !== undefined) await restoreOperator(db, changes.operator);
    const acts = actsOfEvent('lifecycle.undo', row, { ...person, accounts: [...person.accounts] }, {}, now);
    await recordActs(
      db,
      by,
      acts.map((act) => ({ ...act, personal: { ...act.personal, reason } })),
    );
    const [left] = await findLifecyclePeople(db, { personIds: [row.personId] });
    const changed = new Set(changes.accounts.map(({ accountId }) => accountId));
    return {
      eventId: row.id,
      staffCode: person.staffCode,
      accounts: person.accounts
        .filter(({ accountId }) => changed.has(accountId))
        .map(({ userName }) => userName),
      employment: employmentAt(left?.employment ?? [], now),
    };
  });
}

export function noSuchEvent(id: number): OperatorError {
  return new OperatorError(`There is no event ${id}.`, {
    at: 'EVENT',
    vi: ['Không có biến động này.', 'Tải lại trang.'],
    remedy: 'See "gatewarden lifecycle list".',
  });
}

function notToBeUndone(id: number, state: string): OperatorError {
  const remedies: Readonly<Record<string, string>> = {
    held: 'It is held back and has changed nothing: "gatewarden lifecycle reject" drops it.',
    undone: 'Nothing needs to be done.',
    rejected: 'Nothing needs to be done: it has changed nothing.',
  };
  return new OperatorError(`Event ${id} is ${state}.`, {
    at: 'EVENT',
    vi: ['Biến động này không hoàn tác được ở trạng thái hiện tại.', 'Tải lại trang để xem trạng thái.'],
    remedy: remedies[state] ?? 'Look at it again with "gatewarden lifecycle show".',
  });
}

function conflict(
  id: number,
  conflicts: readonly UndoConflict[],
  person: KnownPerson,
  timeZone: string,
): OperatorError {
  const nameOf = (accountId: number) =>
    person.accounts.find((account) => account.accountId === accountId)?.userName ?? `account ${accountId}`;
  const say = (one: UndoConflict): string => {
    switch (one.what) {
      case 'fact':
        return 'a fact of employment that it entered is no longer there';
      case 'unit':
        return `${person.staffCode} is in another unit since`;
      case 'status':
        return `${nameOf(one.accountId)} is ${one.is} now`;
      case 'validUntil':
        return one.is === 'gone'
          ? `${nameOf(one.accountId)} is gone`
          : `the term of ${nameOf(one.accountId)} ends at ${formatMoment(one.is, 'until', timeZone)} now`;
    }
  };
  const said = conflicts.map(say);
  return new OperatorError(
    `Event ${id} cannot be undone: something else has changed since what it changed: ${said.join('; ')}.`,
    {
      at: 'EVENT',
      vi: [
        'Không thể hoàn tác vì sau đó đã có thay đổi khác; chưa thực hiện gì.',
        'Hoàn tác thay đổi sau trước, hoặc sửa trực tiếp ở trang của tài khoản.',
      ],
      remedy:
        'Nothing was done. Undo the later change first, or set what is wanted with "gatewarden account …".',
    },
  );
}
