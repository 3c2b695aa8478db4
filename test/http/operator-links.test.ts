// One-time links of operators: whoever makes one can not use it unnoticed, nor alone.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { renewLink, setFourEyes } from '../../src/services/operators/orders.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

const password = 'chin con chim tren canh';

describeOnEachStore('one-time links of operators', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let maker: TestOperator;
  let makers: Browser;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    maker = await administrator();
    makers = await site.signIn(maker);
  });
  afterAll(() => site.close());

  const administrator = () => site.addOperator([{ role: 'central-administrator', unitId: null }]);
  const helper = () => site.addOperator([{ role: 'help-desk', unitId: null }]);
  const command = () => {
    const { store, keyring } = site.world;
    const by = { name: 'root', via: 'command line' } as const;
    return { store, keyring, clock, random: systemRandom, by, actor: null };
  };
  const tokenOf = (answer: Awaited<ReturnType<Browser['send']>>) =>
    String(answer.json().link).replace('/enrol#', '');
  const alerts = async (rule: string) =>
    (await site.world.store.read((db) => db.select().from(db.tables.alerts))).filter(
      (alert) => alert.rule === rule,
    );
  const newLink = async (operator: TestOperator, by = makers) =>
    by.change('POST', `/api/v1/operators/${operator.operatorId}/link`, { reason: 'mất điện thoại' });

  async function begin(browser: Browser, link: string, secondFact?: string) {
    const fact = secondFact === undefined ? {} : { secondFact };
    return browser.send('POST', '/api/v1/enrolment/begin', { link, password, ...fact });
  }

  async function use(browser: Browser, link: string, secondFact?: string) {
    const begun = await begin(browser, link, secondFact);
    if (begun.statusCode !== 200) return begun;
    const { secret, ticket } = begun.json();
    const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const code = hotp(seedKey(decodeBase32(secret)), timeStepAt(clock.now(), 30), parameters);
    return browser.send('POST', '/api/v1/enrolment/finish', { link, ticket, code });
  }

  /** Field and message of a refusal. */
  const refusal = (answer: Awaited<ReturnType<Browser['send']>>) =>
    [answer.statusCode, answer.json().errors?.[0]?.field] as const;

  it('are of no use in the browser of whoever made them, and that is on record', async () => {
    const link = tokenOf(await newLink(await helper()));
    expect(refusal(await makers.send('POST', '/api/v1/enrolment/link', { link }))).toEqual([422, 'link']);
    expect(refusal(await begin(makers, link, 'x'))).toEqual([422, 'link']);
    expect((await site.acts()).at(-1)).toMatchObject({
      outcome: 'operator.link-refused',
      detail: 'own-link',
    });
  });

  it('ask whoever has credentials for one of them, tell everybody, and tell the operator by whom', async () => {
    const operator = await helper();
    const old = await site.signIn(operator);
    const link = tokenOf(await newLink(operator));
    const browser = site.browser();
    const shown = await browser.send('POST', '/api/v1/enrolment/link', { link });
    expect(shown.json()).toMatchObject({ secondFact: 'credential' });
    expect(refusal(await begin(browser, link))).toEqual([422, 'secondFact']);
    expect(refusal(await begin(browser, link, maker.password.slice(1)))).toEqual([422, 'secondFact']);
    expect(refusal(await begin(browser, link, '000000'))).toEqual([422, 'secondFact']);
    const done = await use(browser, link, operator.password);
    expect(done.statusCode).toBe(201);
    expect(done.json().linkUsed).toMatchObject({
      at: clock.now(),
      by: expect.stringContaining('('),
      from: expect.stringMatching(/^127\./),
    });
    expect((await old.send('GET', '/api/v1/session')).statusCode).toBe(401);
    const [alert] = (await alerts('operator-link-used')).slice(-1);
    expect(JSON.parse(alert?.evidence ?? '{}')).toMatchObject({
      operator: operator.signInName,
      madeBy: done.json().linkUsed.by,
      tookTwo: false,
      secondFact: 'credential',
      network: expect.stringMatching(/^127\./),
    });
    const told = (await makers.send('GET', '/api/v1/alerts?rule=operator-link-used')).json().items;
    expect(told[0]).toMatchObject({
      accountId: null,
      operator: { signInName: operator.signInName, madeBy: done.json().linkUsed.by },
    });
  });

  it('take a present code instead, once', async () => {
    const operator = await helper();
    const link = tokenOf(await newLink(operator));
    const code = operator.nextCode();
    expect((await begin(site.browser(), link, code)).statusCode).toBe(200);
    expect(refusal(await begin(site.browser(), link, code))).toEqual([422, 'secondFact']);
  });

  it('are void after five wrong second facts, with an alert; guesses count on the operator as well', async () => {
    const operator = await helper();
    const link = tokenOf(await newLink(operator));
    const before = (await alerts('operator-link-guessed')).length;
    for (let count = 0; count < 5; count += 1) {
      expect(refusal(await begin(site.browser(), link, '000000'))).toEqual([422, 'secondFact']);
    }
    expect((await begin(site.browser(), link, operator.password)).statusCode).toBe(403);
    expect(await alerts('operator-link-guessed')).toHaveLength(before + 1);
    const counters = await site.world.store.read((db) => db.select().from(db.tables.operatorCounters));
    const own = counters.filter(({ operatorId }) => operatorId === operator.operatorId);
    expect(own.find(({ scope }) => scope === 'code')?.failures).toBe(5);
  });

  it('ask a new operator for the birth date, where it is known', async () => {
    const { birthDateHashes } = await import('../../src/services/portal/activation.ts');
    const account = await site.world.addAccount();
    const { store, keyring } = site.world;
    const [factHash = ''] = birthDateHashes({ keyring }, account.personId, '02/03/1990') ?? [];
    await store.write((db) =>
      db
        .insert(db.tables.personFacts)
        .values({ personId: account.personId, kind: 'birth-date', factHash, recordedAt: clock.now() }),
    );
    const people = (await makers.send('GET', '/api/v1/people?q=nguyen')).json().items;
    const { staffCode } = people.find((one: { id: number }) => one.id === account.personId);
    const order = { staffCode, signInName: 'new.one', role: 'help-desk' };
    const link = tokenOf(await makers.send('POST', '/api/v1/operators', order));
    expect(refusal(await begin(site.browser(), link, '03/02/1990'))).toEqual([422, 'secondFact']);
    const done = await use(site.browser(), link, '02/03/1990');
    expect([done.statusCode, done.json().linkUsed]).toEqual([201, null]);
  });

  it('made on the command line ask for nothing, so that nobody is locked out for good; the alert is raised', async () => {
    const operator = await administrator();
    const made = await renewLink(command(), operator.operatorId, 'lost phone and password');
    const before = (await alerts('operator-link-used')).length;
    const done = await use(site.browser(), made.kind === 'link' ? made.token : '');
    expect([done.statusCode, done.json().linkUsed]).toMatchObject([201, { by: 'root' }]);
    expect(await alerts('operator-link-used')).toHaveLength(before + 1);
  });

  it('for an administrator take two others: the code of one and the link of the other', async () => {
    const [target, second] = [await administrator(), await administrator()];
    const [targets, seconds] = [await site.signIn(target), await site.signIn(second)];
    await makers.send('POST', '/api/v1/session/step-up', { code: maker.nextCode() });
    const asked = await newLink(target);
    expect(asked.statusCode).toBe(202);
    const { orderId, code } = asked.json();
    const at = `/api/v1/operator-orders/${orderId}/decision`;
    const approve = { outcome: 'approved', reason: 'đã gọi điện xác nhận' };
    for (const browser of [makers, targets]) {
      expect(refusal(await browser.send('POST', at, approve))).toEqual([422, 'id']);
    }
    const listed = (await seconds.send('GET', '/api/v1/operator-orders')).json().items;
    expect(listed).toContainEqual(
      expect.objectContaining({
        id: orderId,
        kind: 'renew-link',
        signInName: target.signInName,
        isOwn: false,
      }),
    );
    const approved = await seconds.send('POST', at, approve);
    expect(approved.statusCode).toBe(200);
    const link = String(approved.json().link.link).replace('/enrol#', '');
    expect((await seconds.send('POST', at, approve)).statusCode).toBe(404);
    // Neither of the two gets in alone.
    for (const browser of [makers, seconds]) {
      expect(refusal(await begin(browser, link, code))).toEqual([422, 'link']);
    }
    expect(refusal(await begin(site.browser(), link))).toEqual([422, 'secondFact']);
    expect(refusal(await begin(site.browser(), link, target.password))).toEqual([422, 'secondFact']);
    expect((await use(site.browser(), link, code)).statusCode).toBe(201);
    const [alert] = (await alerts('operator-link-used')).slice(-1);
    expect(JSON.parse(alert?.evidence ?? '{}')).toMatchObject({ operator: target.signInName, tookTwo: true });
  });

  it('a new administrator takes two, made or given the role; a rejected order does nothing', async () => {
    const second = await administrator();
    const seconds = await site.signIn(second);
    await makers.send('POST', '/api/v1/session/step-up', { code: maker.nextCode() });
    const account = await site.world.addAccount();
    const people = (await makers.send('GET', '/api/v1/people?q=nguyen')).json().items;
    const { staffCode } = people.find((one: { id: number }) => one.id === account.personId);
    const role = { role: 'central-administrator' };
    const made = await makers.send('POST', '/api/v1/operators', { staffCode, signInName: 'boss', ...role });
    expect([made.statusCode, typeof made.json().code]).toEqual([202, 'string']);
    const operator = await helper();
    const { link } = (await newLink(operator)).json();
    const given = await makers.change('POST', `/api/v1/operators/${operator.operatorId}/roles`, role);
    expect([given.statusCode, given.json().code]).toEqual([202, null]);
    const decide = (orderId: number, outcome: string) =>
      seconds.send('POST', `/api/v1/operator-orders/${orderId}/decision`, {
        outcome,
        reason: 'theo quyết định',
      });
    expect((await decide(made.json().orderId, 'rejected')).json()).toEqual({ link: null });
    expect((await decide(given.json().orderId, 'approved')).json()).toEqual({ link: null });
    // The link that one of them made alone, for less, is void.
    const old = await site.browser().send('POST', '/api/v1/enrolment/link', { link });
    expect(old.statusCode).toBeGreaterThanOrEqual(400);
    const { items } = (await makers.send('GET', '/api/v1/operators')).json();
    expect(items.some(({ signInName }: { signInName: string }) => signInName === 'boss')).toBe(false);
    const theirs = items.find(({ id }: { id: number }) => id === operator.operatorId);
    expect(theirs.roles.map((one: { role: string }) => one.role)).toContain('central-administrator');
    // Other roles and other operators take one, unless it is said that all take two.
    const duty = await makers.change('POST', `/api/v1/operators/${operator.operatorId}/roles`, {
      role: 'duty',
    });
    expect(duty.statusCode).toBe(201);
    await setFourEyes(command(), 'all');
    expect((await newLink(await helper())).statusCode).toBe(202);
    await setFourEyes(command(), 'administrators');
    expect((await newLink(await helper())).statusCode).toBe(200);
  });

  it('a new operator of whom nothing is known takes two: one alone could be both', async () => {
    await site.signIn(await administrator());
    await makers.send('POST', '/api/v1/session/step-up', { code: maker.nextCode() });
    const account = await site.world.addAccount();
    const people = (await makers.send('GET', '/api/v1/people?q=nguyen')).json().items;
    const { staffCode } = people.find((one: { id: number }) => one.id === account.personId);
    const order = {
      staffCode,
      signInName: 'nobody.knows',
      role: 'head-of-unit',
      unit: 'T01',
      documentNumber: '7/QĐ',
    };
    const made = await makers.send('POST', '/api/v1/operators', order);
    expect([made.statusCode, typeof made.json().code]).toEqual([202, 'string']);
    // Nor by another link for one who has not set anything yet.
    const unset = await helper();
    await site.world.store.write((db) =>
      db
        .update(db.tables.operators)
        .set({ passwordPhc: null, sealedSeed: null, lastStep: -1 })
        .where(eq(db.tables.operators.id, unset.operatorId)),
    );
    expect((await newLink(unset)).statusCode).toBe(202);
  });

  it('an order that nobody approves in a week is void', async () => {
    const [target, second] = [await administrator(), await administrator()];
    await site.signIn(second);
    await site.signIn(target);
    await makers.send('POST', '/api/v1/session/step-up', { code: maker.nextCode() });
    const { orderId } = (await newLink(target)).json();
    clock.advance(7 * 86_400_000);
    const seconds = await site.signIn(second);
    const at = `/api/v1/operator-orders/${orderId}/decision`;
    expect((await seconds.send('POST', at, { outcome: 'approved', reason: 'x' })).statusCode).toBe(404);
    expect((await seconds.send('GET', '/api/v1/operator-orders')).json().items).toEqual([]);
  });
});
