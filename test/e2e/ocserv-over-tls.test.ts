// ocserv over RADIUS/TLS, through radsecproxy beside it and by radcli's own TLS: login, accounting, and a cut while the tunnel is up.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectInTime, retireDuringTunnels } from './cut.ts';
import { createLab, type Lab } from './lab.ts';
import { connectOcserv, type Ocserv, obeysOcserv, startOcserv } from './ocserv.ts';
import { startRadsecproxy } from './radsecproxy.ts';
import { connectPersonnelSystem } from './scim.ts';
import { wrongCode } from './totp.ts';

const gateway = 'ocserv-over-tls';

const ways = {
  /** The gateway sends datagrams on its own loopback; radsecproxy carries them. */
  async radsecproxy({ authority, broker, directory, vpn }: Lab): Promise<Partial<OcservRadius>> {
    const [address, port, secret] = ['127.0.0.1', 2814, 'a-secret-between-gateway-and-proxy'] as const;
    await startRadsecproxy(vpn, directory, {
      ...{ port, address, secret },
      broker: { address: broker.address, port: broker.tlsPort },
      authorityFile: authority.file,
      certificate: await authority.issue('beside-ocserv', 'client', 'DNS:radsecproxy.test'),
    });
    return { radius: { address, port, secret } };
  },
  async radcli({ authority, broker }: Lab): Promise<Partial<OcservRadius>> {
    return {
      radius: { address: broker.address, port: broker.tlsPort, secret: 'radsec' },
      tls: {
        authorityFile: authority.file,
        certificate: await authority.issue('in-ocserv', 'client', 'DNS:radsecproxy.test'),
      },
    };
  },
};

type OcservRadius = Parameters<typeof startOcserv>[3];

describe.each(Object.keys(ways) as (keyof typeof ways)[])('ocserv over RADIUS/TLS by %s', (way) => {
  let lab: Lab;
  let server: Ocserv;
  const [leaver, fumbler] = ['leaver', 'fumbler'];
  beforeAll(async () => {
    lab = await createLab('sqlite', [], [leaver, fumbler]);
    const { radius, ...rest } = await ways[way](lab);
    if (radius === undefined) throw new Error('nowhere to ask');
    server = await startOcserv(lab.vpn, lab.directory, lab.authority, {
      ...{ name: 'oct', port: 4443, tunnel: 1, nasIdentifier: gateway, radius },
      ...{ accountingPort: radius.port, ...rest },
    });
    await lab.broker.gatewarden('gateway', 'set', gateway, '--control', `occtl:unix:${server.controlSocket}`);
  });
  afterAll(async () => {
    await lab?.remove();
  });

  const connect = async (userName: string, code?: string) => {
    const login = await lab.freshLogin(userName);
    const answers = [login.password, code ?? login.code];
    const { machine } = login.workstation;
    return { machine, client: await connectOcserv(machine, lab.directory, server, { userName, answers }) };
  };

  test('a wrong code gets no tunnel, and stands in the record with its reason', async () => {
    const { client } = await connect(fumbler, await wrongCode(lab.account(fumbler).seed));
    expect(client.up).toBe(false);
    const reasons = (await lab.broker.decisionsOf(fumbler)).map(({ reason }) => reason);
    expect(reasons).toContain('code-wrong');
  });

  test('password and code get one, which is accounted for and ends when its holder retires', async () => {
    const { broker } = lab;
    const delays = await retireDuringTunnels({
      ...{ broker, inside: server.inside, accounts: [lab.account(leaver)], clientObeys: obeysOcserv },
      personnel: await connectPersonnelSystem(broker, lab.brokerHost),
      machine: lab.workstations.assigned.machine,
      connect: async () => {
        const { client } = await connect(leaver);
        await expect
          .poll(async () => await broker.gatewarden('sessions', 'list'), { timeout: 20_000 })
          .toMatchObject({ sessions: [{ userName: leaver, state: 'live' }] });
        return client;
      },
    });
    expectInTime(gateway, delays);
    expect(broker.log()).toContain('a RADIUS/TLS connection is up');
  });
});
