// However many there are, the same accounts are found in the same order: from an index, or by walking names.
import { and, desc, eq, isNull } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { vietnameseName } from '../../scripts/bench/names.ts';
import { nameSearchKey, nameSortKey, wordsOf } from '../../src/core/names.ts';
import { listAccounts } from '../../src/store/queries/account-list.ts';
import type { AccountSearch } from '../../src/store/queries/account-search/conditions.ts';
import type { AccountPlace, AccountsFound } from '../../src/store/queries/account-search/page.ts';
import { searchAccounts, searchFirstAccounts } from '../../src/store/queries/account-search/search.ts';
import { accountStates } from '../../src/store/queries/account-state.ts';
import { insertPeople } from '../../src/store/queries/import/people.ts';
import { findPeopleLike } from '../../src/store/queries/people.ts';
import type { Store } from '../../src/store/store.ts';
import type { Db } from '../../src/store/tables.ts';
import { describeOnEachStore } from './each-store.ts';
import { insertAccount, insertUnitTree, fixtureTime as now, oneDay } from './fixtures.ts';
import { createPlanner } from './planner.ts';

const everybody: AccountSearch = {
  scope: 'everywhere',
  unitPath: null,
  text: null,
  state: null,
  expiringBefore: null,
  lacks: null,
  attention: null,
  now,
};

const called = (text: string): AccountSearch['text'] => ({
  words: wordsOf(text),
  staffCode: text,
  userName: text.toLowerCase(),
  match: 'whole',
});

async function fill(store: Store) {
  return await store.write(async (db) => {
    const units = await insertUnitTree(db);
    const rows = Array.from({ length: 150 }, (_, index) => {
      const fullName = index % 10 === 0 ? 'Nguyễn Văn An' : vietnameseName(index);
      return {
        staffCode: `CB-${index}`,
        fullName,
        nameSearchKey: nameSearchKey(fullName),
        nameSortKey: nameSortKey(fullName),
        kind: 'worker' as const,
        unitId: index % 3 === 0 ? units.district : units.otherDistrict,
        createdAt: now,
      };
    });
    const ids = await insertPeople(db, rows);
    for (const [index, { staffCode }] of rows.entries()) {
      const personId = ids.get(staffCode) ?? 0;
      const status = index % 7 === 0 ? 'pending' : index % 7 === 1 ? 'withdrawn' : 'active';
      const term = index % 5 === 0 ? { validFrom: now - 2, validUntil: now - 1 } : {};
      const later = index % 11 === 0 ? { validFrom: now + 5, validUntil: now + 50 * oneDay } : {};
      const suspended = index % 13 === 0;
      const account = {
        personId,
        userName: `u${index}`,
        status: status as 'active',
        ...term,
        ...later,
        ...(suspended ? { suspendedDetail: 'by-unit' as const, suspendedAt: now } : {}),
      };
      const id = await insertAccount(db, account);
      // Some have two.
      if (index % 17 === 0) await insertAccount(db, { personId, userName: `v${index}` });
      if (index % 4 === 0) {
        const counter = { scope: 'password', failures: 5, lastFailureAt: now, lockedUntil: now + 1 };
        await db.insert(db.tables.counters).values({ accountId: id, ...counter });
      }
    }
    const paths = await db
      .select({ id: db.tables.units.id, path: db.tables.units.path })
      .from(db.tables.units);
    const pathOf = (unitId: number) => paths.find(({ id }) => id === unitId)?.path ?? '';
    return { district: pathOf(units.district), province: pathOf(units.province) };
  });
}

/** So little is looked at that nearly nothing is found but by walking. */
const hardlyAny = {
  ...{ candidates: 2, attention: 2, walkSteps: [3], counted: 20, lying: 20, named: 1, apart: 1 },
};

describeOnEachStore('lists of accounts', (open) => {
  it('are the same from an index and by walking, whatever is asked', async () => {
    const store = await open();
    const { district, province } = await fill(store);
    const asked: readonly Partial<AccountSearch>[] = [
      {},
      ...(['pending', 'withdrawn', 'suspended', 'expired', 'not-yet-valid', 'locked', 'valid'] as const).map(
        (state) => ({ state }),
      ),
      { expiringBefore: now + 60 * oneDay },
      { lacks: 'workstation' },
      { attention: 'incomplete' },
      { attention: 'incomplete', scope: [district] },
      { attention: 'incomplete', scope: [province], unitPath: district },
      { attention: 'incomplete', text: called('nguyen') },
      { scope: [district] },
      { scope: [] },
      { scope: [province], unitPath: district },
      { text: called('nguyen') },
      { text: called('an van') },
      { text: called('ng') },
      { text: called('t') },
      { text: called('thoa') },
      { text: called('h'), state: 'valid' },
      { lacks: 'authenticator' },
      { lacks: 'assignment', state: 'suspended' },
      { text: called('CB-7') },
      { text: called('U8') },
      { text: { words: [], staffCode: 'CB-1', userName: 'u2', match: 'beginning' } },
      { text: called('nguyen'), state: 'expired', scope: [district] },
      { text: called('tran'), lacks: 'assignment', expiringBefore: now + 400 * oneDay },
    ];
    const few = {
      candidates: 2,
      attention: 2,
      walkSteps: [3, 5],
      counted: 1_000,
      lying: 1_000,
      named: 1_000,
      apart: 1_000,
    };
    const many = {
      candidates: 10_000,
      attention: 10_000,
      walkSteps: [1_000],
      counted: 1_000,
      lying: 1_000,
      named: 1_000,
      apart: 1_000,
    };
    for (const [some, apart] of asked.flatMap((one) => [[one, 1_000] as const, [one, 3] as const])) {
      const search = { ...everybody, ...some };
      const whole = await store.read((db) => searchAccounts(db, search, { after: null, limit: 500 }, many));
      expect([some, whole.next, whole.total]).toEqual([
        some,
        null,
        { count: whole.rows.length, isCapped: false },
      ]);
      const walked: number[] = [];
      let after: AccountPlace | null = null;
      for (let pages = 0; pages < 200; pages += 1) {
        const at: AccountPlace | null = after;
        const page: AccountsFound = await store.read((db) =>
          searchAccounts(db, search, { after: at, limit: 7 }, { ...few, apart }),
        );
        // Where one condition alone has more rows than are judged, no more of them are counted.
        const { count, isCapped } = page.total;
        const isAlone = Object.keys(some).length === 1 || some.attention !== undefined;
        expect([some, isCapped ? isAlone && count <= whole.rows.length : count]).toEqual([
          some,
          isCapped ? true : whole.rows.length,
        ]);
        walked.push(...page.rows.map(({ id }) => id));
        after = page.next;
        if (after === null) break;
      }
      expect([some, walked]).toEqual([some, whole.rows.map(({ id }) => id)]);
    }
  });

  it.each(accountStates)('mean the same by %s at the command line and in the console', async (state) => {
    const store = await open();
    await fill(store);
    const [listed, found] = await store.read(async (db) => [
      await listAccounts(db, { unitPath: null, state, after: null, limit: 500, now }),
      await searchAccounts(db, { ...everybody, state }, { after: null, limit: 500 }),
    ]);
    const names = listed.map(({ userName }) => userName);
    expect(names.length).toBeGreaterThan(0);
    expect(names.sort()).toEqual(found.rows.map(({ userName }) => userName).sort());
  });

  it('by a given name are of those who bear it, however late it stands and however many they are', async () => {
    const store = await open();
    await fill(store);
    const limits = { ...hardlyAny, named: 1_000, apart: 1_000 };
    const search: AccountSearch = { ...everybody, text: called('thoa') };
    const { rows } = await store.read((db) => searchAccounts(db, search, { after: null, limit: 2 }, limits));
    expect(rows.map(({ fullName }) => fullName)).toEqual([
      expect.stringContaining('Thoa'),
      expect.stringContaining('Thoa'),
    ]);
  });

  it('that lack a paper are found at once, where few do and those stand late', async () => {
    const store = await open();
    await fill(store);
    const { accounts } = await store.read(async (db) => db.tables);
    const last = await store.write(async (db) => {
      const { people } = db.tables;
      await db.update(accounts).set({ isIncomplete: false });
      const [one] = await db
        .select({ id: accounts.id })
        .from(accounts)
        .innerJoin(people, eq(people.id, accounts.personId))
        .where(and(eq(accounts.status, 'active'), isNull(accounts.suspendedDetail)))
        .orderBy(desc(people.nameSortKey))
        .limit(1);
      if (one === undefined) throw new Error('there is no account');
      await db.update(accounts).set({ isIncomplete: true }).where(eq(accounts.id, one.id));
      return one.id;
    });
    const limits = { ...hardlyAny, candidates: 30 };
    const search: AccountSearch = { ...everybody, lacks: 'assignment' };
    const { rows, next, total } = await store.read((db) =>
      searchAccounts(db, search, { after: null, limit: 5 }, limits),
    );
    expect([rows.map(({ id }) => id), next, total]).toEqual([[last], null, { count: 1, isCapped: false }]);
  });

  it('say that there are more when they did not look at all', async () => {
    const store = await open();
    await fill(store);
    const search: AccountSearch = { ...everybody, text: called('nguyen'), state: 'expired' };
    const { total, rows, next } = await store.read((db) =>
      searchAccounts(db, search, { after: null, limit: 50 }, hardlyAny),
    );
    expect(total.isCapped).toBe(true);
    expect(rows.length).toBeLessThan(4);
    expect(next).not.toBeNull();
  });
});

describeOnEachStore('the search box', (open) => {
  it('finds some who are called so though they come late in the order of names', async () => {
    const store = await open();
    await fill(store);
    const search: AccountSearch = { ...everybody, text: called('thoa') };
    const { rows } = await store.read((db) =>
      searchAccounts(db, search, { after: null, limit: 2 }, hardlyAny),
    );
    expect(rows).toEqual([]);
    const first = await store.read((db) => searchFirstAccounts(db, search, 2, hardlyAny));
    expect(first.map(({ fullName }) => fullName)).toEqual([
      expect.stringContaining('Thoa'),
      expect.stringContaining('Thoa'),
    ]);
  });
});

/** So many that no plan prefers to read them whole; what they are called is all the same. */
async function fillMany(db: Db): Promise<void> {
  const { units, people, accounts, nameWords } = db.tables;
  const paths = Array.from({ length: 100 }, (_, at) => (at === 0 ? '/1/' : `/1/${at + 1}/`));
  await db
    .insert(units)
    .values(paths.map((path) => ({ code: path, name: path, nameSearchKey: path, parentId: null, path })));
  const chunk = 1_000;
  for (let from = 1; from <= 10 * chunk; from += chunk) {
    const ids = Array.from({ length: chunk }, (_, at) => from + at);
    const rows = ids.map((id) => ({
      ...{
        staffCode: `CB-${id}`,
        fullName: 'x',
        nameSearchKey: 'x',
        nameSortKey: `x${id}`,
        unitId: 1 + (id % 100),
      },
      ...{ kind: 'worker' as const, createdAt: now },
    }));
    await db.insert(people).values(rows);
    const terms = { validFrom: now - 1, validUntil: now + 1, createdAt: now, updatedAt: now };
    await db
      .insert(accounts)
      .values(ids.map((id) => ({ userName: `u${id}`, personId: id, status: 'active' as const, ...terms })));
    await db.insert(nameWords).values(ids.map((id) => ({ rotation: `x${id}`, personId: id })));
  }
}

/** What may be asked of a great many accounts. */
const asked: readonly (readonly [string, Partial<AccountSearch>])[] = [
  ['nothing', {}],
  ['a unit', { unitPath: '/1/2/' }],
  ['a scope', { scope: ['/1/2/', '/1/7/'] }],
  ['a word', { text: called('hung') }],
  ['words', { text: called('nguyen van an') }],
  ['beginnings', { text: { words: ['n'], staffCode: 'CB', userName: 'n', match: 'beginning' } }],
  ...(['pending', 'suspended', 'expired', 'not-yet-valid', 'locked', 'valid'] as const).map(
    (state) => [state, { state }] as const,
  ),
  ['an end', { expiringBefore: now + oneDay }],
  ...(['gone', 'dormant', 'incomplete'] as const).flatMap((attention) => [
    [attention, { attention }] as const,
    [`${attention} in a scope`, { attention, scope: ['/1/2/', '/1/7/'] }] as const,
    [`${attention} and a word`, { attention, text: called('hung') }] as const,
  ]),
  ['something lacking', { lacks: 'authenticator' }],
  ['several things', { text: called('tran'), unitPath: '/1/2/', state: 'pending', lacks: 'assignment' }],
];

describeOnEachStore('a list of accounts', (open, createDatabase) => {
  it('reads no table whole, whatever is asked', async () => {
    const target = await createDatabase();
    const store = await open({}, target);
    await store.write(fillMany);
    const planner = await createPlanner(target);
    for (const [name, some] of asked) {
      const search = { ...everybody, ...some };
      for (const candidates of [-1, 100]) {
        const limits = {
          candidates,
          attention: candidates,
          walkSteps: [100],
          counted: 100,
          lying: 100,
          named: 1_000,
          apart: 1_000,
        };
        await searchAccounts(planner.db, search, { after: null, limit: 50 }, limits);
      }
      // Units are few. Up to a limit, in the order of an index: names as they are walked, accounts as they lie.
      const isBounded = (scan: string) => /of units|people_name_sort_index|accounts_pkey/.test(scan);
      // SQLite's plans call such parts by the names of their tables.
      const isPart = (scan: string, sql: string) => scan.startsWith('SCAN') && !sql.includes('candidates');
      for (const statement of planner.take()) {
        const scans = await planner.scansOf(statement);
        const whole = scans.filter(
          (scan) =>
            !(isBounded(scan) && statement.sql.includes('limit')) &&
            !isPart(scan, statement.sql) &&
            !/^SCAN (candidates|d|ids|some_ids|found|matched|part\d|\()/.test(scan),
        );
        expect(whole, `${name}: ${statement.sql}`).toEqual([]);
      }
    }
  });
});

describeOnEachStore('the search box', (open, createDatabase) => {
  it('looks for people without an account by those who are called so', async () => {
    const target = await createDatabase();
    await (await open({}, target)).write(fillMany);
    const planner = await createPlanner(target);
    const query = { words: ['hung'], literal: 'hung', limit: 8, withoutAccount: true };
    await findPeopleLike(planner.db, { within: 'everywhere', ...query });
    const scans = await Promise.all(planner.take().map((statement) => planner.scansOf(statement)));
    expect(scans.flat().filter((scan) => /people|accounts|\bt\b/.test(scan))).toEqual([]);
  });
});
