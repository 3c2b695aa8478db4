import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { putPolicy } from '../../src/store/queries/policies.ts';
import { bumpSettingsVersion } from '../../src/store/queries/settings.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

describeOnEachStore('four eyes', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  /** Unit administrator and head in one person: may ask and may decide, never the same thing. */
  let both: { readonly operator: TestOperator; readonly browser: Browser };
  let head: { readonly operator: TestOperator; readonly browser: Browser };

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { local, centre } = site.world.units;
    await site.world.store.write(async (db) => {
      const fourEyes = ['extension', 'reset-authenticator', 'reassign-workstation'];
      await putPolicy(db, {
        scope: `unit:${local}`,
        layer: JSON.stringify({ fourEyes, usualTermDays: 60 }),
        at: clock.now(),
        by: 'test',
        reason: null,
      });
      await bumpSettingsVersion(db);
    });
    const one = await site.addOperator([
      { role: 'unit-administrator', unitId: local },
      { role: 'head-of-unit', unitId: local },
    ]);
    both = { operator: one, browser: await site.signIn(one) };
    const above = await site.addOperator([{ role: 'head-of-unit', unitId: centre }]);
    head = { operator: above, browser: await site.signIn(above) };
  });
  afterAll(() => site.close());

  const seen = async (accountId: number) => {
    const answer = await both.browser.send('GET', `/api/v1/accounts/${accountId}`);
    return { account: answer.json(), 'if-match': String(answer.headers['etag']) };
  };
  const act = async (accountId: number, method: 'PATCH' | 'POST', path: string, body: object) => {
    const { 'if-match': etag } = await seen(accountId);
    return both.browser.send(method, `/api/v1/accounts/${accountId}/${path}`, body, { 'if-match': etag });
  };
  const proved = async ({ operator, browser }: typeof both) =>
    browser.send('POST', '/api/v1/session/step-up', { code: operator.nextCode() });
  const decide = async (who: typeof both, requestId: number) => {
    await proved(who);
    return who.browser.change('POST', `/api/v1/requests/${requestId}/decision`, {
      outcome: 'approved',
      reason: 'đồng ý',
    });
  };

  it('of an extension: within the usual term at once, beyond it only once another person has approved', async () => {
    const { accountId } = await site.world.addAccount();
    const usual = await act(accountId, 'PATCH', 'term', { validUntil: '30/04/2026', reason: 'còn việc' });
    expect(usual.statusCode).toBe(200);
    const before = (await seen(accountId)).account.validUntil;
    const asked = await act(accountId, 'PATCH', 'term', { validUntil: '31/08/2026', reason: 'còn việc' });
    expect(asked.statusCode).toBe(202);
    expect((await seen(accountId)).account.validUntil).toBe(before);
    const { requestId } = asked.json();
    const [listed] = (await head.browser.send('GET', '/api/v1/requests')).json().items;
    // The unit's only head is the one who asked: it is for the unit above.
    expect(listed).toMatchObject({ id: requestId, kind: 'extension', waitsFor: 'Unit TW' });
    const own = await decide(both, requestId);
    expect([own.statusCode, own.json().errors[0].message]).toEqual([
      422,
      expect.stringContaining('Nobody decides what they asked for'),
    ]);
    expect((await decide(head, requestId)).statusCode).toBe(200);
    expect((await seen(accountId)).account.validUntil).toBeGreaterThan(before);
    const shorter = await act(accountId, 'PATCH', 'term', { validUntil: '31/07/2026', reason: 'ít việc' });
    expect(shorter.statusCode).toBe(200);
  });

  it('of the reset of an authenticator', async () => {
    const { accountId } = await site.world.addAccount();
    const [{ id }] = (await seen(accountId)).account.authenticators;
    await proved(both);
    const asked = await act(accountId, 'POST', `authenticators/${id}/revoke`, { reason: 'mất điện thoại' });
    expect(asked.statusCode).toBe(202);
    const states = async () =>
      (await seen(accountId)).account.authenticators.map(({ state }: { state: string }) => state);
    expect(await states()).toEqual(['active']);
    expect((await decide(both, asked.json().requestId)).statusCode).toBe(422);
    expect((await decide(head, asked.json().requestId)).statusCode).toBe(200);
    expect(await states()).toEqual(['revoked']);
  });

  it('of a workstation given anew: the first one is given at once, another is asked for with a reason', async () => {
    const account = await site.world.addAccount();
    const add = (assetTag: string) =>
      both.browser.send('POST', '/api/v1/workstations', { assetTag, kind: 'spare', unit: 'T01' });
    await add('FE-1');
    const silent = await act(account.accountId, 'POST', 'workstations', { assetTag: 'FE-1' });
    expect([silent.statusCode, silent.json().errors[0].field]).toEqual([400, 'reason']);
    const order = { assetTag: 'FE-1', reason: 'máy cũ hỏng' };
    const asked = await act(account.accountId, 'POST', 'workstations', order);
    expect(asked.statusCode).toBe(202);
    expect((await decide(head, asked.json().requestId)).statusCode).toBe(200);
    const tags = (await seen(account.accountId)).account.workstations.map(
      ({ assetTag }: { assetTag: string }) => assetTag,
    );
    expect(tags).toContain('FE-1');
  });

  it('of a workstation in two steps: taken back and given anew is given anew', async () => {
    const { accountId } = await site.world.addAccount();
    await both.browser.send('POST', '/api/v1/workstations', { assetTag: 'FE-2', kind: 'spare', unit: 'T01' });
    const [former] = (await seen(accountId)).account.workstations;
    const ended = await act(accountId, 'POST', 'workstations/end', { assetTag: former.assetTag });
    expect(ended.statusCode).toBe(200);
    const order = { assetTag: 'FE-2', reason: 'máy cũ hỏng' };
    expect((await act(accountId, 'POST', 'workstations', order)).statusCode).toBe(202);
  });

  it('of nothing where the policy does not say so', async () => {
    const { accountId } = await site.world.addAccount();
    const central = await site.signIn(
      await site.addOperator([{ role: 'central-administrator', unitId: null }]),
    );
    await site.world.store.write(async (db) => {
      const { people, accounts } = db.tables;
      const [row] = await db.select().from(accounts).where(eq(accounts.id, accountId));
      await db
        .update(people)
        .set({ unitId: site.world.units.other })
        .where(eq(people.id, row?.personId ?? 0));
    });
    const { headers } = await central.send('GET', `/api/v1/accounts/${accountId}`);
    const done = await central.send(
      'PATCH',
      `/api/v1/accounts/${accountId}/term`,
      { validUntil: '31/08/2026', reason: 'còn việc' },
      { 'if-match': String(headers['etag']) },
    );
    expect(done.statusCode).toBe(200);
  });
});
