import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { assignWorkstation, endWorkstation } from '../../../src/services/accounts/workstations.ts';
import { setState } from '../../../src/services/workstations.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, day, type World } from '../world.ts';

describeOnEachStore('workstations of an account', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let number = 0;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(() => {
    clock.advance(60_000);
    acts = createActs(world, clock);
  });
  afterAll(() => world.close());

  async function addMachine(kind: 'personal' | 'shared' = 'personal') {
    number += 1;
    const assetTag = `PC-${number}`;
    const mac = `0211223344${String(number).padStart(2, '0')}`;
    await world.store.write((db) => world.addMachine(db, assetTag, [`mac:${mac}`], { kind }));
    return { assetTag, from: { observed: [{ key: `mac:${mac}`, level: 1 as const }] } };
  }

  it('are let in from the assignment on, and refused from its end on', async () => {
    const account = await world.addAccount({ machine: null });
    const { assetTag, from } = await addMachine();
    expect(await acts.decide(account, from)).toBe('workstation-not-assigned: other-account');
    const before = await acts.revisionOf(account);
    const done = await assignWorkstation(acts.deps, { user: account.userName, assetTag });
    expect(done).toMatchObject({ validFrom: clock.now(), validUntil: null, revision: before + 1 });
    expect(await acts.revisionOf(account)).toBe(before + 1);
    expect((await acts.acts('account.assign-workstation'))[0]).toMatchObject({
      accountId: account.accountId,
      data: { assetTag, kind: 'permanent' },
    });
    expect(await acts.decide(account, from)).toBe('accept');

    clock.advance(60_000);
    await endWorkstation(acts.deps, { user: account.userName, assetTag });
    expect(await acts.revisionOf(account)).toBe(before + 2);
    expect(await acts.decide(account, from)).toBe('workstation-not-assigned: assignment-ended');
    await expect(endWorkstation(acts.deps, { user: account.userName, assetTag })).rejects.toThrow(
      'is not assigned',
    );
    expect(await acts.revisionOf(account)).toBe(before + 2);
  });

  it('may be assigned for a time, which ends by itself', async () => {
    const account = await world.addAccount();
    const { assetTag, from } = await addMachine('shared');
    const done = await assignWorkstation(acts.deps, {
      user: account.userName,
      assetTag,
      from: '01/03/2026',
      until: '02/03/2026',
    });
    expect(done.validUntil).toBe(Date.UTC(2026, 2, 2, 17));
    expect((await acts.acts('account.assign-workstation'))[0]?.data['kind']).toBe('temporary');
    expect(await acts.decide(account, from)).toBe('accept');
    const now = clock.now();
    clock.set(Date.UTC(2026, 2, 2, 17));
    expect(await acts.decide(account, from)).toBe('workstation-not-assigned: assignment-ended');
    clock.set(now);
  });

  it('are taken back before they were given, and given again from the same day', async () => {
    const account = await world.addAccount({ machine: null });
    const { assetTag, from } = await addMachine();
    const order = { user: account.userName, assetTag, from: '10/03/2026' };
    await assignWorkstation(acts.deps, order);
    await endWorkstation(acts.deps, { user: account.userName, assetTag });
    expect(await acts.decide(account, from)).toBe('workstation-not-assigned: other-account');
    await assignWorkstation(acts.deps, { ...order, from: '01/03/2026' });
    await endWorkstation(acts.deps, { user: account.userName, assetTag, at: '28/02/2026' });
    await assignWorkstation(acts.deps, { ...order, from: '01/03/2026' });
    expect(await acts.decide(account, from)).toBe('accept');
  });

  it('are refused when they are lost, taken, given already, unknown, or for a time that is none', async () => {
    const account = await world.addAccount({ machine: null });
    const user = account.userName;
    const { assetTag } = await addMachine();
    const own = await world.addAccount();
    const taken = `MT-${own.userName.replace('nvduc', '')}`;
    await expect(assignWorkstation(acts.deps, { user, assetTag: taken })).rejects.toThrow(
      `personal workstation of ${own.userName}`,
    );
    await expect(assignWorkstation(acts.deps, { user, assetTag: `${assetTag}x` })).rejects.toMatchObject({
      message: `There is no workstation ${assetTag}x.`,
      remedy: expect.stringMatching(/^Did you mean PC-/),
    });
    await expect(
      assignWorkstation(acts.deps, { user, assetTag, from: '05/03/2026', until: '04/03/2026' }),
    ).rejects.toThrow('end before it begins');
    await expect(
      assignWorkstation(acts.deps, { user, assetTag, from: '01/02/2026', until: '02/02/2026' }),
    ).rejects.toThrow('over already');
    await assignWorkstation(acts.deps, { user, assetTag });
    await expect(assignWorkstation(acts.deps, { user, assetTag, from: '09/09/2026' })).rejects.toThrow(
      'in that time already',
    );
    const lost = await addMachine();
    await setState(acts.deps, { assetTag: lost.assetTag, state: 'lost', reason: 'mất trên đường' });
    await expect(assignWorkstation(acts.deps, { user, assetTag: lost.assetTag })).rejects.toThrow('is lost');
  });

  it('may be the personal one of another only after that ended', async () => {
    const first = await world.addAccount({ machine: null });
    const second = await world.addAccount({ machine: null });
    const { assetTag } = await addMachine();
    await assignWorkstation(acts.deps, { user: first.userName, assetTag });
    await endWorkstation(acts.deps, { user: first.userName, assetTag, at: '04/03/2026' });
    await expect(assignWorkstation(acts.deps, { user: second.userName, assetTag })).rejects.toThrow(
      'personal workstation of',
    );
    const done = await assignWorkstation(acts.deps, { user: second.userName, assetTag, from: '05/03/2026' });
    expect(done.validFrom).toBe(Date.UTC(2026, 2, 4, 17));
    expect(done.validFrom).toBeLessThan(clock.now() + 5 * day);
  });
});
