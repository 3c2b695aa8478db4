// Idempotency-Key: a request that is sent again is done once, whoever of several nodes gets it, and answered as before.
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/base/errors.ts';
import { deleteOldKeys } from '../../src/services/web/idempotency.ts';
import type { Store } from '../../src/store/store.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';
import { createPortalSite, type PortalSite } from './portal-site.ts';

const hour = 3_600_000;

describeOnEachStore('a request with an Idempotency-Key', (open, createDatabase, dialect) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let openSecond: () => Promise<Store>;
  let administrator: TestOperator;
  let admin: Browser;

  beforeAll(async () => {
    clock = createTestClock(monday);
    const target = await createDatabase();
    site = await createConsoleSite((deps) => open(deps, target), clock);
    // Two processes never share an SQLite file: there the second node stands on the first one's store.
    openSecond = async () =>
      dialect === 'sqlite' ? site.world.store : open({ clock, node: 'second' }, target);
    administrator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
  });
  beforeEach(async () => {
    admin = await site.signIn(administrator);
  });
  afterAll(() => site.close());

  let serial = 0;
  const newKey = () => {
    serial += 1;
    return `key-${serial}`;
  };
  const tokenBody = (name: string) => ({ name, scopes: ['account.read'], days: 3 });
  const makeToken = (by: Browser, key: string, name: string) =>
    by.send('POST', '/api/v1/tokens', tokenBody(name), { 'idempotency-key': `"${key}"` });
  const tokensCalled = (name: string) =>
    site.world.store.read(async (db) => {
      const { apiTokens: t } = db.tables;
      return (await db.select({ id: t.id }).from(t).where(eq(t.name, name))).length;
    });
  const rowOf = (key: string) =>
    site.world.store.read(async (db) => {
      const { idempotencyKeys: t } = db.tables;
      return (
        await db
          .select()
          .from(t)
          .where(and(eq(t.key, key)))
      )[0];
    });

  describe('sent again', () => {
    it('gets the first answer, secret and all, and nothing is done twice', async () => {
      const key = newKey();
      const first = await makeToken(admin, key, 'once');
      expect([first.statusCode, first.headers['idempotency-replayed']]).toEqual([201, undefined]);
      const again = await makeToken(admin, key, 'once');
      expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
      expect(again.json()).toEqual(first.json());
      expect(again.headers['content-type']).toBe(first.headers['content-type']);
      expect(await tokensCalled('once')).toBe(1);
      // Without quotation marks it is the same key.
      const bare = await admin.send('POST', '/api/v1/tokens', tokenBody('once'), { 'idempotency-key': key });
      expect(bare.json()).toEqual(first.json());
    });

    it('is kept sealed: neither the token that it made nor what was sent stands in the table', async () => {
      const key = newKey();
      const { token } = (await makeToken(admin, key, 'sealed')).json() as { token: string };
      const row = await rowOf(key);
      const octets = Buffer.concat([row?.sealedAnswer ?? Buffer.alloc(0), row?.digest ?? Buffer.alloc(0)]);
      expect(row?.status).toBe(201);
      expect(octets.length).toBeGreaterThan(64);
      expect(octets.includes(token)).toBe(false);
      expect(octets.includes('sealed')).toBe(false);
      expect(JSON.stringify(row)).not.toContain(token);
    });

    it('has the ETag of the first answer', async () => {
      const { accountId } = await site.world.addAccount();
      const url = `/api/v1/accounts/${accountId}/suspend`;
      const seen = await admin.send('GET', `/api/v1/accounts/${accountId}`);
      const headers = { 'if-match': String(seen.headers.etag), 'idempotency-key': `"${newKey()}"` };
      const first = await admin.send('POST', url, { reason: 'nghỉ phép' }, headers);
      expect(first.statusCode).toBe(200);
      // The state it rests on is gone by now: without the key this would be 412.
      const again = await admin.send('POST', url, { reason: 'nghỉ phép' }, headers);
      expect([again.statusCode, again.headers.etag]).toEqual([200, first.headers.etag]);
    });

    it('and is another request: it is refused, and nothing is done', async () => {
      const key = newKey();
      await makeToken(admin, key, 'this one');
      const other = await makeToken(admin, key, 'that one');
      expect([other.statusCode, other.json().code]).toEqual([422, 'key-reused']);
      const elsewhere = await admin.send('POST', '/api/v1/saved-views', tokenBody('this one'), {
        'idempotency-key': `"${key}"`,
      });
      expect(elsewhere.statusCode).toBe(400);
      expect(await tokensCalled('that one')).toBe(0);
    });

    it('by somebody else is a request of its own', async () => {
      const key = newKey();
      const other = await site.signIn(
        await site.addOperator([{ role: 'central-administrator', unitId: null }]),
      );
      const first = await makeToken(admin, key, 'shared key');
      const second = await makeToken(other, key, 'shared key');
      expect(second.statusCode).toBe(201);
      expect(second.json().token).not.toBe(first.json().token);
    });

    it('after a refusal that changed nothing is judged anew', async () => {
      const key = newKey();
      const wrong = await admin.send(
        'POST',
        '/api/v1/tokens',
        { ...tokenBody('anew'), unit: 'nowhere' },
        { 'idempotency-key': `"${key}"` },
      );
      expect(wrong.statusCode).toBe(404);
      expect(await rowOf(key)).toBeUndefined();
      expect((await makeToken(admin, key, 'anew')).statusCode).toBe(201);
    });

    it('after the right was taken away is refused like any request', async () => {
      const key = newKey();
      const fleeting = await site.signIn(
        await site.addOperator([{ role: 'central-administrator', unitId: null }]),
      );
      expect((await makeToken(fleeting, key, 'fleeting')).statusCode).toBe(201);
      clock.advance(6 * 60_000);
      const again = await makeToken(fleeting, key, 'fleeting');
      expect([again.statusCode, again.json().code]).toEqual([403, 'step-up-required']);
    });

    it('when its answer was a file, says that it was done', async () => {
      const { world } = site;
      await world.addAccount({ account: { status: 'pending' } });
      const operator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
      const by = await site.signIn(operator);
      const headers = { 'idempotency-key': `"${newKey()}"` };
      const printed = await by.send('POST', '/api/v1/slips', { unit: world.units.local }, headers);
      expect([printed.statusCode, printed.headers['content-type']]).toEqual([200, 'application/pdf']);
      const again = await by.send('POST', '/api/v1/slips', { unit: world.units.local }, headers);
      expect([again.statusCode, again.json().code]).toEqual([409, 'answer-not-kept']);
      const prints = (await site.acts()).filter(({ outcome }) => outcome.startsWith('slip.print'));
      expect(prints).toHaveLength(1);
    });

    it('after a day is a new request, and housekeeping forgets the old', async () => {
      const [key, forgotten] = [newKey(), newKey()];
      const operator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
      await makeToken(await site.signIn(operator), key, 'daily');
      await makeToken(await site.signIn(operator), forgotten, 'forgotten');
      clock.advance(24 * hour - 600_000);
      const by = await site.signIn(operator);
      expect((await makeToken(by, key, 'daily')).headers['idempotency-replayed']).toBe('true');
      await deleteOldKeys({ store: site.world.store, clock });
      expect(await rowOf(forgotten)).toBeDefined();
      clock.advance(600_000);
      const next = await site.signIn(operator);
      expect((await makeToken(next, key, 'daily')).headers['idempotency-replayed']).toBeUndefined();
      expect(await tokensCalled('daily')).toBe(2);
      await deleteOldKeys({ store: site.world.store, clock });
      expect(await rowOf(forgotten)).toBeUndefined();
    });
  });

  it.each(['""', 'a key', 'k'.repeat(201), '"quote"inside"', 'tiếng'])('%s is no key', async (key) => {
    const answer = await admin.send('POST', '/api/v1/tokens', tokenBody('no key'), {
      'idempotency-key': Buffer.from(key).toString('latin1'),
    });
    expect([answer.statusCode, answer.json().errors?.[0]?.field]).toEqual([400, 'idempotency-key']);
    expect(await tokensCalled('no key')).toBe(0);
  });

  it('sent to two nodes at once many times over is done once', async () => {
    const store = await openSecond();
    const second = await site.addNode({ store, node: 'second' });
    const other = site.browser(undefined, undefined, second);
    other.cookie = admin.cookie;
    other.csrfToken = admin.csrfToken;
    for (const name of ['race 1', 'race 2', 'race 3']) {
      const key = newKey();
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) => makeToken(i % 2 === 0 ? admin : other, key, name)),
      );
      expect(await tokensCalled(name)).toBe(1);
      const made = answers.filter(({ statusCode }) => statusCode === 201);
      expect(made.length).toBeGreaterThan(0);
      expect(new Set(made.map((one) => one.json().token)).size).toBe(1);
      for (const one of answers.filter(({ statusCode }) => statusCode !== 201)) {
        expect([one.statusCode, one.json().code]).toEqual([409, 'in-progress']);
        expect(one.headers['retry-after']).toBe('2');
      }
      const later = await makeToken(other, key, name);
      expect(later.json().token).toBe(made[0]?.json().token);
    }
  });

  describe('whose node dies', () => {
    /** A node that loses the store after so many of its writes. */
    async function nodeThatDies(afterWrites: number): Promise<Browser> {
      const store = await openSecond();
      let left = Number.POSITIVE_INFINITY;
      const dying: Store = {
        ...store,
        async write(fn) {
          left -= 1;
          if (left < 0) throw new StoreUnavailableError('the node is dead');
          return store.write(fn);
        },
      };
      const node = await site.addNode({ store: dying, node: 'dying' });
      const by = site.browser(undefined, undefined, node);
      by.cookie = admin.cookie;
      by.csrfToken = admin.csrfToken;
      left = afterWrites;
      return by;
    }

    it('after the act and before the answer: it is never done again, and whoever asks is told', async () => {
      const key = newKey();
      // The claim and the act are written, the answer is not.
      const dying = await nodeThatDies(2);
      expect((await makeToken(dying, key, 'died after')).statusCode).toBe(201);
      expect(await rowOf(key)).toMatchObject({ status: null, actedAt: clock.now() });
      const soon = await makeToken(admin, key, 'died after');
      expect([soon.statusCode, soon.json().code]).toEqual([409, 'in-progress']);
      clock.advance(60_001);
      const later = await makeToken(admin, key, 'died after');
      expect([later.statusCode, later.json().code]).toEqual([409, 'answer-not-kept']);
      expect(await tokensCalled('died after')).toBe(1);
    });

    it('before the act: another does it a minute later', async () => {
      const key = newKey();
      const dying = await nodeThatDies(1);
      expect((await makeToken(dying, key, 'died before')).statusCode).toBe(503);
      expect(await tokensCalled('died before')).toBe(0);
      expect((await makeToken(admin, key, 'died before')).json().code).toBe('in-progress');
      clock.advance(60_001);
      expect((await makeToken(admin, key, 'died before')).statusCode).toBe(201);
      expect(await tokensCalled('died before')).toBe(1);
    });

    it('or only sleeps: what it still writes after another has taken over is refused', async () => {
      const key = newKey();
      const store = await openSecond();
      let wake: () => void = () => {};
      const asleep = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let isActing: () => void = () => {};
      const acting = new Promise<void>((resolve) => {
        isActing = resolve;
      });
      let writes = 0;
      const sleepy: Store = {
        ...store,
        async write(fn) {
          writes += 1;
          if (writes === 2) {
            isActing();
            await asleep;
          }
          return store.write(fn);
        },
      };
      const node = await site.addNode({ store: sleepy, node: 'sleepy' });
      const by = site.browser(undefined, undefined, node);
      by.cookie = admin.cookie;
      by.csrfToken = admin.csrfToken;
      const slow = makeToken(by, key, 'slept');
      await acting;
      clock.advance(60_001);
      expect((await makeToken(admin, key, 'slept')).statusCode).toBe(201);
      wake();
      const late = await slow;
      expect([late.statusCode, late.json().code]).toEqual([409, 'conflict']);
      expect(await tokensCalled('slept')).toBe(1);
      expect((await makeToken(admin, key, 'slept')).headers['idempotency-replayed']).toBe('true');
    });
  });
});

describeOnEachStore('a holder’s request with an Idempotency-Key', (open) => {
  let clock: TestClock;
  let portal: PortalSite;
  beforeAll(async () => {
    clock = createTestClock(monday);
    portal = await createPortalSite(open, clock);
  });
  beforeEach(() => clock.advance(60_000));
  afterAll(() => portal.close());

  const order = { kind: 'extension', terms: { validUntil: '31/12/2026' }, reason: 'còn việc' };
  const file = (by: ReturnType<PortalSite['phone']>, key: string, body: object = order) =>
    by.send('POST', '/requests', body, { 'idempotency-key': `"${key}"` });
  const requestsOf = async (by: ReturnType<PortalSite['phone']>) =>
    (await by.send('GET', '/requests')).json().requests as { id: number; state: string }[];

  it('is done once and answered again; with another body it is refused', async () => {
    const holder = await portal.phone().signIn(await portal.world.addAccount());
    const first = await file(holder, 'p-1');
    expect([first.statusCode, first.headers['idempotency-replayed']]).toEqual([201, undefined]);
    const again = await file(holder, 'p-1');
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expect(again.json()).toEqual(first.json());
    const other = await file(holder, 'p-1', { ...order, reason: 'việc khác' });
    expect([other.statusCode, other.json().code]).toEqual([422, 'key-reused']);
    expect(await requestsOf(holder)).toHaveLength(1);
  });

  it('is another one than that of another holder with the same key', async () => {
    const [one, two] = [
      await portal.phone().signIn(await portal.world.addAccount()),
      await portal.phone().signIn(await portal.world.addAccount()),
    ];
    const [first, second] = [await file(one, 'p-2'), await file(two, 'p-2')];
    expect([second.statusCode, second.headers['idempotency-replayed']]).toEqual([201, undefined]);
    expect(second.json()).not.toEqual(first.json());
  });

  it('is answered again when it takes a request back, which can be done once', async () => {
    const holder = await portal.phone().signIn(await portal.world.addAccount());
    const { id } = (await file(holder, 'p-3')).json();
    const cancel = () =>
      holder.send('POST', `/requests/${id}/cancel`, undefined, { 'idempotency-key': '"p-4"' });
    expect((await cancel()).statusCode).toBe(204);
    const again = await cancel();
    expect([again.statusCode, again.headers['idempotency-replayed']]).toEqual([204, 'true']);
  });

  it('is answered to nobody whose session is over', async () => {
    const holder = await portal.phone().signIn(await portal.world.addAccount());
    await file(holder, 'p-5');
    const { cookie } = holder;
    await holder.send('DELETE', '/session');
    holder.cookie = cookie;
    expect((await file(holder, 'p-5')).statusCode).toBe(401);
  });

  it('takes no key where a code is spent: the second one is judged by itself', async () => {
    const account = await portal.world.addAccount();
    const holder = await portal.phone().signIn(account);
    clock.advance(60_000);
    const proof = { password: account.password, code: portal.world.codeOf(account) };
    const renew = () => holder.send('POST', '/recovery-codes', proof, { 'idempotency-key': '"p-6"' });
    const [first, again] = [await renew(), await renew()];
    expect([first.statusCode, again.statusCode]).toEqual([201, 403]);
  });
});
