// Lifecycle events in a store: once each, at their moment, undone exactly.
import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { employmentAt } from '../../../src/core/employment.ts';
import { hasGround } from '../../../src/core/lifecycle.ts';
import { lifecycleDeps } from '../../../src/services/lifecycle/deps.ts';
import { applyDueEvents } from '../../../src/services/lifecycle/due.ts';
import { eventsPerWrite } from '../../../src/services/lifecycle/enactment.ts';
import { recordEvents } from '../../../src/services/lifecycle/record.ts';
import { undoEvent } from '../../../src/services/lifecycle/undo.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import {
  assignWorkstation,
  insertClient,
  insertGateway,
  insertWorkstation,
  oneDay,
} from '../../store/fixtures.ts';
import { dump } from '../organisation/harness.ts';
import { at, createStaff, dyingAfter, feed, noon, person } from './staff.ts';

const reason = 'nhầm người';

describeOnEachStore('lifecycle events', (open) => {
  it('end access at once when they are due, in the write that records them', async () => {
    const staff = await createStaff(await open(), 2);
    const before = await staff.accountRow(0);
    const [result] = await staff.record([staff.event(0)]);
    expect(result).toMatchObject({ outcome: 'applied' });
    const after = await staff.accountRow(0);
    expect(after).toMatchObject({ status: 'withdrawn', revision: before.revision + 1 });
    expect(employmentAt((await staff.facts(0)).employment, noon)).toEqual({
      state: 'ended',
      detail: 'retired',
    });
    expect(staff.cut).toEqual([{ accountIds: [before.id], reason: 'employment-ended' }]);
    expect(await staff.accountRow(1)).toMatchObject({ status: 'active', revision: 1 });
    expect(await staff.records()).toEqual(['lifecycle.record']);
  });

  it('order the cut of live sessions in the write that ends access', async () => {
    const store = await open();
    const staff = await createStaff(store, 2);
    const [leaver, stayer] = [await staff.accountRow(0), await staff.accountRow(1)];
    await store.write(async (db) => {
      const gatewayId = await insertGateway(db, { clientId: await insertClient(db) });
      const session = {
        gatewayId,
        station: '',
        state: 'live',
        startedAt: noon,
        until: noon + oneDay,
      } as const;
      await db.insert(db.tables.sessions).values([
        { ...session, accountId: leaver.id },
        { ...session, accountId: stayer.id },
        { ...session, accountId: leaver.id, state: 'ended' },
      ]);
    });
    await recordEvents(lifecycleDeps({ ...staff.deps }), feed, [staff.event(0)]);
    const cuts = await store.read((db) => db.select().from(db.tables.cuts));
    expect(cuts).toMatchObject([{ reason: 'employment-ended', state: 'ordered', orderedAt: noon }]);
  });

  it('are done once for each key, and write nothing when nothing is new', async () => {
    const store = await open();
    const staff = await createStaff(store, 3);
    const events = [0, 1, 2].map((index) => staff.event(index));
    await staff.record(events);
    const before = await dump(store);
    const again = await staff.record(events);
    expect(again.map(({ outcome }) => outcome)).toEqual(['same', 'same', 'same']);
    expect(await dump(store)).toBe(before);
    const changed = await staff.record([staff.event(0, { detail: 'resigned' })]);
    expect(changed).toEqual([{ outcome: 'refused', fault: 'key-reused' }]);
    const elsewhere = await staff.record([staff.event(0, { sourceKey: 'another' })], person);
    expect(elsewhere).toEqual([{ outcome: 'known' }]);
    expect(await dump(store)).toBe(before);
    expect(staff.cut).toHaveLength(1);
  });

  it('of one person follow each other within a run', async () => {
    const staff = await createStaff(await open(), 1);
    const results = await staff.record([
      staff.event(0, { kind: 'leave', detail: 'sick', effectiveAt: at('01/02/2026') }),
      staff.event(0, { kind: 'returned', detail: null, effectiveAt: at('01/03/2026') }),
      staff.event(0, { kind: 'returned', detail: null, effectiveAt: at('02/03/2026') }),
    ]);
    expect(results.map((result) => ('fault' in result ? result.fault : result.outcome))).toEqual([
      'applied',
      'applied',
      'not-on-leave',
    ]);
    const facts = await staff.facts(0);
    expect(hasGround(facts, facts.employment, noon)).toBe(true);
  });

  it('of a future day change nothing before it, and the decision applies them while the job is stopped', async () => {
    const staff = await createStaff(await open(), 1);
    const effectiveAt = at('29/02/2028');
    const [result] = await staff.record([staff.event(0, { effectiveAt })]);
    expect(result).toMatchObject({ outcome: 'scheduled' });
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
    expect(staff.cut).toEqual([]);
    const { employment } = await staff.facts(0);
    expect(employmentAt(employment, effectiveAt - 1).state).toBe('employed');
    expect(employmentAt(employment, effectiveAt).state).toBe('ended');
    staff.clock.set(effectiveAt - 1);
    expect(await staff.applyDue()).toBe(0);
    staff.clock.set(effectiveAt);
    expect(await staff.applyDue()).toBe(1);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
    expect(staff.cut).toHaveLength(1);
    expect(await staff.applyDue()).toBe(0);
    expect(await staff.records()).toEqual(['lifecycle.record', 'lifecycle.apply']);
  });

  it('that move somebody change the unit on the day, and cut on the date set for new papers', async () => {
    const staff = await createStaff(await open(), 1);
    const { district, otherDistrict } = staff.units;
    const effectiveAt = at('01/04/2026');
    const keepUntil = at('01/05/2026');
    await staff.record([
      staff.event(0, { kind: 'moved', detail: null, unitId: otherDistrict, effectiveAt, keepUntil }),
    ]);
    expect(await staff.unitOf(0)).toBe(district);
    staff.clock.set(effectiveAt);
    await staff.applyDue();
    expect(await staff.unitOf(0)).toBe(otherDistrict);
    expect(staff.cut).toEqual([]);
    const facts = await staff.facts(0);
    expect(facts.unitPath.at(-1)).toBe(otherDistrict);
    expect(hasGround(facts, facts.employment, keepUntil - 1)).toBe(true);
    expect(hasGround(facts, facts.employment, keepUntil)).toBe(false);
    staff.clock.set(keepUntil);
    await staff.applyDue();
    expect(staff.cut).toHaveLength(1);
  });

  it('hire somebody whom nobody knew, and extend terms', async () => {
    const staff = await createStaff(await open(), 1);
    const unitId = staff.units.province;
    const results = await staff.record([
      staff.event(0, {
        staffCode: 'NEW-1',
        kind: 'hired',
        detail: null,
        unitId,
        person: { fullName: 'Đỗ Thị Mới', unitId, kind: 'worker', position: null },
      }),
      staff.event(0, { staffCode: 'NEW-1', kind: 'leave', detail: 'sick', sourceKey: 'x' }),
      staff.event(0, { kind: 'extended', detail: null, endsAt: at('01/01/2030') }),
      staff.event(0, { staffCode: 'NOBODY' }),
    ]);
    expect(results.map((result) => ('fault' in result ? result.fault : result.outcome))).toEqual([
      'applied',
      'applied',
      'applied',
      'person-unknown',
    ]);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active', validUntil: at('01/01/2030') });
  });

  it('are refused from a source that nobody added', async () => {
    const staff = await createStaff(await open(), 1);
    const unknown = recordEvents(staff.deps, { kind: 'feed', name: 'hrm' }, [staff.event(0)]);
    await expect(unknown).rejects.toThrow('There is no source "hrm"');
  });

  it('that are due are finished once when the process dies between two writes', async () => {
    const store = await open();
    const first = eventsPerWrite(store);
    const size = first + 70;
    const staff = await createStaff(store, size);
    const effectiveAt = at('01/04/2026');
    await staff.record(
      staff.people.map((_, index) => staff.event(index, { effectiveAt })),
      person,
    );
    staff.clock.set(effectiveAt + oneDay);
    await expect(applyDueEvents({ ...staff.deps, store: dyingAfter(store, 1) })).rejects.toThrow('killed');
    const withdrawn = async () => {
      const rows = await store.read((db) => db.select().from(db.tables.accounts));
      return rows.filter(({ status }) => status === 'withdrawn').length;
    };
    expect(await withdrawn()).toBe(first);
    expect(await staff.applyDue()).toBe(70);
    expect(await withdrawn()).toBe(size);
    const cut = staff.cut.flatMap(({ accountIds }) => accountIds);
    expect(new Set(cut).size).toBe(size);
    expect(cut).toHaveLength(size);
    expect((await staff.records()).filter((outcome) => outcome === 'lifecycle.apply')).toHaveLength(size);
  });

  it('are applied once by two nodes at the same time', async () => {
    const store = await open();
    const staff = await createStaff(store, 60);
    const effectiveAt = at('01/04/2026');
    await staff.record(
      staff.people.map((_, index) => staff.event(index, { effectiveAt })),
      person,
    );
    staff.clock.set(effectiveAt);
    const counts = await Promise.all([staff.applyDue(), staff.applyDue(), staff.applyDue()]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(staff.cut.flatMap(({ accountIds }) => accountIds)).toHaveLength(60);
  });
});

describeOnEachStore('undo of a lifecycle event', (open) => {
  async function createCase() {
    const store = await open();
    const staff = await createStaff(store, 2);
    const without = ['audit', 'auditPersonal', 'auditChains', 'lifecycleEvents', 'lifecycleSources'] as const;
    /** Everything but revisions and instants of change. */
    const state = async () => (await dump(store, without)).replace(/"revision":\d+|"updatedAt":\d+/g, '');
    const eventId = async () => {
      const rows = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
      return rows.at(-1)?.id ?? 0;
    };
    return { store, staff, state, eventId };
  }

  const cases = [
    ['ended', { kind: 'ended', detail: 'dismissed' }],
    ['leave', { kind: 'leave', detail: 'stood-down' }],
    ['extended', { kind: 'extended', detail: null, endsAt: at('01/01/2030') }],
    ['duties-changed', { kind: 'duties-changed', detail: null }],
  ] as const;

  it.each(cases)('restores exactly what was before %s', async (_name, change) => {
    const { staff, state, eventId } = await createCase();
    const before = await state();
    await staff.record([staff.event(0, change)]);
    expect(await state()).not.toBe(before);
    const { revision } = await staff.accountRow(0);
    await undoEvent(staff.deps, { eventId: await eventId(), reason });
    expect(await state()).toBe(before);
    expect((await staff.accountRow(0)).revision).toBeGreaterThan(revision);
    expect((await staff.accountRow(1)).revision).toBe(1);
    expect((await staff.records()).at(-1)).toBe('lifecycle.undo');
    // Its source sends it again: it stays undone.
    expect(await staff.record([staff.event(0, change)])).toMatchObject([
      { outcome: 'same', state: 'undone' },
    ]);
    expect(await state()).toBe(before);
  });

  it('restores the former unit, and a pending account as pending', async () => {
    const { store, staff, state, eventId } = await createCase();
    await store.write(async (db) => {
      const { accounts } = db.tables;
      await db
        .update(accounts)
        .set({ status: 'pending' })
        .where(eq(accounts.id, (await staff.accountRow(1)).id));
    });
    const before = await state();
    await staff.record([staff.event(0, { kind: 'moved', detail: null, unitId: staff.units.otherDistrict })]);
    await undoEvent(staff.deps, { eventId: await eventId(), reason });
    await staff.record([staff.event(1)]);
    await undoEvent(staff.deps, { eventId: await eventId(), reason });
    expect(await state()).toBe(before);
  });

  it('takes back what has not happened yet', async () => {
    const { staff, state, eventId } = await createCase();
    const before = await state();
    const effectiveAt = at('01/01/2027');
    await staff.record([staff.event(0, { effectiveAt })]);
    await undoEvent(staff.deps, { eventId: await eventId(), reason });
    expect(await state()).toBe(before);
    staff.clock.set(effectiveAt);
    expect(await staff.applyDue()).toBe(0);
    expect(await state()).toBe(before);
  });

  it('is refused when what was changed has been changed since, and says what', async () => {
    const { store, staff, state, eventId } = await createCase();
    await staff.record([staff.event(0)]);
    const id = await eventId();
    const account = await staff.accountRow(0);
    await store.write(async (db) => {
      await db
        .update(db.tables.accounts)
        .set({ status: 'active' })
        .where(eq(db.tables.accounts.id, account.id));
    });
    const before = await state();
    await expect(undoEvent(staff.deps, { eventId: id, reason })).rejects.toThrow(
      `${account.userName} is active now`,
    );
    expect(await state()).toBe(before);
    // Moved on: the first move can no longer be undone, the second can, and then the first.
    const { otherDistrict, province } = staff.units;
    await staff.record([staff.event(1, { kind: 'moved', detail: null, unitId: otherDistrict })]);
    const first = await eventId();
    const later = { kind: 'moved', detail: null, unitId: province, sourceKey: 'second' } as const;
    staff.clock.advance(oneDay);
    await staff.record([staff.event(1, { ...later, effectiveAt: noon + 1 })]);
    const second = await eventId();
    await expect(undoEvent(staff.deps, { eventId: first, reason })).rejects.toThrow('in another unit since');
    await undoEvent(staff.deps, { eventId: second, reason });
    await undoEvent(staff.deps, { eventId: first, reason });
    expect(await staff.unitOf(1)).toBe(staff.units.district);
    await expect(undoEvent(staff.deps, { eventId: first, reason })).rejects.toThrow('is undone');
    await expect(undoEvent(staff.deps, { eventId: 99_999, reason })).rejects.toThrow('There is no event');
  });

  it('does not mind changes of something else', async () => {
    const { store, staff, eventId } = await createCase();
    await staff.record([staff.event(0)]);
    const { id } = await staff.accountRow(0);
    await store.write(async (db) => {
      const workstationId = await insertWorkstation(db, { unitId: staff.units.district });
      await assignWorkstation(db, { accountId: id, workstationId });
    });
    const undone = await undoEvent(staff.deps, { eventId: await eventId(), reason });
    expect(undone.employment).toEqual({ state: 'employed' });
    expect(await staff.accountRow(0)).toMatchObject({ status: 'active' });
  });
});
