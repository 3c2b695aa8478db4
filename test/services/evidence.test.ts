// What demanding more evidence would deny, and signed exceptions that end by themselves.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { endException, reportEvidence, signException } from '../../src/services/evidence.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createWorld, type World } from './world.ts';

/** Monday 2 March 2026, 08:00 in Viet Nam. */
const monday = Date.UTC(2026, 2, 2, 1);

describeOnEachStore('evidence', (open) => {
  let clock: TestClock;
  let world: World;
  const by = { name: 'tester', via: 'command line' } as const;
  const deps = async () => {
    const { settings } = await world.createNode('cli');
    return { store: world.store, keyring: world.keyring, clock, random: systemRandom, by, settings };
  };
  const paper = {
    documentNumber: '7/QĐ-CNTT',
    signatory: 'Trần Thị B',
    reason: 'no agent on these machines yet',
  };

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  afterAll(() => world.close());

  test('an exception lets less do for its gateway until the end of its day, and can be ended before', async () => {
    await world.setPolicy('organisation', { leastEvidence: 2 });
    const account = await world.addAccount();
    const login = async (gatewayId = world.gateways.appended) => {
      clock.advance(30_000);
      const node = await world.createNode('radius');
      const verdict = await node.authenticate(world.login(account, { gatewayId }));
      return verdict.kind === 'accept' ? 'accept' : (await world.lastRecord()).reason;
    };
    expect(await login()).toBe('workstation-evidence-too-weak');
    const signed = await signException(await deps(), {
      gateway: 'gw-appended',
      leastEvidence: 1,
      until: '3/3/2026',
      ...paper,
    });
    expect(signed).toEqual({
      name: 'gateway gw-appended',
      leastEvidence: 1,
      validUntil: Date.UTC(2026, 2, 3, 17),
    });
    expect(await login()).toBe('accept');
    expect(await login(world.gateways.hidden)).toBe('workstation-evidence-too-weak');
    await endException(await deps(), { gateway: 'gw-appended', reason: 'agents are installed' });
    expect(await login()).toBe('workstation-evidence-too-weak');
    await expect(endException(await deps(), { gateway: 'gw-appended', reason: 'again' })).rejects.toThrow(
      /no exception/,
    );
    await signException(await deps(), { unit: 'T01', leastEvidence: 1, until: '2/3/2026', ...paper });
    expect(await login()).toBe('accept');
    clock.set(Date.UTC(2026, 2, 2, 17));
    expect(await login()).toBe('workstation-evidence-too-weak');
  });

  test('an exception needs a day to come within a year, and a scope that exists', async () => {
    for (const until of ['1/3/2026', '1/6/2027']) {
      const order = { leastEvidence: 1, until, ...paper } as const;
      await expect(signException(await deps(), order)).rejects.toThrow(/over already|more than a year/);
    }
    const nowhere = { gateway: 'nowhere', leastEvidence: 1, until: '5/3/2026', ...paper } as const;
    await expect(signException(await deps(), nowhere)).rejects.toThrow(/no gateway nowhere/);
  });

  test('the report says who would be denied, by gateway', async () => {
    const before = await reportEvidence(await deps(), { days: 30, level: 2 });
    expect(before.gateways).toEqual([
      { gateway: 'gw-appended', logins: 2, byLevel: [0, 2, 0, 0], wouldBeDenied: 2, accounts: 1 },
    ]);
    expect(before.exceptions).toMatchObject([{ leastEvidence: 1, signatory: 'Trần Thị B', isOver: true }]);
    expect((await reportEvidence(await deps(), { days: 30, level: 1 })).gateways).toMatchObject([
      { wouldBeDenied: 0, accounts: 0 },
    ]);
    clock.advance(31 * 86_400_000);
    expect((await reportEvidence(await deps(), { days: 30, level: 2 })).gateways).toEqual([]);
  });
});
