// strongSwan, IKEv2 with EAP through the broker: a tunnel for the right person on the right machine, and for nobody else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Certificate } from './certificates.ts';
import { retireDuringTunnel } from './cut.ts';
import { createEapLab, type EapLab } from './eap-lab.ts';
import { ping } from './namespace.ts';
import { connectStrongswan, type StrongswanGateway, startStrongswanGateway } from './strongswan.ts';
import { currentCode, wrongCode } from './totp.ts';

const holder = 'nguyen.van.a';

describe('strongSwan with EAP-TTLS', () => {
  let lab: EapLab;
  let gateway: StrongswanGateway;
  beforeAll(async () => {
    lab = await createEapLab('sqlite', {
      machines: { swan: 14, home: 101 },
      accounts: [
        [holder],
        ['other.key'],
        ['stranger.key'],
        ['none.key'],
        ['wrong.password'],
        ['wrong.code'],
        ['by.dae'],
        ['by.vici'],
      ],
      // strongSwan picks the certificate that names its EAP identity.
      alternativeNames: {
        assigned: `DNS:${holder},DNS:wrong.password,DNS:wrong.code,DNS:by.dae,DNS:by.vici`,
        other: 'DNS:other.key',
        stranger: 'DNS:stranger.key',
      },
      declare: (organisation) => {
        organisation.addGateway({
          name: 'swan',
          client: 'swan',
          profile: 'strongswan',
          nasIdentifier: 'swan',
          leastEvidence: 3,
        });
      },
    });
    const { address, port } = lab.broker;
    gateway = await startStrongswanGateway(lab.machine('swan'), lab.directory, lab.authority, {
      nasIdentifier: 'swan',
      radius: { address, port, secret: lab.secret },
    });
  });
  afterAll(async () => {
    await lab?.remove();
  });

  const connect = async (login: { text: string; certificate: Certificate | null; userName?: string }) =>
    await connectStrongswan(lab.machine('home'), lab.directory, lab.authority, {
      gateway,
      userName: holder,
      ...login,
    });

  test('the right password and code from the assigned machine get a tunnel that carries a ping', async () => {
    const { password, seed } = lab.account(holder);
    const home = lab.machine('home');
    expect(await ping(home, gateway.inside)).toBe(false);
    const text = password + (await currentCode(seed));
    const attempt = await connect({ text, certificate: lab.keys.assigned });
    expect(attempt.up, attempt.output()).toBe(true);
    expect(await ping(home, gateway.inside)).toBe(true);
    expect(await gateway.tunnels()).toContain(`EAP: '${holder}'`);
    expect(await lab.broker.decisionsOf(holder)).toMatchObject([{ outcome: 'accept', reason: null }]);
    // Its Accounting-Request was answered, which the broker does only for what it has stored.
    expect(gateway.output()).toMatch(/received RADIUS Accounting-Response/);
    await attempt.close();
    expect(await ping(home, gateway.inside)).toBe(false);
  });

  test.each([
    ['the key of another workstation', 'other', 'workstation-not-assigned', 'other-account'],
    ['a key that nobody registered', 'stranger', 'workstation-not-assigned', 'unregistered'],
    ['no certificate', null, 'workstation-not-assigned', 'unregistered'],
  ] as const)('the same password and code with %s get nothing', async (_title, key, reason, detail) => {
    const userName = `${key ?? 'none'}.key`;
    const { password, seed } = lab.account(userName);
    const text = password + (await currentCode(seed));
    const attempt = await connect({ text, userName, certificate: key === null ? null : lab.keys[key] });
    const reached = await ping(lab.machine('home'), gateway.inside);
    await attempt.close();
    expect(attempt.up).toBe(false);
    expect(reached).toBe(false);
    expect(await lab.broker.decisionsOf(userName)).toMatchObject([{ outcome: 'deny', reason, detail }]);
  });

  test.each([
    ['password', 'password-wrong'],
    ['code', 'code-wrong'],
  ] as const)('the right machine with a wrong %s gets nothing', async (wrong, reason) => {
    const userName = `wrong.${wrong}`;
    const { password, seed } = lab.account(userName);
    const text =
      wrong === 'password' ? `x${password}${await currentCode(seed)}` : password + (await wrongCode(seed));
    const attempt = await connect({ text, userName, certificate: lab.keys.assigned });
    await attempt.close();
    expect(attempt.up).toBe(false);
    expect(await lab.broker.decisionsOf(userName)).toMatchObject([{ outcome: 'deny', reason }]);
  });

  // In this order: once the gateway is controlled by VICI, it is told by nothing else.
  test.each(['dae', 'vici'])('somebody who retires is out within a second, told by %s', async (way) => {
    const { broker } = lab;
    if (way === 'vici') {
      await broker.gatewarden('gateway', 'set', 'swan', '--control', `vici:unix:${gateway.controlSocket}`);
    }
    await broker.doctor('swan');
    expect(await broker.gatewarden('gateway', 'show', 'swan')).not.toMatchObject({ cutProvenAt: null });
    const userName = `by.${way}`;
    const { password, seed, staffCode } = lab.account(userName);
    const text = password + (await currentCode(seed));
    const attempt = await connect({ text, userName, certificate: lab.keys.assigned });
    expect(attempt.up, attempt.output()).toBe(true);
    const machine = lab.machine('home');
    const { inside } = gateway;
    const account = { staffCode, userName };
    const delay = await retireDuringTunnel({ broker, account, machine, inside, documentNumber: `1/${way}` });
    console.log(`strongswan by ${way}: the last ping after ${Math.round(delay)} ms`);
    await attempt.close();
    expect(delay).toBeLessThan(1_000);
  });
});
