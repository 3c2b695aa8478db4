// The overview's figures, and the lists that they open: the same accounts and sessions, within the same units.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameSearchKey, nameSortKey } from '../../src/core/names.ts';
import { insertPeople, updatePerson } from '../../src/store/queries/import/people.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { type AccountOptions, day, type TestAccount } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('the overview', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  let gone: TestAccount;
  let elsewhere: TestAccount;

  async function addAt(unitId: number, options: AccountOptions): Promise<TestAccount> {
    const account = await site.world.addAccount(options);
    await site.world.store.write((db) => updatePerson(db, account.personId, { unitId }));
    return account;
  }

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { local, other } = site.world.units;
    const now = clock.now();
    const left: AccountOptions = {
      employment: [
        { kind: 'hired', effectiveAt: now - 900 * day },
        { kind: 'ended', detail: 'retired', effectiveAt: now - day },
      ],
    };
    gone = await addAt(local, left);
    elsewhere = await addAt(other, left);
    // Gone, but the account is too; back again; leaving tomorrow.
    await addAt(local, { ...left, account: { status: 'withdrawn' } });
    await addAt(local, {
      employment: [...(left.employment ?? []), { kind: 'returned', effectiveAt: now - 1000 }],
    });
    await addAt(local, { employment: [{ kind: 'ended', detail: 'retired', effectiveAt: now + day }] });
    await addAt(local, { account: { createdAt: now - 100 * day } });
    await addAt(local, { authenticators: [] });
    await addAt(local, { assignment: null });
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unit = await site.signIn(await site.addOperator([{ role: 'unit-administrator', unitId: local }]));
  });
  afterAll(() => site.close());

  const get = async (browser: Browser, path: string) => {
    const answer = await browser.send('GET', path);
    expect([path, answer.statusCode]).toEqual([path, 200]);
    return answer.json();
  };
  const listed = async (browser: Browser, attention: string) => {
    const page = await get(browser, `/api/v1/accounts?attention=${attention}`);
    expect(page.total).toEqual({ count: page.items.length, isCapped: false });
    return page.items.map(({ id }: { id: number }) => id);
  };

  it('names the accounts of people who have left, one by one, to those who look after them', async () => {
    expect(await listed(unit, 'gone')).toEqual([gone.accountId]);
    expect(new Set(await listed(central, 'gone'))).toEqual(new Set([gone.accountId, elsewhere.accountId]));
    const page = await get(central, '/api/v1/accounts?attention=gone&limit=1');
    const rest = await get(central, `/api/v1/accounts?attention=gone&limit=1&cursor=${page.next}`);
    expect([page.items.length, rest.items.length, rest.next]).toEqual([1, 1, null]);
    expect(rest.items[0].id).not.toBe(page.items[0].id);
  });

  const exactly = (ids: readonly number[]) => ({ count: ids.length, isCapped: false });

  it('counts what each list shows', async () => {
    for (const browser of [unit, central]) {
      const { mustBeZero, accounts } = await get(browser, '/api/v1/overview');
      expect(mustBeZero.goneButActive).toEqual(exactly(await listed(browser, 'gone')));
      expect(accounts.dormant).toEqual(exactly(await listed(browser, 'dormant')));
      expect(accounts.incomplete).toEqual(exactly(await listed(browser, 'incomplete')));
    }
    const { accounts } = await get(unit, '/api/v1/overview');
    expect(accounts).toMatchObject({ dormant: { count: 1 }, incomplete: { count: 2 } });
    expect((await central.send('GET', '/api/v1/accounts?attention=nothing')).statusCode).toBe(400);
  });

  it('opens the sessions that may not be up any more', async () => {
    const { store } = site.world;
    const now = clock.now();
    const up = (account: TestAccount, station: string) => ({
      accountId: account.accountId,
      gatewayId: site.world.gateways.appended,
      station,
      state: 'live' as const,
      startedAt: now - 1000,
      until: now + day,
    });
    const right = await site.world.addAccount();
    const withdrawn = await site.world.addAccount({ account: { status: 'withdrawn' } });
    await store.write((db) =>
      db
        .insert(db.tables.sessions)
        .values([
          up(right, '203.0.113.1'),
          up(withdrawn, '203.0.113.2'),
          { ...up(right, '203.0.113.3'), until: now - 1 },
        ]),
    );
    const { mustBeZero, sessions } = await get(central, '/api/v1/overview');
    expect([mustBeZero.sessionsWithoutRight, sessions.live]).toEqual([2, 3]);
    const without = await get(central, '/api/v1/sessions?right=none');
    expect(without.items.map(({ station }: { station: string }) => station).sort()).toEqual([
      '203.0.113.2',
      '203.0.113.3',
    ]);
    expect((await get(central, '/api/v1/sessions')).items).toHaveLength(3);
  });

  it('finds people who have no account too, and no one twice', async () => {
    const { store, units } = site.world;
    await store.write((db) =>
      insertPeople(db, [
        {
          staffCode: 'CB77001',
          fullName: 'Trịnh Thị Quỳnh',
          nameSearchKey: nameSearchKey('Trịnh Thị Quỳnh'),
          nameSortKey: nameSortKey('Trịnh Thị Quỳnh'),
          unitId: units.local,
          kind: 'worker',
          createdAt: clock.now(),
        },
      ]),
    );
    const kinds = async (browser: Browser, q: string) =>
      (await get(browser, `/api/v1/search?q=${q}`)).items.map(({ kind }: { kind: string }) => kind);
    expect(await kinds(unit, 'quynh')).toEqual(['person']);
    expect(await kinds(unit, 'CB77001')).toEqual(['person']);
    const other = await site.signIn(
      await site.addOperator([{ role: 'unit-administrator', unitId: units.other }]),
    );
    expect(await kinds(other, 'quynh')).toEqual([]);
    expect(new Set(await kinds(central, gone.userName))).toEqual(new Set(['account']));
  });
});
