// Units merged, split, renamed, dissolved: people move with them, keep access until a date, and old records keep the old unit.
import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { OperatorError } from '../../../src/base/errors.ts';
import { assignmentAt } from '../../../src/core/employment.ts';
import {
  applyDueUnitEvents,
  enterUnitEvent,
  type UnitEventOrder,
  undoUnitEvent,
} from '../../../src/services/lifecycle/unit-events.ts';
import { findUnitNameAt, findUnitsAt } from '../../../src/store/queries/unit-events.ts';
import { insertUnit } from '../../../src/store/queries/units.ts';
import { describeOnEachStore, type OpenTestStore } from '../../store/each-store.ts';
import { oneDay } from '../../store/fixtures.ts';
import { at, createStaff, noon } from './staff.ts';

async function setUp(open: OpenTestStore) {
  const staff = await createStaff(await open(), 3);
  const { store, units, deps } = staff;
  const into = await store.write((db) =>
    insertUnit(db, { code: 'NEW', name: 'Phòng mới', nameSearchKey: 'phong moi', parentId: null }),
  );
  const below = await store.write((db) =>
    insertUnit(db, { code: 'SUB', name: 'Tổ', nameSearchKey: 'to', parentId: units.district }),
  );
  const unitRow = async (id: number) => {
    const [row] = await store.read((db) =>
      db.select().from(db.tables.units).where(eq(db.tables.units.id, id)),
    );
    if (row === undefined) throw new Error('no such unit');
    return row;
  };
  const { code } = await unitRow(units.district);
  const enter = (over: Partial<UnitEventOrder> = {}) =>
    enterUnitEvent(deps, {
      kind: 'merged',
      unit: code,
      from: '02/03/2026',
      documentNumber: '9/QĐ',
      reapproveBy: '31/03/2026',
      into: 'NEW',
      dryRun: false,
      ...over,
    });
  const dump = async () => ({
    units: await store.read((db) => db.select().from(db.tables.units).orderBy(db.tables.units.id)),
    people: await store.read((db) =>
      db
        .select({ id: db.tables.people.id, unitId: db.tables.people.unitId })
        .from(db.tables.people)
        .orderBy(db.tables.people.id),
    ),
    facts: await store.read((db) => db.select().from(db.tables.employmentEvents)),
    former: await store.read((db) => db.select().from(db.tables.formerUnits)),
    names: await store.read((db) => db.select().from(db.tables.formerUnitNames)),
  });
  return { ...staff, into, below, unitRow, code, enter, dump };
}

describeOnEachStore('a unit that is merged', (open) => {
  it('takes its people, its units below and its history along, and nobody loses access before the date', async () => {
    const site = await setUp(open);
    expect(await site.enter()).toMatchObject({ state: 'applied', people: 3, accounts: 3, unitsBelow: 1 });
    expect(await site.unitOf(0)).toBe(site.into);
    expect((await site.unitRow(site.below)).parentId).toBe(site.into);
    expect((await site.unitRow(site.units.district)).closedAt).toBe(at('02/03/2026'));
    expect(site.cut).toEqual([]);
    const { assignments, employment } = await site.facts(0);
    expect(assignmentAt(assignments, employment, at('01/04/2026') - 1)).toMatchObject({ state: 'valid' });
    expect(assignmentAt(assignments, employment, at('01/04/2026'))).toEqual({
      state: 'missing',
      detail: 'unit-changed',
    });
    // No transfer is on record: the brake has nothing to count.
    expect(await site.store.read((db) => db.select().from(db.tables.lifecycleEvents))).toEqual([]);
  });

  it('is found in records of before under its own name', async () => {
    const site = await setUp(open);
    await site.enter();
    const id = site.people[0]?.personId ?? 0;
    const unitAt = (instant: number) => site.store.read((db) => findUnitsAt(db, [id], instant));
    expect((await unitAt(at('02/03/2026') - 1)).get(id)).toBe(site.units.district);
    expect((await unitAt(at('02/03/2026'))).get(id)).toBe(site.into);
  });

  it('on a day to come moves nobody before it, nor twice', async () => {
    const site = await setUp(open);
    expect(await site.enter({ from: '10/03/2026' })).toMatchObject({ state: 'scheduled' });
    expect(await applyDueUnitEvents(site.deps)).toBe(0);
    expect(await site.unitOf(0)).toBe(site.units.district);
    site.clock.advance(8 * oneDay);
    expect(await applyDueUnitEvents(site.deps)).toBe(1);
    expect(await applyDueUnitEvents(site.deps)).toBe(0);
    expect(await site.unitOf(0)).toBe(site.into);
  });

  it('is tried without a trace', async () => {
    const site = await setUp(open);
    const before = await site.dump();
    expect(await site.enter({ dryRun: true })).toMatchObject({ state: 'dry-run', people: 3, eventId: null });
    expect(await site.dump()).toEqual(before);
  });

  it('is undone exactly', async () => {
    const site = await setUp(open);
    const before = await site.dump();
    const { eventId } = await site.enter();
    expect(await undoUnitEvent(site.deps, { eventId: eventId ?? 0, reason: 'nhầm' })).toMatchObject({
      people: 3,
    });
    expect(await site.dump()).toEqual(before);
    await expect(undoUnitEvent(site.deps, { eventId: eventId ?? 0, reason: 'nhầm' })).rejects.toThrow(
      OperatorError,
    );
  });

  it('is not undone when somebody has moved on since', async () => {
    const site = await setUp(open);
    const { eventId } = await site.enter();
    await site.store.write((db) =>
      db
        .update(db.tables.people)
        .set({ unitId: site.units.district })
        .where(eq(db.tables.people.id, site.people[1]?.personId ?? 0)),
    );
    const before = await site.dump();
    await expect(undoUnitEvent(site.deps, { eventId: eventId ?? 0, reason: 'nhầm' })).rejects.toThrow(
      /1 of its people/,
    );
    expect(await site.dump()).toEqual(before);
  });

  it.each<[string, Partial<UnitEventOrder>, RegExp]>([
    ['into itself', { into: 'SUB' }, /lies below it/],
    ['without a date of re-approval', { reapproveBy: '01/03/2026' }, /lies before/],
    ['without a document', { documentNumber: ' ' }, /--document/],
    ['into nothing', { into: 'NOWHERE' }, /no unit NOWHERE/],
  ])('is refused %s', async (_, over, message) => {
    const site = await setUp(open);
    const before = await site.dump();
    await expect(site.enter(over)).rejects.toThrow(message);
    expect(await site.dump()).toEqual(before);
  });

  it('is entered once for each document', async () => {
    const site = await setUp(open);
    await site.enter({ from: '10/03/2026' });
    await expect(site.enter({ from: '11/03/2026' })).rejects.toThrow(/already/);
  });
});

describeOnEachStore('a unit that is split or renamed', (open) => {
  it('gives away those who are named, and only them', async () => {
    const site = await setUp(open);
    const parts = { NEW: [site.people[1]?.staffCode ?? ''] };
    const { eventId } = await site.enter({ kind: 'split', parts });
    expect([await site.unitOf(0), await site.unitOf(1)]).toEqual([site.units.district, site.into]);
    expect((await site.unitRow(site.units.district)).closedAt).toBeNull();
    await undoUnitEvent(site.deps, { eventId: eventId ?? 0, reason: 'nhầm' });
    expect(await site.unitOf(1)).toBe(site.units.district);
  });

  it('refuses people of another unit', async () => {
    const site = await setUp(open);
    await site.enter({ kind: 'split', parts: { NEW: [site.people[1]?.staffCode ?? ''] } });
    const again = { SUB: [site.people[1]?.staffCode ?? ''] };
    await expect(site.enter({ kind: 'split', documentNumber: '10/QĐ', parts: again })).rejects.toThrow(
      /1 are not in/,
    );
  });

  it('keeps people, papers and its former name', async () => {
    const site = await setUp(open);
    const former = await site.unitRow(site.units.district);
    const before = await site.dump();
    const { eventId } = await site.enter({ kind: 'renamed', name: 'Phòng Nghiệp vụ 1', code: 'NV1' });
    expect(await site.unitRow(site.units.district)).toMatchObject({ name: 'Phòng Nghiệp vụ 1', code: 'NV1' });
    expect((await site.dump()).facts).toEqual(before.facts);
    const nameAt = (instant: number) =>
      site.store.read((db) => findUnitNameAt(db, site.units.district, instant));
    expect(await nameAt(at('02/03/2026') - 1)).toEqual({ code: former.code, name: former.name });
    expect(await nameAt(noon)).toMatchObject({ code: 'NV1' });
    await undoUnitEvent(site.deps, { eventId: eventId ?? 0, reason: 'nhầm' });
    expect(await site.dump()).toEqual(before);
  });
});
