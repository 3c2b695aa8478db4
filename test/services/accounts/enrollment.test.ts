import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import {
  decodeBase32,
  encodeBase32,
  hotp,
  type OtpParameters,
  seedKey,
  timeStepAt,
} from '../../../src/core/otp.ts';
import {
  beginApp,
  beginToken,
  confirmEnrollment,
  revokeAuthenticator,
} from '../../../src/services/accounts/enrollment.ts';
import { listAuthenticators } from '../../../src/store/queries/authenticators.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, type TestAccount, type World } from '../world.ts';

const app: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };

describeOnEachStore('enrolment of an authenticator', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let deps: Acts['deps'] & { readonly node: string };

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(() => {
    clock.advance(60_000);
    acts = createActs(world, clock);
    deps = { ...acts.deps, node: 'node' };
  });
  afterAll(() => world.close());

  const codeAt = (seed: string, seconds = 0, parameters = app) =>
    hotp(
      seedKey(decodeBase32(seed)),
      timeStepAt(clock.now() + seconds * 1000, parameters.periodSeconds),
      parameters,
    );
  const held = (account: TestAccount) => world.store.read((db) => listAuthenticators(db, account.accountId));
  const typed = (account: TestAccount, code: string) =>
    ({ credentials: { style: 'password+code', text: `${account.password}${code}` } }) as const;

  it('of an app makes it active on the right code, which is spent by that', async () => {
    const account = await world.addAccount({ authenticators: [] });
    const user = account.userName;
    const before = await acts.revisionOf(account);
    const begun = await beginApp(deps, { user });
    const secret = begun.secret ?? '';
    expect(decodeBase32(secret)).toHaveLength(20);
    expect(begun.uri).toContain(`secret=${secret}`);
    expect(begun.uri).toContain(`:${user}?`);
    expect(await acts.revisionOf(account)).toBe(before + 1);
    expect(await acts.decide(account, typed(account, codeAt(secret)))).toBe('authenticator-not-enrolled');

    expect(await confirmEnrollment(deps, { user, code: '12345', replace: false })).toMatchObject({
      confirmed: false,
      clockSkewMinutes: null,
    });
    const slow = await confirmEnrollment(deps, { user, code: codeAt(secret, -300), replace: false });
    expect(slow).toMatchObject({ confirmed: false, clockSkewMinutes: -5 });
    expect(await acts.revisionOf(account)).toBe(before + 1);

    const code = codeAt(secret);
    const done = await confirmEnrollment(deps, { user, code: ` ${code} `, replace: false });
    expect(done).toMatchObject({ confirmed: true, authenticatorId: begun.authenticatorId, revoked: 0 });
    expect(await acts.revisionOf(account)).toBe(before + 2);
    expect(await acts.decide(account, typed(account, code))).toBe('code-replayed');
    clock.advance(30_000);
    expect(await acts.decide(account, typed(account, codeAt(secret)))).toBe('accept');
    await expect(confirmEnrollment(deps, { user, code, replace: false })).rejects.toThrow(
      'waits for confirmation',
    );
  });

  it('leaves no trace of the seed but the sealed one', async () => {
    const account = await world.addAccount({ authenticators: [] });
    const begun = await beginApp(deps, { user: account.userName });
    const [row] = await held(account);
    expect(row?.state).toBe('pending');
    const seed = decodeBase32(begun.secret ?? '');
    expect(row?.sealedSeed.includes(seed)).toBe(false);
    const [act] = await acts.acts('account.enroll');
    expect(act?.accountId).toBe(account.accountId);
    expect(act?.text).not.toContain(begun.secret);
    expect(act?.text).not.toContain(seed.toString('hex'));
  });

  it('begun once more forgets the one before', async () => {
    const account = await world.addAccount({ authenticators: [] });
    const user = account.userName;
    const first = await beginApp(deps, { user });
    const second = await beginApp(deps, { user });
    expect(await held(account)).toHaveLength(1);
    const stale = await confirmEnrollment(deps, { user, code: codeAt(first.secret ?? ''), replace: false });
    expect(stale.confirmed).toBe(false);
    const done = await confirmEnrollment(deps, { user, code: codeAt(second.secret ?? ''), replace: false });
    expect(done.confirmed).toBe(true);
  });

  it('replaces the lost phone only once the new one has shown a code', async () => {
    const account = await world.addAccount();
    const user = account.userName;
    const { secret } = await beginApp(deps, { user });
    expect(await acts.decide(account)).toBe('accept');
    clock.advance(60_000);
    const done = await confirmEnrollment(deps, { user, code: codeAt(secret ?? ''), replace: true });
    expect(done).toMatchObject({ confirmed: true, revoked: 1 });
    expect(await acts.decide(account)).toMatch(/^code-wrong/);
    clock.advance(30_000);
    expect(await acts.decide(account, typed(account, codeAt(secret ?? '')))).toBe('accept');
  });

  it('of a token takes its seed, learns the drift of its clock, and gives it one holder', async () => {
    const account = await world.addAccount({ authenticators: [] });
    const user = account.userName;
    const seed = encodeBase32(systemRandom.bytes(32));
    const parameters: OtpParameters = { algorithm: 'SHA256', digits: 6, periodSeconds: 60 };
    const order = { user, serialNumber: ' hm-0042 ', seed: seed.toLowerCase(), parameters };
    const begun = await beginToken(deps, order);
    expect(begun).toMatchObject({ uri: null, secret: null });
    const code = codeAt(seed, 120, parameters);
    expect(await confirmEnrollment(deps, { user, code, replace: false })).toMatchObject({ confirmed: true });
    expect((await held(account))[0]).toMatchObject({
      kind: 'token',
      serialNumber: 'HM-0042',
      driftSteps: 2,
      state: 'active',
    });
    clock.advance(120_000);
    expect(await acts.decide(account, typed(account, codeAt(seed, 120, parameters)))).toBe('accept');

    const other = await world.addAccount({ authenticators: [] });
    await expect(beginToken(deps, { ...order, user: other.userName })).rejects.toThrow(`belongs to ${user}`);
  });

  it.each([
    [{ serialNumber: '' }, 'no serial number'],
    [{ seed: 'not base32!' }, 'base32'],
    [{ seed: 'GEZDGNBV' }, 'fewer than 16'],
    [{ parameters: { ...app, digits: 8 as const } }, 'codes of 6 digits'],
  ])('of a token refuses %j', async (wrong, message) => {
    const { userName: user } = await world.addAccount();
    const seed = encodeBase32(systemRandom.bytes(20));
    const begun = beginToken(deps, { user, serialNumber: 'HM-1', seed, parameters: app, ...wrong });
    await expect(begun).rejects.toThrow(message);
    await expect(begun).rejects.not.toThrow(seed);
  });

  it('is undone by revoking it, by number or serial number, once', async () => {
    const account = await world.addAccount();
    const user = account.userName;
    const [row] = await held(account);
    const id = String(row?.id);
    await expect(
      revokeAuthenticator(deps, { user, authenticator: '999999', reason: 'mất' }),
    ).rejects.toMatchObject({ remedy: `In use: ${id}.` });
    const before = await acts.revisionOf(account);
    const done = await revokeAuthenticator(deps, { user, authenticator: id, reason: 'mất điện thoại' });
    expect(done).toMatchObject({ remaining: 0, revision: before + 1 });
    expect((await acts.acts('account.revoke-authenticator'))[0]?.personal['reason']).toBe('mất điện thoại');
    expect(await acts.decide(account)).toBe('authenticator-not-enrolled');
    await expect(revokeAuthenticator(deps, { user, authenticator: id, reason: 'mất' })).rejects.toThrow(
      'revoked already',
    );
    const seed = encodeBase32(systemRandom.bytes(20));
    await beginToken(deps, { user, serialNumber: 'HM-77', seed, parameters: app });
    await confirmEnrollment(deps, { user, code: codeAt(seed), replace: false });
    expect(
      await revokeAuthenticator(deps, { user, authenticator: 'hm-77', reason: 'thu hồi' }),
    ).toMatchObject({
      remaining: 0,
    });
  });
});
