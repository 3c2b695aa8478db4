import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken } from '../../src/services/web/api-tokens.ts';
import { putPolicy } from '../../src/store/queries/policies.ts';
import { bumpSettingsVersion } from '../../src/store/queries/settings.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

describeOnEachStore('units, people and accounts made by hand', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let centralOperator: TestOperator;
  let central: Browser;
  let unit: Browser;
  let unitOperator: TestOperator;
  let helpDesk: Browser;
  let serial = 0;

  const faultOf = (answer: Awaited<ReturnType<Browser['send']>>) => [
    answer.statusCode,
    (answer.json() as { errors?: { field: string }[] }).errors?.[0]?.field,
  ];
  const person = (more: object = {}) => {
    serial += 1;
    return {
      staffCode: `NN${serial}`,
      fullName: 'Đỗ Thị Hồng Ân',
      kind: 'external',
      position: 'Kiểm toán viên',
      unit: 'T01',
      from: '01/03/2026',
      documentNumber: '12/HĐ-KT',
      ...more,
    };
  };
  const addPerson = async (browser = unit): Promise<number> =>
    (await browser.send('POST', '/api/v1/people', person())).json().id;
  const account = (personId: number, more: object = {}) => {
    serial += 1;
    return {
      personId,
      userName: `an.do${serial}`,
      validFrom: '02/03/2026',
      validUntil: '30/06/2026',
      assignment: {
        documentNumber: `45/PC-${serial}`,
        documentDate: '01/03/2026',
        signatory: 'Nguyễn Văn A, Thủ trưởng đơn vị',
        purpose: 'kiểm toán báo cáo',
        dataScope: 'số liệu kế toán',
        unit: 'T01',
        validFrom: '01/03/2026',
        validUntil: '31/12/2026',
      },
      ...more,
    };
  };
  const machine = async (unitCode = 'T01', kind = 'personal') => {
    serial += 1;
    const assetTag = `TS-NEW-${serial}`;
    const made = await central.send('POST', '/api/v1/workstations', { assetTag, kind, unit: unitCode });
    expect(made.statusCode).toBe(201);
    return assetTag;
  };
  const countAccounts = () =>
    site.world.store.read(async (db) => (await db.select().from(db.tables.accounts)).length);

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { local } = site.world.units;
    centralOperator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
    central = await site.signIn(centralOperator);
    unitOperator = await site.addOperator([{ role: 'unit-administrator', unitId: local }], local);
    unit = await site.signIn(unitOperator);
    helpDesk = await site.signIn(await site.addOperator([{ role: 'help-desk', unitId: local }]));
  });
  afterAll(() => site.close());

  it('a unit is put below another, by the centre alone, once under one code', async () => {
    const body = { code: 'T01-3', name: 'Tổ  nghiệp vụ 3', parent: 'T01' };
    expect((await unit.send('POST', '/api/v1/units', body)).statusCode).toBe(403);
    const made = await central.send('POST', '/api/v1/units', body);
    expect(made.statusCode).toBe(201);
    expect(faultOf(await central.send('POST', '/api/v1/units', body))).toEqual([409, 'code']);
    const orphan = await central.send('POST', '/api/v1/units', { ...body, code: 'X', parent: 'NONE' });
    expect(faultOf(orphan)).toEqual([404, 'parent']);
    // The unit above sees it at once: it lies in its reach.
    const { items } = (await unit.send('GET', '/api/v1/units')).json();
    expect(items.find(({ code }: { code: string }) => code === 'T01-3')).toMatchObject({
      id: made.json().id,
      name: 'Tổ nghiệp vụ 3',
      parentId: site.world.units.local,
      depth: 2,
    });
    clock.advance(5 * 60_000);
    const late = await central.send('POST', '/api/v1/units', { ...body, code: 'T01-4' });
    expect([late.statusCode, late.json().code]).toEqual([403, 'step-up-required']);
    await central.send('POST', '/api/v1/session/step-up', { code: centralOperator.nextCode() });
  });

  it('a unit is renamed by its paper, tried first, told ahead, and undone', async () => {
    const { id } = (
      await central.send('POST', '/api/v1/units', { code: 'OLD', name: 'Đội cũ', parent: 'T01' })
    ).json();
    const nameOf = async () => {
      const { items } = (await central.send('GET', '/api/v1/units')).json();
      return items.find((one: { id: number }) => one.id === id)?.name;
    };
    const order = {
      kind: 'renamed',
      name: 'Đội mới',
      code: 'NEW',
      from: '02/03/2026',
      documentNumber: '7/QĐ',
    };
    const path = `/api/v1/units/${id}/events`;
    expect((await unit.change('POST', path, order)).statusCode).toBe(403);
    const tried = await central.change('POST', path, { ...order, dryRun: true });
    expect([tried.statusCode, tried.json().state, await nameOf()]).toEqual([201, 'dry-run', 'Đội cũ']);
    expect(faultOf(await central.change('POST', path, { ...order, code: 'T02' }))).toEqual([422, 'code']);
    const nameless = { kind: 'renamed', from: '02/03/2026', documentNumber: '7/QĐ' };
    expect(faultOf(await central.change('POST', path, nameless))).toEqual([422, 'name']);
    const done = await central.change('POST', path, order);
    expect([done.json().state, await nameOf()]).toEqual(['applied', 'Đội mới']);
    expect(faultOf(await central.change('POST', path, order))).toEqual([422, 'document']);
    const ahead = { ...order, name: 'Đội sau', from: '01/12/2026', documentNumber: '8/QĐ' };
    expect((await central.change('POST', path, ahead)).json().state).toBe('scheduled');
    expect(await nameOf()).toBe('Đội mới');
    const { items } = (await central.send('GET', '/api/v1/unit-events')).json();
    expect(items.slice(0, 2)).toMatchObject([
      { documentNumber: '8/QĐ', state: 'scheduled' },
      { documentNumber: '7/QĐ', state: 'applied', unit: { code: 'NEW', name: 'Đội mới' } },
    ]);
    expect((await unit.send('GET', '/api/v1/unit-events')).statusCode).toBe(403);
    const undo = (eventId: number) =>
      central.send('POST', `/api/v1/unit-events/${eventId}/undo`, { reason: 'nhập nhầm' });
    expect((await undo(items[0].id)).statusCode).toBe(204);
    expect((await undo(items[1].id)).statusCode).toBe(204);
    expect(await nameOf()).toBe('Đội cũ');
    expect((await undo(items[1].id)).statusCode).toBe(422);
  });

  it('a unit that went into another is no unit to choose any more', async () => {
    const { id } = (
      await central.send('POST', '/api/v1/units', { code: 'END', name: 'Đội giải thể', parent: 'T01' })
    ).json();
    const merge = { kind: 'merged', into: 'T02', from: '02/03/2026', documentNumber: '9/QĐ' };
    const path = `/api/v1/units/${id}/events`;
    expect(faultOf(await central.change('POST', path, merge))).toEqual([422, 'reapproveBy']);
    const done = await central.change('POST', path, { ...merge, reapproveBy: '31/03/2026' });
    expect([done.statusCode, done.json().state]).toEqual([201, 'applied']);
    const { items } = (await central.send('GET', '/api/v1/units')).json();
    expect(items.some((one: { code: string }) => one.code === 'END')).toBe(false);
    const below = { code: 'END-1', name: 'Tổ', parent: 'END' };
    expect(faultOf(await central.send('POST', '/api/v1/units', below))).toEqual([422, 'parent']);
    expect(faultOf(await central.send('POST', '/api/v1/people', person({ unit: 'END' })))).toEqual([
      404,
      'unit',
    ]);
  });

  it('a person is entered with the day that the work begins, by the unit for itself alone', async () => {
    expect((await helpDesk.send('POST', '/api/v1/people', person())).statusCode).toBe(403);
    expect(faultOf(await unit.send('POST', '/api/v1/people', person({ unit: 'T02' })))).toEqual([
      404,
      'unit',
    ]);
    expect(faultOf(await unit.send('POST', '/api/v1/people', person({ from: '03/2026' })))).toEqual([
      422,
      'from',
    ]);
    const blank = await unit.send('POST', '/api/v1/people', person({ fullName: '   ' }));
    expect(faultOf(blank)).toEqual([422, 'fullName']);
    const body = person();
    const made = await unit.send('POST', '/api/v1/people', body);
    expect(made.statusCode).toBe(201);
    const shown = (await unit.send('GET', `/api/v1/people/${made.json().id}`)).json();
    expect(shown).toMatchObject({
      staffCode: body.staffCode,
      fullName: 'Đỗ Thị Hồng Ân',
      kind: 'external',
      position: 'Kiểm toán viên',
      unit: { code: 'T01' },
      employment: { state: 'employed' },
      facts: [{ kind: 'hired', documentNumber: '12/HĐ-KT' }],
    });
    const found = (await unit.send('GET', '/api/v1/people?q=hong%20an')).json().items;
    expect(found.some(({ id }: { id: number }) => id === made.json().id)).toBe(true);
    expect(faultOf(await central.send('POST', '/api/v1/people', body))).toEqual([409, 'staffCode']);
    const later = await unit.send('POST', '/api/v1/people', person({ from: '01/05/2026' }));
    const { employment } = (await unit.send('GET', `/api/v1/people/${later.json().id}`)).json();
    expect(employment.state).toBe('not-started');
  });

  it('an account is made with its paper and workstation in one act, and waits for its holder', async () => {
    const personId = await addPerson();
    const assetTag = await machine();
    const body = account(personId, { userName: 'An.Do@', workstation: { assetTag, until: '31/05/2026' } });
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', body))).toEqual([422, 'userName']);
    const good = { ...body, userName: 'An.Do' };
    expect((await helpDesk.send('POST', '/api/v1/accounts', good)).statusCode).toBe(403);
    const made = await unit.send('POST', '/api/v1/accounts', good);
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ userName: 'an.do', asked: [] });
    const shown = (await unit.send('GET', `/api/v1/accounts/${made.json().id}`)).json();
    expect(shown).toMatchObject({
      status: 'pending',
      hasPassword: false,
      person: { id: personId },
      assignments: [{ documentNumber: body.assignment.documentNumber }],
      workstations: [{ assetTag, assignmentKind: 'temporary' }],
      // Nothing but the activation is lacking.
      standing: { reason: 'account-pending' },
    });
    const { items } = (await unit.send('GET', `/api/v1/accounts/${made.json().id}/timeline`)).json();
    const verbs = items.map(({ outcome }: { outcome: string }) => outcome);
    expect(verbs).toEqual(
      expect.arrayContaining(['account.create', 'assignment.cover', 'account.assign-workstation']),
    );
    // One account each; and one user name, in any case.
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', account(personId)))).toEqual([
      409,
      'personId',
    ]);
    const namesake = account(await addPerson(), { userName: 'AN.DO' });
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', namesake))).toEqual([409, 'userName']);
  });

  it('an account may rest on a paper that is there already', async () => {
    const first = account(await addPerson());
    await unit.send('POST', '/api/v1/accounts', first);
    const listed = await unit.send('GET', `/api/v1/assignments?q=${first.assignment.documentNumber}`);
    const [{ id }] = listed.json().items;
    const { assignment: _, ...rest } = account(await addPerson());
    const second = await unit.send('POST', '/api/v1/accounts', { ...rest, assignmentId: id });
    expect(second.statusCode).toBe(201);
    expect((await unit.send('GET', `/api/v1/assignments/${id}`)).json().accounts).toBe(2);
    const { assignment: __, ...none } = account(await addPerson());
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', none))).toEqual([400, 'assignment']);
    const missing = await unit.send('POST', '/api/v1/accounts', { ...none, assignmentId: 9_999_999 });
    expect(faultOf(missing)).toEqual([404, 'assignment.id']);
  });

  it('nothing is left of an account of which one part is refused', async () => {
    const personId = await addPerson();
    const foreign = await machine('T02');
    const before = await countAccounts();
    const refused = async (more: object, field: string) => {
      const answer = await unit.send('POST', '/api/v1/accounts', account(personId, more));
      expect([answer.statusCode >= 400, answer.json().errors[0].field]).toEqual([true, field]);
    };
    const { assignment } = account(personId);
    await refused({ assignment: { ...assignment, validUntil: '01/01/2026' } }, 'assignment.validUntil');
    await refused({ assignment: { ...assignment, unit: 'T02' } }, 'assignment.unit');
    await refused({ assignment: { ...assignment, documentDate: '01/01/2099' } }, 'assignment.documentDate');
    await refused({ workstation: { assetTag: 'TS-NONE' } }, 'workstation.assetTag');
    await refused({ workstation: { assetTag: foreign } }, 'workstation.assetTag');
    const own = await machine();
    await refused({ workstation: { assetTag: own, until: '01/01/2026' } }, 'workstation.until');
    await refused({ validUntil: '01/03/2026' }, 'validUntil');
    await refused({ validUntil: '31/12/2028' }, 'validUntil');
    await refused({ validFrom: 'mai' }, 'validFrom');
    expect(await countAccounts()).toBe(before);
    const papers = await unit.send('GET', `/api/v1/assignments?q=${assignment.documentNumber}`);
    expect(papers.json().items).toEqual([]);
  });

  it('nobody makes an account for themselves, for another unit, or for somebody who has left', async () => {
    const own = await unit.send('POST', '/api/v1/accounts', account(unitOperator.personId));
    expect(faultOf(own)).toEqual([422, 'personId']);
    const elsewhere = await addPerson(central);
    await site.world.store.write((db) =>
      db
        .update(db.tables.people)
        .set({ unitId: site.world.units.other })
        .where(eq(db.tables.people.id, elsewhere)),
    );
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', account(elsewhere)))).toEqual([
      404,
      'personId',
    ]);
    const body = person();
    const { id } = (await unit.send('POST', '/api/v1/people', body)).json();
    const left = await unit.send('POST', '/api/v1/lifecycle/events', {
      staffCode: body.staffCode,
      kind: 'ended',
      detail: 'contract-ended',
      documentNumber: '13/HĐ-KT',
      from: '02/03/2026',
    });
    expect(left.statusCode).toBe(201);
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', account(id)))).toEqual([422, 'personId']);
  });

  it('a token makes accounts only with the scopes for papers and machines too', async () => {
    const { world } = site;
    const personId = await addPerson();
    const assetTag = await machine();
    const send = async (scopes: readonly ('account.create' | 'assignment.edit' | 'workstation.edit')[]) => {
      serial += 1;
      const { token } = await createToken(
        {
          store: world.store,
          keyring: world.keyring,
          clock,
          random: { bytes: (n: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(n))) },
          by: { name: 'test', via: 'command line' },
        },
        { name: `maker${serial}`, scopes, days: 1, unitId: world.units.local },
      );
      const body = account(personId, { workstation: { assetTag } });
      return await site
        .browser()
        .send('POST', '/api/v1/accounts', body, { authorization: `Bearer ${token}` });
    };
    expect((await send(['account.create'])).statusCode).toBe(403);
    expect(faultOf(await send(['account.create', 'assignment.edit']))).toEqual([404, 'workstation.assetTag']);
    const all = await send(['account.create', 'assignment.edit', 'workstation.edit']);
    expect(all.statusCode).toBe(201);
  });

  it('of four eyes: what one person may give is given, the rest is asked of a second', async () => {
    const { store, units } = site.world;
    await store.write(async (db) => {
      await putPolicy(db, {
        scope: `unit:${units.local}`,
        layer: JSON.stringify({ fourEyes: ['extension', 'reassign-workstation'], usualTermDays: 60 }),
        at: clock.now(),
        by: 'test',
        reason: null,
      });
      await bumpSettingsVersion(db);
    });
    const holder = await site.world.addAccount();
    const assetTag = await machine('T01', 'shared');
    const shared = await store.read(async (db) => {
      const { workstations } = db.tables;
      const [row] = await db.select().from(workstations).where(eq(workstations.assetTag, assetTag));
      return row?.id ?? 0;
    });
    await store.write((db) =>
      db.insert(db.tables.accountWorkstations).values({
        accountId: holder.accountId,
        workstationId: shared,
        validFrom: clock.now(),
        validUntil: null,
        kind: 'permanent',
      }),
    );
    const personId = await addPerson();
    const body = account(personId, { validUntil: '31/12/2026', workstation: { assetTag } });
    expect(faultOf(await unit.send('POST', '/api/v1/accounts', body))).toEqual([422, 'reason']);
    const made = await unit.send('POST', '/api/v1/accounts', { ...body, reason: 'kiểm toán cả năm' });
    expect(made.statusCode).toBe(201);
    const { id, asked } = made.json();
    expect(asked.map(({ kind }: { kind: string }) => kind)).toEqual(['extension', 'workstation-register']);
    const shown = (await unit.send('GET', `/api/v1/accounts/${id}`)).json();
    // 60 days from 2 March 2026: the whole of 30 April is within.
    expect(shown.validUntil).toBe(Date.UTC(2026, 3, 30, 17));
    expect(shown.workstations).toEqual([]);
    const requests = (await unit.send('GET', '/api/v1/requests')).json().items;
    expect(requests.map((one: { id: number }) => one.id)).toEqual(
      expect.arrayContaining(asked.map(({ requestId }: { requestId: number }) => requestId)),
    );
  });
});
