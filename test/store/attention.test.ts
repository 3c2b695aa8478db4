// Accounts that need a look: what indexes and triggers find is what the rules say of each row, whatever became of it.
import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { createLastUse } from '../../src/services/accounts/last-use.ts';
import { readOverview } from '../../src/services/overview.ts';
import type { AccountSearch } from '../../src/store/queries/account-search/conditions.ts';
import type { AccountPlace, AccountsFound } from '../../src/store/queries/account-search/page.ts';
import { searchAccounts } from '../../src/store/queries/account-search/search.ts';
import type { Attention } from '../../src/store/queries/attention.ts';
import { updatePerson } from '../../src/store/queries/import/people.ts';
import type { UnitsWithin } from '../../src/store/queries/within.ts';
import type { Store } from '../../src/store/store.ts';
import type { Db } from '../../src/store/tables.ts';
import { describeOnEachStore } from './each-store.ts';
import {
  assignWorkstation,
  insertAccount,
  insertAssignment,
  insertAuthenticator,
  insertEmployment,
  insertPerson,
  insertUnitTree,
  insertWorkstation,
  fixtureTime as now,
  oneDay,
} from './fixtures.ts';
import { createPlanner } from './planner.ts';

const kinds = ['gone', 'dormant', 'incomplete'] as const;

/** Numbers below a bound, the same ones for the same seed. */
type Numbers = (bound: number) => number;

function createNumbers(seed: number): Numbers {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** What the rules say, of all rows as they are. */
async function judge(store: Store, at: number) {
  const rows = await store.read(async ({ tables: t, ...db }) => ({
    accounts: await db.select().from(t.accounts),
    people: await db.select().from(t.people),
    units: await db.select().from(t.units),
    facts: await db.select().from(t.employmentEvents),
    papers: await db.select().from(t.accountAssignments),
    machines: await db.select().from(t.accountWorkstations),
    apps: await db.select().from(t.authenticators),
    audit: await db.select().from(t.audit),
  }));
  type Account = (typeof rows.accounts)[number];
  const since = at - 90 * oneDay;
  const isSo: Record<Attention, (account: Account) => boolean> = {
    gone: ({ personId }) =>
      rows.facts
        .filter((fact) => fact.personId === personId && fact.effectiveAt <= at)
        .filter(({ kind }) => ['hired', 'returned', 'leave', 'ended'].includes(kind))
        .sort((a, b) => a.effectiveAt - b.effectiveAt || a.id - b.id)
        .at(-1)?.kind === 'ended',
    dormant: ({ id, createdAt }) =>
      createdAt <= since &&
      !rows.audit.some((row) => row.accountId === id && row.outcome === 'accept' && row.at > since),
    incomplete: ({ id }) =>
      !rows.papers.some(({ accountId }) => accountId === id) ||
      !rows.machines.some(({ accountId }) => accountId === id) ||
      !rows.apps.some(({ accountId, state }) => accountId === id && state === 'active'),
  };
  const pathOf = (personId: number) => {
    const unitId = rows.people.find(({ id }) => id === personId)?.unitId;
    return rows.units.find(({ id }) => id === unitId)?.path ?? '';
  };
  return (what: Attention, within: UnitsWithin): number[] =>
    rows.accounts
      .filter(
        ({ personId }) => within === 'everywhere' || within.some((path) => pathOf(personId).startsWith(path)),
      )
      .filter(
        ({ status, suspendedDetail, validFrom, validUntil }) =>
          status === 'active' && suspendedDetail === null && validFrom <= at && validUntil > at,
      )
      .filter(isSo[what])
      .map(({ id }) => id)
      .sort((a, b) => a - b);
}

const anybody: Omit<AccountSearch, 'now'> = {
  scope: 'everywhere',
  unitPath: null,
  text: null,
  state: null,
  expiringBefore: null,
  lacks: null,
  attention: null,
};
const limits = {
  judged: { candidates: 10_000, attention: 10_000, walkSteps: [1], counted: 1, lying: 1, named: 1, apart: 1 },
  walked: { candidates: 1, attention: 1, walkSteps: [3, 7], counted: 4, lying: 4, named: 1, apart: 1 },
};

async function listed(store: Store, search: AccountSearch, how: keyof typeof limits): Promise<number[]> {
  const ids: number[] = [];
  let after: AccountPlace | null = null;
  do {
    const from: AccountPlace | null = after;
    const page: AccountsFound = await store.read((db) =>
      searchAccounts(db, search, { after: from, limit: 9 }, limits[how]),
    );
    ids.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null);
  return ids.sort((a, b) => a - b);
}

/** Of several at one instant the last one written counts. */
function insertFact(db: Db, number: Numbers, personId: number) {
  const kind = (['ended', 'ended', 'hired', 'returned', 'leave', 'moved'] as const)[number(6)] ?? 'ended';
  return insertEmployment(db, { personId, kind, effectiveAt: now + (number(9) - 5) * 10 * oneDay });
}

async function insertStaff(db: Db, number: Numbers) {
  const units = await insertUnitTree(db);
  const paper = await insertAssignment(db, { unitId: units.root });
  const workstation = await insertWorkstation(db, { unitId: units.root });
  const people: number[] = [];
  const accounts: number[] = [];
  for (let index = 0; index < 40; index += 1) {
    const unitId = index % 4 === 0 ? units.district : units.otherDistrict;
    const personId = await insertPerson(db, { unitId }, index % 9 === 0 ? null : now - 900 * oneDay);
    people.push(personId);
    // Some facts come before the account, others after.
    if (number(3) === 0) await insertFact(db, number, personId);
    for (let of = 0; of < (index % 10 === 0 ? 2 : 1); of += 1) {
      accounts.push(
        await insertAccount(db, {
          personId,
          status: number(8) === 0 ? 'pending' : 'active',
          createdAt: now - number(200) * oneDay,
          validFrom: now - 300 * oneDay + number(320) * oneDay,
          validUntil: now + number(60) * oneDay + 21 * oneDay,
          ...(number(9) === 0 ? { suspendedDetail: 'by-unit' as const, suspendedAt: now } : {}),
        }),
      );
    }
  }
  const { units: t } = db.tables;
  const paths = new Map((await db.select().from(t)).map(({ id, path }) => [id, path]));
  const pathOf = (id: number) => paths.get(id) ?? '';
  return {
    ...{ people, accounts, paper, workstation, units },
    ...{ district: pathOf(units.district), province: pathOf(units.province) },
  };
}

let serial = 0;

const accepted = (accountId: number, at: number, outcome = 'accept') => ({
  ...{ chain: 'test', seq: ++serial, at, kind: 'decision' as const, accountId, outcome },
  ...{ body: '{}', hash: Buffer.alloc(32) },
});

/** Something that may happen to an account or its holder. */
async function change(
  db: Db,
  number: Numbers,
  staff: Awaited<ReturnType<typeof insertStaff>>,
): Promise<void> {
  const { employmentEvents, accountAssignments, accountWorkstations, authenticators, audit } = db.tables;
  const accountId = staff.accounts[number(staff.accounts.length)] ?? 0;
  const personId = staff.people[number(staff.people.length)] ?? 0;
  const isRare = number(3) === 0;
  switch (number(10)) {
    case 9: {
      const unitId = number(2) === 0 ? staff.units.district : staff.units.province;
      await updatePerson(db, personId, { unitId });
      break;
    }
    case 0:
      await insertFact(db, number, personId);
      break;
    case 1:
      if (isRare) await db.delete(employmentEvents).where(eq(employmentEvents.personId, personId));
      break;
    case 2:
      await db
        .insert(accountAssignments)
        .values({ accountId, assignmentId: staff.paper })
        .onConflictDoNothing();
      break;
    case 3:
      if (isRare) await db.delete(accountAssignments).where(eq(accountAssignments.accountId, accountId));
      break;
    case 4:
      serial += 1;
      await assignWorkstation(db, { accountId, workstationId: staff.workstation, validFrom: now - serial });
      break;
    case 5:
      if (isRare) await db.delete(accountWorkstations).where(eq(accountWorkstations.accountId, accountId));
      break;
    case 6:
      await insertAuthenticator(db, { accountId, state: isRare ? 'pending' : 'active' });
      break;
    case 7: {
      const held = eq(authenticators.accountId, accountId);
      const state = number(2) === 0 ? 'revoked' : 'active';
      if (isRare) await db.delete(authenticators).where(held);
      else await db.update(authenticators).set({ state }).where(held);
      break;
    }
    default: {
      const outcome = isRare ? 'deny' : 'accept';
      await db.insert(audit).values(accepted(accountId, now - number(200) * oneDay, outcome));
    }
  }
}

const noteAt = (store: Store) => createLastUse({ store, clock: { now: () => now } as never });

describeOnEachStore('accounts that need a look', (open, createDatabase) => {
  it.each([1, 2])('are those that the rules name, one by one and in figures (%i)', async (seed) => {
    const store = await open();
    const number = createNumbers(seed);
    const staff = await store.write((db) => insertStaff(db, number));
    const note = noteAt(store);
    const met = new Set<Attention>();
    for (let round = 0; round < 3; round += 1) {
      await store.write(async (db) => {
        for (let index = 0; index < 120; index += 1) await change(db, number, staff);
      });
      if (round > 0) await note(new AbortController().signal);
      // Time passes by itself, too.
      for (const at of [now, now + 25 * oneDay]) {
        const rules = await judge(store, at);
        for (const within of ['everywhere', [staff.district], [staff.province]] as const) {
          const figures = await readOverview(store, { within, now: at, withHeld: false });
          const counted = { ...figures.accounts, gone: figures.mustBeZero.goneButActive };
          for (const attention of kinds) {
            const asked = [seed, round, at - now, within, attention];
            const ids = rules(attention, within);
            if (ids.length > 0) met.add(attention);
            const count = { count: ids.length, isCapped: false };
            expect([...asked, counted[attention]]).toEqual([...asked, count]);
            const search = { ...anybody, scope: within, attention, now: at };
            if (within !== 'everywhere') {
              const ofUnit: AccountSearch = { ...search, scope: 'everywhere', unitPath: within[0] };
              expect([...asked, await listed(store, ofUnit, 'judged')]).toEqual([...asked, ids]);
            }
            for (const how of ['judged', 'walked'] as const) {
              expect([...asked, how, await listed(store, search, how)]).toEqual([...asked, how, ids]);
            }
          }
        }
      }
    }
    expect(met).toEqual(new Set(kinds));
  });

  it('are dormant no more as soon as they were let in, noted or not', async () => {
    const store = await open();
    const id = await store.write(async (db) => {
      const { district } = await insertUnitTree(db);
      const personId = await insertPerson(db, { unitId: district });
      const long = now - 100 * oneDay;
      return await insertAccount(db, { personId, createdAt: long, validFrom: long });
    });
    const dormantAt = (at: number) => listed(store, { ...anybody, attention: 'dormant', now: at }, 'judged');
    const { accounts, audit } = await store.read(async (db) => db.tables);
    const usedAt = () => store.read((db) => db.select({ usedAt: accounts.usedAt }).from(accounts));
    expect(await dormantAt(now)).toEqual([id]);
    await store.write((db) => db.insert(audit).values(accepted(id, now - oneDay)));
    expect([await dormantAt(now), await usedAt()]).toEqual([[], [{ usedAt: now - 100 * oneDay }]]);
    const note = noteAt(store);
    const { signal } = new AbortController();
    expect([await note(signal), await note(signal)]).toEqual([1, 0]);
    expect(await usedAt()).toEqual([{ usedAt: now - oneDay }]);
    expect([await dormantAt(now + 89 * oneDay - 1), await dormantAt(now + 89 * oneDay)]).toEqual([[], [id]]);
  });

  it('are incomplete when several writes at once have taken what they rest on', async () => {
    const store = await open();
    const { accounts } = await store.write(async (db) => {
      const staff = await insertStaff(db, createNumbers(1));
      for (const accountId of staff.accounts) {
        for (let papers = 0; papers < 2; papers += 1) await insertAssignment(db, { unitId: 1 }, [accountId]);
        await assignWorkstation(db, { accountId, workstationId: staff.workstation });
        await insertAuthenticator(db, { accountId });
      }
      return db.tables;
    });
    const { accountAssignments: t } = await store.read(async (db) => db.tables);
    const states = () => store.read((db) => db.selectDistinct({ is: accounts.isIncomplete }).from(accounts));
    expect(await states()).toEqual([{ is: false }]);
    const links = await store.read((db) => db.select().from(t));
    await Promise.all(
      links.map(({ assignmentId }) =>
        store.write((db) => db.delete(t).where(eq(t.assignmentId, assignmentId))),
      ),
    );
    expect(await states()).toEqual([{ is: true }]);
  });

  it('are found in an index by ranges of time', async () => {
    const target = await createDatabase();
    await open({}, target);
    const planner = await createPlanner(target);
    for (const [attention, index] of [
      ['gone', 'accounts_ended_index'],
      ['dormant', 'accounts_dormant_index'],
      ['incomplete', 'accounts_incomplete_index'],
    ] as const) {
      await searchAccounts(planner.db, { ...anybody, attention, now }, { after: null, limit: 50 });
      const searched = await Promise.all(planner.take().map((statement) => planner.searchesOf(statement)));
      expect([attention, ...searched.flat()]).toContain(index);
    }
  });
});
