import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { getAccount } from '../../../src/services/accounts/account.ts';
import {
  activate,
  endEmployment,
  reinstate,
  setTerm,
  suspend,
  unlock,
  withdraw,
} from '../../../src/services/accounts/standing.ts';
import { changeAccount } from '../../../src/store/queries/account-changes.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, hour, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, day, type TestAccount, type World } from '../world.ts';

const reason = 'Theo đề nghị của đơn vị';

describeOnEachStore('an account, changed by an administrator', (open) => {
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

  /** The act bumped the revision by one and left its record, which names the administrator. */
  async function expectAct(account: TestAccount, verb: string, before: number) {
    expect(await acts.revisionOf(account)).toBe(before + 1);
    const [act] = await acts.acts(verb);
    expect(act?.accountId).toBe(account.accountId);
    expect(act?.data).toMatchObject({ via: 'command line', revision: before + 1 });
    expect(act?.personal).toMatchObject({ administrator: 'quantri', userName: account.userName });
    return act;
  }

  it('gets a term until 29 February, 24:00, of a leap year, and of no other', async () => {
    clock.set(Date.UTC(2027, 5, 1));
    const account = await world.addAccount();
    const term = { user: account.userName, validFrom: '01/06/2027', reason };
    await expect(setTerm(acts.deps, { ...term, validUntil: '29/02/2027' })).rejects.toThrow(
      'is no day of the calendar',
    );
    const { validUntil } = await setTerm(acts.deps, { ...term, validUntil: '29/02/2028' });
    expect(validUntil).toBe(Date.UTC(2028, 1, 29, 17));
    clock.set(monday);
  });

  it('gets a term by days of the organisation, which the next decision keeps to', async () => {
    const account = await world.addAccount();
    const before = await acts.revisionOf(account);
    const done = await setTerm(acts.deps, {
      user: account.userName.toUpperCase(),
      validFrom: '01/03/2026',
      validUntil: '02/03/2026',
      reason,
    });
    expect(done.validFrom).toBe(Date.UTC(2026, 1, 28, 17));
    expect(done.validUntil).toBe(Date.UTC(2026, 2, 2, 17));
    const act = await expectAct(account, 'account.set-term', before);
    expect(act?.data).toMatchObject({ validUntil: done.validUntil });
    expect(act?.personal['reason']).toBe(reason);
    expect(act?.data).not.toHaveProperty('reason');
    expect(await acts.decide(account)).toBe('accept');
    const now = clock.now();
    clock.set(done.validUntil);
    expect(await acts.decide(account)).toBe('expired');
    clock.set(now);
  });

  it('keeps the bound of its term that is not given', async () => {
    const account = await world.addAccount();
    const done = await setTerm(acts.deps, {
      user: account.userName,
      validFrom: '2026-03-20T08:00+07:00',
      reason,
    });
    expect(done.validFrom).toBe(Date.UTC(2026, 2, 20, 1));
    expect(done.validUntil).toBeGreaterThan(monday + 29 * day);
    expect(await acts.decide(account)).toBe('not-yet-valid');
  });

  it.each([
    [{ validUntil: '31/12/26' }, '--valid-until: "31/12/26" has a year of two digits'],
    [{ validUntil: '12/31/2026' }, '--valid-until'],
    [{ validFrom: '30/02/2026' }, 'is no day of the calendar'],
    [{ validFrom: '02/05/2026', validUntil: '01/05/2026' }, 'would end before it begins'],
    [{}, 'No term is given'],
  ])('refuses a term that is none: %j', async (term, message) => {
    const account = await world.addAccount();
    const before = await acts.revisionOf(account);
    await expect(setTerm(acts.deps, { user: account.userName, reason, ...term })).rejects.toThrow(message);
    expect(await acts.revisionOf(account)).toBe(before);
  });

  it('gets no longer term than the policy of the unit allows', async () => {
    const account = await world.addAccount();
    const setUntil = (validUntil: string) =>
      setTerm(acts.deps, { user: account.userName, validFrom: '01/03/2026', validUntil, reason });
    await expect(setUntil('02/03/2027')).rejects.toThrow(
      'The term would last 367 days; the policy allows 366 (longestTermDays)',
    );
    await setUntil('01/03/2027');
    await world.setPolicy('organisation', { longestTermDays: 10 });
    await expect(setUntil('02/03/2027')).rejects.toThrow('the policy allows 10');
    // Shorter than it is, though still too long.
    await setUntil('31/05/2026');
    await world.setPolicy(`unit:${world.units.local}`, { longestTermDays: 400 });
    await setUntil('02/03/2027');
    await world.setPolicy(`unit:${world.units.local}`, {});
    await world.setPolicy('organisation', {});
  });

  it('refuses an act without a reason', async () => {
    const { userName } = await world.addAccount();
    await expect(withdraw(acts.deps, { user: userName, reason: '  ' })).rejects.toThrow('A reason is needed');
    await expect(withdraw(acts.deps, { user: userName, reason: 'x\u0007' })).rejects.toThrow('no line of');
  });

  it('is suspended and reinstated, each once', async () => {
    const account = await world.addAccount();
    const { userName: user } = account;
    const before = await acts.revisionOf(account);
    await suspend(acts.deps, { user, detail: 'case', reason });
    await expectAct(account, 'account.suspend', before);
    expect(await acts.decide(account)).toBe('suspended: case');
    expect((await world.lastRecord()).data).toMatchObject({
      'parameter.date': clock.now(),
      'parameter.role': 'centre',
    });
    await expect(suspend(acts.deps, { user, detail: 'case', reason })).rejects.toThrow('suspended already');
    await reinstate(acts.deps, { user, reason });
    await expectAct(account, 'account.reinstate', before + 1);
    expect(await acts.decide(account)).toBe('accept');
    await expect(reinstate(acts.deps, { user, reason })).rejects.toThrow('is not suspended');
  });

  it('is activated only under a written assignment in force', async () => {
    const pending = await world.addAccount({ account: { status: 'pending' } });
    expect(await acts.decide(pending)).toBe('account-pending');
    const done = await activate(acts.deps, { user: pending.userName });
    expect(done.documentNumbers).toHaveLength(1);
    expect(await acts.decide(pending)).toBe('accept');
    await expect(activate(acts.deps, { user: pending.userName })).rejects.toThrow('active already');

    const bare = await world.addAccount({ account: { status: 'pending' }, assignment: null });
    await expect(activate(acts.deps, { user: bare.userName })).rejects.toThrow(
      'has no written assignment in force',
    );
    const over = await world.addAccount({
      account: { status: 'pending' },
      assignment: { validUntil: clock.now() },
    });
    await expect(activate(acts.deps, { user: over.userName })).rejects.toThrow('the last one has ended');
    const moved = await world.addAccount({
      account: { status: 'pending' },
      employment: [
        { kind: 'hired', effectiveAt: monday - 900 * day },
        { kind: 'moved', effectiveAt: monday - day },
      ],
    });
    await expect(activate(acts.deps, { user: moved.userName })).rejects.toThrow('moved to another unit');
    expect(await acts.decide(moved)).toBe('account-pending');
  });

  it('may be activated ahead under an assignment that begins with its term', async () => {
    const start = monday + 10 * day;
    const early = await world.addAccount({
      account: { status: 'pending', validFrom: start },
      assignment: { validFrom: start },
    });
    await activate(acts.deps, { user: early.userName });
    expect(await acts.decide(early)).toBe('assignment-missing: none');
  });

  it('once withdrawn comes back only on a paper of that day or later', async () => {
    const account = await world.addAccount();
    const { userName: user, accountId } = account;
    await withdraw(acts.deps, { user, reason });
    expect(await acts.decide(account)).toBe('account-withdrawn');
    await expect(withdraw(acts.deps, { user, reason })).rejects.toThrow('withdrawn already');
    await expect(activate(acts.deps, { user })).rejects.toThrow('dated since it was withdrawn');
    await world.store.write(async (db) => {
      const { assignments, accountAssignments } = db.tables;
      const [paper] = await db
        .insert(assignments)
        .values({
          documentNumber: `77/${user}`,
          // The day of the withdrawal, 00:00.
          documentDate: monday - 8 * hour,
          signatory: 'Trần Thị B',
          purpose: 'Tra cứu',
          dataScope: 'Hồ sơ',
          unitId: world.units.local,
          validFrom: monday - day,
        })
        .returning({ id: assignments.id });
      await db.insert(accountAssignments).values({ accountId, assignmentId: paper?.id ?? 0 });
    });
    expect(await activate(acts.deps, { user })).toMatchObject({ documentNumbers: [`77/${user}`] });
    expect(await acts.decide(account)).toBe('accept');
  });

  it('is unlocked: the right code is let in again at once', async () => {
    const account = await world.addAccount();
    const credentials = {
      style: 'password+code',
      text: `${account.password}${world.wrongCode(account)}`,
    } as const;
    for (let guess = 0; guess < 5; guess += 1) await acts.decide(account, { credentials });
    expect(await acts.decide(account)).toBe('locked-out');
    const before = await acts.revisionOf(account);
    expect(await unlock(acts.deps, { user: account.userName })).toMatchObject({ cleared: 1 });
    await expectAct(account, 'account.unlock', before);
    expect(await acts.decide(account)).toBe('accept');
    expect(await unlock(acts.deps, { user: account.userName })).toMatchObject({ cleared: 0 });
  });

  it('ends with the employment of its holder, to the second, also a future one; so do all of the holder', async () => {
    const account = await world.addAccount();
    const { accountId } = await world.addAccount();
    const second = { ...account, userName: `nvduc${accountId}-hai` };
    await world.store.write((db) => {
      const { accounts } = db.tables;
      return db
        .update(accounts)
        .set({ personId: account.personId, userName: second.userName })
        .where(eq(accounts.id, accountId));
    });
    const before = [await acts.revisionOf(account), await acts.revisionOf(second)];
    const order = {
      user: account.userName,
      detail: 'retired',
      from: '03/03/2026',
      documentNumber: '45/QĐ-TCCB',
    } as const;
    const done = await endEmployment(acts.deps, order);
    expect(done.effectiveAt).toBe(Date.UTC(2026, 2, 2, 17));
    expect(await acts.revisionOf(second)).toBe(Number(before[1]) + 1);
    const act = await expectAct(account, 'person.end-employment', Number(before[0]));
    expect(act).toMatchObject({ detail: 'retired', data: { documentNumber: '45/QĐ-TCCB' } });
    expect(await acts.decide(account)).toBe('accept');
    await expect(endEmployment(acts.deps, order)).rejects.toThrow('entered already');
    const now = clock.now();
    clock.set(done.effectiveAt);
    expect(await acts.decide(account)).toBe('employment-ended: retired');
    clock.set(now);
    await expect(
      endEmployment(acts.deps, { ...order, from: '04/03/2026', documentNumber: ' ' }),
    ).rejects.toThrow('--document');
    await expect(endEmployment(acts.deps, { ...order, from: 'mai' })).rejects.toThrow('--from');
  });

  it('that is not there is refused with the name that was meant', async () => {
    const { userName } = await world.addAccount({ account: { userName: 'pthoa.mai' } });
    await expect(withdraw(acts.deps, { user: 'pthoa.mia', reason })).rejects.toMatchObject({
      message: 'There is no account pthoa.mia.',
      remedy: `Did you mean ${userName}?`,
    });
    await expect(getAccount(world.store, 'xyz', [])).rejects.toMatchObject({
      remedy: expect.stringContaining('account list'),
    });
    await expect(getAccount(world.store, 'hai ten', [])).rejects.toThrow('has a space in it');
    await expect(getAccount(world.store, `${userName}@x.example`, ['x.example'])).resolves.toMatchObject({
      userName,
    });
  });

  it('changes not at all when somebody else was first', async () => {
    const account = await world.addAccount();
    const seen = await getAccount(world.store, account.userName, []);
    await suspend(acts.deps, { user: account.userName, detail: 'by-unit', reason });
    const before = await acts.revisionOf(account);
    const stale = { ...acts.deps, store: staleReads(seen) };
    await expect(withdraw(stale, { user: account.userName, reason })).rejects.toThrow(
      'changed by somebody else',
    );
    expect(await acts.revisionOf(account)).toBe(before);
    expect((await acts.acts('account.withdraw')).map((act) => act.accountId)).not.toContain(
      account.accountId,
    );
    expect(await world.store.write((db) => changeAccount(db, seen, {}, clock.now()))).toBeNull();
  });

  /** A store whose account is read before the other's write, and written after it. */
  function staleReads(seen: Awaited<ReturnType<typeof getAccount>>): World['store'] {
    let reads = 0;
    return {
      ...world.store,
      // The second read of the act is that of the account (the first one is of the organisation).
      read: (fn) => (++reads === 2 ? Promise.resolve(seen as never) : world.store.read(fn)),
    };
  }
});
