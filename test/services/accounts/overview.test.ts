import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { nameSearchKey, nameSortKey } from '../../../src/core/names.ts';
import { listAccountPage, showAccount } from '../../../src/services/accounts/overview.ts';
import { suspend } from '../../../src/services/accounts/standing.ts';
import { openSettings } from '../../../src/services/settings/settings.ts';
import type { AccountListState } from '../../../src/store/queries/account-state.ts';
import { insertUnit } from '../../../src/store/queries/units.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { insertAccount, insertPerson } from '../../store/fixtures.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { findProfile } from '../profiles.ts';
import { createWorld, day, type World } from '../world.ts';

describeOnEachStore('the overview of accounts', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(() => {
    clock.advance(60_000);
    acts = createActs(world, clock);
  });
  afterAll(() => world.close());

  async function show(user: string) {
    const { store, keyring } = world;
    const settings = await openSettings({ store, keyring, findProfile, log: captureLog() });
    return showAccount({ store, settings }, { user, now: clock.now(), decisions: 10 });
  }

  it('shows everything about one, and no secret', async () => {
    const account = await world.addAccount();
    await acts.decide(account);
    await acts.decide(account);
    const overview = await show(account.userName);
    expect(overview.holder).toMatchObject({ unitNames: ['Unit TW', 'Unit T01'], unitCode: 'T01' });
    expect(overview.employment).toMatchObject([{ kind: 'hired' }]);
    expect(overview.assignments).toMatchObject([{ signatory: 'Trần Thị B, Thủ trưởng', unitCode: 'T01' }]);
    expect(overview.workstations).toMatchObject([{ state: 'active', assignmentKind: 'permanent' }]);
    expect(overview.authenticators).toMatchObject([{ kind: 'app', state: 'active', digits: 6 }]);
    expect(overview.decisions).toMatchObject([
      { outcome: 'deny', reason: 'code-replayed' },
      { outcome: 'accept' },
    ]);
    expect(overview.sessions).toHaveLength(1);
    expect(overview.standing).toBeNull();
    expect(overview.hasPassword).toBe(true);
    const text = JSON.stringify(overview);
    expect(text).not.toContain('sealedSeed');
    expect(text).not.toContain('argon2');
  });

  it('says what would refuse one wherever and whatever is typed', async () => {
    const account = await world.addAccount();
    await suspend(acts.deps, { user: account.userName, detail: 'review', reason: 'đợt rà soát' });
    expect((await show(account.userName)).standing).toMatchObject({ reason: 'suspended', detail: 'review' });
    const retired = await world.addAccount({
      employment: [{ kind: 'ended', detail: 'retired', effectiveAt: monday - day }],
    });
    expect((await show(retired.userName)).standing).toMatchObject({ reason: 'employment-ended' });
    const without = await world.addAccount({ machine: null });
    expect((await show(without.userName)).standing).toBeNull();
  });

  it('lists pages in the order of Vietnamese names, of one unit and all below it', async () => {
    const names = ['Trần Thị Ân', 'Lê Văn Anh', 'Đỗ Thị Ấn', 'Nguyễn Văn Bình', 'Bùi Thị Ánh'];
    const { above, below } = await world.store.write(async (db) => {
      const unit = (code: string, parentId: number | null) =>
        insertUnit(db, { code, name: code, nameSearchKey: code, parentId });
      const above = await unit('H1', null);
      const below = await unit('H1-1', above);
      for (const [index, fullName] of names.entries()) {
        const personId = await insertPerson(db, {
          unitId: index === 3 ? above : below,
          fullName,
          nameSearchKey: nameSearchKey(fullName),
          nameSortKey: nameSortKey(fullName),
        });
        await insertAccount(db, { personId, userName: `h${index}` });
      }
      return { above, below };
    });
    expect(below).toBeGreaterThan(above);
    const deps = { store: world.store, now: clock.now() };
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const query = { unit: 'H1', limit: 2, ...(after === undefined ? {} : { after }) };
      const page = await listAccountPage(deps, query);
      expect(page.accounts.length).toBeLessThanOrEqual(2);
      seen.push(...page.accounts.map((one) => one.fullName));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(['Lê Văn Anh', 'Bùi Thị Ánh', 'Trần Thị Ân', 'Đỗ Thị Ấn', 'Nguyễn Văn Bình']);
    const { accounts } = await listAccountPage(deps, { unit: 'H1-1', limit: 50 });
    expect(accounts).toHaveLength(4);
    await expect(listAccountPage(deps, { unit: 'H2', limit: 5 })).rejects.toMatchObject({
      message: 'There is no unit H2.',
      remedy: 'Did you mean H1?',
    });
    await expect(listAccountPage(deps, { after: 'nowhere', limit: 5 })).rejects.toThrow(
      'no place in the list',
    );
  });

  it('lists accounts of one state', async () => {
    const now = clock.now();
    const locked = await world.addAccount();
    const credentials = {
      style: 'password+code',
      text: `${locked.password}${world.wrongCode(locked)}`,
    } as const;
    for (let guess = 0; guess < 5; guess += 1) await acts.decide(locked, { credentials });
    const suspended = await world.addAccount();
    await suspend(acts.deps, { user: suspended.userName, detail: 'by-unit', reason: 'đề nghị' });
    const expected: Partial<Record<AccountListState, string>> = {
      locked: locked.userName,
      suspended: suspended.userName,
      pending: (await world.addAccount({ account: { status: 'pending' } })).userName,
      withdrawn: (await world.addAccount({ account: { status: 'withdrawn' } })).userName,
      expired: (await world.addAccount({ account: { validUntil: now } })).userName,
      'not-yet-valid': (await world.addAccount({ account: { validFrom: now + day } })).userName,
    };
    const list = async (state: AccountListState) => {
      const { accounts } = await listAccountPage({ store: world.store, now }, { state, limit: 1000 });
      return accounts.map((one) => one.userName);
    };
    const valid = await list('valid');
    expect(valid).toContain(locked.userName);
    for (const [state, userName] of Object.entries(expected)) {
      expect(await list(state as AccountListState)).toContain(userName);
      if (state !== 'locked') expect(valid).not.toContain(userName);
      expect(await list(state as AccountListState)).not.toContain('h0');
    }
  });
});
