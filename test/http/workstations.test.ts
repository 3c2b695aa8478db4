import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('workstations in the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  let head: Browser;

  const add = (browser: Browser, assetTag: string, code: string) =>
    browser.send('POST', '/api/v1/workstations', { assetTag, kind: 'spare', unit: code });
  const tags = async (browser: Browser, query = '') =>
    (
      (await browser.send('GET', `/api/v1/workstations?${query}`)).json().items as {
        id: number;
        assetTag: string;
        state: string;
      }[]
    ).filter(({ assetTag }) => assetTag.startsWith('W'));

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { local } = site.world.units;
    const signed = async (role: 'central-administrator' | 'unit-administrator' | 'head-of-unit') =>
      site.signIn(
        await site.addOperator([{ role, unitId: role === 'central-administrator' ? null : local }]),
      );
    central = await signed('central-administrator');
    unit = await signed('unit-administrator');
    head = await signed('head-of-unit');
  });
  afterAll(() => site.close());

  it('are registered by a unit for itself alone, and found by the beginning of the asset tag in any case', async () => {
    expect((await add(unit, 'W_100', 'T01')).statusCode).toBe(201);
    expect((await add(unit, 'WX101', 'T01')).statusCode).toBe(201);
    expect((await add(central, 'W_900', 'T02')).statusCode).toBe(201);
    expect((await add(unit, 'W_901', 'T02')).statusCode).toBe(403);
    expect((await add(head, 'W_102', 'T01')).statusCode).toBe(403);
    const again = await unit.send(
      'POST',
      '/api/v1/workstations',
      { assetTag: 'W_100', kind: 'spare', unit: 'T01' },
      { 'accept-language': 'vi' },
    );
    expect([again.statusCode, again.json().errors[0].message]).toEqual([422, 'Đã có máy trạm W_100.']);
    expect((await tags(unit)).map(({ assetTag }) => assetTag)).toEqual(['WX101', 'W_100']);
    // The underscore is a character, no wildcard.
    expect((await tags(unit, 'q=w_')).map(({ assetTag }) => assetTag)).toEqual(['W_100']);
    expect((await tags(central, 'q=W_')).map(({ assetTag }) => assetTag)).toEqual(['W_100', 'W_900']);
  });

  it('of another unit are not there; a lost one is reported by the unit, with a reason', async () => {
    const foreign = (await tags(central, 'q=W_900'))[0]?.id;
    const own = (await tags(unit, 'q=W_100'))[0]?.id;
    const lost = { state: 'lost', reason: 'mất khi đi công tác' };
    expect((await unit.send('GET', `/api/v1/workstations/${foreign}`)).statusCode).toBe(404);
    expect((await unit.change('POST', `/api/v1/workstations/${foreign}/state`, lost)).statusCode).toBe(404);
    const { other } = site.world.units;
    expect((await unit.send('GET', `/api/v1/workstations?unit=${other}`)).statusCode).toBe(404);
    const silent = { state: 'lost', reason: '' };
    expect((await head.change('POST', `/api/v1/workstations/${own}/state`, silent)).statusCode).toBe(400);
    expect((await head.change('POST', `/api/v1/workstations/${own}/state`, lost)).statusCode).toBe(204);
    expect((await head.change('POST', `/api/v1/workstations/${own}/state`, lost)).statusCode).toBe(422);
    expect((await unit.send('GET', `/api/v1/workstations/${own}`)).json()).toMatchObject({
      assetTag: 'W_100',
      state: 'lost',
      users: [],
    });
  });
});
