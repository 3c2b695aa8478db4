// The mass-withdrawal brake: its limits, what it holds, and a person's word on it.
import { expect, it } from 'vitest';
import { brakeLimit, defaultBrake } from '../../../src/services/lifecycle/brake.ts';
import { approveHeld, rejectHeld } from '../../../src/services/lifecycle/hold.ts';
import { recordEvents } from '../../../src/services/lifecycle/record.ts';
import { addSource, listSources, setBrake } from '../../../src/services/lifecycle/sources.ts';
import { undoEvent } from '../../../src/services/lifecycle/undo.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { insertAccount, oneDay } from '../../store/fixtures.ts';
import { at, createStaff, feed, noon, person } from './staff.ts';

const reason = 'đã kiểm tra với phòng tổ chức';

it('the limit is the number or the share, whichever is more', () => {
  expect(brakeLimit(defaultBrake, 1)).toBe(20);
  expect(brakeLimit(defaultBrake, 1000)).toBe(20);
  expect(brakeLimit(defaultBrake, 1049)).toBe(20);
  expect(brakeLimit(defaultBrake, 1050)).toBe(21);
  expect(brakeLimit(defaultBrake, 25_000)).toBe(500);
  expect(brakeLimit({ brakeCount: 0, brakeShare: 0 }, 25_000)).toBe(0);
});

describeOnEachStore('the brake', (open) => {
  async function createCase(size: number) {
    const store = await open();
    const staff = await createStaff(store, size);
    const counts = async () => {
      const rows = await store.read((db) => db.select().from(db.tables.accounts));
      return rows.filter(({ status }) => status === 'withdrawn').length;
    };
    const held = async () => {
      const rows = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
      return rows.filter(({ state }) => state === 'held');
    };
    const alerts = () => store.read((db) => db.select().from(db.tables.alerts));
    const leavers = (from: number, to: number) =>
      staff.people.slice(from, to).map((_, index) => staff.event(from + index));
    return { store, staff, counts, held, alerts, leavers };
  }

  it.each([
    [19, 19, 0],
    [20, 20, 0],
    [21, 20, 1],
  ])('of 1000 accounts and %i leavers withdraws %i and holds %i', async (events, withdrawn, heldBack) => {
    const { staff, counts, held, alerts, leavers } = await createCase(1000);
    const results = await staff.record(leavers(0, events));
    expect(await counts()).toBe(withdrawn);
    expect(await held()).toHaveLength(heldBack);
    expect(await alerts()).toHaveLength(heldBack);
    expect(results.filter(({ outcome }) => outcome === 'held')).toHaveLength(heldBack);
  });

  it('is 2 % of more accounts', async () => {
    const { staff, store, counts, held, leavers } = await createCase(30);
    await store.write(async (db) => {
      const personId = staff.people[29]?.personId ?? 0;
      for (let i = 0; i < 1070; i++) await insertAccount(db, { personId });
    });
    await staff.record(leavers(0, 29));
    expect([await counts(), (await held()).length]).toEqual([22, 7]);
  });

  it('holds access as it was, says so once, and counts over runs and 24 hours', async () => {
    const { store, staff, counts, held, alerts, leavers } = await createCase(60);
    await staff.record(leavers(0, 15));
    staff.clock.advance(oneDay - 1);
    await staff.record(leavers(15, 30));
    expect(await counts()).toBe(20);
    const first = await held();
    expect(first).toHaveLength(10);
    const index = staff.people.findIndex(({ personId }) => personId === first[0]?.personId);
    expect(await staff.accountRow(index)).toMatchObject({ status: 'active', revision: 2 });
    expect((await staff.facts(index)).employment).toHaveLength(1);
    expect(await alerts()).toMatchObject([{ rule: 'lifecycle-brake' }]);
    const outbox = await store.read((db) => db.select().from(db.tables.outbox));
    expect(outbox.map(({ payload }) => JSON.parse(payload) as object)).toMatchObject([
      { rule: 'lifecycle-brake', source: 'hr', events: 10, accounts: 10, limit: 20 },
    ]);
    // The first fifteen are a day old now: fifteen more may go, and nothing is said a second time.
    staff.clock.advance(1);
    await staff.record(leavers(30, 50));
    expect([await counts(), (await held()).length]).toEqual([35, 15]);
    expect(await alerts()).toHaveLength(1);
  });

  it('counts what takes effect on one day, however slowly it is recorded', async () => {
    const { staff, held } = await createCase(40);
    const effectiveAt = at('01/01/2027');
    for (let index = 0; index < 30; index++) {
      await staff.record([staff.event(index, { effectiveAt })]);
      staff.clock.advance(2 * oneDay);
    }
    expect(await held()).toHaveLength(10);
    // Another day is another matter.
    await staff.record([staff.event(31, { effectiveAt: effectiveAt + 30 * oneDay })]);
    expect(await held()).toHaveLength(10);
  });

  it('lets through what takes nothing away', async () => {
    const { staff, held } = await createCase(40);
    const moves = staff.people.map((_, index) =>
      staff.event(index, {
        kind: 'moved',
        detail: null,
        unitId: staff.units.otherDistrict,
        keepUntil: noon + 30 * oneDay,
      }),
    );
    await staff.record(moves);
    expect(await held()).toEqual([]);
  });

  it('holds moves that take access from too many', async () => {
    const { staff, held } = await createCase(40);
    await staff.record(
      staff.people.map((_, i) =>
        staff.event(i, { kind: 'moved', detail: null, unitId: staff.units.otherDistrict }),
      ),
    );
    expect(await held()).toHaveLength(20);
    expect(await staff.unitOf(39)).toBe(staff.units.district);
  });

  it('is not for a person, and what a person approved does not count', async () => {
    const { staff, counts, held, leavers } = await createCase(90);
    await staff.record(leavers(0, 30), person);
    expect(await counts()).toBe(30);
    await staff.record(leavers(30, 60));
    expect([await counts(), (await held()).length]).toEqual([50, 10]);
    const ids = (await held()).map(({ id }) => id);
    const some = await approveHeld(staff.deps, { choice: { eventIds: ids.slice(0, 4) }, reason });
    expect(some).toEqual({ approved: 4, accounts: 4, misfits: [] });
    expect([await counts(), (await held()).length]).toEqual([54, 6]);
    expect(staff.cut.flatMap(({ accountIds }) => accountIds)).toHaveLength(54);
    // Nothing is done when one of those named is not held.
    await expect(approveHeld(staff.deps, { choice: { eventIds: ids.slice(3, 6) }, reason })).rejects.toThrow(
      `Not held back: ${ids[3]}`,
    );
    expect(await rejectHeld(staff.deps, { choice: { eventIds: ids.slice(4, 5) }, reason })).toBe(1);
    expect(await approveHeld(staff.deps, { choice: { source: feed.name }, reason })).toMatchObject({
      approved: 5,
    });
    expect([await counts(), (await held()).length]).toEqual([59, 0]);
    await expect(approveHeld(staff.deps, { choice: { source: feed.name }, reason })).rejects.toThrow(
      'held back',
    );
    staff.clock.advance(oneDay + 1);
    await staff.record(leavers(60, 80));
    expect([await counts(), (await held()).length]).toEqual([79, 0]);
    // The rejected one stays rejected when its source sends it again.
    expect(await staff.record(leavers(30, 60))).toContainEqual(
      expect.objectContaining({ outcome: 'same', state: 'rejected' }),
    );
    const [applied] = await staff.record([]);
    expect(applied).toBeUndefined();
  });

  it('keeps held what no longer fits, and gives back what an undo frees', async () => {
    const { store, staff, counts, held, leavers } = await createCase(60);
    await staff.record(leavers(0, 21));
    const [last] = await held();
    await staff.record([staff.event(20, { detail: 'resigned', sourceKey: 'person' })], person);
    const approved = await approveHeld(staff.deps, { choice: { source: feed.name }, reason });
    expect(approved.misfits).toEqual([{ eventId: last?.id, fault: 'ended-already' }]);
    expect(await held()).toHaveLength(1);
    const [first] = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
    await undoEvent(staff.deps, { eventId: first?.id ?? 0, reason });
    await staff.record(leavers(30, 31));
    expect([await counts(), (await held()).length]).toEqual([21, 1]);
  });

  it('is each source its own, and settable', async () => {
    const { staff, counts, leavers } = await createCase(60);
    await addSource(staff.deps, { name: 'other', kind: 'file', brakeCount: 1, brakePercent: 0 });
    await recordEvents(staff.deps, { kind: 'feed', name: 'other' }, leavers(0, 5));
    expect(await counts()).toBe(1);
    await setBrake(staff.deps, { name: 'hr', brakeCount: 3 });
    await staff.record(leavers(10, 20));
    expect(await counts()).toBe(4);
    await setBrake(staff.deps, { name: 'hr', brakePercent: 50.5 });
    const sources = await staff.store.read(listSources);
    expect(sources.map(({ name, brakeCount, brakeShare }) => [name, brakeCount, brakeShare])).toEqual([
      ['hr', 3, 5050],
      ['other', 1, 0],
    ]);
    await expect(addSource(staff.deps, { name: 'hr', kind: 'scim' })).rejects.toThrow('already');
    await expect(addSource(staff.deps, { name: 'command-line', kind: 'file' })).rejects.toThrow('cannot be');
    await expect(setBrake(staff.deps, { name: 'hr', brakePercent: 101 })).rejects.toThrow(
      'between 0 and 100',
    );
    await expect(setBrake(staff.deps, { name: 'hr' })).rejects.toThrow('Nothing to set');
  });
});
