// A term that ends while tunnels are up: each goes at once where it can be cut. Where the way of the cut is blocked,
// Session-Timeout ends it on ocserv, for leavers too, and nothing does on OpenVPN.
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { downWithinMs } from './cut.ts';
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
import { connectOcserv, type Ocserv, obeysOcserv, startOcserv } from './ocserv.ts';
import { connectOpenvpn, obeysOpenvpn, startOpenvpnWithPlugin, startOpenvpnWithScript } from './openvpn.ts';
import { connectPersonnelSystem } from './scim.ts';
import { currentCode } from './totp.ts';

describe('a term that ends while tunnels are up', () => {
  const users = [
    'by-occtl',
    'openvpn.by-management',
    'ocserv-blocked',
    'ocserv-leaver',
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
    const personnel = await connectPersonnelSystem(broker, lab.brokerHost);
    /** Controlled by that address, and seen to be. */
    const control = async (gateway: GatewayName, address: string, ...secretFile: string[]) => {
      await broker.gatewarden('gateway', 'set', gateway, '--control', address, ...secretFile);
      await broker.doctor(gateway);
      const shown = (await broker.gatewarden('gateway', 'show', gateway)) as { cutProvenAt: string | null };
      expect(shown.cutProvenAt, gateway).not.toBeNull();
    };
    const machine = lab.workstations.assigned.machine;

    const ocserv = async (gateway: GatewayName, port: number, tunnel: number) =>
      await startOcserv(lab.vpn, directory, authority, {
        ...{ name: `oc${tunnel}`, port, tunnel, radius, accountingPort, nasIdentifier: gateway },
      });
    const cutOcserv = await ocserv('ocserv-challenge', 4443, 1);
    await control('ocserv-challenge', `occtl:unix:${cutOcserv.controlSocket}`);
    const blockedOcserv = await ocserv('ocserv-appended', 4444, 2);
    blockedInside = blockedOcserv.inside;
    await control('ocserv-appended', `occtl:unix:${blockedOcserv.controlSocket}`);
    await rm(blockedOcserv.controlSocket);
    // Another one behind the same name, so that each tunnel leads to a place of its own.
    const leaversOcserv = await ocserv('ocserv-appended', 4445, 5);

    const common = { port: 1194, managementPort: 7505, secret };
    const plugin = await startOpenvpnWithPlugin(lab.vpn, directory, authority, {
      ...{ ...common, name: 'ovpn', tunnel: 3, accountingPort, radius, nasIdentifier: 'openvpn-plugin' },
    });
    await control(
      'openvpn-plugin',
      `openvpn-management:${plugin.address}:7505`,
      ...['--coa-secret-file', `${directory}/ovpn/management-password`],
    );
    const script = await startOpenvpnWithScript(lab.vpnScript, directory, authority, {
      ...{ ...common, name: 'ovps', tunnel: 4, broker, gateway: 'openvpn-script' },
    });
    await control(
      'openvpn-script',
      `openvpn-management:${script.address}:7505`,
      ...['--coa-secret-file', `${directory}/ovps/management-password`],
    );
    await lab.vpnScript.dropIncoming('tcp', 7505);

    const connectAppended = async (user: (typeof users)[number], server: Ocserv) => {
      const { userName, password, code } = await lab.freshLogin(user);
      const login = { userName, answers: [password + code], reconnectSeconds: 60 };
      return [server.inside, await connectOcserv(machine, directory, server, login)] as const;
    };
    const connect = {
      'by-occtl': async () => {
        const { userName, password, code } = await lab.freshLogin('by-occtl');
        const answers = [password, code];
        return [
          cutOcserv.inside,
          await connectOcserv(machine, directory, cutOcserv, { userName, answers, reconnectSeconds: 60 }),
        ] as const;
      },
      'ocserv-blocked': () => connectAppended('ocserv-blocked', blockedOcserv),
      'ocserv-leaver': () => connectAppended('ocserv-leaver', leaversOcserv),
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
    await personnel.enroll(lab.account('ocserv-leaver'));
    await personnel.retire(lab.account('ocserv-leaver'));
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
  ] as const)('%s: what can be cut is down at once, and stays down', async (user, _product, obeys) => {
    expect(lastAnswer(user)).toBeLessThan(downWithinMs);
    expect(lastAnswer(user)).toBeGreaterThan(-1_000);
    expect(await tunnels.get(user)?.client.printed(obeys, 20_000)).toBe(true);
    expect(await recordsOf(user)).toContain('session.cut-confirmed');
    const outcomes = (await lab.broker.decisionsOf(user)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'accept')).toHaveLength(1);
  });

  test('ocserv whose control is gone ends it by Session-Timeout, when it next looks', async () => {
    const { machine } = lab.workstations.assigned;
    await expect.poll(() => ping(machine, blockedInside), { timeout: 60_000 }).toBe(false);
    for (const user of ['ocserv-blocked', 'ocserv-leaver'] as const) {
      expect(lastAnswer(user), user).toBeLessThan(60_000);
      const outcomes = (await lab.broker.decisionsOf(user)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'accept')).toHaveLength(1);
    }
  });

  test('the cut of a leaver whom ocserv was not told of is alerted, and confirmed once its accounting has the end', async () => {
    expect(lastAnswer('ocserv-leaver')).toBeGreaterThan(-2_000);
    const ofLeaver = () => recordsOf('ocserv-leaver');
    await expect.poll(ofLeaver, { timeout: 60_000 }).toContain('session.cut-confirmed');
    expect(await ofLeaver()).toContain('session.cut-unconfirmed');
  });

  test('OpenVPN whose control is gone has no independent expiry: the tunnel is up, and that is known', async () => {
    expect(lastAnswer('openvpn.blocked')).toBeGreaterThan(watchMs - 2_000);
    const alerted = async () => (await recordsOf('openvpn.blocked')).join(' ');
    await expect.poll(alerted, { timeout: 45_000 }).toMatch(/session\.cut-unconfirmed/);
    expect(await lab.broker.doctor('openvpn-script')).toMatch(/no independent expiry/);
  });
});
