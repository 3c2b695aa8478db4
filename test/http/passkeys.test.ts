import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import {
  type Browser,
  type ConsoleSite,
  createConsoleSite,
  origin,
  type TestOperator,
} from './console-site.ts';
import { createSoftPasskey } from './soft-passkey.ts';

describeOnEachStore('passkeys', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let operator: TestOperator;
  let browser: Browser;
  let passkey: ReturnType<typeof createSoftPasskey>;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
  });
  beforeEach(async () => {
    operator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
    browser = await site.signIn(operator);
    passkey = createSoftPasskey(origin);
  });
  afterAll(() => site.close());

  const post = (who: Browser, path: string, body?: object) => who.send('POST', `/api/v1${path}`, body);
  const begin = async (who: Browser, path: string) => (await post(who, `${path}/begin`)).json();
  async function register(behaviour: Parameters<typeof passkey.create>[1] = {}) {
    const answer = passkey.create(await begin(browser, '/me/passkeys'), behaviour);
    return post(browser, '/me/passkeys', { name: 'máy cơ quan', ...answer });
  }
  const signInWith = async (behaviour: Parameters<typeof passkey.get>[1] = {}) => {
    const other = site.browser();
    return post(other, '/sign-in/passkey', passkey.get(await begin(other, '/sign-in/passkey'), behaviour));
  };

  it('are registered, sign in without name, password and code, and are removed', async () => {
    expect((await register()).statusCode).toBe(204);
    const { items } = (await browser.send('GET', '/api/v1/me/passkeys')).json();
    expect(items).toMatchObject([{ id: passkey.id, name: 'máy cơ quan', lastUsedAt: null }]);
    const answer = await signInWith();
    expect([answer.statusCode, answer.json().operator?.signInName]).toEqual([201, operator.signInName]);
    expect((await browser.send('DELETE', `/api/v1/me/passkeys/${passkey.id}`)).statusCode).toBe(204);
    const refused = await signInWith();
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'sign-in-refused']);
  });

  it('are refused without user verification, from another origin, and when the counter does not go on', async () => {
    expect((await register({ isVerified: false })).statusCode).toBe(422);
    expect((await register({ origin: 'https://evil.example' })).statusCode).toBe(422);
    expect((await register()).statusCode).toBe(204);
    expect((await signInWith({ isVerified: false })).statusCode).toBe(401);
    expect((await signInWith({ origin: 'https://evil.example' })).statusCode).toBe(401);
    expect((await signInWith({ counter: 9 })).statusCode).toBe(201);
    // A copy of the key that was used less often.
    expect((await signInWith({ counter: 9 })).statusCode).toBe(401);
    expect((await signInWith({ counter: 10 })).statusCode).toBe(201);
  });

  it('answer a challenge once, in time, and only for what it was made for', async () => {
    await register();
    const other = site.browser();
    const used = passkey.get(await begin(other, '/sign-in/passkey'));
    const planted = `gatewarden-console=${'A'.repeat(43)}`;
    other.cookie = planted;
    expect((await post(other, '/sign-in/passkey', used)).statusCode).toBe(201);
    expect([other.cookie === planted, other.cookie]).toEqual([false, expect.stringMatching(/=[\w-]{43}$/)]);
    expect((await post(site.browser(), '/sign-in/passkey', used)).statusCode).toBe(401);
    const late = passkey.get(await begin(other, '/sign-in/passkey'));
    clock.advance(5 * 60_000);
    expect((await post(site.browser(), '/sign-in/passkey', late)).statusCode).toBe(401);
    const forStepUp = passkey.get(await begin(browser, '/session/step-up/passkey'));
    expect((await post(site.browser(), '/sign-in/passkey', forStepUp)).statusCode).toBe(401);
    const made = { ...passkey.get(await begin(site.browser(), '/sign-in/passkey')), ticket: 'AAAA' };
    expect((await post(site.browser(), '/sign-in/passkey', made)).statusCode).toBe(401);
  });

  it('prove their own operator once more, and nobody else', async () => {
    await register();
    clock.advance(6 * 60_000);
    const link = () => post(browser, '/me/passkeys/begin');
    expect((await link()).json().code).toBe('step-up-required');
    const stranger = await site.signIn(await site.addOperator([{ role: 'auditor', unitId: null }]));
    const foreign = passkey.get(await begin(stranger, '/session/step-up/passkey'));
    expect((await post(stranger, '/session/step-up/passkey', foreign)).statusCode).toBe(400);
    const own = passkey.get(await begin(browser, '/session/step-up/passkey'));
    const thief = site.browser();
    thief.cookie = browser.cookie;
    expect((await post(browser, '/session/step-up/passkey', own)).statusCode).toBe(200);
    expect((await thief.send('GET', '/api/v1/session')).statusCode).toBe(401);
    expect((await link()).statusCode).toBe(200);
  });

  it('open nothing once their operator has ended, and nothing at an address', async () => {
    await register();
    await site.world.store.write(async (db) => {
      const { operators } = db.tables;
      await db
        .update(operators)
        .set({ state: 'ended', endedAt: clock.now() })
        .where(eq(operators.id, operator.operatorId));
    });
    expect((await signInWith()).statusCode).toBe(401);
    const byAddress = site.browser('127.0.0.1:8081');
    expect((await byAddress.send('GET', '/api/v1/sign-in')).json().methods.passkey).toBe(false);
    expect((await post(byAddress, '/sign-in/passkey/begin')).statusCode).toBe(400);
    expect((await site.browser().send('GET', '/api/v1/sign-in')).json().methods.passkey).toBe(true);
  });
});
