import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

describeOnEachStore('policies in the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let operator: TestOperator;
  let central: Browser;
  let unit: Browser;
  const hours = { windows: [{ days: [1, 2, 3, 4, 5], from: '09:00', until: '17:00' }] };

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    operator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
    central = await site.signIn(operator);
    unit = await site.signIn(
      await site.addOperator([{ role: 'unit-administrator', unitId: site.world.units.local }]),
    );
  });
  afterAll(() => site.close());

  const seen = async (browser: Browser, scope: string) => {
    const answer = await browser.send('GET', `/api/v1/policies/${scope}`);
    return { policy: answer.json(), etag: String(answer.headers['etag']), status: answer.statusCode };
  };
  const put = async (scope: string, layer: object, etag?: string) =>
    central.send(
      'PUT',
      `/api/v1/policies/${scope}`,
      { layer, reason: 'theo 12/QĐ' },
      { 'if-match': etag ?? (await seen(central, scope)).etag },
    );

  it('are shown with what is in force, changed on what was seen, and keep who changed what', async () => {
    const scope = `unit:${site.world.units.local}`;
    const { policy, etag } = await seen(central, scope);
    expect(policy.inForce).toMatchObject({ sessionMinutes: 720, longestTermDays: 366 });
    expect((await put(scope, { sessionMinutes: 300, hours }, etag)).statusCode).toBe(200);
    const late = await put(scope, { sessionMinutes: 100 }, etag);
    expect([late.statusCode, late.json().code]).toEqual([409, 'conflict']);
    expect((await put(scope, { sessionMinutes: 240, hours })).statusCode).toBe(200);
    const after = (await seen(unit, scope)).policy;
    expect(after.layer).toMatchObject({ sessionMinutes: 240, hours });
    expect(after.inForce.sessionMinutes).toBe(240);
    const { items } = (await unit.send('GET', `/api/v1/policies/${scope}/history`)).json();
    expect(items[0].changes).toEqual([{ field: 'sessionMinutes', before: '300', after: '240' }]);
    expect(items[0].by).toContain('Trần Thị Bình');
    expect(items[1].changes.map(({ field }: { field: string }) => field)).toContain('hours');
    const recorded = (await central.send('GET', '/api/v1/audit?outcome=policy.change')).json().items;
    expect(recorded).toHaveLength(2);
  });

  it('are removed by an empty layer; saying the same again is refused', async () => {
    const scope = `unit:${site.world.units.other}`;
    expect((await put(scope, {})).statusCode).toBe(422);
    expect((await put(scope, { sessionLimit: 1 })).statusCode).toBe(200);
    expect((await put(scope, { sessionLimit: 1 })).statusCode).toBe(422);
    expect((await put(scope, {})).statusCode).toBe(200);
    expect((await seen(central, scope)).policy.layer).toEqual({});
  });

  it('of other units are not there for a unit; it sees those that govern it', async () => {
    const { local, other, centre } = site.world.units;
    const { items } = (await unit.send('GET', '/api/v1/policies')).json();
    const scopes = items.map(({ scope }: { scope: string }) => scope);
    expect(scopes).toEqual(['organisation', `unit:${centre}`, `unit:${local}`]);
    expect((await seen(unit, `unit:${other}`)).status).toBe(404);
    expect((await seen(unit, `gateway:${site.world.gateways.appended}`)).status).toBe(404);
    const refused = await unit.send(
      'PUT',
      `/api/v1/policies/unit:${local}`,
      { layer: {}, reason: 'x' },
      { 'if-match': '"1"' },
    );
    expect(refused.statusCode).toBe(403);
  });

  it('name the field that is wrong', async () => {
    const gateway = `gateway:${site.world.gateways.appended}`;
    const term = await put(gateway, { longestTermDays: 30 });
    expect([term.statusCode, term.json().errors[0].field]).toEqual([422, 'longestTermDays']);
    const units = await put(gateway, { gatewayUnits: ['KHONG-CO'] });
    expect([units.statusCode, units.json().errors[0].field]).toEqual([422, 'gatewayUnits']);
    const upstream = await put('organisation', { firstFactor: 'new-ad' });
    expect([upstream.statusCode, upstream.json().errors[0].field]).toEqual([422, 'firstFactor']);
    const window = await put('organisation', { hours: { windows: [{ days: [8], from: '7', until: '9' }] } });
    expect([window.statusCode, window.json().errors[0].field]).toEqual([422, 'hours']);
    const most = await put('organisation', { sessionMinutes: 0 });
    expect([most.statusCode, most.json().errors[0].field]).toEqual([400, 'layer.sessionMinutes']);
  });

  it('say beforehand which accepted logins they would have denied', async () => {
    const { world } = site;
    const account = await world.addAccount();
    const scope = `unit:${world.units.local}`;
    await world.store.write(async (db) => {
      await db.insert(db.tables.audit).values({
        chain: 'preview',
        seq: 1,
        at: clock.now() - 3_600_000,
        kind: 'decision',
        accountId: account.accountId,
        gatewayId: world.gateways.appended,
        outcome: 'accept',
        body: JSON.stringify({ data: { evidence: 'E1' } }),
        hash: Buffer.alloc(32),
      });
    });
    await central.send('POST', '/api/v1/session/step-up', { code: operator.nextCode() });
    const preview = async (layer: object) =>
      (await central.send('POST', `/api/v1/policies/${scope}/preview`, { layer, days: 7 })).json();
    expect(await preview({})).toMatchObject({ logins: 1, denied: [] });
    const night = { windows: [{ days: [1], from: '20:00', until: '21:00' }] };
    expect((await preview({ hours: night })).denied).toMatchObject([
      { reason: 'outside-hours', logins: 1, accounts: 1, named: [{ id: account.accountId }] },
    ]);
    expect((await preview({ leastEvidence: 2, workstationMode: 'enforce' })).denied).toMatchObject([
      { reason: 'workstation-evidence-too-weak' },
    ]);
    expect((await preview({ leastEvidence: 2, workstationMode: 'observe' })).denied).toEqual([]);
  });
});
