// Units that are merged, split, renamed or dissolved: entered ahead, tried without writing, applied when due, undone.
import { OperatorError } from '../../base/errors.ts';
import { nameSearchKey } from '../../core/names.ts';
import {
  type UnitEventChanges,
  type UnitEventKind,
  type UnitEventPlan,
  unitEventFact,
} from '../../core/unit-events.ts';
import { findPersonIds, insertEmployment } from '../../store/queries/import/people.ts';
import { bumpRevision } from '../../store/queries/revision.ts';
import { bumpSettingsVersion } from '../../store/queries/settings.ts';
import {
  claimUnitEvent,
  countAccountsOfUnit,
  findDueUnitEvent,
  findUnitEvent,
  forgetUnitName,
  insertUnitEvent,
  isCodeTaken,
  keepUnitName,
  listChildUnits,
  listMembers,
  listMovedBy,
  listUnitEvents,
  moveBelongings,
  moveBelongingsBack,
  moveMembers,
  moveMembersBack,
  type UnitEventRow,
  unitEventKey,
  unitEventSource,
  updateUnit,
} from '../../store/queries/unit-events.ts';
import { findUnitById, moveUnit, type UnitRow } from '../../store/queries/units.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { dateOf } from '../accounts/standing.ts';
import { checkReason, readOrganisation, recordAct } from '../administration.ts';
import { checkSeen } from '../seen.ts';
import { getUnit } from '../units.ts';
import type { LifecycleDeps } from './record.ts';

export interface UnitEventOrder {
  readonly kind: UnitEventKind;
  /** Code. */
  readonly unit: string;
  readonly from: string;
  readonly documentNumber: string;
  /** Last day on which papers given before still count; needed where people change units. */
  readonly reapproveBy?: string;
  /** Merged, dissolved: the code of the unit that takes over. */
  readonly into?: string;
  /** Renamed. */
  readonly name?: string;
  readonly code?: string;
  /** Split: staff codes by the code of the unit that they go to. */
  readonly parts?: Readonly<Record<string, readonly string[]>>;
  readonly dryRun: boolean;
  /** Tag of the unit as it was seen. */
  readonly ifSeen?: string;
}

export interface UnitEventPreview {
  /** Null in a dry run. */
  readonly eventId: number | null;
  readonly effectiveAt: number;
  readonly reapproveBy: number | null;
  readonly state: 'scheduled' | 'applied' | 'dry-run';
  readonly people: number;
  readonly accounts: number;
  readonly unitsBelow: number;
}

function fault(
  message: string,
  at: string,
  remedy: string,
  vi?: readonly [message: string, remedy: string],
): OperatorError {
  return new OperatorError(message, { at, remedy, ...(vi === undefined ? {} : { vi }) });
}

const closed: readonly [string, string] = [
  'Đơn vị này đã sáp nhập hoặc giải thể.',
  'Chọn đơn vị đang hoạt động.',
];

/** What an event of a unit rests on. */
export function seenOfUnit({
  id,
  code,
  name,
  parentId,
  closedAt,
}: Pick<UnitRow, 'id' | 'code' | 'name' | 'parentId' | 'closedAt'>): unknown {
  return [id, code, name, parentId, closedAt];
}

/**
 * Enters an event; what is due of it already is applied in the same write. The brake does not count it: nobody loses access before
 * the date of re-approval.
 * @throws OperatorError for what does not fit; nothing is written then
 */
export async function enterUnitEvent(deps: LifecycleDeps, order: UnitEventOrder): Promise<UnitEventPreview> {
  const { store, clock, by } = deps;
  const unit = await getUnit(store, order.unit, 'UNIT');
  checkSeen(order, seenOfUnit(unit), `The unit ${unit.code}`);
  if (unit.closedAt !== null)
    throw fault(`The unit ${unit.code} is closed.`, 'UNIT', 'Name a unit that exists.', closed);
  const documentNumber = order.documentNumber.trim().normalize('NFC');
  if (documentNumber === '' || documentNumber.length > 100)
    throw fault(
      '--document: a number of the decision paper is needed.',
      '--document',
      'Such as 123/QĐ-TTg.',
      ['Số, ký hiệu văn bản để trống hoặc quá dài.', 'Nhập như trên văn bản, ví dụ 123/QĐ-TCCB.'],
    );
  const { timeZone } = await readOrganisation(store);
  const effectiveAt = dateOf(order.from, 'from', timeZone, '--from');
  const { plan, personIds } = await readPlan(store, unit, order);
  const reapproveBy = readReapproval(order, effectiveAt, timeZone);
  const counts = await store.read(async (db) => ({
    people: (await membersOf(db, unit.id, plan)).length,
    accounts: await countAccountsOfUnit(db, unit.id),
    unitsBelow: (await listChildUnits(db, unit.id)).length,
  }));
  const preview = { effectiveAt, reapproveBy, ...counts, people: personIds ?? counts.people };
  if (order.dryRun) return { ...preview, eventId: null, state: 'dry-run' };
  return await store.write(async (db) => {
    const present = await findUnitById(db, unit.id);
    checkSeen(order, present === null ? null : seenOfUnit(present), `The unit ${unit.code}`);
    const now = clock.now();
    const eventId = await insertUnitEvent(db, {
      kind: order.kind,
      unitId: unit.id,
      effectiveAt,
      reapproveBy,
      documentNumber,
      plan: JSON.stringify(plan),
      state: 'scheduled',
      changes: null,
      recordedAt: now,
      recordedBy: by.name,
    });
    if (eventId === null)
      throw fault(
        `${documentNumber} has said so of ${unit.code} already.`,
        '--document',
        'See "gatewarden unit events".',
        [`Văn bản ${documentNumber} đã được nhập cho đơn vị này.`, 'Xem danh sách thay đổi của đơn vị.'],
      );
    await recordAct(db, by, {
      verb: 'unit.event',
      at: now,
      detail: order.kind,
      body: { event: eventId, kind: order.kind, unit: unit.code, effectiveAt, reapproveBy, documentNumber },
    });
    const row = await findUnitEvent(db, eventId);
    const isDue = row !== null && effectiveAt <= now;
    if (isDue) await apply(db, deps, row);
    return { ...preview, eventId, state: isDue ? 'applied' : 'scheduled' };
  });
}

function readReapproval(order: UnitEventOrder, effectiveAt: number, timeZone: string): number | null {
  if (order.kind === 'renamed') return null;
  if (order.reapproveBy === undefined)
    throw fault(
      '--reapprove-by: the last day on which the papers of before still count is missing.',
      '--reapprove-by',
      'Leave the unit that takes over some weeks to approve anew.',
      [
        'Chưa nhập ngày cuối mà văn bản cũ còn hiệu lực.',
        'Để đơn vị nhận có thời gian phê duyệt lại, ví dụ vài tuần.',
      ],
    );
  const at = dateOf(order.reapproveBy, 'until', timeZone, '--reapprove-by');
  if (at <= effectiveAt)
    throw fault('--reapprove-by: it lies before the event.', '--reapprove-by', 'Give a later day.', [
      'Ngày này trước ngày thay đổi có hiệu lực.',
      'Chọn ngày muộn hơn.',
    ]);
  return at;
}

async function readPlan(
  store: Pick<Store, 'read'>,
  unit: UnitRow,
  order: UnitEventOrder,
): Promise<{ readonly plan: UnitEventPlan; readonly personIds: number | null }> {
  const target = async (code: string | undefined, at: string): Promise<UnitRow> => {
    if (code === undefined)
      throw fault(`${at}: a unit is missing.`, at, 'Give the code of the unit that takes over.', [
        'Chưa chọn đơn vị nhận.',
        'Chọn đơn vị nhận người và công việc.',
      ]);
    const into = await getUnit(store, code, at);
    if (into.closedAt !== null)
      throw fault(`The unit ${into.code} is closed.`, at, 'Name a unit that exists.', closed);
    if (into.path.startsWith(unit.path))
      throw fault(`${into.code} is ${unit.code} itself or lies below it.`, at, 'Name another unit.', [
        `${into.code} chính là ${unit.code} hoặc nằm dưới đơn vị này.`,
        'Chọn đơn vị khác.',
      ]);
    return into;
  };
  switch (order.kind) {
    case 'merged':
    case 'dissolved':
      return { plan: { kind: order.kind, into: (await target(order.into, '--into')).id }, personIds: null };
    case 'renamed': {
      const name = (order.name ?? '').trim().normalize('NFC');
      const code = (order.code ?? unit.code).trim().normalize('NFC');
      if (name === '' || name.length > 300)
        throw fault('--name: a name is missing.', '--name', 'Give the new name.', [
          'Chưa nhập tên mới, hoặc tên quá dài.',
          'Nhập tên mới như trên văn bản.',
        ]);
      if (await store.read((db) => isCodeTaken(db, code, unit.id)))
        throw fault(
          `The code ${code} is another unit's.`,
          '--code',
          'Give another code, or leave it as it is.',
          [`Mã ${code} là của đơn vị khác.`, 'Nhập mã khác, hoặc giữ mã cũ.'],
        );
      return { plan: { kind: 'renamed', name, code }, personIds: null };
    }
    default: {
      const parts: { into: number; personIds: number[] }[] = [];
      const seen = new Set<string>();
      for (const [code, staffCodes] of Object.entries(order.parts ?? {})) {
        // A part may stay below the unit that it leaves.
        const into = await getUnit(store, code, '--parts');
        if (into.id === unit.id || into.closedAt !== null)
          throw fault(
            `${into.code} is the unit itself, or closed.`,
            '--parts',
            'Name the unit that they go to.',
          );
        const ids = await store.read((db) => findPersonIds(db, staffCodes));
        for (const staffCode of staffCodes) {
          if (!ids.has(staffCode))
            throw fault(`There is nobody of the staff code ${staffCode}.`, '--parts', 'Correct the file.');
          if (seen.has(staffCode))
            throw fault(`${staffCode} goes to two units.`, '--parts', 'Name everybody once.');
          seen.add(staffCode);
        }
        const members = await store.read((db) => listMembers(db, unit.id, [...ids.values()]));
        if (members.length < ids.size)
          throw fault(
            `Of those who go to ${code}, ${ids.size - members.length} are not in ${unit.code}.`,
            '--parts',
            'Whoever comes from another unit is moved: "gatewarden lifecycle record … moved".',
          );
        parts.push({ into: into.id, personIds: members });
      }
      if (seen.size === 0)
        throw fault('--parts: nobody goes anywhere.', '--parts', 'Name units and staff codes.');
      return { plan: { kind: 'split', parts }, personIds: seen.size };
    }
  }
}

function membersOf(db: Db, unitId: number, plan: UnitEventPlan): Promise<number[]> {
  if (plan.kind === 'renamed') return Promise.resolve([]);
  const named = plan.kind === 'split' ? plan.parts.flatMap(({ personIds }) => personIds) : null;
  return listMembers(db, unitId, named);
}

/** Applies what is due, one event in each write. @returns how many */
export async function applyDueUnitEvents(deps: LifecycleDeps, stop?: AbortSignal): Promise<number> {
  const { store, clock } = deps;
  let done = 0;
  while (stop?.aborted !== true) {
    const due = await store.read((db) => findDueUnitEvent(db, clock.now()));
    if (due === null) break;
    await store.write((db) => apply(db, deps, due));
    done += 1;
  }
  return done;
}

async function apply(db: Db, { clock, by }: LifecycleDeps, row: UnitEventRow): Promise<void> {
  const now = clock.now();
  const unit = await findUnitById(db, row.unitId);
  if (unit === null) throw new Error('an event is about no unit');
  const plan = JSON.parse(row.plan) as UnitEventPlan;
  // Before anything moves: it takes everybody's accounts, and has their sessions looked at.
  await bumpRevision(db, { unitPath: unit.path });
  const changes = await changeUnit(db, row, unit, plan);
  if (
    !(await claimUnitEvent(db, row.id, 'scheduled', { state: 'applied', changes: JSON.stringify(changes) }))
  ) {
    // Another node was faster, and this write must not do it twice.
    throw new Error('the event was applied by another node');
  }
  await bumpSettingsVersion(db);
  await recordAct(db, by, {
    verb: 'unit.event-apply',
    at: now,
    detail: row.kind,
    body: { event: row.id, kind: row.kind, unit: unit.code, people: changes.people },
  });
}

async function changeUnit(
  db: Db,
  row: UnitEventRow,
  unit: UnitRow,
  plan: UnitEventPlan,
): Promise<UnitEventChanges> {
  const { id: unitId, code, name } = unit;
  const until = row.effectiveAt;
  const nothing: UnitEventChanges = { named: null, moved: [], workstationIds: [], gatewayIds: [], people: 0 };
  if (plan.kind === 'renamed') {
    await keepUnitName(db, { unitId, code, name, until });
    await updateUnit(db, unitId, {
      name: plan.name,
      nameSearchKey: nameSearchKey(plan.name),
      code: plan.code,
    });
    return { ...nothing, named: { name, code } };
  }
  if (plan.kind === 'split') {
    let people = 0;
    for (const { into, personIds } of plan.parts) {
      people += await takeOver(db, row, await listMembers(db, unitId, personIds), into);
    }
    return { ...nothing, people };
  }
  const { into } = plan;
  const people = await takeOver(db, row, await listMembers(db, unitId, null), into);
  const moved: { unitId: number; parentId: number }[] = [];
  for (const child of await listChildUnits(db, unitId)) {
    if (!(await moveUnit(db, child, into))) throw new Error('a unit would lie in itself');
    moved.push({ unitId: child, parentId: unitId });
  }
  const belongings = await moveBelongings(db, unitId, into);
  await keepUnitName(db, { unitId, code, name, until });
  await updateUnit(db, unitId, { closedAt: until });
  return { named: null, moved, ...belongings, people };
}

/** Papers given before count until the date of re-approval: a fact of employment says so, as for whoever moves alone. */
async function takeOver(
  db: Db,
  row: UnitEventRow,
  personIds: readonly number[],
  into: number,
): Promise<number> {
  const { id: unitEventId, unitId: from, effectiveAt, reapproveBy, documentNumber, recordedAt } = row;
  await moveMembers(db, { personIds, from, into, at: effectiveAt, unitEventId });
  for (let at = 0; at < personIds.length && reapproveBy !== null; at += rowsInStatement) {
    await insertEmployment(
      db,
      personIds.slice(at, at + rowsInStatement).map((personId) => ({
        personId,
        kind: 'moved' as const,
        detail: unitEventFact,
        effectiveAt,
        endsAt: reapproveBy,
        documentNumber,
        unitId: into,
        source: unitEventSource,
        sourceKey: unitEventKey(unitEventId, personId),
        recordedAt,
      })),
    );
  }
  return personIds.length;
}

const rowsInStatement = 500;

/**
 * Puts back exactly what an event changed.
 * @throws OperatorError when something else has moved or named since what it did; nothing is done then
 */
export async function undoUnitEvent(
  deps: LifecycleDeps,
  order: { readonly eventId: number; readonly reason: string },
): Promise<{ readonly eventId: number; readonly people: number }> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason);
  return await store.write(async (db) => {
    const row = await findUnitEvent(db, order.eventId);
    if (row === null || row.state === 'undone')
      throw fault(`There is no event ${order.eventId} to undo.`, 'EVENT', 'See "gatewarden unit events".', [
        'Không có thay đổi này để hoàn tác.',
        'Xem lại danh sách thay đổi.',
      ]);
    const unit = await findUnitById(db, row.unitId);
    if (unit === null) throw new Error('an event is about no unit');
    const wasApplied = row.state === 'applied';
    const people = wasApplied ? await putBack(db, row, unit) : 0;
    if (!(await claimUnitEvent(db, row.id, row.state, { state: 'undone' })))
      throw new Error('the event was changed meanwhile');
    await recordAct(db, by, {
      verb: 'unit.event-undo',
      at: clock.now(),
      detail: row.kind,
      body: { event: row.id, kind: row.kind, unit: unit.code, people },
      personal: { reason },
    });
    return { eventId: row.id, people };
  });
}

async function putBack(db: Db, row: UnitEventRow, unit: UnitRow): Promise<number> {
  const plan = JSON.parse(row.plan) as UnitEventPlan;
  const changes = JSON.parse(row.changes ?? '{}') as UnitEventChanges;
  const inTheWay = (what: string) =>
    fault(
      `Event ${row.id} cannot be undone: ${what}.`,
      'EVENT',
      'Nothing was done. Undo the later change first.',
      ['Không hoàn tác được vì đã có thay đổi khác sau đó.', 'Hoàn tác thay đổi muộn hơn trước.'],
    );
  if (plan.kind === 'renamed') {
    if (unit.name !== plan.name || unit.code !== plan.code)
      throw inTheWay(`the unit is called ${unit.name} by now`);
    const { named } = changes;
    if (named === null) throw new Error('a new name without the former one');
    if (await isCodeTaken(db, named.code, unit.id))
      throw inTheWay(`the code ${named.code} is another unit's`);
    await updateUnit(db, unit.id, { ...named, nameSearchKey: nameSearchKey(named.name) });
    await forgetUnitName(db, unit.id, row.effectiveAt);
    return 0;
  }
  const moved = await listMovedBy(db, row.id);
  const targets = new Set(plan.kind === 'split' ? plan.parts.map(({ into }) => into) : [plan.into]);
  const elsewhere = moved.filter(({ unitId }) => !targets.has(unitId)).length;
  if (elsewhere > 0) throw inTheWay(`${elsewhere} of its people have moved on since`);
  for (const into of targets) {
    const target = await findUnitById(db, into);
    if (target !== null) await bumpRevision(db, { unitPath: target.path });
  }
  await moveMembersBack(db, row.id, moved);
  if (plan.kind !== 'split') {
    await updateUnit(db, unit.id, { closedAt: null });
    for (const { unitId, parentId } of changes.moved) await moveUnit(db, unitId, parentId);
    await moveBelongingsBack(db, changes, { from: plan.into, into: unit.id });
    await forgetUnitName(db, unit.id, row.effectiveAt);
  }
  await bumpRevision(db, { unitPath: unit.path });
  await bumpSettingsVersion(db);
  return moved.length;
}

/** Events with the codes of their units, the newest first. */
export function showUnitEvents({ store }: Pick<LifecycleDeps, 'store'>, limit: number) {
  return store.read((db) => listUnitEvents(db, limit));
}
