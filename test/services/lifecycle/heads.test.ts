// Heads of units by personnel events, and accounts suspended by them: from their moment on, without a job, and undone exactly.
import { expect, it } from 'vitest';
import { suspendedSince } from '../../../src/core/employment.ts';
import { hasGround } from '../../../src/core/lifecycle.ts';
import { undoEvent } from '../../../src/services/lifecycle/undo.ts';
import { findOperatorOfPerson } from '../../../src/store/queries/heads.ts';
import {
  insertOperator,
  insertOperatorRole,
  listRolesInForce,
} from '../../../src/store/queries/operators.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { oneDay } from '../../store/fixtures.ts';
import { at, createStaff } from './staff.ts';

describeOnEachStore('heads of units', (open) => {
  async function setUp() {
    const staff = await createStaff(await open(), 3);
    const { store, clock } = staff;
    const unitId = staff.units.district;
    const personOf = (index: number) => staff.people[index]?.personId ?? 0;
    const roles = async (index: number) => {
      const operator = await store.read((db) => findOperatorOfPerson(db, personOf(index)));
      return operator === null
        ? []
        : await store.read((db) => listRolesInForce(db, operator.id, clock.now()));
    };
    const tell = async (
      index: number,
      kind: 'head-appointed' | 'head-acting' | 'head-relieved',
      more = {},
    ) => {
      const of = kind === 'head-relieved' ? {} : { unitId };
      const [recorded] = await staff.record([staff.event(index, { kind, detail: null, ...of, ...more })]);
      return recorded !== undefined && 'eventId' in recorded
        ? { ...recorded, id: recorded.eventId ?? 0 }
        : recorded;
    };
    return { ...staff, unitId, personOf, roles, tell };
  }

  it('appointed for a day to come holds the role from that day on, by itself, and has no password yet', async () => {
    const { store, clock, tell, roles, personOf, unitId } = await setUp();
    expect(await tell(0, 'head-appointed', { effectiveAt: at('03/03/2026') })).toMatchObject({
      outcome: 'applied',
    });
    expect(await store.read((db) => findOperatorOfPerson(db, personOf(0)))).toMatchObject({
      state: 'active',
      passwordPhc: null,
      sealedSeed: null,
    });
    expect(await roles(0)).toEqual([]);
    clock.set(at('03/03/2026') - 1);
    expect(await roles(0)).toEqual([]);
    clock.set(at('03/03/2026'));
    expect(await roles(0)).toMatchObject([
      { role: 'head-of-unit', unitId, acting: false, validUntil: null, documentNumber: '12/QĐ' },
    ]);
  });

  it('acting holds the role until its end, and becomes head by being appointed', async () => {
    const { clock, tell, roles } = await setUp();
    expect(await tell(0, 'head-acting')).toMatchObject({ outcome: 'refused', fault: 'end-missing' });
    await tell(0, 'head-acting', { endsAt: at('10/03/2026') });
    expect(await roles(0)).toMatchObject([{ acting: true, validUntil: at('10/03/2026') }]);
    await tell(0, 'head-appointed', { effectiveAt: at('05/03/2026') });
    clock.set(at('05/03/2026'));
    expect(await roles(0)).toMatchObject([{ acting: false, validUntil: null }]);
    await tell(1, 'head-acting', { endsAt: at('10/03/2026') });
    clock.set(at('10/03/2026'));
    expect(await roles(1)).toEqual([]);
  });

  it('relieved loses the role and what others hold by it in the same write; undo puts both back', async () => {
    const { store, clock, deps, tell, roles, personOf, unitId } = await setUp();
    const appointed = await tell(0, 'head-appointed');
    const since = clock.now() - oneDay;
    await store.write(async (db) => {
      const operatorId = await insertOperator(db, {
        personId: personOf(1),
        signInName: 'deputy',
        state: 'active',
        createdAt: since,
      });
      const role = { operatorId, role: 'head-of-unit', unitId, validFrom: since, createdAt: since } as const;
      await insertOperatorRole(db, { ...role, delegatedByPersonId: personOf(0) });
    });
    expect([await roles(0), await roles(1)].map((held) => held.length)).toEqual([1, 1]);
    const relieved = await tell(0, 'head-relieved', { effectiveAt: clock.now() });
    expect([await roles(0), await roles(1)]).toEqual([[], []]);
    if (relieved === undefined || !('id' in relieved)) throw new Error('it was not recorded');
    await undoEvent(deps, { eventId: relieved.id, reason: 'nhầm người' });
    expect([await roles(0), await roles(1)].map((held) => held.length)).toEqual([1, 1]);
    if (appointed === undefined || !('id' in appointed)) throw new Error('it was not recorded');
    await undoEvent(deps, { eventId: appointed.id, reason: 'nhầm người' });
    expect((await roles(0)).length).toBe(0);
  });

  it('whoever left the console is not let in by an appointment: somebody has to look', async () => {
    const { store, clock, tell, roles, personOf } = await setUp();
    await store.write((db) =>
      insertOperator(db, {
        personId: personOf(2),
        signInName: 'gone',
        state: 'ended',
        createdAt: clock.now(),
      }),
    );
    await tell(2, 'head-appointed');
    expect(await roles(2)).toEqual([]);
    const alerts = await store.read((db) => db.select().from(db.tables.alerts));
    expect(alerts.map(({ rule }) => rule)).toEqual(['head-without-operator']);
  });

  it('nobody is head who does not work here', async () => {
    const { record, event, tell, roles } = await setUp();
    await record([event(0)]);
    expect(await tell(0, 'head-appointed')).toMatchObject({ outcome: 'refused', fault: 'ended-already' });
    expect(await tell(1, 'head-appointed', { unitId: null })).toMatchObject({ fault: 'unit-missing' });
    expect(await roles(0)).toEqual([]);
  });
});

describeOnEachStore('accounts suspended by an event', (open) => {
  it('are so from its moment on, are cut, count for the brake, and work again when reinstated', async () => {
    const staff = await createStaff(await open(), 30);
    const day = at('04/03/2026');
    const kind = { kind: 'suspended', detail: null } as const;
    await staff.record([staff.event(0, { ...kind, effectiveAt: day })]);
    const ground = async (now: number) => {
      const { accountId, employment, assignments, ...rest } = await staff.facts(0);
      return hasGround({ ...rest, status: 'active', assignments }, employment, now);
    };
    expect([await ground(day - 1), await ground(day)]).toEqual([true, false]);
    expect(suspendedSince((await staff.facts(0)).employment, day + 1)).toBe(day);
    staff.clock.set(day);
    await staff.applyDue();
    expect(staff.cut).toEqual([{ accountIds: [staff.people[0]?.accountId], reason: 'suspended' }]);
    expect(await staff.record([staff.event(0, { ...kind, effectiveAt: day + 1 })])).toMatchObject([
      { outcome: 'refused', fault: 'suspended-already' },
    ]);
    await staff.record([staff.event(0, { kind: 'reinstated', detail: null, effectiveAt: day + 2 })]);
    expect([await ground(day + 1), await ground(day + 2)]).toEqual([false, true]);
    expect(await staff.record([staff.event(1, { kind: 'reinstated', detail: null })])).toMatchObject([
      { outcome: 'refused', fault: 'not-suspended' },
    ]);
    const many = staff.people.slice(1).map((_, i) => staff.event(i + 1, { ...kind, effectiveAt: day }));
    const outcomes = (await staff.record(many)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(9);
  });

  it('are what they were before when the event is undone', async () => {
    const staff = await createStaff(await open(), 1);
    const [recorded] = await staff.record([staff.event(0, { kind: 'suspended', detail: null })]);
    const eventId = recorded !== undefined && 'eventId' in recorded ? (recorded.eventId ?? 0) : 0;
    expect(suspendedSince((await staff.facts(0)).employment, staff.clock.now())).not.toBeNull();
    await undoEvent(staff.deps, { eventId, reason: 'nhầm người' });
    expect(suspendedSince((await staff.facts(0)).employment, staff.clock.now())).toBeNull();
  });
});
