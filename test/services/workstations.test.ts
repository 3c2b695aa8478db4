import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { enterCertificate } from '../../src/services/workstation-keys/certificates.ts';
import { listKeys, revokeKey } from '../../src/services/workstation-keys/keys.ts';
import {
  addIdentifier,
  addWorkstation,
  KeyTakenError,
  listWorkstationPage,
  removeIdentifier,
  setState,
  showWorkstation,
} from '../../src/services/workstations.ts';
import { makeKeyPair } from '../radius-server/eap/peer.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Acts, createActs, monday } from './acts.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createWorld, ownMachine, type World } from './world.ts';

describeOnEachStore('workstations', (open) => {
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

  const tagOf = ({ userName }: { readonly userName: string }) => `MT-${userName.replace('nvduc', '')}`;

  it('that are reported lost let nobody in from that moment on, until they are found', async () => {
    const account = await world.addAccount();
    const assetTag = tagOf(account);
    const before = await acts.revisionOf(account);
    const done = await setState(acts.deps, { assetTag, state: 'lost', reason: 'mất trên xe khách' });
    expect(done).toEqual({ assetTag, former: 'active', accounts: 1 });
    expect(await acts.revisionOf(account)).toBe(before + 1);
    expect((await acts.acts('workstation.set-state'))[0]).toMatchObject({
      detail: 'lost',
      data: { assetTag, former: 'active', via: 'command line' },
      personal: { administrator: 'quantri', reason: 'mất trên xe khách' },
    });
    expect(await acts.decide(account)).toBe('workstation-revoked');
    await expect(setState(acts.deps, { assetTag, state: 'lost', reason: 'x' })).rejects.toThrow(
      'lost already',
    );
    await setState(acts.deps, { assetTag, state: 'active', reason: 'đã tìm thấy' });
    expect(await acts.decide(account)).toBe('accept');
  });

  it('are recognised by an identifier as soon as it is added, in any spelling, and not once it is removed', async () => {
    const account = await world.addAccount();
    const assetTag = tagOf(account);
    const observed = [{ key: 'mac:0242ac110002', level: 1 as const }];
    expect(await acts.decide(account, { observed })).toBe('workstation-not-assigned: unregistered');
    const before = await acts.revisionOf(account);
    const identifier = { type: 'mac', value: '02:42:AC:11:00:02' };
    const added = await addIdentifier(acts.deps, { assetTag, ...identifier });
    expect(added).toMatchObject({ identifier: 'mac:0242ac110002', sharedWith: [] });
    expect(await acts.revisionOf(account)).toBe(before + 1);
    expect((await acts.acts('workstation.add-identifier'))[0]?.personal['identifier']).toBe(
      'mac:0242ac110002',
    );
    expect(await acts.decide(account, { observed })).toBe('accept');
    await expect(addIdentifier(acts.deps, { assetTag, ...identifier })).rejects.toThrow('already');

    clock.advance(60_000);
    await removeIdentifier(acts.deps, { assetTag, type: 'mac', value: '0242.ac11.0002' });
    expect(await acts.revisionOf(account)).toBe(before + 2);
    expect(await acts.decide(account, { observed })).toBe('workstation-not-assigned: unregistered');
    await expect(removeIdentifier(acts.deps, { assetTag, ...identifier })).rejects.toMatchObject({
      remedy: `It has ${ownMachine.key}.`,
    });
  });

  it('tell with whom they share an identifier', async () => {
    const first = await world.addAccount();
    const second = await world.addAccount();
    const identifier = { type: 'hostname', value: 'PC-CHUNG' };
    await addIdentifier(acts.deps, { assetTag: tagOf(first), ...identifier });
    const added = await addIdentifier(acts.deps, { assetTag: tagOf(second), ...identifier });
    expect(added.sharedWith).toEqual([tagOf(first)]);
  });

  it('have keys of their own: one of another workstation is refused, on two nodes at once too', async () => {
    const [first, second, third] = [
      await world.addAccount(),
      await world.addAccount(),
      await world.addAccount(),
    ];
    const key = (digit: string) => ({ type: 'spki-sha256', value: digit.repeat(64) });
    await addIdentifier(acts.deps, { assetTag: tagOf(first), ...key('a') });
    await expect(addIdentifier(acts.deps, { assetTag: tagOf(second), ...key('a') })).rejects.toMatchObject({
      message: expect.stringContaining(`registered with the workstation ${tagOf(first)}`),
      remedy: expect.stringContaining('Make a new key'),
    });
    await expect(addIdentifier(acts.deps, { assetTag: tagOf(first), ...key('a') })).rejects.toThrow(
      'already',
    );
    const tried = await Promise.allSettled(
      [first, second, third].map((account) =>
        addIdentifier(acts.deps, { assetTag: tagOf(account), ...key('b') }),
      ),
    );
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of tried) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(KeyTakenError);
    const { certificate } = await makeKeyPair('pinned');
    const identifier = `spki-sha256:${(await enterCertificate(acts.deps, { assetTag: tagOf(first), certificate: certificate.toString() })).identifier.slice(12)}`;
    await revokeKey(acts.deps, {
      keyId: (await listKeys(world.store, tagOf(first)))[0]?.keyId ?? 0,
      reason: 'x',
    });
    const value = identifier.slice(12);
    await addIdentifier(acts.deps, { assetTag: tagOf(second), type: 'spki-sha256', value });
    await expect(
      enterCertificate(acts.deps, { assetTag: tagOf(first), certificate: certificate.toString() }),
    ).rejects.toBeInstanceOf(KeyTakenError);
    expect((await listKeys(world.store, tagOf(first))).map(({ state }) => state)).toEqual(['revoked']);
  });

  it('are known by a withdrawn key as withdrawn, whatever else is reported, in the record too', async () => {
    const [owner, thief] = [await world.addAccount(), await world.addAccount()];
    const { certificate } = await makeKeyPair('withdrawn');
    const order = { assetTag: tagOf(owner), certificate: certificate.toString() };
    const { keyId, identifier, certificateIdentifier } = await enterCertificate(acts.deps, order);
    const mac = { key: 'mac:0242ac11fffe', level: 1 as const };
    const shown = (...keys: string[]) => ({
      observed: [mac, ...keys.map((key) => ({ key, level: 3 as const }))],
    });
    expect(await acts.decide(owner, shown(identifier))).toBe('accept');
    await revokeKey(acts.deps, { keyId, reason: 'máy bị mất' });
    for (const account of [owner, thief]) {
      for (const key of [identifier, certificateIdentifier]) {
        expect(await acts.decide(account, shown(key))).toBe('workstation-revoked');
      }
    }
    await enterCertificate(acts.deps, order);
    clock.advance(60_000);
    expect(await acts.decide(owner, shown(identifier))).toBe('accept');
    expect(await acts.decide(thief, shown(identifier))).toBe('workstation-not-assigned: other-account');
  });

  it('keep the identifiers of a registered key until it is revoked; of one entered by hand nothing is left', async () => {
    const account = await world.addAccount();
    const assetTag = tagOf(account);
    const { certificate } = await makeKeyPair('kept');
    const entered = await enterCertificate(acts.deps, { assetTag, certificate: certificate.toString() });
    const { keyId, identifier, certificateIdentifier } = entered;
    for (const key of [identifier, certificateIdentifier]) {
      const [type = '', value = ''] = key.split(':');
      await expect(removeIdentifier(acts.deps, { assetTag, type, value })).rejects.toMatchObject({
        message: `${key} is that of the registered key ${keyId} of ${assetTag}.`,
        remedy: expect.stringContaining(`revoke-key ${keyId} `),
      });
    }
    const shown = (key: string) => ({ observed: [{ key, level: 3 as const }] });
    expect(await acts.decide(account, shown(identifier))).toBe('accept');
    const byHand = { assetTag, type: 'spki-sha256', value: 'c'.repeat(64) };
    const { identifier: typed } = await addIdentifier(acts.deps, byHand);
    await removeIdentifier(acts.deps, byHand);
    clock.advance(60_000);
    expect(await acts.decide(account, shown(typed))).toBe('workstation-not-assigned: unregistered');
    expect((await acts.acts('workstation.remove-identifier'))[0]?.personal['identifier']).toBe(typed);
  });

  it.each([
    ['mca', '02:42:ac:11:00:02', 'no identifier of type mca', 'Did you mean mac?'],
    ['mac', 'ff:ff:ff:ff:ff:ff', 'names no workstation', '00-1A-2B'],
    ['hostname', 'localhost', 'names no workstation', 'pc-kt-014'],
    ['certificate-sha256', 'abcd', 'names no workstation', '64 hexadecimal'],
  ])('refuse the identifier %s %s', async (type, value, message, remedy) => {
    const assetTag = tagOf(await world.addAccount());
    await expect(addIdentifier(acts.deps, { assetTag, type, value })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('are registered once, in a unit and with a keeper that there are', async () => {
    const order = { assetTag: 'KHO-01', kind: 'spare', unit: 'T01' } as const;
    const keeper = (await world.addAccount()).userName.replace('nvduc', 'TCT-');
    await addWorkstation(acts.deps, { ...order, keeper, name: 'Máy dự phòng' });
    expect(await showWorkstation(world.store, 'KHO-01')).toMatchObject({
      name: 'Máy dự phòng',
      kind: 'spare',
      state: 'active',
      keeper: { staffCode: keeper },
      identifiers: [],
      users: [],
    });
    expect((await acts.acts('workstation.add'))[0]?.data).toMatchObject({
      assetTag: 'KHO-01',
      unit: 'T01',
    });
    await expect(addWorkstation(acts.deps, order)).rejects.toThrow('a workstation KHO-01 already');
    await expect(addWorkstation(acts.deps, { ...order, assetTag: ' ' })).rejects.toThrow('asset tag');
    await expect(addWorkstation(acts.deps, { ...order, unit: 'T1' })).rejects.toMatchObject({
      remedy: expect.stringMatching(/^Did you mean T/),
    });
    await expect(
      addWorkstation(acts.deps, { ...order, assetTag: 'KHO-02', keeper: 'nobody' }),
    ).rejects.toThrow('Nobody has the staff code');
    await expect(showWorkstation(world.store, 'KHO-10')).rejects.toMatchObject({
      remedy: 'Did you mean KHO-01?',
    });
  });

  it('are listed page by page, by unit and state', async () => {
    for (const assetTag of ['Z-1', 'Z-2', 'Z-3']) {
      await addWorkstation(acts.deps, { assetTag, kind: 'shared', unit: 'T02' });
    }
    await setState(acts.deps, { assetTag: 'Z-2', state: 'retired', reason: 'thanh lý' });
    const first = await listWorkstationPage(world.store, { unit: 'T02', limit: 2 });
    expect(first.workstations.map((one) => one.assetTag)).toEqual(['Z-1', 'Z-2']);
    const rest = await listWorkstationPage(world.store, {
      unit: 'T02',
      limit: 2,
      after: first.next ?? '',
    });
    expect(rest).toMatchObject({ workstations: [{ assetTag: 'Z-3' }], next: null });
    const retired = await listWorkstationPage(world.store, { unit: 'TW', state: 'retired', limit: 9 });
    expect(retired.workstations.map((one) => one.assetTag)).toEqual(['Z-2']);
  });
});
