import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { createFirstLink } from '../../src/services/operators/enrolment.ts';
import { signIn } from '../../src/services/operators/sign-in.ts';
import { createPasswords } from '../../src/services/passwords/passwords.ts';
import { consoleLimits, createWebSessions } from '../../src/services/web/sessions.ts';
import { listOperatorCounters } from '../../src/store/queries/operator-proofs.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { silentLog } from '../store/silent-log.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

const minute = 60_000;
const session = '/api/v1/session';

describeOnEachStore('signing in to the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
  });
  afterAll(() => site.close());

  const central = () => site.addOperator([{ role: 'central-administrator', unitId: null }]);
  const status = async (browser: Browser) => (await browser.send('GET', session)).statusCode;

  it('takes password and code once, and names what the operator may do', async () => {
    const operator = await central();
    const browser = site.browser();
    const body = { name: operator.signInName, password: operator.password, code: operator.nextCode() };
    const answer = await browser.send('POST', session, body);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      operator: { signInName: operator.signInName },
      roles: [{ role: 'central-administrator', unit: null }],
    });
    expect(answer.json().permissions).toContain('gateway.edit');
    const again = await site.browser().send('POST', session, body);
    expect([again.statusCode, again.json().code]).toEqual([401, 'sign-in-refused']);
  });

  it('puts the session into a cookie that scripts and other sites cannot use, new at every sign-in', async () => {
    const operator = await central();
    const browser = site.browser();
    browser.cookie = `gatewarden-console=${'A'.repeat(43)}`;
    const planted = browser.cookie;
    const signedIn = await site.signIn(operator, browser);
    expect(signedIn.cookie).not.toBe(planted);
    const first = signedIn.cookie;
    await site.signIn(operator, browser);
    expect(browser.cookie).not.toBe(first);
    const before = site.browser();
    before.cookie = first;
    expect([await status(before), await status(browser)]).toEqual([401, 200]);
    const fresh = site.browser();
    const answer = await fresh.send('POST', session, {
      name: operator.signInName,
      password: operator.password,
      code: operator.nextCode(),
    });
    expect(answer.headers['set-cookie']).toMatch(
      /^gatewarden-console=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    fresh.cookie = planted;
    expect(await status(fresh)).toBe(401);
  });

  it('puts another session identifier in the place of the former at each proof; pages keep their token', async () => {
    const browser = await site.signIn(await central());
    const { cookie, csrfToken } = browser;
    clock.advance(60_000);
    const operator = await central();
    const own = await site.signIn(operator);
    const known = own.cookie;
    const proof = () => own.send('POST', `${session}/step-up`, { code: operator.nextCode() });
    expect((await proof()).statusCode).toBe(200);
    expect([own.cookie === known, await status(own)]).toEqual([false, 200]);
    const thief = site.browser();
    thief.cookie = known;
    expect(await status(thief)).toBe(401);
    // With the token of the page that it was opened with; and nobody else's session is another's.
    expect((await proof()).statusCode).toBe(200);
    expect([browser.cookie, browser.csrfToken, await status(browser)]).toEqual([cookie, csrfToken, 200]);
  });

  it.each([
    ['an unknown name', { name: 'nobody' }],
    ['a name that can be none', { name: "' or 1=1 --" }],
    ['a wrong password', { password: 'another long password' }],
    ['a wrong code', { code: '000000' }],
  ])('answers %s with the same words', async (_what, change) => {
    const operator = await central();
    const right = { name: operator.signInName, password: operator.password, code: operator.nextCode() };
    const answer = await site.browser().send('POST', session, { ...right, ...change });
    const { requestId, ...rest } = answer.json();
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect([answer.statusCode, rest]).toEqual([
      401,
      {
        title: 'Signing in was refused.',
        status: 401,
        code: 'sign-in-refused',
        detail: expect.stringContaining('wait for a new code'),
      },
    ]);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('stops guesses of codes after a right password from everywhere, and lets in after the lock', async () => {
    const operator = await central();
    const attempt = (code: string) =>
      site.browser().send('POST', session, { name: operator.signInName, password: operator.password, code });
    for (let i = 0; i < 5; i += 1) expect((await attempt('000000')).statusCode).toBe(401);
    expect((await attempt(operator.nextCode())).statusCode).toBe(401);
    clock.advance(15 * minute);
    expect((await attempt(operator.nextCode())).statusCode).toBe(201);
  });

  it('slows down guesses of a password from many networks, but nobody where they work', async () => {
    const operator = await central();
    const home = await site.signIn(operator);
    const code = operator.nextCode();
    const attempt = (browser: Browser, password: string, typed = code) =>
      browser.send('POST', session, { name: operator.signInName, password, code: typed });
    for (let i = 0; i < 20; i += 1) {
      expect((await attempt(site.browser(), 'another long password')).statusCode).toBe(401);
    }
    expect((await attempt(site.browser(), operator.password)).statusCode).toBe(401);
    expect((await attempt(home, operator.password)).statusCode).toBe(201);
    // Signed in, the count begins anew.
    expect((await attempt(site.browser(), operator.password, operator.nextCode())).statusCode).toBe(201);
  });

  it('makes guesses of a password wait for a quarter of an hour at most, whoever makes how many', async () => {
    const operator = await central();
    const attempt = (password: string) =>
      site
        .browser()
        .send('POST', session, { name: operator.signInName, password, code: operator.nextCode() });
    const until = async () => {
      const rows = await site.world.store.read((db) => listOperatorCounters(db, operator.operatorId));
      return rows.find(({ scope }) => scope === 'password')?.lockedUntil ?? 0;
    };
    for (let i = 0; i < 40; i += 1) {
      const at = clock.now();
      await attempt('another long password');
      expect((await until()) - at).toBeLessThanOrEqual(15 * minute + 30_000);
      clock.set(Math.max(clock.now(), await until()));
    }
    expect((await attempt(operator.password)).statusCode).toBe(201);
  });

  it('lets nobody in by a guess that was under way when others stopped it', async () => {
    const operator = await central();
    const { store, keyring } = site.world;
    const passwords = createPasswords({
      clock,
      random: systemRandom,
      log: silentLog,
      concurrency: 1,
      queueLength: 16,
    });
    const sessions = createWebSessions({
      store,
      clock,
      random: systemRandom,
      site: 'console',
      limits: consoleLimits,
    });
    const signInBy = (code: string, meanwhile: () => Promise<unknown>) =>
      signIn(
        {
          store,
          keyring,
          clock,
          sessions,
          oidc: null,
          passwords: {
            ...passwords,
            async check(input) {
              await meanwhile();
              return passwords.check(input);
            },
          },
        },
        { name: operator.signInName, password: operator.password, code },
        { address: '203.0.113.9', userAgent: '', former: null },
      );
    const others = async () => {
      for (let i = 0; i < 5; i += 1) await signInBy('000000', async () => {});
    };
    expect(await signInBy(operator.nextCode(), others)).toEqual({ kind: 'refused' });
  });

  it('ends when idle, at its longest, by sign-out, and with the employment of the operator', async () => {
    const operator = await central();
    const idle = await site.signIn(operator);
    clock.advance(consoleLimits.idleMs - 1);
    expect(await status(idle)).toBe(200);
    clock.advance(consoleLimits.idleMs + minute);
    expect(await status(idle)).toBe(401);

    const long = await site.signIn(operator);
    for (let passed = 0; passed < consoleLimits.absoluteMs; passed += 20 * minute) {
      expect(await status(long)).toBe(200);
      clock.advance(20 * minute);
    }
    expect(await status(long)).toBe(401);

    const left = await site.signIn(operator);
    const stolen = site.browser();
    stolen.cookie = left.cookie;
    expect((await left.send('DELETE', session)).statusCode).toBe(204);
    expect(await status(stolen)).toBe(401);

    const retired = await site.signIn(operator);
    expect(await status(retired)).toBe(200);
    await site.world.store.write(async (db) => {
      await db.insert(db.tables.employmentEvents).values({
        personId: operator.personId,
        kind: 'ended',
        detail: 'retired',
        effectiveAt: clock.now(),
        source: 'test',
        sourceKey: `end-${operator.personId}`,
        recordedAt: clock.now(),
      });
    });
    expect(await status(retired)).toBe(401);
    const late = { name: operator.signInName, password: operator.password, code: operator.nextCode() };
    expect((await site.browser().send('POST', session, late)).statusCode).toBe(401);
  });

  it('shows the other sessions, and ends one of them', async () => {
    const operator = await central();
    const one = await site.signIn(operator);
    const other = await site.signIn(operator);
    const { items } = (await one.send('GET', '/api/v1/me/sessions')).json() as {
      items: { id: number; isCurrent: boolean }[];
    };
    expect(items.map(({ isCurrent }) => isCurrent).sort()).toEqual([false, true]);
    const theirs = items.find(({ isCurrent }) => !isCurrent);
    expect((await one.send('DELETE', `/api/v1/me/sessions/${theirs?.id}`)).statusCode).toBe(204);
    expect([await status(one), await status(other)]).toEqual([200, 401]);
    const stranger = await site.signIn(await central());
    const mine = items.find(({ isCurrent }) => isCurrent);
    expect((await stranger.send('DELETE', `/api/v1/me/sessions/${mine?.id}`)).statusCode).toBe(404);
    expect(await status(one)).toBe(200);
  });

  it('proves the operator once more by a fresh code only', async () => {
    const operator = await central();
    const browser = await site.signIn(operator);
    const used = operator.nextCode();
    expect((await browser.send('POST', `${session}/step-up`, { code: used })).statusCode).toBe(200);
    const again = await browser.send('POST', `${session}/step-up`, { code: used });
    expect([again.statusCode, again.json().errors[0].field]).toEqual([400, 'code']);
    expect(await status(browser)).toBe(200);
  });

  it('is recorded, without passwords and codes', async () => {
    const operator = await central();
    const code = operator.nextCode();
    await site
      .browser()
      .send('POST', session, { name: operator.signInName, password: operator.password, code });
    const wrong = { name: operator.signInName, password: 'a secret that is wrong', code: '123123' };
    await site.browser().send('POST', session, wrong);
    const records = (await site.acts()).filter(({ outcome }) => outcome.startsWith('operator.'));
    expect(records.slice(-2).map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['operator.sign-in', null],
      ['operator.sign-in-refused', 'password-wrong'],
    ]);
    const everything = JSON.stringify([records, site.log.lines]);
    for (const secret of [operator.password, wrong.password, code]) expect(everything).not.toContain(secret);
  });
});

describeOnEachStore('the first operator', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
  });
  afterAll(() => site.close());

  const link = () => createFirstLink({ store: site.world.store, clock, random: systemRandom });
  const person = { staffCode: 'TW-0001', fullName: 'Nguyễn Thị Ánh', signInName: 'ntanh' };
  const password = 'sau chiec thuyen tren song';

  it('comes in by a link that works once, is void when a newer is made, and never after somebody came in', async () => {
    const browser = site.browser();
    const old = await link();
    const made = await link();
    expect((await browser.send('GET', '/api/v1/sign-in')).json().needsFirstOperator).toBe(true);
    const tokenOf = (one: typeof made) => one?.token ?? '';
    const ask = (token: string) => browser.send('POST', '/api/v1/enrolment/link', { link: token });
    expect((await ask(tokenOf(old))).statusCode).toBe(403);
    expect((await ask('A'.repeat(43))).json().code).toBe('link-refused');
    expect((await ask(tokenOf(made))).json()).toMatchObject({ purpose: 'first-operator', operator: null });

    const begin = (body: object) => browser.send('POST', '/api/v1/enrolment/begin', body);
    const weak = await begin({ link: tokenOf(made), password: 'nguyenthianh1', person });
    expect([weak.statusCode, weak.json().errors[0].field]).toEqual([422, 'password']);
    const unnamed = await begin({ link: tokenOf(made), password });
    expect(unnamed.json().errors[0].field).toBe('person');
    const begun = (await begin({ link: tokenOf(made), password, person })).json();
    const finish = (code: string, ticket: string = begun.ticket) =>
      browser.send('POST', '/api/v1/enrolment/finish', { link: tokenOf(made), ticket, code });
    const code = () =>
      hotp(seedKey(decodeBase32(begun.secret)), timeStepAt(clock.now(), 30), {
        algorithm: 'SHA1',
        digits: 6,
        periodSeconds: 30,
      });
    expect((await finish('000000')).json().errors[0].field).toBe('code');
    expect((await finish(code(), `${begun.ticket.slice(0, -2)}AA`)).statusCode).toBe(403);
    const done = await finish(code());
    expect(done.statusCode).toBe(201);
    expect(done.json()).toMatchObject({
      operator: { signInName: 'ntanh', staffCode: 'TW-0001' },
      roles: [{ role: 'central-administrator', unit: null }],
    });
    expect((await browser.send('GET', session)).statusCode).toBe(200);
    expect((await finish(code())).statusCode).toBe(403);
    expect(await link()).toBeNull();

    const spent = await site.browser().send('POST', session, { name: 'ntanh', password, code: code() });
    expect(spent.statusCode).toBe(401);
    clock.advance(30_000);
    const later = await site.browser().send('POST', session, { name: 'ntanh', password, code: code() });
    expect(later.statusCode).toBe(201);
  });
});
