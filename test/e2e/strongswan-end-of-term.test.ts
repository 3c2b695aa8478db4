// strongSwan behind a firewall that drops what would cut its tunnels: the end of a term, and a leaver, end by Session-Timeout.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { downWithinMs } from './cut.ts';
import { createEapLab, type EapLab } from './eap-lab.ts';
import {
  closeAll,
  endOfTerm,
  tellLastAnswers,
  type WatchedTunnel,
  waitForEnd,
  watchMs,
  watchTunnel,
} from './end-of-term.ts';
import { ping } from './namespace.ts';
import { connectPersonnelSystem } from './scim.ts';
import { connectStrongswan, type StrongswanGateway, startStrongswanGateway } from './strongswan.ts';
import { currentCode } from './totp.ts';

const users = { 'ends.its.term': 'home', retires: 'other-home' } as const;
type User = keyof typeof users;

describe('strongSwan that can be told no more', () => {
  let until: number;
  let lab: EapLab;
  let gateway: StrongswanGateway;
  const tunnels = new Map<string, WatchedTunnel>();

  const recordsOf = async (user: User) =>
    (await lab.broker.recordsOf(lab.account(user))).map(({ outcome }) => outcome);

  beforeAll(async () => {
    until = endOfTerm();
    const validUntil = new Date(until).toISOString();
    lab = await createEapLab('sqlite', {
      machines: { swan: 14, home: 101, 'other-home': 102 },
      accounts: Object.keys(users).map((user) => [user, { validUntil }] as const),
      alternativeNames: {
        assigned: Object.keys(users)
          .map((user) => `DNS:${user}`)
          .join(),
      },
      declare: (organisation) => {
        organisation.addGateway({
          ...{ name: 'swan', client: 'swan', nasIdentifier: 'swan' },
          ...{ profile: 'strongswan', leastEvidence: 3 },
        });
      },
    });
    const { broker, secret, directory, authority } = lab;
    const swan = lab.machine('swan');
    gateway = await startStrongswanGateway(swan, directory, authority, {
      nasIdentifier: 'swan',
      radius: { address: broker.address, port: broker.port, secret },
      overTimeSeconds: 0,
    });
    const personnel = await connectPersonnelSystem(broker, lab.machine('broker'));
    await broker.doctor('swan');
    expect(await broker.gatewarden('gateway', 'show', 'swan')).not.toMatchObject({ cutProvenAt: null });
    await swan.dropIncoming('udp', gateway.coaPort);
    for (const [user, home] of Object.entries(users)) {
      const { password, seed } = lab.account(user);
      const client = await connectStrongswan(lab.machine(home), directory, authority, {
        ...{ gateway, userName: user, certificate: lab.keys.assigned, overTimeSeconds: 0 },
        text: password + (await currentCode(seed)),
      });
      tunnels.set(user, await watchTunnel(lab.machine(home), gateway.inside, client));
    }
    const leaver = lab.account('retires');
    await personnel.enroll(leaver);
    await personnel.retire(leaver);
  }, 600_000);
  afterAll(async () => {
    await closeAll(tunnels);
    await lab?.remove();
  });

  test('the cut of a leaver is shown as not confirmed, and somebody is alerted, while the tunnel is up', async () => {
    await expect
      .poll(() => recordsOf('retires'), { timeout: 60_000, interval: 1_000 })
      .toContain('session.cut-unconfirmed');
    expect(lab.broker.log()).toContain('a cut is unconfirmed');
    expect(await lab.broker.gatewarden('sessions', 'list', '--user', 'retires')).toMatchObject({
      sessions: [{ cut: { state: 'unconfirmed' } }],
    });
    expect(await ping(lab.machine(users.retires), gateway.inside)).toBe(true);
  });

  test('both tunnels are down at the end of the term, by Session-Timeout, and do not come back', async () => {
    await waitForEnd(until);
    await sleep(watchMs);
    tellLastAnswers(tunnels, until);
    for (const [user, { watch }] of tunnels) {
      // A lifetime is in whole seconds, and is rounded down.
      const last = (watch.lastAnswerAt() ?? Number.NaN) - until;
      expect(last, user).toBeLessThan(downWithinMs);
      expect(last, user).toBeGreaterThan(-3_000);
      const decisions = await lab.broker.decisionsOf(user);
      expect(decisions.filter(({ outcome }) => outcome === 'accept')).toHaveLength(1);
    }
  }, 240_000);

  test('what its accounting says of the end confirms the cut', async () => {
    await expect.poll(() => recordsOf('retires'), { timeout: 20_000 }).toContain('session.cut-confirmed');
    expect(await lab.broker.gatewarden('sessions', 'list')).toEqual({ sessions: [] });
  });
});
