import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameSearchKey, nameSortKey } from '../../src/core/names.ts';
import { updatePerson } from '../../src/store/queries/import/people.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { day, type TestAccount } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('accounts in the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  let duc: TestAccount;
  let elsewhere: TestAccount;

  async function named(fullName: string, unitId: number): Promise<TestAccount> {
    const account = await site.world.addAccount();
    await site.world.store.write((db) =>
      updatePerson(db, account.personId, {
        fullName,
        nameSearchKey: nameSearchKey(fullName),
        nameSortKey: nameSortKey(fullName),
        unitId,
      }),
    );
    return account;
  }

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { local, other } = site.world.units;
    duc = await named('Nguyễn Văn Đức', local);
    await named('Đặng Thị Ánh', local);
    await named('Nguyễn Thị Hòa', local);
    elsewhere = await named('Nguyễn Văn Đức', other);
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unit = await site.signIn(await site.addOperator([{ role: 'unit-administrator', unitId: local }]));
  });
  afterAll(() => site.close());

  const names = async (browser: Browser, query: string) => {
    const answer = await browser.send('GET', `/api/v1/accounts?${query}`);
    expect([answer.statusCode, answer.body.slice(0, 200)]).toEqual([200, expect.any(String)]);
    return (answer.json().items as { fullName: string }[]).map(({ fullName }) => fullName);
  };

  it('are found by beginnings of words without accents, in the order of staff lists', async () => {
    expect(await names(unit, 'q=ng')).toEqual(['Nguyễn Văn Đức', 'Nguyễn Thị Hòa']);
    expect(await names(unit, 'q=hoà')).toEqual(['Nguyễn Thị Hòa']);
    expect(await names(unit, 'q=duc%20nguy')).toEqual(['Nguyễn Văn Đức']);
    expect(await names(unit, 'q=uyen')).toEqual([]);
    expect(await names(unit, 'q=%25')).toEqual([]);
    expect(await names(unit, `q=${duc.userName.toUpperCase()}`)).toEqual(['Nguyễn Văn Đức']);
    expect(await names(unit, '')).toEqual(['Đặng Thị Ánh', 'Nguyễn Văn Đức', 'Nguyễn Thị Hòa']);
  });

  it('are no longer found by a name that somebody had before', async () => {
    const bride = await named('Vương Thị Ngát', site.world.units.local);
    expect(await names(unit, 'q=ngat')).toEqual(['Vương Thị Ngát']);
    await site.world.store.write((db) =>
      updatePerson(db, bride.personId, {
        fullName: 'Vương Quế',
        nameSearchKey: 'vuong que',
        nameSortKey: 'Z',
      }),
    );
    expect(await names(unit, 'q=ngat')).toEqual([]);
    expect(await names(unit, 'q=que%20vuong')).toEqual(['Vương Quế']);
    await site.world.store.write((db) =>
      db
        .update(db.tables.people)
        .set({ unitId: site.world.units.other })
        .where(eq(db.tables.people.id, bride.personId)),
    );
  });

  it('of other units are seen by those who look after them alone', async () => {
    expect(await names(central, 'q=duc')).toHaveLength(2);
    expect(await names(unit, 'q=duc')).toHaveLength(1);
    const { other } = site.world.units;
    expect(await names(central, `q=duc&unit=${other}`)).toHaveLength(1);
    expect((await unit.send('GET', `/api/v1/accounts?unit=${other}`)).statusCode).toBe(404);
    expect((await unit.send('GET', `/api/v1/accounts/${elsewhere.accountId}`)).statusCode).toBe(404);
  });

  it('come page by page without loss or repetition, counted', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const at: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = (await unit.send('GET', `/api/v1/accounts?limit=1${at}`)).json();
      expect(page.total).toEqual({ count: 3, isCapped: false });
      seen.push(...(page.items as { fullName: string }[]).map(({ fullName }) => fullName));
      cursor = page.next;
    }
    expect(seen).toEqual(['Đặng Thị Ánh', 'Nguyễn Văn Đức', 'Nguyễn Thị Hòa']);
    const wrong = await unit.send('GET', '/api/v1/accounts?cursor=abc');
    expect([wrong.statusCode, wrong.json().errors[0].field]).toEqual([422, 'cursor']);
    expect((await unit.send('GET', '/api/v1/accounts?limit=201')).json().errors[0].field).toBe('limit');
    expect((await unit.send('GET', '/api/v1/accounts?where=1')).statusCode).toBe(400);
  });

  it('are shown whole, without secrets, with what keeps them out', async () => {
    const answer = await unit.send('GET', `/api/v1/accounts/${duc.accountId}`);
    expect(answer.headers['etag']).toBe(`"${answer.json().revision}"`);
    expect(answer.json()).toMatchObject({
      userName: duc.userName,
      standing: null,
      person: { fullName: 'Nguyễn Văn Đức', employment: { state: 'employed' } },
      longestTermDays: 366,
    });
    expect(answer.body).not.toMatch(/argon2|sealed|seed/i);
  });

  it('are changed only by who has seen their present state, with a reason, and the change is in their story', async () => {
    const at = `/api/v1/accounts/${duc.accountId}`;
    const tag = String((await unit.send('GET', at)).headers['etag']);
    const suspend = (headers: Record<string, string>, body: object = { reason: 'kiểm tra' }) =>
      unit.send('POST', `${at}/suspend`, body, headers);
    expect((await suspend({})).statusCode).toBe(428);
    expect((await suspend({ 'if-match': '"999"' })).statusCode).toBe(412);
    expect((await suspend({ 'if-match': tag }, {})).json().errors[0].field).toBe('reason');
    expect((await suspend({ 'if-match': tag }, { reason: 'x', detail: 'by-centre' })).statusCode).toBe(400);
    const done = await suspend({ 'if-match': tag });
    expect(done.statusCode).toBe(200);
    expect((await suspend({ 'if-match': tag })).statusCode).toBe(412);
    const shown = (await unit.send('GET', at)).json();
    expect(shown).toMatchObject({
      suspended: { detail: 'by-unit' },
      standing: { reason: 'suspended', detail: 'by-unit', title: expect.any(String) },
    });
    const lifted = await unit.send(
      'POST',
      `${at}/reinstate`,
      { reason: 'xong' },
      { 'if-match': `"${shown.revision}"` },
    );
    expect(lifted.statusCode).toBe(200);
    const story = (await unit.send('GET', `${at}/timeline`)).json() as {
      items: { outcome: string; personal: { administrator: string; reason: string } }[];
    };
    expect(story.items.map(({ outcome }) => outcome)).toEqual(['account.reinstate', 'account.suspend']);
    expect(story.items[0]?.personal).toMatchObject({
      reason: 'xong',
      administrator: expect.stringContaining('OP-'),
    });
  });

  it('get a term within the policy’s limit', async () => {
    const at = `/api/v1/accounts/${duc.accountId}`;
    const { revision } = (await unit.send('GET', at)).json();
    const set = (validUntil: string) =>
      unit.send('PATCH', `${at}/term`, { validUntil, reason: 'gia hạn' }, { 'if-match': `"${revision}"` });
    const far = await set('31/12/2040');
    expect([far.statusCode, far.json().errors[0].field]).toEqual([422, 'validUntil']);
    expect((await set('13/13/2026')).json().errors[0].field).toBe('validUntil');
    const until = new Date(clock.now() + 60 * day).toISOString().slice(0, 10);
    expect((await set(until)).statusCode).toBe(200);
  });

  it('are never one’s own to extend', async () => {
    const operator = await site.addOperator(
      [{ role: 'unit-administrator', unitId: site.world.units.local }],
      site.world.units.local,
    );
    const own = await site.world.addAccount();
    await site.world.store.write(async (db) => {
      const { accounts } = db.tables;
      await db.update(accounts).set({ personId: operator.personId }).where(eq(accounts.id, own.accountId));
    });
    const browser = await site.signIn(operator);
    const at = `/api/v1/accounts/${own.accountId}`;
    const { revision } = (await browser.send('GET', at)).json();
    const answer = await browser.send(
      'PATCH',
      `${at}/term`,
      { validUntil: '2030-01-01', reason: 'mình' },
      { 'if-match': `"${revision}"` },
    );
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'own-affair']);
  });

  it('move from one keeper of passwords to another by the centre alone, once they have what it takes', async () => {
    const account = await site.world.addAccount();
    const at = `/api/v1/accounts/${account.accountId}`;
    const move = async (browser: Browser, firstFactor: string | null) => {
      const tag = String((await browser.send('GET', at)).headers['etag']);
      const body = { firstFactor, reason: 'chuyển dần' };
      return await browser.send('PUT', `${at}/first-factor`, body, { 'if-match': tag });
    };
    expect((await move(unit, 'own')).statusCode).toBe(403);
    expect((await move(central, 'own')).statusCode).toBe(200);
    expect((await central.send('GET', at)).json()).toMatchObject({ firstFactor: 'own' });
    const refused = await move(central, 'no such; name');
    expect([refused.statusCode, refused.json().errors[0].field]).toEqual([422, 'firstFactor']);
    expect((await move(central, null)).statusCode).toBe(200);
    expect((await central.send('GET', at)).json()).toMatchObject({ firstFactor: null });
  });

  it('suspended by the centre are not let in again by their unit', async () => {
    const account = await site.world.addAccount();
    const at = `/api/v1/accounts/${account.accountId}`;
    const send = async (browser: Browser, act: 'suspend' | 'reinstate') => {
      const tag = String((await browser.send('GET', at)).headers['etag']);
      return (await browser.send('POST', `${at}/${act}`, { reason: 'vụ việc' }, { 'if-match': tag }))
        .statusCode;
    };
    expect(await send(central, 'suspend')).toBe(200);
    expect(await send(unit, 'reinstate')).toBe(403);
    expect((await unit.send('GET', at)).json().suspended).toMatchObject({ detail: 'by-centre' });
    expect(await send(central, 'reinstate')).toBe(200);
  });

  it('of a unit have their events entered by it; those of others, moves out of reach, and one’s own are refused', async () => {
    const { world } = site;
    const staffCodeOf = (personId: number) =>
      world.store.read(async (db) => {
        const { people } = db.tables;
        const [row] = await db
          .select({ staffCode: people.staffCode })
          .from(people)
          .where(eq(people.id, personId));
        return row?.staffCode ?? '';
      });
    const event = { kind: 'leave', detail: 'maternity', from: '01/12/2030', documentNumber: '7/QĐ' };
    const enter = (browser: Browser, body: object) =>
      browser.send('POST', '/api/v1/lifecycle/events', { ...event, ...body });
    const mine = await staffCodeOf(duc.personId);
    expect((await enter(unit, { staffCode: mine })).statusCode).toBe(201);
    const foreign = await enter(unit, { staffCode: await staffCodeOf(elsewhere.personId) });
    const unknown = await enter(unit, { staffCode: 'KHONG-CO' });
    expect([foreign.statusCode, foreign.json().errors]).toEqual([unknown.statusCode, unknown.json().errors]);
    expect(foreign.json().errors[0].field).toBe('staffCode');
    const { detail: _, ...move } = { ...event, kind: 'moved', staffCode: mine, unit: 'T02' };
    const away = await unit.send('POST', '/api/v1/lifecycle/events', move);
    expect([away.statusCode, away.json().errors[0].field]).toEqual([400, 'unit']);
    const operator = await site.addOperator(
      [{ role: 'unit-administrator', unitId: world.units.local }],
      world.units.local,
    );
    const self = await enter(await site.signIn(operator), {
      staffCode: await staffCodeOf(operator.personId),
    });
    expect(self.json()).toMatchObject({ code: 'own-affair' });
  });
});
