// Somebody leaves while the tunnel is up: it ends within a second, is known to have ended, and does not come back by itself.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutRuns, expectInTime, retireDuringTunnels } from './cut.ts';
import { createLab, type GatewayName, type Lab, type Login } from './lab.ts';
import { connectOcserv, obeysOcserv, startOcserv } from './ocserv.ts';
import { connectOpenvpn, obeysOpenvpn, startOpenvpnWithPlugin, startOpenvpnWithScript } from './openvpn.ts';
import { connectPersonnelSystem, type PersonnelSystem } from './scim.ts';
import type { TunnelAttempt } from './tunnel.ts';

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
    clientObeys: obeysOcserv,
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
    clientObeys: obeysOpenvpn,
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
    clientObeys: obeysOpenvpn,
  },
];

const userOf = (gateway: string, run: number) => `openvpn.${gateway}.${run}`;
const usersOf = ({ gateway }: Product) => Array.from({ length: cutRuns }, (_, run) => userOf(gateway, run));

describe('somebody who retires', () => {
  let lab: Lab;
  let personnel: PersonnelSystem;
  let secretFile: string;
  beforeAll(async () => {
    lab = await createLab('sqlite', [], products.flatMap(usersOf));
    personnel = await connectPersonnelSystem(lab.broker, lab.brokerHost);
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
    const delays = await retireDuringTunnels({
      ...{ broker, personnel, clientObeys, inside: server.inside },
      machine: lab.workstations.assigned.machine,
      accounts: usersOf(product).map(lab.account),
      connect: async ({ userName }) => await server.connect(await lab.freshLogin(userName)),
    });
    expectInTime(gateway, delays);
  });
});
