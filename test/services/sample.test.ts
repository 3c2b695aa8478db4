import { eq } from 'drizzle-orm';
import { beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { AdministrationDeps } from '../../src/services/administration.ts';
import { isSampleIn, markSample, previewSampleRemoval, removeSample } from '../../src/services/sample.ts';
import { createSampleOrganisation } from '../../src/services/sample-organisation.ts';
import { insertOperator, insertOperatorRole } from '../../src/store/queries/operators.ts';
import { insertRequest } from '../../src/store/queries/requests.ts';
import { findSetting, settingKeys } from '../../src/store/queries/settings.ts';
import { insertUnit } from '../../src/store/queries/units.ts';
import type { Store } from '../../src/store/store.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { createHarness } from './organisation/harness.ts';

const order = {
  organisationName: 'Cơ quan thật',
  unitCode: 'CQ',
  unitName: 'Cơ quan thật',
  reason: 'bắt đầu dùng thật',
};

describeOnEachStore('the sample', (open) => {
  let store: Store;
  let deps: AdministrationDeps;
  const now = systemClock.now();

  beforeEach(async () => {
    store = await open();
    const harness = await createHarness(store);
    const sample = createSampleOrganisation(now, systemRandom);
    await harness.import(sample.file);
    await markSample(store, sample.file);
    deps = {
      store,
      keyring: harness.keyring,
      clock: systemClock,
      random: systemRandom,
      by: { name: 'test', via: 'console' },
    };
  });

  const unitId = (code: string) =>
    store.read(async (db) => {
      const { units } = db.tables;
      const [row] = await db.select({ id: units.id }).from(units).where(eq(units.code, code));
      return row?.id ?? 0;
    });
  const insertPerson = (staffCode: string, unit: number) =>
    store.write(async (db) => {
      const { people } = db.tables;
      const [row] = await db
        .insert(people)
        .values({
          staffCode,
          fullName: 'Người Thật',
          nameSearchKey: 'nguoi that',
          nameSortKey: 'that nguoi',
          kind: 'civil-servant',
          unitId: unit,
          createdAt: now,
        })
        .returning({ id: people.id });
      return row?.id ?? 0;
    });
  const left = () =>
    store.read(async (db) => {
      const { units, people, accounts, workstations, assignments, gateways, radiusClients, policies } =
        db.tables;
      const names = {
        units: (await db.select().from(units)).map(({ code, name }) => `${code} ${name}`),
        people: (await db.select().from(people)).map(({ staffCode }) => staffCode),
      };
      const counts = [];
      for (const table of [accounts, workstations, assignments, gateways, radiusClients, policies])
        counts.push((await db.select().from(table as typeof accounts)).length);
      return { ...names, counts };
    });

  /** What a trial leaves behind: sessions, requests, an invented operator with sessions of their own, alerts. */
  const tryItOut = () =>
    store.write(async (db) => {
      const t = db.tables;
      const [account] = await db.select().from(t.accounts).limit(1);
      const [gateway] = await db.select().from(t.gateways).limit(1);
      if (account === undefined || gateway === undefined) throw new Error('the sample is empty');
      const [session] = await db
        .insert(t.sessions)
        .values({
          accountId: account.id,
          gatewayId: gateway.id,
          station: '',
          state: 'live',
          startedAt: now,
          until: now + 1,
        })
        .returning({ id: t.sessions.id });
      await db.insert(t.cuts).values({
        sessionId: session?.id ?? 0,
        reason: 'administrator',
        state: 'ordered',
        orderedAt: now,
        dueAt: now,
      });
      await insertRequest(db, {
        kind: 'unlock',
        accountId: account.id,
        terms: '{}',
        reason: 'x',
        documentNumber: null,
        filedAt: now,
        filedBy: 'x',
        filedByPersonId: account.personId,
        expiresAt: now + 1,
        codeHash: null,
      });
      await db.insert(t.alerts).values({
        rule: 'cut-unconfirmed',
        accountId: account.id,
        unitId: null,
        evidence: '{}',
        at: now,
        chain: 'c',
        seq: 1,
      });
      const operatorId = await insertOperator(db, {
        personId: account.personId,
        signInName: 'mau',
        state: 'active',
        createdAt: now,
      });
      await insertOperatorRole(db, {
        operatorId,
        role: 'unit-administrator',
        unitId: gateway.unitId ?? 0,
        validFrom: now,
        validUntil: null,
        acting: false,
        documentNumber: null,
        createdAt: now,
      });
      await db.insert(t.webSessions).values({
        tokenHash: Buffer.from('x'),
        site: 'console',
        operatorId,
        method: 'password+code',
        address: '::1',
        userAgent: '',
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + 1,
        provedAt: now,
      });
    });

  it('goes with all that hangs on it; the root unit becomes the organisation’s own and keeps who is in it', async () => {
    await tryItOut();
    const root = await unitId('TT');
    await insertPerson('THAT-1', root);
    const preview = await previewSampleRemoval(store);
    expect(preview).toMatchObject({ hits: [], counts: { units: 5, people: 16, accounts: 16, gateways: 5 } });
    expect(await removeSample(deps, order)).toEqual(preview.counts);
    expect(await left()).toEqual({
      units: ['CQ Cơ quan thật'],
      people: ['THAT-1'],
      counts: [0, 0, 0, 0, 0, 0],
    });
    expect(await isSampleIn(store)).toBe(false);
    expect(await store.read((db) => findSetting(db, settingKeys.organisationName))).toBe('Cơ quan thật');
    const outcomes = await store.read(async (db) => db.select().from(db.tables.audit));
    expect(outcomes.map(({ outcome }) => outcome)).toContain('sample.remove');
    expect(outcomes.length).toBeGreaterThan(1);
    await expect(removeSample(deps, order)).rejects.toMatchObject({ fault: 'not-found' });
  });

  it('stays, all of it, while real data hangs on it, which is named', async () => {
    const before = await left();
    const branch = await unitId('SL');
    const person = await insertPerson('THAT-2', branch);
    await expect(removeSample(deps, order)).rejects.toMatchObject({
      fault: 'conflict',
      message: expect.stringContaining('THAT-2'),
    });
    await store.write(async (db) => {
      const { people } = db.tables;
      await db
        .update(people)
        .set({ unitId: await root(db) })
        .where(eq(people.id, person));
    });
    await store.write((db) =>
      insertUnit(db, { code: 'SL-99', name: 'Đội thật', nameSearchKey: 'doi that', parentId: branch }),
    );
    await expect(removeSample(deps, order)).rejects.toMatchObject({
      message: expect.stringContaining('SL-99'),
    });
    const { hits } = await previewSampleRemoval(store);
    expect(hits).toEqual([{ kind: 'unit', name: 'SL-99' }]);
    expect((await left()).counts).toEqual(before.counts);
  });

  it('stays when nobody real could look after the console any more', async () => {
    const invented = await store.read(async (db) => (await db.select().from(db.tables.people).limit(1))[0]);
    await store.write(async (db) => {
      const operatorId = await insertOperator(db, {
        personId: invented?.id ?? 0,
        signInName: 'mau',
        state: 'active',
        lastStep: 1,
        createdAt: now,
      });
      await insertOperatorRole(db, {
        operatorId,
        role: 'central-administrator',
        unitId: null,
        validFrom: now - 1,
        validUntil: null,
        acting: false,
        documentNumber: null,
        createdAt: now,
      });
    });
    await expect(removeSample(deps, order)).rejects.toThrow('Only invented people');
    expect(await isSampleIn(store)).toBe(true);
  });

  async function root(db: Parameters<Parameters<Store['write']>[0]>[0]): Promise<number> {
    const { units } = db.tables;
    const [row] = await db.select({ id: units.id }).from(units).where(eq(units.code, 'TT'));
    return row?.id ?? 0;
  }
});
