// A term that ends while tunnels are up: each goes within a second where it can be cut. Where the way of the cut is blocked,
// Session-Timeout ends it on ocserv, and nothing does on OpenVPN.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  closeAll,
  endOfTerm,
  tellLastAnswers,
  type WatchedTunnel,
  waitForEnd,
  watchMs,
  watchTunnel,
} from './end-of-term.ts';
import { createLab, type GatewayName, type Lab, loginAttributes } from './lab.ts';
import { ping } from './namespace.ts';
import { connectOcserv, obeysOcserv, startOcserv } from './ocserv.ts';
import { connectOpenvpn, obeysOpenvpn, startOpenvpnWithPlugin, startOpenvpnWithScript } from './openvpn.ts';
import { currentCode } from './totp.ts';

describe('a term that ends while tunnels are up', () => {
  const users = [
    'by-occtl',
    'openvpn.by-management',
    'ocserv-blocked',
    'openvpn.blocked',
    'too-late',
  ] as const;
  let until: number;
  let lab: Lab;
  const tunnels = new Map<string, WatchedTunnel>();
  /** Milliseconds after the end of the term at which the last ping was answered. */
  const lastAnswer = (user: (typeof users)[number]) =>
    (tunnels.get(user)?.watch.lastAnswerAt() ?? Number.NaN) - until;
  let lateLogin: string;
  let blockedInside: string;

  beforeAll(async () => {
    until = endOfTerm();
    lab = await createLab('sqlite', [], users, { validUntil: new Date(until).toISOString() });
    const { broker, secret, directory, authority } = lab;
    const radius = { address: broker.address, port: broker.port, secret };
    const accountingPort = broker.port + 1;
    const control = async (gateway: GatewayName, address: string) => {
      await broker.gatewarden('gateway', 'set', gateway, '--control', address);
      await broker.doctor(gateway);
      return (await broker.gatewarden('gateway', 'show', gateway)) as { readonly cutProvenAt: string | null };
    };
    const machine = lab.workstations.assigned.machine;

    const ocserv = async (gateway: GatewayName, port: number, tunnel: number) =>
      await startOcserv(lab.vpn, directory, authority, {
        ...{ name: `oc${tunnel}`, port, tunnel, radius, accountingPort, nasIdentifier: gateway },
      });
    const cutOcserv = await ocserv('ocserv-challenge', 4443, 1);
    const proven = await control('ocserv-challenge', `occtl:unix:${cutOcserv.controlSocket}`);
    expect(proven.cutProvenAt).not.toBeNull();
    const blockedOcserv = await ocserv('ocserv-appended', 4444, 2);
    blockedInside = blockedOcserv.inside;
    const blocked = await control('ocserv-appended', 'occtl:unix:/nowhere/occtl.socket');
    expect(blocked.cutProvenAt).toBeNull();

    const common = { port: 1194, managementPort: 7505, secret };
    const plugin = await startOpenvpnWithPlugin(lab.vpn, directory, authority, {
      ...{ ...common, name: 'ovpn', tunnel: 3, accountingPort, radius, nasIdentifier: 'openvpn-plugin' },
    });
    await broker.gatewarden(
      ...['gateway', 'set', 'openvpn-plugin', '--control', `openvpn-management:${plugin.address}:7505`],
      ...['--coa-secret-file', `${directory}/ovpn/management-password`],
    );
    await broker.doctor('openvpn-plugin');
    const script = await startOpenvpnWithScript(lab.vpnScript, directory, authority, {
      ...{ ...common, name: 'ovps', tunnel: 4, broker, gateway: 'openvpn-script' },
    });
    // Nothing listens there.
    await broker.gatewarden(
      ...['gateway', 'set', 'openvpn-script', '--control', `openvpn-management:${script.address}:7506`],
      ...['--coa-secret-file', `${directory}/ovps/management-password`],
    );

    const connect = {
      'by-occtl': async () => {
        const { userName, password, code } = await lab.freshLogin('by-occtl');
        const answers = [password, code];
        return [
          cutOcserv.inside,
          await connectOcserv(machine, directory, cutOcserv, { userName, answers, reconnectSeconds: 60 }),
        ] as const;
      },
      'ocserv-blocked': async () => {
        const { userName, password, code } = await lab.freshLogin('ocserv-blocked');
        const answers = [password + code];
        return [
          blockedOcserv.inside,
          await connectOcserv(machine, directory, blockedOcserv, { userName, answers, reconnectSeconds: 60 }),
        ] as const;
      },
      'openvpn.by-management': async () => {
        const { userName, password, code } = await lab.freshLogin('openvpn.by-management');
        const login = { userName, password: password + code, stubborn: true };
        return [plugin.inside, await connectOpenvpn(machine, directory, plugin, login)] as const;
      },
      'openvpn.blocked': async () => {
        const { userName, password, code, workstation } = await lab.freshLogin('openvpn.blocked');
        const { certificate } = workstation;
        const login = { userName, password: password + code, certificate, stubborn: true };
        return [script.inside, await connectOpenvpn(machine, directory, script, login)] as const;
      },
    };
    for (const [user, up] of Object.entries(connect)) {
      const [inside, client] = await up();
      tunnels.set(user, await watchTunnel(machine, inside, client));
    }
    const { password, seed } = lab.account('too-late');
    const code = await currentCode(seed);
    await waitForEnd(until);
    const attributes = loginAttributes('appended', {
      ...{ userName: 'too-late', password: password + code, from: machine.address },
    });
    lateLogin = (await lab.radclient.send({ attributes })).kind;
    await sleep(watchMs);
    tellLastAnswers(tunnels, until);
  }, 600_000);
  afterAll(async () => {
    await closeAll(tunnels);
    await lab?.remove();
  });

  const recordsOf = async (user: (typeof users)[number]) =>
    (await lab.broker.recordsOf(lab.account(user))).map(({ outcome }) => outcome);

  test('a login in the second of its end is refused', async () => {
    expect(lateLogin).toBe('reject');
    expect((await lab.broker.decisionsOf('too-late')).at(-1)).toMatchObject({ reason: 'expired' });
  });

  test.each([
    ['by-occtl', 'ocserv', obeysOcserv],
    ['openvpn.by-management', 'OpenVPN', obeysOpenvpn],
  ] as const)('%s: what can be cut is down a second later, and stays down', async (user, _product, obeys) => {
    expect(lastAnswer(user)).toBeLessThan(1_000);
    expect(lastAnswer(user)).toBeGreaterThan(-1_000);
    expect(await tunnels.get(user)?.client.printed(obeys, 20_000)).toBe(true);
    expect(await recordsOf(user)).toContain('session.cut-confirmed');
    const outcomes = (await lab.broker.decisionsOf(user)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'accept')).toHaveLength(1);
  });

  test('ocserv whose control is gone ends it by Session-Timeout, when it next looks', async () => {
    const { machine } = lab.workstations.assigned;
    await expect.poll(() => ping(machine, blockedInside), { timeout: 60_000 }).toBe(false);
    expect(lastAnswer('ocserv-blocked')).toBeLessThan(60_000);
    const outcomes = (await lab.broker.decisionsOf('ocserv-blocked')).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'accept')).toHaveLength(1);
  });

  test('OpenVPN whose control is gone has no independent expiry: the tunnel is up, and that is known', async () => {
    expect(lastAnswer('openvpn.blocked')).toBeGreaterThan(watchMs - 2_000);
    const alerted = async () => (await recordsOf('openvpn.blocked')).join(' ');
    await expect.poll(alerted, { timeout: 45_000 }).toMatch(/session\.cut-unconfirmed/);
    expect(await lab.broker.doctor('openvpn-script')).toMatch(/no independent expiry/);
  });
});
