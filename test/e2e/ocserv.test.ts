// ocserv and openconnect, the code asked for in a box of its own and appended to the password.
import type { GatewayName, Lab, Login } from './lab.ts';
import { connectOcserv, startOcserv } from './ocserv.ts';
import { type GatewayUnderTest, testTunnels } from './tunnel-tests.ts';

const startWith =
  (gateway: GatewayName, answers: (login: Login) => string[]) =>
  async (lab: Lab): Promise<GatewayUnderTest> => {
    const { broker, secret } = lab;
    const server = await startOcserv(lab.vpn, lab.directory, lab.authority, {
      name: 'oc',
      port: 4443,
      tunnel: 1,
      radius: { address: broker.address, port: broker.port, secret },
      nasIdentifier: gateway,
    });
    return {
      inside: server.inside,
      connect: (login) =>
        connectOcserv(login.workstation.machine, lab.directory, server, {
          userName: login.userName,
          answers: answers(login),
        }),
    };
  };

testTunnels(
  'ocserv that asks for the code by challenge',
  'ocserv-challenge',
  startWith('ocserv-challenge', ({ password, code }) => [password, code]),
);

testTunnels(
  'ocserv with the code appended to the password',
  'ocserv-appended',
  startWith('ocserv-appended', ({ password, code }) => [password + code]),
);
