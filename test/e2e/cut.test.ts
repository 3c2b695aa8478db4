// Somebody leaves while the tunnel is up: it ends within a second, is known to have ended, and does not come back by itself.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { retireDuringTunnel } from './cut.ts';
import { createLab, type GatewayName, type Lab, type Login } from './lab.ts';
import { ping } from './namespace.ts';
import { connectOcserv, startOcserv } from './ocserv.ts';
import { connectOpenvpn, startOpenvpnWithPlugin, startOpenvpnWithScript } from './openvpn.ts';
import type { TunnelAttempt } from './tunnel.ts';

/** Runs of each gateway: one shows that it works, a hundred tell its 99th percentile (see README.md). */
const runs = Number(process.env['CUT_RUNS'] ?? '1');

interface Product {
  readonly gateway: GatewayName;
  /** Starts it; the answer is how to connect, and where a tunnel leads. */
  start(lab: Lab): Promise<{
    readonly control: string;
    readonly inside: string;
    connect(login: Login): Promise<TunnelAttempt>;
  }>;
  /** A client that is told to go does so by itself: nothing is left that could come back. */
  readonly clientObeys: RegExp;
}

const radiusOf = ({ broker, secret }: Lab) => ({ address: broker.address, port: broker.port, secret });

const products: readonly Product[] = [
  {
    gateway: 'ocserv-challenge',
    async start(lab) {
      const server = await startOcserv(lab.vpn, lab.directory, lab.authority, {
        name: 'oc',
        port: 4443,
        tunnel: 1,
        radius: radiusOf(lab),
        accountingPort: lab.broker.port + 1,
        nasIdentifier: 'ocserv-challenge',
      });
      return {
        control: `occtl:unix:${server.controlSocket}`,
        inside: server.inside,
        connect: ({ userName, password, code, workstation }) =>
          connectOcserv(workstation.machine, lab.directory, server, {
            userName,
            answers: [password, code],
            reconnectSeconds: 60,
          }),
      };
    },
    clientObeys: /Session terminated by server|Cookie is no longer valid|Cookie was rejected/,
  },
  {
    gateway: 'openvpn-plugin',
    async start(lab) {
      const server = await startOpenvpnWithPlugin(lab.vpn, lab.directory, lab.authority, {
        name: 'ovpn',
        port: 1194,
        tunnel: 1,
        managementPort: 7505,
        accountingPort: lab.broker.port + 1,
        radius: radiusOf(lab),
        nasIdentifier: 'openvpn-plugin',
      });
      return {
        control: `openvpn-management:${server.address}:7505`,
        inside: server.inside,
        connect: ({ userName, password, code, workstation }) =>
          connectOpenvpn(workstation.machine, lab.directory, server, {
            userName,
            password: password + code,
            stubborn: true,
          }),
      };
    },
    clientObeys: /Halt command was pushed|AUTH_FAILED/,
  },
  {
    gateway: 'openvpn-script',
    async start(lab) {
      const server = await startOpenvpnWithScript(lab.vpnScript, lab.directory, lab.authority, {
        name: 'ovps',
        port: 1194,
        tunnel: 2,
        managementPort: 7505,
        broker: lab.broker,
        secret: lab.secret,
        gateway: 'openvpn-script',
      });
      return {
        control: `openvpn-management:${server.address}:7505`,
        inside: server.inside,
        connect: ({ userName, password, code, workstation }) =>
          connectOpenvpn(workstation.machine, lab.directory, server, {
            userName,
            password: password + code,
            certificate: workstation.certificate,
            stubborn: true,
          }),
      };
    },
    clientObeys: /Halt command was pushed|AUTH_FAILED/,
  },
];

const userOf = (gateway: string, run: number) => `openvpn.${gateway}.${run}`;

describe('somebody who retires', () => {
  let lab: Lab;
  let secretFile: string;
  beforeAll(async () => {
    const users = products.flatMap(({ gateway }) =>
      Array.from({ length: runs }, (_, run) => userOf(gateway, run)),
    );
    lab = await createLab('sqlite', [], users);
    secretFile = path.join(lab.directory, 'control-password');
    await writeFile(secretFile, `${lab.secret}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    await lab?.remove();
  });

  test.each(products)('is out of $gateway within a second, and stays out', async (product) => {
    const { gateway, clientObeys } = product;
    const { broker } = lab;
    const server = await product.start(lab);
    await broker.gatewarden(
      ...['gateway', 'set', gateway, '--control', server.control, '--coa-secret-file', secretFile],
    );
    await broker.doctor(gateway);
    expect(await broker.gatewarden('gateway', 'show', gateway)).not.toMatchObject({ cutProvenAt: null });

    const delays: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const { userName, staffCode } = lab.account(userOf(gateway, run));
      const login = await lab.freshLogin(userName);
      const { machine } = login.workstation;
      const client = await server.connect(login);
      expect(client.up, client.output()).toBe(true);
      delays.push(
        await retireDuringTunnel({
          broker,
          account: { staffCode, userName },
          machine,
          inside: server.inside,
          documentNumber: `${run}/QD-${gateway}`,
        }),
      );
      // The client has told that it was ended, and had the time to come back if it could.
      expect(await client.printed(clientObeys, 20_000), client.output()).toBe(true);
      expect(await ping(machine, server.inside)).toBe(false);
      await client.close();
      const outcomes = (await broker.decisionsOf(userName)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'accept')).toHaveLength(1);
    }
    delays.sort((a, b) => a - b);
    const at = (share: number) => Math.round(delays[Math.ceil(share * delays.length) - 1] ?? 0);
    console.log(`${gateway}: ${runs} runs, the last ping after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
    expect(at(0.99)).toBeLessThan(1_000);
  });
});
