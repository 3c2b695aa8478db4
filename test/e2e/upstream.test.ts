// An older RADIUS server behind the broker: FreeRADIUS checks the password and asks for a token of its own; the broker decides.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Broker, startBroker } from './broker.ts';
import { startUpstream, upstreamPassword, upstreamToken } from './freeradius.ts';
import { createNetwork, type Machine, type Network } from './namespace.ts';
import { type Account, createOrganisation, dateFromToday } from './organisation.ts';
import { createPamService } from './pam.ts';
import type { Running } from './process.ts';
import { createRadclient, type Radclient, type RadclientReply, text } from './radclient.ts';
import { currentCode, wrongCode } from './totp.ts';

const secret = 'k3Vt9wQz7LmX2rBn8sYc4hJd6fGa5pTe';
const upstreamSecret = 'secret-of-the-older-server-4hJd6fGa';
const from = '192.0.2.77';

describe('an older RADIUS server that asks back', () => {
  let network: Network;
  let broker: Broker;
  let radclient: Radclient;
  let vpn: Machine;
  let old: Machine;
  let running: Running;
  let expired: Account;
  const accounts: Account[] = [];
  let used = 0;

  const start = async () => {
    running = (
      await startUpstream(old, network.directory, { client: broker.address, secret: upstreamSecret })
    ).process;
  };

  beforeAll(async () => {
    network = await createNetwork();
    const { directory } = network;
    const brokerHost = await network.addMachine('broker', 2);
    vpn = await network.addMachine('vpn', 10);
    const radtest = await network.addMachine('radtest', 12);
    old = await network.addMachine('old', 15);
    const secretFile = path.join(directory, 'upstream.secret');
    await writeFile(secretFile, `${upstreamSecret}\n`, { mode: 0o600 });
    const organisation = createOrganisation();
    organisation.addClient({ name: 'radtest', address: radtest.address, secret });
    organisation.addClient({ name: 'vpn', address: vpn.address, secret, unsigned: true });
    organisation.addWorkstation('PC-0001', [{ type: 'source-address', value: from }]);
    for (let i = 0; i < 20; i += 1) {
      accounts.push(organisation.addAccount(`user${i}`, { workstations: ['PC-0001'] }));
    }
    expired = organisation.addAccount('expired', {
      workstations: ['PC-0001'],
      validFrom: dateFromToday(-30),
      validUntil: dateFromToday(-3),
    });
    const gateway = (name: string, style: string, client = 'radtest') =>
      organisation.addGateway({
        ...{ name, client, profile: 'generic', nasIdentifier: name, leastEvidence: 0 },
        profileOverrides: { credentials: { style } },
      });
    gateway('challenge', 'challenge');
    gateway('appended', 'appended');
    gateway('pam', 'challenge', 'vpn');
    organisation.addPolicy({ scope: 'organisation', firstFactor: 'old' });
    broker = await startBroker(brokerHost, directory, organisation, {
      dialect: 'sqlite',
      upstreams: [
        {
          ...{ name: 'old', type: 'radius', secretFile, relayChallenges: true, timeoutMs: 1_000 },
          servers: [`${old.address}:1812`],
        },
      ],
    });
    await start();
    radclient = await createRadclient(radtest, directory, {
      server: `${broker.address}:${broker.port}`,
      secret,
    });
  });
  afterAll(async () => {
    await network?.remove();
  });

  const nextAccount = (): Account => {
    const account = accounts[used];
    used += 1;
    if (account === undefined) throw new Error('more accounts are needed');
    return account;
  };
  const send = (gateway: string, { userName }: Account, typed: string, more: readonly string[] = []) =>
    radclient.send({
      attributes: [
        text('User-Name', userName),
        text('User-Password', typed),
        text('NAS-Identifier', gateway),
        text('Calling-Station-Id', from),
        ...more,
      ],
    });
  const stateOf = (reply: RadclientReply): string => `State = ${reply.first('State') ?? ''}`;
  const decisionsOf = ({ userName }: Account) => broker.decisionsOf(userName);

  test('its question reaches the holder and the answer reaches it; our own code is asked for all the same', async () => {
    const account = nextAccount();
    const proxied = ['Proxy-State = 0x0102', 'Proxy-State = 0x03'];
    const first = await send('challenge', account, upstreamPassword, proxied);
    expect(first.kind).toBe('challenge');
    expect(first.first('Reply-Message')).toBe('Ma tren token cu:');
    expect(first.attributes.filter(({ name }) => name === 'Proxy-State').map(({ value }) => value)).toEqual([
      '0x0102',
      '0x03',
    ]);
    const second = await send('challenge', account, upstreamToken, [stateOf(first), ...proxied]);
    expect(second.kind).toBe('challenge');
    expect(second.first('Reply-Message')).toBe('Nhap ma OTP 6 so:');
    const code = await currentCode(account.seed);
    const third = await send('challenge', account, code, [stateOf(second), ...proxied]);
    expect(third.kind).toBe('accept');
    expect(third.attributes.filter(({ name }) => name === 'Proxy-State')).toHaveLength(2);
    expect(await decisionsOf(account)).toMatchObject([
      { outcome: 'challenge', reason: null },
      { outcome: 'challenge', reason: null },
      { outcome: 'accept', reason: null },
    ]);
  });

  test('behind a gateway that appends the code, it is judged when the answer comes', async () => {
    const [right, wrong] = [nextAccount(), nextAccount()];
    const first = await send('appended', right, upstreamPassword + (await currentCode(right.seed)));
    expect(first.kind).toBe('challenge');
    expect((await send('appended', right, upstreamToken, [stateOf(first)])).kind).toBe('accept');
    expect((await send('appended', wrong, upstreamPassword + (await wrongCode(wrong.seed)))).kind).toBe(
      'reject',
    );
    expect(await decisionsOf(wrong)).toMatchObject([{ outcome: 'deny', reason: 'code-wrong' }]);
  });

  test.each([
    ['password', 'password-wrong', null],
    ['token', 'password-wrong', 'upstream-answer'],
    ['code', 'code-wrong', null],
  ] as const)('a wrong %s is refused by name', async (wrong, reason, detail) => {
    const account = nextAccount();
    const first = await send('challenge', account, wrong === 'password' ? 'wrong' : upstreamPassword);
    expect(first.kind).toBe('challenge');
    if (wrong === 'password') {
      const code = await currentCode(account.seed);
      expect((await send('challenge', account, code, [stateOf(first)])).kind).toBe('reject');
    } else {
      const second = await send('challenge', account, wrong === 'token' ? '0000' : upstreamToken, [
        stateOf(first),
      ]);
      if (wrong === 'token') expect(second.kind).toBe('reject');
      else {
        const code = await wrongCode(account.seed);
        expect((await send('challenge', account, code, [stateOf(second)])).kind).toBe('reject');
      }
    }
    expect((await decisionsOf(account)).at(-1)).toMatchObject({ outcome: 'deny', reason, detail });
  });

  test('a State is of one account, one gateway, and one answer', async () => {
    const [mine, theirs] = [nextAccount(), nextAccount()];
    const first = await send('challenge', mine, upstreamPassword);
    expect((await send('challenge', theirs, upstreamToken, [stateOf(first)])).kind).toBe('reject');
    expect((await decisionsOf(theirs)).at(-1)).toMatchObject({
      reason: 'challenge-mismatch',
      detail: 'other-account',
    });
    expect((await send('appended', mine, upstreamToken, [stateOf(first)])).kind).toBe('reject');
    expect((await decisionsOf(mine)).at(-1)).toMatchObject({
      reason: 'challenge-mismatch',
      detail: 'other-gateway',
    });
    const again = await send('challenge', mine, upstreamPassword);
    expect((await send('challenge', mine, upstreamToken, [stateOf(again)])).kind).toBe('challenge');
    expect((await send('challenge', mine, `${upstreamToken} `, [stateOf(again)])).kind).toBe('reject');
    expect((await decisionsOf(mine)).at(-1)).toMatchObject({
      reason: 'challenge-mismatch',
      detail: 'reused',
    });
  });

  test("whom the broker's own rules refuse, the older server's word does not let in", async () => {
    const first = await send('challenge', expired, upstreamPassword);
    expect(first.first('Reply-Message')).toBe('Nhap ma OTP 6 so:');
    const code = await currentCode(expired.seed);
    expect((await send('challenge', expired, code, [stateOf(first)])).kind).toBe('reject');
    expect(await decisionsOf(expired)).toMatchObject([
      { outcome: 'challenge', reason: 'expired' },
      { outcome: 'deny', reason: 'expired' },
    ]);
  });

  test('pam_radius asks all three questions', async () => {
    const [right, wrong] = [nextAccount(), nextAccount()];
    const pam = await createPamService(vpn, network.directory, {
      nasIdentifier: 'pam',
      radius: { address: broker.address, port: broker.port, secret },
    });
    const enter = async ({ userName, seed }: Account, token: string) =>
      await pam.authenticate({
        ...{ userName, from },
        answers: [upstreamPassword, token, await currentCode(seed)],
      });
    const entered = await enter(right, upstreamToken);
    expect(entered.accepted, entered.output).toBe(true);
    expect((await enter(wrong, '0000')).accepted).toBe(false);
  });

  // Last: it is stopped.
  test('while it is down nobody is refused; the answer is taken up once it is back', async () => {
    const account = nextAccount();
    const first = await send('challenge', account, upstreamPassword);
    await running.stop();
    expect((await send('challenge', account, upstreamToken, [stateOf(first)])).kind).toBe('none');
    expect((await send('challenge', nextAccount(), upstreamPassword)).kind).toBe('none');
    await start();
    const second = await send('challenge', account, upstreamToken, [stateOf(first)]);
    expect(second.kind).toBe('challenge');
    const code = await currentCode(account.seed);
    expect((await send('challenge', account, code, [stateOf(second)])).kind).toBe('accept');
    expect((await decisionsOf(account)).map(({ outcome }) => outcome)).toEqual([
      'challenge',
      'challenge',
      'accept',
    ]);
    expect(broker.log()).toContain('upstream-unavailable');
  });
});
