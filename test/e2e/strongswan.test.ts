// strongSwan, IKEv2 with EAP through the broker: a tunnel for the right person on the right machine, and for nobody else.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Certificate } from './certificates.ts';
import { cutRuns, expectInTime, retireDuringTunnels } from './cut.ts';
import { createEapLab, type EapLab } from './eap-lab.ts';
import { ping } from './namespace.ts';
import { connectPersonnelSystem, type PersonnelSystem } from './scim.ts';
import { connectStrongswan, type StrongswanGateway, startStrongswanGateway } from './strongswan.ts';
import { currentCode, wrongCode } from './totp.ts';

const holder = 'nguyen.van.a';
const ways = ['dae', 'vici'] as const;
const usersBy = (way: string) => Array.from({ length: cutRuns }, (_, run) => `by.${way}.${run}`);
const leavers = ways.flatMap(usersBy);

describe('strongSwan with EAP-TTLS', () => {
  let lab: EapLab;
  let gateway: StrongswanGateway;
  let personnel: PersonnelSystem;
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
        ...leavers.map((userName) => [userName] as const),
      ],
      // strongSwan picks the certificate that names its EAP identity.
      alternativeNames: {
        assigned: [holder, 'wrong.password', 'wrong.code', ...leavers].map((name) => `DNS:${name}`).join(),
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
    personnel = await connectPersonnelSystem(lab.broker, lab.machine('broker'));
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
  test.each(ways)('somebody who retires is out within a second, told by %s', async (way) => {
    const { broker } = lab;
    if (way === 'vici') {
      await broker.gatewarden('gateway', 'set', 'swan', '--control', `vici:unix:${gateway.controlSocket}`);
    }
    await broker.doctor('swan');
    expect(await broker.gatewarden('gateway', 'show', 'swan')).not.toMatchObject({ cutProvenAt: null });
    const delays = await retireDuringTunnels({
      ...{ broker, personnel, inside: gateway.inside, clientObeys: /received DELETE for IKE_SA/ },
      machine: lab.machine('home'),
      accounts: usersBy(way).map(lab.account),
      connect: async ({ userName, password, seed }) => {
        const text = password + (await currentCode(seed));
        return await connect({ text, userName, certificate: lab.keys.assigned });
      },
    });
    expectInTime(`strongswan by ${way}`, delays);
  });
});
