// The broker under clients that are no VPN: radclient, pam_radius, FreeRADIUS as a proxy, and datagrams made by hand.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dialect } from './broker.ts';
import { startProxy } from './freeradius.ts';
import { createLab, type GatewayName, type Lab, loginAttributes } from './lab.ts';
import type { Account } from './organisation.ts';
import { createPamService } from './pam.ts';
import { createRadclient, type Radclient, type RadclientReply } from './radclient.ts';
import { startRadsecproxy } from './radsecproxy.ts';
import { accessRequest, exchange, replyCodes, verifyReply } from './raw-radius.ts';
import { currentCode, wrongCode } from './totp.ts';

const dialects: readonly Dialect[] = ['sqlite', 'postgresql'];
const spareAccounts = Array.from({ length: 30 }, (_, index) => `spare-${index}`);

describe.each(dialects)('RADIUS clients, broker on %s', (dialect) => {
  let lab: Lab;
  let next = 0;
  beforeAll(async () => {
    lab = await createLab(dialect, [], spareAccounts);
  });
  afterAll(async () => {
    await lab?.remove();
  });

  /** An account that no other test uses. */
  const freshAccount = (): Account => {
    const userName = spareAccounts[next];
    next += 1;
    if (userName === undefined) throw new Error('more spare accounts are needed');
    return lab.account(userName);
  };
  const home = (): string => lab.workstations.assigned.machine.address;
  const send = (
    gateway: GatewayName,
    account: Account,
    password: string,
    extra: readonly string[] = [],
    client: Radclient = lab.radclient,
  ): Promise<RadclientReply> => {
    const login = { userName: account.userName, password, from: home() };
    return client.send({ attributes: [...loginAttributes(gateway, login), ...extra] });
  };
  const stateOf = (reply: RadclientReply): string => `State = ${reply.first('State')}`;
  const reasons = async (account: Account): Promise<(string | null)[]> =>
    (await lab.broker.decisionsOf(account.userName)).map(({ reason }) => reason);

  describe('radclient', () => {
    test('password and code in one are accepted until the term ends at the latest', async () => {
      const account = freshAccount();
      const reply = await send('appended', account, account.password + (await currentCode(account.seed)));
      expect(reply.kind).toBe('accept');
      expect(reply.attributes[0]?.name).toBe('Message-Authenticator');
      const seconds = Number(reply.first('Session-Timeout'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(12 * 3600);
    });

    test('the same over IPv6 is accepted', async () => {
      const account = freshAccount();
      const { broker, secret } = lab;
      const server = `[${broker.address6}]:${broker.port}`;
      const client = await createRadclient(lab.radtest, lab.directory, { server, secret });
      const password = account.password + (await currentCode(account.seed));
      expect((await send('appended', account, password, [], client)).kind).toBe('accept');
    });

    test('the code alone is accepted where the gateway checks the password, and refused elsewhere', async () => {
      const account = freshAccount();
      const code = await currentCode(account.seed);
      expect((await send('appended', account, code)).kind).toBe('reject');
      expect((await send('code-only', account, code)).kind).toBe('accept');
    });

    test('a refused login gets the uniform text with a lookup code that explain knows', async () => {
      const account = freshAccount();
      const reply = await send('appended', account, account.password + (await wrongCode(account.seed)));
      expect(reply.kind).toBe('reject');
      expect(reply.attributes.map(({ name }) => name)).toEqual(['Message-Authenticator', 'Reply-Message']);
      const text = reply.first('Reply-Message') ?? '';
      expect(text).toMatch(/^Khong ket noi duoc\. Ma tra cuu: [2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
      expect(await lab.broker.explain(text.slice(-9))).toMatchObject({ reason: 'code-wrong' });
    });

    test('a code is good once, even through another gateway', async () => {
      const account = freshAccount();
      const code = await currentCode(account.seed);
      expect((await send('appended', account, account.password + code)).kind).toBe('accept');
      expect((await send('code-only', account, code)).kind).toBe('reject');
      expect((await reasons(account)).at(-1)).toBe('code-replayed');
    });

    test('a challenge followed by the code is accepted', async () => {
      const account = freshAccount();
      const challenge = await send('challenge', account, account.password);
      expect(challenge.kind).toBe('challenge');
      const code = await currentCode(account.seed);
      expect((await send('challenge', account, code, [stateOf(challenge)])).kind).toBe('accept');
    });

    test('a wrong password gets the same challenge, and the right code then opens nothing', async () => {
      const account = freshAccount();
      const right = await send('challenge', account, account.password);
      const wrong = await send('challenge', account, `${account.password}x`);
      expect(wrong.kind).toBe('challenge');
      expect(wrong.first('Reply-Message')).toBe(right.first('Reply-Message'));
      expect(wrong.attributes.map(({ name }) => name)).toEqual(right.attributes.map(({ name }) => name));
      const code = await currentCode(account.seed);
      expect((await send('challenge', account, code, [stateOf(wrong)])).kind).toBe('reject');
      expect((await reasons(account)).at(-1)).toBe('password-wrong');
    });

    test('an unknown user gets a challenge too, and a refusal', async () => {
      const nobody: Account = { ...freshAccount(), userName: 'nobody-at-all' };
      const challenge = await send('challenge', nobody, nobody.password);
      expect(challenge.kind).toBe('challenge');
      const code = await currentCode(nobody.seed);
      expect((await send('challenge', nobody, code, [stateOf(challenge)])).kind).toBe('reject');
    });

    test('a State is good for one account, one gateway and one answer', async () => {
      const [mine, theirs] = [freshAccount(), freshAccount()];
      const first = stateOf(await send('challenge', mine, mine.password));
      expect((await send('challenge', theirs, await currentCode(theirs.seed), [first])).kind).toBe('reject');
      expect((await reasons(theirs)).at(-1)).toBe('challenge-mismatch');

      const second = stateOf(await send('challenge', mine, mine.password));
      expect((await send('appended', mine, await currentCode(mine.seed), [second])).kind).toBe('reject');

      const third = stateOf(await send('challenge', mine, mine.password));
      expect((await send('challenge', mine, await wrongCode(mine.seed), [third])).kind).toBe('reject');
      expect((await send('challenge', mine, await currentCode(mine.seed), [third])).kind).toBe('reject');
      expect((await reasons(mine)).at(-1)).toBe('challenge-mismatch');
    });

    test("an administrator's login on the device gets nothing for a right password and code", async () => {
      const account = freshAccount();
      const password = account.password + (await currentCode(account.seed));
      const reply = await send('appended', account, password, ['Service-Type = Login-User']);
      expect(reply.kind).toBe('reject');
      expect(await reasons(account)).toEqual(['service-not-allowed']);
    });

    test('Status-Server is answered', async () => {
      const reply = await lab.radclient.send({ command: 'status', attributes: [] });
      expect(reply.kind).toBe('accept');
    });

    test('an unsigned request of a client that must sign is not answered', async () => {
      const account = freshAccount();
      const password = account.password + (await currentCode(account.seed));
      const login = { userName: account.userName, password, from: home() };
      const reply = await lab.radclient.send({
        unsigned: true,
        attributes: loginAttributes('appended', login),
      });
      expect(reply.kind).toBe('none');
      expect(await reasons(account)).toEqual([]);
    });
  });

  describe('datagrams made by hand', () => {
    const requestFor = async (account: Account, code?: string): Promise<Buffer> =>
      accessRequest({
        secret: lab.secret,
        userName: account.userName,
        password: account.password + (code ?? (await currentCode(account.seed))),
        attributes: [
          { type: 32, value: 'appended' },
          { type: 31, value: home() },
          { type: 33, value: 'first proxy' },
          { type: 33, value: 'second proxy' },
        ],
      });

    test('a retransmission gets the same octets; a new request with the same code is refused', async () => {
      const account = freshAccount();
      const code = await currentCode(account.seed);
      const request = await requestFor(account, code);
      const [first, again, anew] = await exchange(lab.radtest, lab.broker, [
        request,
        request,
        await requestFor(account, code),
      ]);
      if (!first || !again || !anew) throw new Error('a request was not answered');
      verifyReply(first, request, lab.secret);
      expect(first[0]).toBe(replyCodes.accept);
      expect(again.equals(first)).toBe(true);
      expect(anew[0]).toBe(replyCodes.reject);
      expect(await lab.broker.decisionsOf(account.userName)).toHaveLength(2);
    });

    test('Proxy-State comes back, every one, in order', async () => {
      const account = freshAccount();
      const [reply] = await exchange(lab.radtest, lab.broker, [await requestFor(account)]);
      const text = reply?.toString('latin1') ?? '';
      expect(text).toMatch(/\x21\x0dfirst proxy.*\x21\x0esecond proxy/s);
    });

    test('a request signed with another secret is not answered', async () => {
      const account = freshAccount();
      const forged = accessRequest({
        secret: 'not the secret of this client',
        userName: account.userName,
        password: account.password,
        attributes: [{ type: 32, value: 'appended' }],
      });
      expect(await exchange(lab.radtest, lab.broker, [forged])).toEqual([null]);
    });
  });

  describe('pam_radius', () => {
    test('lets in with password and code, and nobody else', async () => {
      const { broker, secret } = lab;
      const pam = await createPamService(lab.vpn, lab.directory, {
        nasIdentifier: 'pam',
        radius: { address: broker.address, port: broker.port, secret },
      });
      const [right, wrong] = [freshAccount(), freshAccount()];
      const login = async (account: Account, code: string, from = home()) =>
        (await pam.authenticate({ userName: account.userName, answers: [account.password, code], from }))
          .accepted;
      const code = await currentCode(right.seed);
      expect(await login(right, code)).toBe(true);
      expect(await login(right, code)).toBe(false);
      expect(await login(wrong, await wrongCode(wrong.seed))).toBe(false);
      const elsewhere = lab.workstations.other.machine.address;
      expect(await login(wrong, await currentCode(wrong.seed), elsewhere)).toBe(false);
    });
  });

  describe('FreeRADIUS as a proxy', () => {
    test('passes a challenge, its answer and a refusal', async () => {
      const { broker, secret } = lab;
      const front = 'a secret between proxy and client';
      const proxy = await startProxy(lab.proxy, lab.directory, {
        secret: front,
        broker: { address: broker.address, port: broker.port, secret },
      });
      const server = `${proxy.address}:${proxy.port}`;
      const client = await createRadclient(lab.radtest, lab.directory, { server, secret: front });
      const [right, wrong] = [freshAccount(), freshAccount()];
      const answer = async (account: Account, code: string): Promise<string> => {
        const challenge = await send('behind-proxy', account, account.password, [], client);
        expect(challenge.kind).toBe('challenge');
        return (await send('behind-proxy', account, code, [stateOf(challenge)], client)).kind;
      };
      expect(await answer(right, await currentCode(right.seed))).toBe('accept');
      expect(await answer(wrong, await wrongCode(wrong.seed))).toBe('reject');
    });
  });

  describe('radsecproxy', () => {
    const front = 'a-secret-between-proxy-and-client';
    const start = async (
      port: number,
      dnsName: string,
      purpose: 'client' | 'server' = 'client',
      days = 2,
    ): Promise<Radclient> => {
      const { broker, authority } = lab;
      const proxy = await startRadsecproxy(lab.proxy, lab.directory, {
        port,
        secret: front,
        broker: { address: broker.address, port: broker.tlsPort },
        authorityFile: authority.file,
        certificate: await authority.issue(`radsecproxy-${port}`, purpose, `DNS:${dnsName}`, days),
      });
      return await createRadclient(lab.radtest, lab.directory, { ...proxy, secret: front });
    };

    test('carries a challenge, its answer and a refusal over TLS', async () => {
      const client = await start(2812, 'radsecproxy.test');
      const [right, wrong] = [freshAccount(), freshAccount()];
      const answer = async (account: Account, code: string): Promise<string> => {
        const challenge = await send('over-tls', account, account.password, [], client);
        expect(challenge.kind).toBe('challenge');
        return (await send('over-tls', account, code, [stateOf(challenge)], client)).kind;
      };
      expect(await answer(right, await currentCode(right.seed))).toBe('accept');
      expect(await answer(wrong, await wrongCode(wrong.seed))).toBe('reject');
      expect(lab.broker.log()).toContain('a RADIUS/TLS connection is up');
    });

    test.each([
      ['of another name', 2813, 'stranger.test', 'client', 2, 'name-unknown'],
      ['for servers', 2815, 'radsecproxy.test', 'server', 2, 'certificate-purpose'],
      ['that is over', 2816, 'radsecproxy.test', 'client', 0, 'certificate-expired'],
    ] as const)(
      'with a certificate %s gets nothing, and the log names the cause',
      async (_, port, dnsName, purpose, days, cause) => {
        const client = await start(port, dnsName, purpose, days);
        const account = freshAccount();
        expect((await send('over-tls', account, account.password, [], client)).kind).toBe('none');
        expect(await reasons(account)).toEqual([]);
        expect(lab.broker.log()).toMatch(new RegExp(`"cause":"${cause}".*"names":\\["${dnsName}"\\]`));
      },
    );
  });

  describe('what is left of all this', () => {
    test('a record that verifies', async () => {
      expect(await lab.broker.recordIsSound()).toBe(true);
    });

    test('no password, seed or secret, neither in the log at its most talkative nor in the record', async () => {
      const log = lab.broker.log();
      expect(log).toContain('RADIUS listens');
      const left = log + (await lab.broker.exportRecord());
      const secrets = spareAccounts
        .map(lab.account)
        // A password as it is, and as it would stand inside JSON.
        .flatMap(({ password, seed }) => [password, JSON.stringify(password).slice(1, -1), seed]);
      expect([...secrets, lab.secret].filter((secret) => left.includes(secret))).toEqual([]);
    });
  });
});
