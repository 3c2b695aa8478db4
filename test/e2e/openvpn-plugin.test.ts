// OpenVPN with Debian's openvpn-auth-radius, the code appended to the password.
import type { Lab } from './lab.ts';
import { connectOpenvpn, startOpenvpnWithPlugin } from './openvpn.ts';
import { type GatewayUnderTest, testTunnels } from './tunnel-tests.ts';

async function startGateway(lab: Lab): Promise<GatewayUnderTest> {
  const { broker, secret } = lab;
  const server = await startOpenvpnWithPlugin(lab.vpn, lab.directory, lab.authority, {
    name: 'ovpn',
    port: 1194,
    tunnel: 1,
    // The broker's own, beside its other port: the plug-in refuses a user whose accounting gets no answer.
    accountingPort: broker.port + 1,
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
