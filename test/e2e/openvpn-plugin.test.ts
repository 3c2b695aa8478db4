// OpenVPN with Debian's openvpn-auth-radius, the code appended to the password.

import { startAccounting } from './freeradius.ts';
import type { Lab } from './lab.ts';
import { connectOpenvpn, startOpenvpnWithPlugin } from './openvpn.ts';
import { type GatewayUnderTest, testTunnels } from './tunnel-tests.ts';

const accountingPort = 1813;

async function startGateway(lab: Lab): Promise<GatewayUnderTest> {
  const { broker, secret } = lab;
  await startAccounting(lab.brokerHost, lab.directory, { port: accountingPort, secret });
  const server = await startOpenvpnWithPlugin(lab.vpn, lab.directory, lab.authority, {
    name: 'ovpn',
    port: 1194,
    tunnel: 1,
    accountingPort,
    radius: { address: broker.address, port: broker.port, secret },
    nasIdentifier: 'openvpn-plugin',
  });
  return {
    inside: server.inside,
    connect: ({ userName, password, code, workstation }) =>
      connectOpenvpn(workstation.machine, lab.directory, server, { userName, password: password + code }),
  };
}

testTunnels('OpenVPN with the RADIUS plugin', 'openvpn-plugin', startGateway);
