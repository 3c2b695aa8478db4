// Two nodes on one PostgreSQL: who leaves is recorded at one, and the gateway's RADIUS/TLS connection is the other's.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SecondNode } from './broker.ts';
import { startTlsProxy } from './freeradius.ts';
import { createLab, type Lab, loginAttributes } from './lab.ts';
import { dateFromToday } from './organisation.ts';
import { createRadclient, type Radclient, text } from './radclient.ts';
import { currentCode } from './totp.ts';

const gateway = 'cut-over-tls';
const secret = 'a-secret-between-proxy-and-client';
const leaver = 'leaver';

describe('a cut that one of two nodes orders', () => {
  let lab: Lab;
  let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
  let logins: Radclient;
  let accounting: Radclient;
  let second: SecondNode;
  beforeAll(async () => {
    lab = await createLab('postgresql', [], [leaver]);
    const { authority, broker, directory, radtest } = lab;
    await broker.gatewarden('gateway', 'set', gateway, '--tls-disconnect', 'yes');
    proxy = await startTlsProxy(lab.proxy, directory, {
      port: 2812,
      secret,
      broker: { address: broker.address, port: broker.tlsPort },
      authorityFile: authority.file,
      certificate: await authority.issue('tls-proxy', 'client', 'DNS:radsecproxy.test'),
    });
    logins = await createRadclient(radtest, directory, { server: proxy.server, secret });
    accounting = await createRadclient(radtest, directory, { server: proxy.accountingServer, secret });
    second = await broker.startSecondNode();
  });
  afterAll(async () => {
    await lab?.remove();
  });

  test('goes down the connection that the other one has', async () => {
    const { staffCode, userName, password, seed } = lab.account(leaver);
    const attributes = (typed: string) => [
      ...loginAttributes(gateway, {
        ...{ userName, password: typed },
        from: lab.workstations.assigned.machine.address,
      }),
      ...['Service-Type = Framed-User', 'Framed-Protocol = PPP', text('Acct-Session-Id', 'session-1')],
    ];
    const account = (kind: string) =>
      accounting.send({
        command: 'acct',
        attributes: [
          ...attributes('').filter((line) => !line.startsWith('User-Password')),
          `Acct-Status-Type = ${kind}`,
        ],
      });
    expect((await logins.send({ attributes: attributes(password + (await currentCode(seed))) })).kind).toBe(
      'accept',
    );
    expect((await account('Start')).kind).toBe('stored');
    await second.gatewarden(
      ...['lifecycle', 'record', staffCode, 'ended', '--detail', 'retired'],
      ...['--from', dateFromToday(-2), '--document', `${staffCode}/QD`],
    );
    const outcomes = async () =>
      (await lab.broker.recordsOf({ staffCode, userName })).map(({ outcome }) => outcome);
    await expect.poll(outcomes, { timeout: 10_000 }).toContain('session.cut-acknowledged');
    expect((await account('Stop')).kind).toBe('stored');
    await expect.poll(outcomes, { timeout: 10_000 }).toContain('session.cut-confirmed');
    expect(second.log()).not.toContain('a RADIUS/TLS connection is up');
  });
});
