// ocserv as a gateway under test: its certificate, its place, and how a person answers its prompts.
import type { GatewayName, Lab, Login } from './lab.ts';
import { connectOcserv, startOcserv } from './ocserv.ts';
import type { GatewayUnderTest } from './tunnel-tests.ts';

/** `answers` are typed one after another, each at the next prompt. */
export const startOcservFor =
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
