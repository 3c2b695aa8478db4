import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { setPassword } from '../../../src/services/accounts/password.ts';
import { createPasswords } from '../../../src/services/passwords/passwords.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, type World } from '../world.ts';

const password = 'doi nui xanh qua cau tre';

describeOnEachStore('a password, set by an administrator', (open) => {
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

  const depsOf = () => {
    const log = captureLog();
    const passwords = createPasswords({
      clock,
      random: systemRandom,
      log,
      concurrency: 1,
      queueLength: 4,
    });
    return { ...acts.deps, passwords };
  };

  it('holds for the next login, and ends "compromised"', async () => {
    const account = await world.addAccount({ account: { passwordState: 'compromised' } });
    expect(await acts.decide(account)).toBe('password-compromised');
    const before = await acts.revisionOf(account);
    await setPassword(depsOf(), { user: account.userName, password });
    expect(await acts.revisionOf(account)).toBe(before + 1);
    const [act] = await acts.acts('account.set-password');
    expect(act?.data).toMatchObject({ formerState: 'compromised' });
    expect(act?.text).not.toContain(password);
    expect(act?.text).not.toContain('argon2');
    expect(await acts.decide(account)).toBe('password-wrong');
    expect(await acts.decide({ ...account, password })).toBe('accept');
  });

  it.each([
    ['ngan', 'fewer than 12'],
    ['x'.repeat(107), 'more than 106'],
    ['mật khẩu có dấu rất dài', 'printable ASCII'],
    [' doi nui xanh qua cau ', 'begins or ends with a space'],
    ['matkhau123456', 'first that would be guessed'],
  ])('is refused when it is %j, and never repeated', async (wrong, message) => {
    const { userName: user } = await world.addAccount();
    const setting = setPassword(depsOf(), { user, password: wrong });
    await expect(setting).rejects.toThrow(message);
    await expect(setting).rejects.not.toThrow(wrong);
  });

  it('is refused when it is made of its owner', async () => {
    const { userName: user } = await world.addAccount({ account: { userName: 'zubkaf.wolter' } });
    await expect(setPassword(depsOf(), { user, password: 'Wolter-Zubkaf-99' })).rejects.toThrow(
      'derived from',
    );
  });

  it('is not set while too many are being hashed', async () => {
    const account = await world.addAccount();
    const overloaded = { ...acts.deps, passwords: { hash: async () => null } };
    await expect(setPassword(overloaded, { user: account.userName, password })).rejects.toThrow(
      'nothing was done',
    );
    expect(await acts.decide(account)).toBe('accept');
  });
});
