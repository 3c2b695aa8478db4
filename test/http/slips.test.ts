// Slips and the roll-out over HTTP: printed, handed over, counted; within the unit alone.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import type { TestAccount } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('slips in the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  let auditor: Browser;
  let inside: TestAccount;
  let outside: TestAccount;
  let own: TestAccount;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { world } = site;
    const { local, other } = world.units;
    const pending = { account: { status: 'pending' as const } };
    inside = await world.addAccount(pending);
    outside = await world.addAccount(pending);
    own = await world.addAccount(pending);
    const operator = await site.addOperator([{ role: 'unit-administrator', unitId: local }], local);
    await world.store.write(async (db) => {
      const { people, accounts } = db.tables;
      await db.update(people).set({ unitId: other }).where(eq(people.id, outside.personId));
      await db.update(accounts).set({ personId: operator.personId }).where(eq(accounts.id, own.accountId));
    });
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unit = await site.signIn(operator);
    auditor = await site.signIn(await site.addOperator([{ role: 'auditor', unitId: null }]));
  });
  afterAll(() => site.close());

  const people = async (browser: Browser, query: string) =>
    (await browser.send('GET', `/api/v1/rollout/people?${query}`)).json().items as {
      userName: string;
      state: string;
    }[];

  it('are printed for a unit as one PDF, counted, listed for signature and handed over', async () => {
    const { local } = site.world.units;
    const empty = await unit.send('GET', `/api/v1/slips/hand-over-list?unit=${local}`);
    expect([empty.statusCode, empty.json().errors[0].field]).toEqual([422, 'unit']);
    const printed = await unit.send('POST', '/api/v1/slips', { unit: local });
    expect(printed.headers['content-type']).toBe('application/pdf');
    expect(printed.headers['cache-control']).toBe('no-store');
    expect(printed.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
    expect((await people(unit, `unit=${local}&state=printed`)).map(({ userName }) => userName)).toContain(
      inside.userName,
    );
    const list = await unit.send('GET', `/api/v1/slips/hand-over-list?unit=${local}`);
    expect(list.rawPayload.subarray(0, 5).toString()).toBe('%PDF-');
    const at = `/api/v1/accounts/${inside.accountId}/slip/hand-over`;
    expect((await unit.change('POST', at, {})).statusCode).toBe(204);
    const again = await unit.change('POST', at, {}, { 'accept-language': 'vi' });
    expect([again.statusCode, again.json().errors[0].message]).toEqual([422, 'Đã ghi nhận giao phiếu này.']);
    const { units, portalUrl } = (await unit.send('GET', '/api/v1/rollout')).json();
    expect(portalUrl).toBe('https://vpn.example.org');
    expect(units).toHaveLength(1);
    expect(units[0].counts).toMatchObject({ 'not-printed': 1, 'handed-over': 1 });
    const done = (await site.acts()).map(({ outcome }) => outcome);
    expect(done).toEqual(expect.arrayContaining(['slip.print', 'slip.hand-over']));
  });

  it('of other units are not there for a unit, and nobody prints or hands over their own', async () => {
    const { other } = site.world.units;
    const foreign = `/api/v1/accounts/${outside.accountId}/slip`;
    expect((await unit.send('POST', '/api/v1/slips', { unit: other })).statusCode).toBe(404);
    expect((await unit.send('GET', `/api/v1/rollout/people?unit=${other}`)).statusCode).toBe(404);
    expect((await unit.send('GET', `/api/v1/rollout/missing?unit=${other}`)).statusCode).toBe(404);
    expect((await unit.send('POST', foreign)).statusCode).toBe(404);
    expect((await unit.send('GET', '/api/v1/rollout/missing')).body).not.toContain(outside.userName);
    expect((await central.send('GET', '/api/v1/rollout/missing')).body).toContain(outside.userName);
    expect((await central.send('POST', foreign)).statusCode).toBe(200);
    // Nor among those of the whole unit: it was printed above.
    expect(await people(unit, `unit=${site.world.units.local}&state=not-printed`)).toMatchObject([
      { userName: own.userName },
    ]);
    for (const act of ['slip', 'slip/hand-over']) {
      const answer = await unit.change('POST', `/api/v1/accounts/${own.accountId}/${act}`, {});
      expect(answer.json()).toMatchObject({ code: 'own-affair' });
    }
  });

  it('are not printed for an account in use: whoever had one would take its holder’s place', async () => {
    const account = await site.world.addAccount();
    const answer = await central.send('POST', `/api/v1/accounts/${account.accountId}/slip`);
    expect([answer.statusCode, answer.json().errors[0].field]).toEqual([422, 'userNames']);
    await site.world.store.write(async (db) => {
      const { authenticators } = db.tables;
      await db
        .update(authenticators)
        .set({ state: 'revoked' })
        .where(eq(authenticators.accountId, account.accountId));
    });
    expect((await central.send('POST', `/api/v1/accounts/${account.accountId}/slip`)).statusCode).toBe(200);
  });

  it('are no business of who only reads', async () => {
    const { local } = site.world.units;
    expect((await auditor.send('GET', '/api/v1/rollout')).statusCode).toBe(200);
    expect((await auditor.send('POST', '/api/v1/slips', { unit: local })).statusCode).toBe(403);
    expect((await auditor.send('GET', `/api/v1/slips/hand-over-list?unit=${local}`)).statusCode).toBe(403);
  });

  it('voids the former slip when one is printed again', async () => {
    const at = `/api/v1/accounts/${inside.accountId}/slip`;
    expect((await central.send('POST', at)).statusCode).toBe(200);
    const { local } = site.world.units;
    const found = (await people(central, `unit=${local}`)).find(
      ({ userName }) => userName === inside.userName,
    );
    // The one that was handed over is void: this one has still to be.
    expect(found?.state).toBe('printed');
  });
});
