// The working calendar over the API: entered by the centre, read by all, and what it does to hours of access at once.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('the working calendar', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  const url = '/api/v1/calendar';

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unit = await site.signIn(
      await site.addOperator([{ role: 'unit-administrator', unitId: site.world.units.local }]),
    );
  });
  afterAll(() => site.close());

  const listed = async (browser: Browser, year = 2026) =>
    (await browser.send('GET', `${url}?year=${year}`)).json().items;

  it('is entered by the centre, over what was there, and read by everybody', async () => {
    const holiday = { from: '30/04/2026', until: '2026-05-01', kind: 'holiday', name: 'Nghỉ lễ 30/4, 1/5' };
    const entered = await central.change('POST', url, holiday);
    expect([entered.statusCode, entered.json().days]).toEqual([200, ['2026-04-30', '2026-05-01']]);
    const makeUp = { from: '09/05/2026', kind: 'make-up-day', worksLike: 4, name: 'làm bù' };
    expect((await central.change('POST', url, makeUp)).statusCode).toBe(200);
    const renamed = { from: '01/05/2026', kind: 'holiday', name: 'Quốc tế Lao động' };
    expect((await central.change('POST', url, renamed)).statusCode).toBe(200);
    expect(await listed(unit)).toMatchObject([
      { day: '2026-04-30', kind: 'holiday', worksLike: null, name: 'Nghỉ lễ 30/4, 1/5' },
      { day: '2026-05-01', name: 'Quốc tế Lao động' },
      { day: '2026-05-09', kind: 'make-up-day', worksLike: 4, changedAt: expect.any(Number) },
    ]);
    expect(await listed(unit, 2027)).toEqual([]);
    expect((await unit.send('POST', url, holiday)).statusCode).toBe(403);
    const recorded = (await central.send('GET', '/api/v1/audit?outcome=calendar.set')).json().items;
    expect(recorded).toHaveLength(3);
  });

  it('names the field that is wrong', async () => {
    const name = 'x';
    for (const [body, field] of [
      [{ from: '31/04/2026', kind: 'holiday', name }, 'from'],
      [{ from: '30/04/26', kind: 'holiday', name }, 'from'],
      [{ from: '30/04/2026', until: '29/04/2026', kind: 'holiday', name }, 'until'],
      [{ from: '01/01/2026', until: '01/02/2026', kind: 'holiday', name }, 'until'],
      [{ from: '30/04/2026', kind: 'make-up-day', name }, 'worksLike'],
      [{ from: '30/04/2026', kind: 'holiday', worksLike: 1, name }, 'worksLike'],
      [{ from: '30/04/2026', kind: 'holiday', name: ' ' }, 'name'],
    ] as const) {
      const refused = await central.change('POST', url, body);
      expect([refused.statusCode, refused.json().errors[0].field]).toEqual([422, field]);
    }
  });

  it('closes a holiday to those with hours of access, ends sessions before it, and explains it', async () => {
    const { world } = site;
    const account = await world.addAccount();
    const windows = [{ days: [1, 2, 3, 4, 5], from: '00:00', until: '24:00' }];
    await world.setPolicy(`unit:${world.units.local}`, {
      sessionMs: 7 * 86_400_000,
      uncutSessionMs: 7 * 86_400_000,
      hours: { timeZone: 'Asia/Ho_Chi_Minh', windows },
    });
    const holiday = { kind: 'holiday', name: 'Giỗ Tổ' };
    expect((await central.change('POST', url, { from: '03/03/2026', ...holiday })).statusCode).toBe(200);
    const node = await world.createNode('one');
    const accepted = await node.authenticate(world.login(account));
    // On Monday, 2 March: until midnight.
    const sessionSeconds = Math.floor((Date.UTC(2026, 2, 2, 17) - clock.now()) / 1_000);
    expect(accepted).toMatchObject({ kind: 'accept', sessionSeconds });

    expect((await central.change('POST', url, { from: '02/03/2026', ...holiday })).statusCode).toBe(200);
    const sessions = await world.store.read((db) => db.select().from(db.tables.sessions));
    expect(sessions.find(({ accountId }) => accountId === account.accountId)?.judgeAt).toBe(0);
    const supposed = await central.send('POST', '/api/v1/what-if', {
      userName: account.userName,
      gateway: 'gw-appended',
      password: 'right',
      code: 'right',
    });
    expect(supposed.json()).toMatchObject({ outcome: 'deny', reason: 'outside-hours' });
    expect(supposed.body).toContain('02/03/2026 is a holiday (Giỗ Tổ)');

    expect((await central.change('DELETE', `${url}/2026-03-02`)).statusCode).toBe(204);
    expect((await central.change('DELETE', `${url}/2026-03-02`)).statusCode).toBe(404);
    const again = await central.send('POST', '/api/v1/what-if', {
      ...{ userName: account.userName, gateway: 'gw-appended', password: 'right', code: 'right' },
    });
    expect(again.json().reason).not.toBe('outside-hours');
  });
});
