// Whom a source may tell of: people of another source and units beside its own are refused, whichever way they are told.
import { expect, it } from 'vitest';
import { setFeedSettings } from '../../src/services/feeds/settings.ts';
import { recordEvents } from '../../src/services/lifecycle/record.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { at } from '../services/lifecycle/staff.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { createScim, urn } from './scim-client.ts';

const userOf = (staffCode: string, unit?: string) => ({
  schemas: [urn.user, urn.enterprise, urn.employment],
  userName: `user-${staffCode}`,
  displayName: 'Lê Thị Mới',
  active: true,
  [urn.enterprise]: { employeeNumber: staffCode },
  ...(unit === undefined ? {} : { [urn.employment]: { unit } }),
});

describeOnEachStore('what a source may tell of', (open) => {
  it('leaves the people of another source alone where it is set to tell of its own', async () => {
    const { ask, staff, enroll, events } = await createScim(await open(), 2, { hasDefaultUnit: true });
    await addSource(staff.deps, { name: 'other', kind: 'scim' });
    for (const source of ['idp', 'other']) await setFeedSettings(staff.deps, source, { people: 'own' });
    const url = '/scim/v2/other/Users';
    const code = (index: number) => staff.people[index]?.staffCode ?? '';
    const named = (staffCode: string) => ({ ...userOf(staffCode), displayName: undefined });
    await enroll(0);
    expect((await ask('POST', '/Users', userOf('NEW-1'))).status).toBe(201);
    const before = await events();
    for (const body of [
      named(code(0)),
      { ...named(code(0)), active: false },
      userOf('NEW-1'),
      { ...userOf('NEW-1'), active: false },
    ]) {
      const { status, body: said } = await ask('POST', url, body);
      expect([status, said.scimType, said.detail]).toEqual([
        403,
        undefined,
        expect.stringContaining('belongs to another source'),
      ]);
    }
    expect(await events()).toEqual(before);
    // Whom no source holds it may take on, and then the first may not.
    expect((await ask('POST', url, named(code(1)))).status).toBe(201);
    expect((await ask('POST', '/Users', named(code(1)))).status).toBe(403);
    await setFeedSettings(staff.deps, 'other', { people: 'all' });
    expect((await ask('POST', url, named(code(0)))).status).toBe(201);
  });

  it('keeps a source within its unit: people, moves, hiring, groups and the units that they make', async () => {
    const { ask, patch, staff, unitCode, enroll, events, store } = await createScim(await open(), 2);
    const { units } = staff;
    const codes = await store.read((db) => db.select().from(db.tables.units));
    const codeOf = (id: number) => codes.find((unit) => unit.id === id)?.code ?? '';
    const own = await enroll(0);
    const unitBefore = await staff.unitOf(0);
    await setFeedSettings(staff.deps, 'idp', { within: codeOf(units.district), defaultUnit: unitCode });
    const outside = `${urn.employment}:unit`;
    const refused = [
      await patch(`/Users/${own}`, { op: 'replace', path: outside, value: unitCode }),
      await ask('POST', '/Users', userOf('NEW-2', unitCode)),
      await ask('POST', '/Users', userOf('NEW-2')),
      await ask('POST', '/Groups', { schemas: [urn.group], displayName: unitCode }),
      await ask('POST', '/Groups', {
        schemas: [urn.group, urn.unit],
        displayName: 'X',
        [urn.unit]: { code: 'X' },
      }),
    ];
    for (const { status, body } of refused)
      expect([status, body.detail]).toEqual([
        403,
        expect.stringContaining('outside what this source may tell of'),
      ]);
    expect(await events()).toEqual([]);
    expect(await staff.unitOf(0)).toBe(unitBefore);
    const inside = codeOf(units.district);
    expect((await ask('POST', '/Users', userOf('NEW-3', inside))).status).toBe(201);
    expect((await ask('POST', '/Groups', { schemas: [urn.group], displayName: inside })).status).toBe(201);
    // Whoever has been moved out of it by others is beyond its reach.
    await setFeedSettings(staff.deps, 'idp', { within: unitCode });
    expect((await patch(`/Users/${own}`, { op: 'replace', path: 'active', value: false })).status).toBe(403);
    expect((await staff.facts(0)).employment).toMatchObject([{ kind: 'hired' }]);
    // A unit that is no more leaves it nothing; "*" is the whole organisation.
    await setFeedSettings(staff.deps, 'idp', { within: '*' });
    expect((await patch(`/Users/${own}`, { op: 'replace', path: 'active', value: false })).status).toBe(200);
  });

  it('binds a source of files too, row by row; what a person enters is bound by nothing', async () => {
    const { staff, unitCode } = await createScim(await open(), 2);
    await setFeedSettings(staff.deps, 'hr', { within: unitCode, people: 'own' });
    const moved = { kind: 'moved', detail: null, unitId: staff.units.otherDistrict } as const;
    const events = [staff.event(0), staff.event(1, moved)];
    const elsewhere = { outcome: 'refused', fault: 'unit-elsewhere' };
    expect(await recordEvents(staff.deps, { kind: 'feed', name: 'hr' }, events, { dryRun: true })).toEqual([
      elsewhere,
      elsewhere,
    ]);
    expect(await staff.record(events)).toEqual([elsewhere, elsewhere]);
    const hired = {
      ...staff.event(0, { kind: 'hired', detail: null, effectiveAt: at('01/03/2026') }),
      staffCode: 'NEW-4',
      person: {
        fullName: 'Lê Thị Mới',
        unitId: staff.units.otherDistrict,
        kind: 'civil-servant',
        position: null,
      },
    } as const;
    expect(await staff.record([hired])).toMatchObject([{ outcome: 'applied' }]);
    const person = { kind: 'person', name: 'command-line' } as const;
    expect(await recordEvents(staff.deps, person, [staff.event(0)])).toMatchObject([{ outcome: 'applied' }]);
  });
});
