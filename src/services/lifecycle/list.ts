// Lifecycle events as they are shown: who, what, where it stands, and what it has changed.
import { OperatorError } from '../../base/errors.ts';
import { type LifecycleChanges, lifecycleRules } from '../../core/lifecycle.ts';
import { findAccountById } from '../../store/queries/accounts.ts';
import {
  findLifecycleEvents,
  findLifecyclePeople,
  type LifecycleState,
  listLifecycleEvents,
} from '../../store/queries/lifecycle.ts';
import type { UnitsWithin } from '../../store/queries/within.ts';
import type { Store } from '../../store/store.ts';
import { noSuchEvent } from './undo.ts';

type ListedRow = Awaited<ReturnType<typeof listLifecycleEvents>>[number];

function listed({ event, staffCode, fullName, unitCode }: ListedRow) {
  return {
    eventId: event.id,
    staffCode,
    fullName,
    kind: event.kind,
    detail: event.detail,
    effectiveAt: event.effectiveAt,
    endsAt: event.endsAt,
    keepUntil: event.keepUntil,
    unit: unitCode,
    documentNumber: event.documentNumber,
    source: event.source,
    state: event.state,
    withdrawals: event.withdrawals,
    recordedAt: event.recordedAt,
    nextDueAt: event.nextDueAt,
    decidedAt: event.decidedAt,
    decidedBy: event.decidedBy,
  };
}

export type ShownEvent = ReturnType<typeof listed>;

/** Events, the newest first. @throws OperatorError for a staff code that nobody has */
export async function listEvents(
  store: Pick<Store, 'read'>,
  filter: {
    readonly state?: LifecycleState;
    readonly source?: string;
    readonly staffCode?: string;
    readonly before?: number;
    readonly within?: UnitsWithin;
    readonly limit: number;
  },
): Promise<ShownEvent[]> {
  const { state = null, source = null, staffCode, before = null, limit, within = 'everywhere' } = filter;
  return await store.read(async (db) => {
    let personId: number | null = null;
    if (staffCode !== undefined) {
      const [person] = await findLifecyclePeople(db, { staffCodes: [staffCode] });
      if (person === undefined) {
        throw new OperatorError(`Nobody has the staff code ${staffCode}.`, {
          at: '--staff-code',
          vi: [`Không có ai mang mã CCVC ${staffCode}.`, 'Nhập mã trong hồ sơ nhân sự.'],
          remedy: 'Give the number in the personnel file, as it was imported.',
        });
      }
      personId = person.personId;
    }
    const rows = await listLifecycleEvents(db, { state, source, personId, before, limit, within });
    return rows.map(listed);
  });
}

/** One event with its rule and its changes. @throws OperatorError when there is none */
export async function showEvent(store: Pick<Store, 'read'>, eventId: number) {
  return await store.read(async (db) => {
    const [row] = await findLifecycleEvents(db, [eventId]);
    const [shown] = await listLifecycleEvents(db, {
      state: null,
      source: null,
      personId: row?.personId ?? null,
      before: eventId + 1,
      limit: 1,
    });
    if (row === undefined || shown === undefined) throw noSuchEvent(eventId);
    const { facts, accounts, unit } = JSON.parse(row.changes) as LifecycleChanges;
    const changes = facts.length === 0 ? [] : [`facts of employment entered: ${facts.length}`];
    for (const { accountId, field, before, after } of accounts) {
      const account = await findAccountById(db, accountId);
      const value = (one: string | number) => (typeof one === 'number' ? new Date(one).toISOString() : one);
      changes.push(`${account?.userName ?? accountId}: ${field} ${value(before)} → ${value(after)}`);
    }
    if (unit !== null) changes.push(`unit ${unit.before} → ${unit.after}`);
    const { employment, account, assignment, approvedBy, cuts } = lifecycleRules[row.kind];
    return { ...listed(shown), rule: { employment, account, assignment, approvedBy, cuts }, changes };
  });
}
