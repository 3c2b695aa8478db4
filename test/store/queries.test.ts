// Queries of the aggregates: compare-and-set, revisions and the paths of units.
import { asc } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { changeAccount } from '../../src/store/queries/account-changes.ts';
import { findAccountByUserName } from '../../src/store/queries/accounts.ts';
import { bumpRevision } from '../../src/store/queries/revision.ts';
import { bumpSettingsVersion, findSetting, putSetting } from '../../src/store/queries/settings.ts';
import { findUnitByCode, insertUnit, moveUnit } from '../../src/store/queries/units.ts';
import type { Store } from '../../src/store/store.ts';
import { describeOnEachStore } from './each-store.ts';
import {
  assignWorkstation,
  fixtureTime,
  insertAccount,
  insertAssignment,
  insertPerson,
  insertUnitTree,
  insertWorkstation,
  oneDay,
} from './fixtures.ts';

const revisions = (store: Store) =>
  store.read(async (db) => {
    const { accounts } = db.tables;
    const rows = await db
      .select({ userName: accounts.userName, revision: accounts.revision })
      .from(accounts)
      .orderBy(asc(accounts.userName));
    return Object.fromEntries(rows.map(({ userName, revision }) => [userName, revision]));
  });

/** an and binh work in one district, chi in the other; an has two accounts. */
function insertStaff(store: Store) {
  return store.write(async (db) => {
    const units = await insertUnitTree(db);
    const an = await insertPerson(db, { unitId: units.district });
    const binh = await insertPerson(db, { unitId: units.district });
    const chi = await insertPerson(db, { unitId: units.otherDistrict });
    const accounts = {
      an: await insertAccount(db, { personId: an, userName: 'an' }),
      an2: await insertAccount(db, { personId: an, userName: 'an2' }),
      binh: await insertAccount(db, { personId: binh, userName: 'binh' }),
      chi: await insertAccount(db, { personId: chi, userName: 'chi' }),
    };
    return { units, an, binh, chi, accounts };
  });
}

describeOnEachStore('the revision of accounts', (open) => {
  it('is bumped for the accounts named and no other, however many', async () => {
    const store = await open();
    const { accounts } = await insertStaff(store);
    await store.write((db) => bumpRevision(db, { accountIds: [] }));
    await store.write((db) => bumpRevision(db, { accountIds: [accounts.an, accounts.chi] }));
    expect(await revisions(store)).toEqual({ an: 2, an2: 1, binh: 1, chi: 2 });
    const many = Array.from({ length: 70_000 }, (_, index) => index + 1);
    await store.write((db) => bumpRevision(db, { accountIds: many }));
    expect(await revisions(store)).toEqual({ an: 3, an2: 2, binh: 2, chi: 3 });
  });

  it('is bumped for all accounts of a person', async () => {
    const store = await open();
    const { an } = await insertStaff(store);
    await store.write((db) => bumpRevision(db, { personId: an }));
    expect(await revisions(store)).toEqual({ an: 2, an2: 2, binh: 1, chi: 1 });
  });

  it('is bumped once for every account of a workstation, past assignments included', async () => {
    const store = await open();
    const { units, accounts } = await insertStaff(store);
    const workstationId = await store.write(async (db) => {
      const id = await insertWorkstation(db, { unitId: units.district });
      const other = await insertWorkstation(db, { unitId: units.district });
      const past = { validFrom: fixtureTime - 9 * oneDay, validUntil: fixtureTime - 8 * oneDay };
      await assignWorkstation(db, { accountId: accounts.an, workstationId: id });
      await assignWorkstation(db, { accountId: accounts.an, workstationId: id, ...past });
      await assignWorkstation(db, { accountId: accounts.chi, workstationId: id, ...past });
      await assignWorkstation(db, { accountId: accounts.binh, workstationId: other });
      return id;
    });
    await store.write((db) => bumpRevision(db, { workstationId }));
    expect(await revisions(store)).toEqual({ an: 2, an2: 1, binh: 1, chi: 2 });
  });

  it('is bumped for every account that a written assignment covers', async () => {
    const store = await open();
    const { units, accounts } = await insertStaff(store);
    const assignmentId = await store.write(async (db) => {
      await insertAssignment(db, { unitId: units.root }, [accounts.an]);
      return insertAssignment(db, { unitId: units.root }, [accounts.an2, accounts.binh]);
    });
    await store.write((db) => bumpRevision(db, { assignmentId }));
    expect(await revisions(store)).toEqual({ an: 1, an2: 2, binh: 2, chi: 1 });
  });

  it('is bumped for everybody in a unit and below', async () => {
    const store = await open();
    const { units } = await insertStaff(store);
    const path = `/${units.root}/${units.province}/${units.district}/`;
    await store.write((db) => bumpRevision(db, { unitPath: path }));
    expect(await revisions(store)).toEqual({ an: 2, an2: 2, binh: 2, chi: 1 });
    await store.write((db) => bumpRevision(db, { unitPath: `/${units.root}/` }));
    expect(await revisions(store)).toEqual({ an: 3, an2: 3, binh: 3, chi: 2 });
  });

  it('is bumped by a new term, which only one of two may set', async () => {
    const store = await open();
    const { accounts } = await insertStaff(store);
    const seen = { id: accounts.an, revision: 1 };
    const results = await Promise.all([
      store.write((db) => changeAccount(db, seen, { validFrom: 5, validUntil: 10 }, fixtureTime)),
      store.write((db) => changeAccount(db, seen, { validFrom: 5, validUntil: 20 }, fixtureTime)),
    ]);
    expect(results.toSorted()).toEqual([2, null]);
    const account = await store.read((db) => findAccountByUserName(db, 'an'));
    expect(account).toMatchObject({ revision: 2, validFrom: 5, validUntil: results[0] === 2 ? 10 : 20 });
  });
});

describeOnEachStore('units', (open) => {
  const paths = (store: Store) =>
    store.read(async (db) => {
      const { units } = db.tables;
      const rows = await db.select({ id: units.id, path: units.path }).from(units).orderBy(asc(units.id));
      return rows.map(({ path }) => path);
    });

  it('carry the path from the root', async () => {
    const store = await open();
    await store.write((db) => insertUnitTree(db));
    expect(await paths(store)).toEqual(['/1/', '/1/2/', '/1/2/3/', '/1/2/4/']);
  });

  it('move with all that is below them, and decisions in flight see it', async () => {
    const store = await open();
    const { units } = await insertStaff(store);
    const elsewhere = await store.write((db) =>
      insertUnit(db, { code: 'NEW', name: 'New', nameSearchKey: 'new', parentId: units.root }),
    );
    expect(await store.write((db) => moveUnit(db, units.province, elsewhere))).toBe(true);
    expect(await paths(store)).toEqual(['/1/', '/1/5/2/', '/1/5/2/3/', '/1/5/2/4/', '/1/5/']);
    expect(await revisions(store)).toEqual({ an: 2, an2: 2, binh: 2, chi: 2 });
    const facts = await store.decisions.loadFacts({ userName: 'an', observedKeys: [] });
    expect(facts.account?.unitPath).toEqual([1, 5, 2, 3]);
    expect(facts.settingsVersion).toBe(1);
    expect(await store.write((db) => moveUnit(db, units.province, null))).toBe(true);
    expect(await paths(store)).toEqual(['/1/', '/2/', '/2/3/', '/2/4/', '/1/5/']);
    expect(await store.read((db) => findUnitByCode(db, 'NEW'))).toMatchObject({ path: '/1/5/', parentId: 1 });
  });

  it('never move below themselves', async () => {
    const store = await open();
    const { units } = await insertStaff(store);
    const before = await paths(store);
    for (const parent of [units.root, units.province, units.district]) {
      expect(await store.write((db) => moveUnit(db, units.root, parent))).toBe(false);
    }
    expect(await paths(store)).toEqual(before);
    await expect(store.write((db) => moveUnit(db, units.root, 999))).rejects.toThrow('no unit 999');
  });
});

describeOnEachStore('settings', (open) => {
  it('are replaced, and the version counts every change', async () => {
    const store = await open();
    await store.write((db) => putSetting(db, 'timeZone', 'Asia/Ho_Chi_Minh'));
    await store.write((db) => putSetting(db, 'timeZone', 'UTC'));
    expect(await store.read((db) => findSetting(db, 'timeZone'))).toBe('UTC');
    expect(await store.read((db) => findSetting(db, 'realms'))).toBeNull();
    for (let count = 1; count <= 11; count++) {
      await store.write((db) => bumpSettingsVersion(db));
      const facts = await store.decisions.loadFacts({ userName: 'x', observedKeys: [] });
      expect(facts.settingsVersion).toBe(count);
    }
  });
});
