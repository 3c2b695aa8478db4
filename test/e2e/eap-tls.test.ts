// EAP-TLS: a key and a certificate, and a ticket that was bought over HTTPS with password and code; by eapol_test, through FreeRADIUS, and strongSwan.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEapLab, type EapLab } from './eap-lab.ts';
import { type EapLogin, eapolTest } from './eapol.ts';
import { startProxy } from './freeradius.ts';
import { ping } from './namespace.ts';
import { connectStrongswan, type StrongswanGateway, startStrongswanGateway } from './strongswan.ts';
import { currentCode, wrongCode } from './totp.ts';

const versions = ['1.2', '1.3'] as const;
/** strongSwan picks the certificate that names its EAP identity. */
const onSwan = { right: 'swan.right', noTicket: 'swan.no-ticket', other: 'swan.other-key' } as const;
const front = 'front-of-the-proxy-3Vt9wQz7LmX2r';

describe('EAP-TLS with a ticket', () => {
  let lab: EapLab;
  let proxy: { readonly address: string; readonly port: number; readonly secret: string };
  let swan: StrongswanGateway;
  /** Bought first and used last: by then it has run out. */
  let expiresAt: number;
  let users = 0;

  beforeAll(async () => {
    lab = await createEapLab('sqlite', {
      machines: { nas: 12, proxy: 13, swan: 14, home: 101, elsewhere: 102 },
      accounts: [
        ...Array.from({ length: 40 }, (_, i) => [`user${i}`] as const),
        ['both', { workstations: ['PC-0001', 'PC-0002'] }] as const,
        ...Object.values(onSwan).map((userName) => [userName] as const),
      ],
      alternativeNames: {
        assigned: `DNS:${onSwan.right},DNS:${onSwan.noTicket}`,
        other: `DNS:${onSwan.other}`,
      },
      declare: (organisation) => {
        const gateway = (name: string, profile: string) =>
          organisation.addGateway({ name, client: name, profile, nasIdentifier: name, leastEvidence: 3 });
        gateway('nas', 'generic');
        gateway('proxy', 'generic');
        gateway('swan', 'strongswan');
      },
    });
    const radius = { address: lab.broker.address, port: lab.broker.port, secret: lab.secret };
    proxy = {
      ...(await startProxy(lab.machine('proxy'), lab.directory, { secret: front, broker: radius })),
      secret: front,
    };
    swan = await startStrongswanGateway(lab.machine('swan'), lab.directory, lab.authority, {
      nasIdentifier: 'swan',
      radius,
    });
    const { body } = await buy('user0');
    expiresAt = Number(body['expiresAt']);
  });
  afterAll(async () => {
    await lab?.remove();
  });

  /** An account of its own for each test; the first one's ticket is left to run out. */
  const nextUser = (): string => {
    users += 1;
    return `user${users}`;
  };

  const buy = async (userName: string, more: { from?: string; workstation?: string } = {}) => {
    const { password, seed } = lab.account(userName);
    const { from = 'home', ...rest } = more;
    return await lab.buyTicket(lab.machine(from), {
      userName,
      password,
      code: await currentCode(seed),
      ...rest,
    });
  };

  const login = async (userName: string, more: Partial<EapLogin> = {}, server = broker()) =>
    await eapolTest(lab.machine('nas'), lab.directory, server, {
      method: 'TLS',
      authority: lab.authority.file,
      from: lab.machine('home').address,
      nasIdentifier: 'nas',
      identity: userName,
      outer: userName,
      certificate: lab.keys.assigned,
      ...more,
    });

  const broker = () => ({ address: lab.broker.address, port: lab.broker.port, secret: lab.secret });

  /** The decisions at gateways: what the sale of a ticket recorded is left out. */
  const loginsOf = async (userName: string) =>
    (await lab.broker.decisionsOf(userName)).filter(({ outcome }) => !outcome.startsWith('ticket'));

  test.each(versions)('over TLS %s it is accepted once, and the keys match', async (tls) => {
    const userName = nextUser();
    const { status, body } = await buy(userName);
    expect(status).toBe(200);
    expect(body).toMatchObject({ address: lab.machine('home').address, token: null });
    const first = await login(userName, { tls });
    expect(first.isAccepted, first.output.slice(-2_000)).toBe(true);
    expect(first.keysMatch).toBe(true);
    expect(first.tls).toBe(`TLSv${tls}`);
    expect((await login(userName, { tls })).isAccepted).toBe(false);
    expect(await loginsOf(userName)).toMatchObject([
      { outcome: 'accept', reason: null },
      { outcome: 'deny', reason: 'device-ticket-used' },
    ]);
  });

  test.each(versions)('over TLS %s two logins at once spend it once', async (tls) => {
    const userName = nextUser();
    await buy(userName);
    const both = await Promise.all([login(userName, { tls }), login(userName, { tls })]);
    expect(both.filter(({ isAccepted }) => isAccepted)).toHaveLength(1);
    const outcomes = (await loginsOf(userName)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'accept')).toHaveLength(1);
  });

  test.each(versions)('over TLS %s, what is wrong with key or ticket is refused by name', async (tls) => {
    const { address: elsewhere } = lab.machine('elsewhere');
    const cases = [
      ['no ticket', {}, null, 'code-missing', null],
      [
        'key of another workstation',
        { certificate: lab.keys.other },
        {},
        'workstation-not-assigned',
        'other-account',
      ],
      [
        'unregistered key',
        { certificate: lab.keys.stranger },
        {},
        'workstation-not-assigned',
        'unregistered',
      ],
      ['login from another address', { from: elsewhere }, {}, 'device-ticket-mismatch', null],
      ['ticket bought elsewhere', {}, { from: 'elsewhere' }, 'device-ticket-mismatch', null],
    ] as const;
    const tried = await Promise.all(
      cases.map(async ([name, shown, order, reason, detail]) => {
        const userName = nextUser();
        if (order !== null) expect((await buy(userName, order)).status).toBe(200);
        const { isAccepted } = await login(userName, { tls, ...shown });
        return { name, userName, isAccepted, reason, detail };
      }),
    );
    for (const { name, userName, isAccepted, reason, detail } of tried) {
      expect(isAccepted, name).toBe(false);
      expect(await loginsOf(userName), name).toMatchObject([{ outcome: 'deny', reason, detail }]);
    }
  });

  test('the ticket of one account is none of another at the same address, and is still good for its own', async () => {
    const [owner, other] = [nextUser(), nextUser()];
    await buy(owner);
    expect((await login(other)).isAccepted).toBe(false);
    expect(await loginsOf(other)).toMatchObject([{ outcome: 'deny', reason: 'code-missing' }]);
    expect((await login(owner)).isAccepted).toBe(true);
  });

  test('a ticket for one workstation is not spent by the key of another of the same account', async () => {
    expect((await buy('both', { workstation: 'PC-0001' })).status).toBe(200);
    expect((await login('both', { certificate: lab.keys.other })).isAccepted).toBe(false);
    expect(await loginsOf('both')).toMatchObject([{ outcome: 'deny', reason: 'device-ticket-mismatch' }]);
    expect((await login('both')).isAccepted).toBe(true);
  });

  test('without a certificate there is no EAP-TLS, ticket or not', async () => {
    const userName = nextUser();
    await buy(userName);
    expect((await login(userName, { certificate: null })).isAccepted).toBe(false);
    expect(await loginsOf(userName)).not.toContainEqual(expect.objectContaining({ outcome: 'accept' }));
  });

  test.each([
    ['password', 'password-wrong'],
    ['code', 'code-wrong'],
  ] as const)('with a wrong %s none is sold', async (wrong, reason) => {
    const userName = nextUser();
    const { password, seed } = lab.account(userName);
    const { status, body } = await lab.buyTicket(lab.machine('home'), {
      userName,
      password: wrong === 'password' ? `x${password}` : password,
      code: wrong === 'code' ? await wrongCode(seed) : await currentCode(seed),
    });
    expect(status).toBe(403);
    expect(body).toMatchObject({ reason: 'refused' });
    expect(await lab.broker.decisionsOf(userName)).toMatchObject([{ outcome: 'deny', reason }]);
    expect((await login(userName)).isAccepted).toBe(false);
    expect((await loginsOf(userName)).at(-1)).toMatchObject({ reason: 'code-missing' });
  });

  test.each(versions)('through FreeRADIUS as a proxy, over TLS %s: the same', async (tls) => {
    const [right, without, otherKey] = [nextUser(), nextUser(), nextUser()];
    await Promise.all([buy(right), buy(otherKey)]);
    const through = { tls, nasIdentifier: 'proxy' };
    const first = await login(right, through, proxy);
    expect(first.isAccepted, first.output.slice(-2_000)).toBe(true);
    expect(first.keysMatch).toBe(true);
    const refused = await Promise.all([
      login(right, through, proxy),
      login(without, through, proxy),
      login(otherKey, { ...through, certificate: lab.keys.other }, proxy),
    ]);
    expect(refused.map(({ isAccepted }) => isAccepted)).toEqual([false, false, false]);
    const last = async (userName: string) => (await loginsOf(userName)).at(-1);
    expect(await last(right)).toMatchObject({ reason: 'device-ticket-used' });
    expect(await last(without)).toMatchObject({ reason: 'code-missing' });
    expect(await last(otherKey)).toMatchObject({
      reason: 'workstation-not-assigned',
      detail: 'other-account',
    });
  });

  test('strongSwan: with a ticket there is a tunnel, without one or with another key there is none', async () => {
    const home = lab.machine('home');
    const attempt = async (userName: string, certificate: EapLab['keys']['assigned']) =>
      await connectStrongswan(home, lab.directory, lab.authority, {
        ...{ gateway: swan, method: 'eap-tls', text: '', userName, certificate },
      });
    const refusals = [
      [onSwan.noTicket, lab.keys.assigned, 'code-missing'],
      [onSwan.other, lab.keys.other, 'workstation-not-assigned'],
    ] as const;
    for (const [userName, certificate, reason] of refusals) {
      if (userName === onSwan.other) await buy(userName);
      const refused = await attempt(userName, certificate);
      expect(await ping(home, swan.inside)).toBe(false);
      await refused.close();
      expect(refused.up).toBe(false);
      expect(await loginsOf(userName)).toMatchObject([{ outcome: 'deny', reason }]);
    }
    await buy(onSwan.right);
    const right = await attempt(onSwan.right, lab.keys.assigned);
    expect(right.up, right.output()).toBe(true);
    expect(await ping(home, swan.inside)).toBe(true);
    await right.close();
    expect(await loginsOf(onSwan.right)).toMatchObject([{ outcome: 'accept', reason: null }]);
  });

  test('a ticket that was left for two minutes is worth nothing', { timeout: 180_000 }, async () => {
    const waitMs = Math.max(0, expiresAt - Date.now()) + 500;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    expect((await login('user0')).isAccepted).toBe(false);
    expect(await loginsOf('user0')).toMatchObject([{ outcome: 'deny', reason: 'device-ticket-expired' }]);
  });
});
