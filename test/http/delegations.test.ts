import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

describeOnEachStore('delegations', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let head: TestOperator;
  let headBrowser: Browser;
  let delegate: TestOperator;
  let browser: Browser;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
  });
  beforeEach(async () => {
    const { local } = site.world.units;
    head = await site.addOperator([{ role: 'head-of-unit', unitId: local }]);
    headBrowser = await site.signIn(head);
    delegate = await site.addOperator([]);
    browser = await site.signIn(delegate);
  });
  afterAll(() => site.close());

  const staffCode = async ({ personId }: TestOperator) =>
    site.world.store.read(async (db) => {
      const { people } = db.tables;
      const [row] = await db.select().from(people).where(eq(people.id, personId));
      return row?.staffCode ?? '';
    });
  const order = async (more: object = {}) => ({
    delegate: await staffCode(delegate),
    unit: 'T01',
    from: '02/03/2026',
    until: '15/03/2026',
    documentNumber: '77/UQ',
    ...more,
  });
  const add = async (who: Browser, more: object = {}) =>
    who.send('POST', '/api/v1/delegations', await order(more));
  const suspend = async () => {
    const { accountId } = await site.world.addAccount();
    const at = `/api/v1/accounts/${accountId}`;
    const seen = await browser.send('GET', at);
    const answer = await browser.send(
      'POST',
      `${at}/suspend`,
      { reason: 'xác minh' },
      { 'if-match': String(seen.headers['etag'] ?? '"1"') },
    );
    return { accountId, status: answer.statusCode };
  };

  it('let the delegate act, recorded and shown as done on behalf of the head, by document number', async () => {
    expect((await suspend()).status).toBe(403);
    expect((await add(headBrowser)).statusCode).toBe(201);
    const done = await suspend();
    expect(done.status).toBe(200);
    const { items } = (await headBrowser.send('GET', `/api/v1/accounts/${done.accountId}/timeline`)).json();
    expect(items[0].personal.administrator).toMatch(/Trần Thị Bình.*, ký thay Trần Thị Bình.* theo 77\/UQ$/);
    expect(items[0].data.delegation).toBe('77/UQ');
    const [role] = (await browser.send('GET', '/api/v1/session')).json().roles;
    expect(role).toMatchObject({ role: 'head-of-unit', documentNumber: '77/UQ' });
    expect(role.onBehalfOf).toContain('Trần Thị Bình');
  });

  it('are of heads for their own unit, to another operator, and never of what was delegated', async () => {
    const field = async (who: Browser, more: object) => {
      const answer = await add(who, more);
      return [answer.statusCode >= 400, answer.json().errors?.[0]?.field ?? answer.json().code];
    };
    expect(await field(headBrowser, { unit: 'T02' })).toEqual([true, 'unit']);
    expect(await field(headBrowser, { delegate: await staffCode(head) })).toEqual([true, 'delegate']);
    expect(await field(headBrowser, { until: '01/03/2026' })).toEqual([true, 'until']);
    const central = await site.signIn(
      await site.addOperator([{ role: 'central-administrator', unitId: null }]),
    );
    expect(await field(central, {})).toEqual([true, 'head']);
    expect((await add(central, { head: await staffCode(head) })).statusCode).toBe(201);
    const third = await site.addOperator([]);
    expect(await field(browser, { delegate: await staffCode(third) })).toEqual([true, 'head']);
    // Nor by naming the head.
    const named = { head: await staffCode(head), delegate: await staffCode(third) };
    expect(await field(browser, named)).toEqual([true, 'head']);
  });

  it('end by an order, at their day, and with the head’s leaving', async () => {
    const { id } = (await add(headBrowser)).json();
    expect((await suspend()).status).toBe(200);
    const end = await headBrowser.send('POST', `/api/v1/delegations/${id}/end`, { reason: 'đã về' });
    expect(end.statusCode).toBe(204);
    expect((await suspend()).status).toBe(403);
    const again = await headBrowser.send('POST', `/api/v1/delegations/${id}/end`, { reason: 'đã về' });
    expect(again.statusCode).toBe(404);

    await add(headBrowser);
    expect((await suspend()).status).toBe(200);
    await site.world.store.write(async (db) => {
      await db.insert(db.tables.employmentEvents).values({
        personId: head.personId,
        kind: 'ended',
        detail: 'retired',
        effectiveAt: clock.now() - 1,
        source: 'test',
        sourceKey: `retired ${head.personId}`,
        recordedAt: clock.now(),
      });
    });
    // No job has run: the fact alone counts.
    expect((await suspend()).status).toBe(403);
  });
});
