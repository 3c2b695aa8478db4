// FreeRADIUS carries logins, EAP and accounting over RADIUS/TLS, and takes Disconnect-Requests on the connection that it has opened.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eapolTest } from './eapol.ts';
import { startTlsProxy } from './freeradius.ts';
import { createLab, type Lab, loginAttributes } from './lab.ts';
import { type Account, dateFromToday } from './organisation.ts';
import { createRadclient, type Radclient, text } from './radclient.ts';
import { currentCode } from './totp.ts';

const gateway = 'cut-over-tls';
const secret = 'a-secret-between-proxy-and-client';

describe('a gateway behind FreeRADIUS over RADIUS/TLS', () => {
  let lab: Lab;
  let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
  let logins: Radclient;
  let accounting: Radclient;
  beforeAll(async () => {
    lab = await createLab('sqlite', [], ['first', 'second', 'third', 'by-eap', 'by-newer-eap']);
    const { authority, broker, directory, radtest } = lab;
    proxy = await startTlsProxy(lab.proxy, directory, {
      port: 2812,
      secret,
      broker: { address: broker.address, port: broker.tlsPort },
      authorityFile: authority.file,
      certificate: await authority.issue('tls-proxy', 'client', 'DNS:radsecproxy.test'),
    });
    logins = await createRadclient(radtest, directory, { server: proxy.server, secret });
    accounting = await createRadclient(radtest, directory, { server: proxy.accountingServer, secret });
  });
  afterAll(async () => {
    await lab?.remove();
  });

  const attributesOf = (account: Account, password: string) => [
    ...loginAttributes(gateway, {
      userName: account.userName,
      password,
      from: lab.workstations.assigned.machine.address,
    }),
    'Service-Type = Framed-User',
    'Framed-Protocol = PPP',
    text('Acct-Session-Id', `session-${account.userName}`),
  ];
  const account = (of: Account, kind: 'Start' | 'Stop') =>
    accounting.send({
      command: 'acct',
      attributes: [
        ...attributesOf(of, '').filter((line) => !line.startsWith('User-Password')),
        `Acct-Status-Type = ${kind}`,
      ],
    });
  const begin = async (of: Account) => {
    const reply = await logins.send({
      attributes: attributesOf(of, of.password + (await currentCode(of.seed))),
    });
    expect(reply.kind).toBe('accept');
    expect((await account(of, 'Start')).kind).toBe('stored');
  };
  const retire = ({ staffCode }: Account) =>
    lab.broker.gatewarden(
      ...['lifecycle', 'record', staffCode, 'ended', '--detail', 'retired'],
      ...['--from', dateFromToday(-2), '--document', `${staffCode}/QD`],
    );
  const outcomes = async (of: Account) => (await lab.broker.recordsOf(of)).map(({ outcome }) => outcome);

  test('is not told there before it is said to take it', async () => {
    const somebody = lab.account('first');
    await begin(somebody);
    await retire(somebody);
    await expect.poll(() => outcomes(somebody), { timeout: 10_000 }).toContain('session.cut-impossible');
    expect(proxy.process.output()).not.toContain('Disconnect-Request');
    // Debian's has no RADIUS/1.1.
    expect(lab.broker.log()).toContain('"radius":"1.0"');
  });

  test('proves to the doctor that it can be told', async () => {
    await lab.broker.gatewarden('gateway', 'set', gateway, '--tls-disconnect', 'yes');
    // Which its connection outlives: it is what is spoken already.
    await lab.broker.gatewarden('gateway', 'set', gateway, '--tls-radius-versions', '1.0');
    expect(await lab.broker.gatewarden('gateway', 'show', gateway)).toMatchObject({ cutProvenAt: null });
    expect(await lab.broker.doctor(gateway)).toMatch(/disconnect: .*RADIUS\/TLS.* takes Disconnect-Requests/);
    expect(await lab.broker.gatewarden('gateway', 'show', gateway)).not.toMatchObject({ cutProvenAt: null });
  });

  test('acknowledges a cut, which its accounting confirms', async () => {
    const somebody = lab.account('second');
    await begin(somebody);
    await retire(somebody);
    await expect.poll(() => outcomes(somebody), { timeout: 10_000 }).toContain('session.cut-acknowledged');
    expect(await outcomes(somebody)).not.toContain('session.cut-confirmed');
    expect((await account(somebody, 'Stop')).kind).toBe('stored');
    await expect.poll(() => outcomes(somebody), { timeout: 10_000 }).toContain('session.cut-confirmed');
  });

  test.each([
    ['by-eap', '1.2'],
    ['by-newer-eap', '1.3'],
  ] as const)('brings EAP-TTLS of %s (TLS %s) through, with keys that match', async (userName, tls) => {
    const somebody = lab.account(userName);
    const [address = '', port] = proxy.server.split(':');
    const result = await eapolTest(
      lab.radtest,
      lab.directory,
      { address, port: Number(port), secret },
      {
        ...{ method: 'TTLS', inner: 'PAP', tls, identity: userName, outer: 'anonymous' },
        text: somebody.password + (await currentCode(somebody.seed)),
        authority: lab.authority.file,
        from: lab.workstations.assigned.machine.address,
        nasIdentifier: 'eap-over-tls',
      },
    );
    expect(result.isAccepted, result.output).toBe(true);
    expect(result.keysMatch).toBe(true);
  });

  test('that has gone leaves the order open, and somebody is told', async () => {
    const somebody = lab.account('third');
    await begin(somebody);
    await proxy.process.stop();
    await retire(somebody);
    await expect.poll(() => outcomes(somebody), { timeout: 60_000 }).toContain('session.cut-unconfirmed');
    expect(await outcomes(somebody)).not.toContain('session.cut-acknowledged');
  });
});
