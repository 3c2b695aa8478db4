// OpenVPN with Gatewarden's own script, which relays the digest of the workstation's certificate.
import { expect, test } from 'vitest';
import type { Lab, Login } from './lab.ts';
import { ping } from './namespace.ts';
import { connectOpenvpn, startOpenvpnWithScript } from './openvpn.ts';
import { type GatewayUnderTest, testTunnels } from './tunnel-tests.ts';

async function startGateway(lab: Lab): Promise<GatewayUnderTest> {
  const { broker, secret } = lab;
  const server = await startOpenvpnWithScript(lab.vpnScript, lab.directory, lab.authority, {
    name: 'ovpn',
    port: 1194,
    tunnel: 2,
    broker,
    secret,
    gateway: 'openvpn-script',
  });
  return {
    inside: server.inside,
    connect: ({ userName, password, code, workstation }) =>
      connectOpenvpn(workstation.machine, lab.directory, server, {
        userName,
        password: staticChallenge(password, code),
        certificate: workstation.certificate,
      }),
  };
}

/** What a client with a `static-challenge` line sends (OpenVPN, management-notes.txt). */
function staticChallenge(password: string, code: string): string {
  return `SCRV1:${Buffer.from(password).toString('base64')}:${Buffer.from(code).toString('base64')}`;
}

testTunnels('OpenVPN with the script', 'openvpn-script', startGateway, (context) => {
  test('the assigned workstation gets a tunnel from an address that nobody knows', async () => {
    const { lab, gateway } = context();
    const { userName, password, code } = await lab.loginFor('openvpn-script', 'spare 1');
    const { assigned, unregistered } = lab.workstations;
    const roaming = { machine: unregistered.machine, certificate: assigned.certificate };
    const attempt = await gateway.connect({ userName, password, code, workstation: roaming });
    const reached = await ping(roaming.machine, gateway.inside);
    await attempt.close();
    expect(attempt.up, attempt.output()).toBe(true);
    expect(reached).toBe(true);
  });

  test("another workstation's certificate gets no tunnel from the address of the assigned one", async () => {
    const { lab, gateway } = context();
    const right = await lab.loginFor('openvpn-script', 'spare 2');
    const { assigned, other } = lab.workstations;
    const disguised: Login = {
      ...right,
      workstation: { machine: assigned.machine, certificate: other.certificate },
    };
    const attempt = await gateway.connect(disguised);
    await attempt.close();
    expect(attempt.up).toBe(false);
    const decisions = await lab.broker.decisionsOf(right.userName);
    expect(decisions.at(-1)?.reason).toMatch(/^workstation-/);
  });

  test('a refused holder reads the lookup code, and explain knows the decision by it', async () => {
    const { lab, gateway } = context();
    const right = await lab.loginFor('openvpn-script', 'spare 3');
    const attempt = await gateway.connect({ ...right, password: `${right.password}x` });
    await attempt.close();
    expect(attempt.up).toBe(false);
    const lookupCode = /tra cuu: (\w{4}-\w{4})/.exec(attempt.output())?.[1] ?? '';
    expect(await lab.broker.explain(lookupCode)).toMatchObject({ reason: 'password-wrong' });
  });

  test('the tunnel is told of, so that the broker knows the session as live', async () => {
    const { lab, gateway } = context();
    const login = await lab.loginFor('openvpn-script', 'spare 4');
    const sessions = async () =>
      ((await lab.broker.gatewarden('sessions', 'list', '--user', login.userName)) as { sessions: object[] })
        .sessions;
    const attempt = await gateway.connect(login);
    expect(attempt.up, attempt.output()).toBe(true);
    await expect.poll(sessions, { timeout: 10_000 }).toMatchObject([{ state: 'live' }]);
    await attempt.close();
  });
});
