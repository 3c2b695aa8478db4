// MS-CHAPv2 of a gateway, relayed to an older RADIUS server: FreeRADIUS' rlm_mschap, with the try of RFC 2759 §9.2 and the keys of RFC 3079 §3.5.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEapLab, type EapLab } from './eap-lab.ts';
import { type EapLogin, eapolTest } from './eapol.ts';
import { startMsChapUpstream } from './freeradius.ts';
import { ping } from './namespace.ts';
import { createRadclient, type Radclient, text } from './radclient.ts';
import { connectStrongswan, type StrongswanGateway, startStrongswanGateway } from './strongswan.ts';
import { currentCode, wrongCode } from './totp.ts';

const upstreamSecret = 'secret-of-the-older-server-4hJd6fGa';
const home = '10.77.0.101';
const challenge = '0x5b5d7c7d7b3f2f3e3c2c602132262628';
const response = (ntResponse: string) =>
  `0x010021402324255e262a28295f2b3a337c7e0000000000000000${ntResponse}`;
const right = response('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df');
const wrong = response('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6d0');

type Way = Pick<EapLogin, 'method' | 'inner' | 'isInnerEap'>;

describe('MS-CHAPv2, relayed', () => {
  let lab: EapLab;
  let radclient: Radclient;
  let swan: StrongswanGateway;
  beforeAll(async () => {
    lab = await createEapLab('sqlite', {
      machines: { nas: 12, swan: 14, old: 15, home: 101 },
      accounts: ['user', 'user1', 'user2', 'user3', 'user4'].map(
        (userName) => [userName, { workstations: ['PC-0003'] }] as const,
      ),
      upstreams: (directory) => {
        const secretFile = path.join(directory, 'upstream.secret');
        writeFileSync(secretFile, `${upstreamSecret}\n`, { mode: 0o600 });
        return [{ name: 'old', type: 'radius', servers: ['10.77.0.15:1812'], secretFile, msChapV2: true }];
      },
      declare: (organisation) => {
        organisation.addWorkstation('PC-0003', [{ type: 'source-address', value: home }]);
        const gateway = (name: string, profileOverrides: object) =>
          organisation.addGateway({
            ...{ name, client: 'nas', profile: 'generic', nasIdentifier: name, leastEvidence: 0 },
            profileOverrides,
          });
        gateway('relay', { msChapV2: 'relay' });
        const eap = { methods: ['ttls', 'peap', 'mschapv2'], clientCertificate: 'none' };
        gateway('eap', { msChapV2: 'relay', eap });
        gateway('eap-without', { eap });
        gateway('plain', {});
        gateway('kept', { msChapV2: 'relay' });
        organisation.addGateway({
          ...{ name: 'swan', client: 'swan', profile: 'strongswan', nasIdentifier: 'swan', leastEvidence: 0 },
          profileOverrides: {
            msChapV2: 'relay',
            eap: { methods: ['mschapv2'], clientCertificate: 'none' },
          },
        });
        organisation.addPolicy({ scope: 'organisation', firstFactor: 'old' });
        organisation.amendPolicy('kept', { firstFactor: 'own' });
      },
    });
    const { address, port } = lab.broker;
    await startMsChapUpstream(lab.machine('old'), lab.directory, {
      client: address,
      secret: upstreamSecret,
    });
    swan = await startStrongswanGateway(lab.machine('swan'), lab.directory, lab.authority, {
      nasIdentifier: 'swan',
      radius: { address, port, secret: lab.secret },
    });
    radclient = await createRadclient(lab.machine('nas'), lab.directory, {
      server: `${address}:${port}`,
      secret: lab.secret,
    });
  });
  afterAll(async () => {
    await lab?.remove();
  });

  const send = (gateway: string, msChap2Response: string, more: readonly string[] = []) =>
    radclient.send({
      attributes: [
        // As the client typed it: its proof covers the name.
        text('User-Name', 'User'),
        text('NAS-Identifier', gateway),
        text('Calling-Station-Id', home),
        `MS-CHAP-Challenge = ${challenge}`,
        `MS-CHAP2-Response = ${msChap2Response}`,
        ...more,
      ],
    });
  const eapol = (identity: string, login: Way, text: string, nasIdentifier = 'eap') =>
    eapolTest(
      lab.machine('nas'),
      lab.directory,
      { address: lab.broker.address, port: lab.broker.port, secret: lab.secret },
      { ...login, identity, text, authority: lab.authority.file, from: home, nasIdentifier },
    );
  const last = async (userName = 'User') =>
    (await lab.broker.decisionsOf(userName)).filter(({ outcome }) => !outcome.startsWith('ticket')).at(-1);
  const buy = (password: string, code: string, userName = 'user') =>
    lab.buyTicket(lab.machine('home'), { userName, password, code });

  test('without a ticket that stands for the code it is refused', async () => {
    expect((await send('relay', right)).kind).toBe('reject');
    expect(await last()).toMatchObject({ outcome: 'deny', reason: 'code-missing' });
  });

  test('a ticket is sold for the password that the older server knows, and a code of ours', async () => {
    const { seed, password } = lab.account('user');
    expect((await buy(password, await currentCode(seed))).status).toBe(403);
    expect((await buy('clientPass', await wrongCode(seed))).status).toBe(403);
    expect((await buy('clientPass', await currentCode(seed))).status).toBe(200);
  });

  test.each([
    ['plain', 'whose profile does not relay it'],
    ['kept', 'whose policy keeps passwords here'],
  ])('at gateway %s, %s, it is refused by name', async (gateway) => {
    expect((await send(gateway, right)).kind).toBe('reject');
    expect(await last()).toMatchObject({ reason: 'method-not-allowed', detail: 'ms-chap' });
  });

  test('a wrong response is a wrong password; the right one is let in with the keys, once', async () => {
    expect((await send('relay', wrong)).kind).toBe('reject');
    expect(await last()).toMatchObject({ outcome: 'deny', reason: 'password-wrong' });
    const reply = await send('relay', right, ['Proxy-State = 0x0102']);
    expect(reply.kind).toBe('accept');
    const proof = Buffer.from('S=407A5589115FD0D6209F510FE9C04566932CDA56').toString('hex');
    expect(reply.first('MS-CHAP2-Success')).toBe(`0x01${proof}`);
    // As the gateway reads them, under its own secret.
    expect(reply.first('MS-MPPE-Send-Key')).toBe('0x8b7cdc149b993a1ba118cb153f56dccb');
    expect(reply.first('MS-MPPE-Recv-Key')).toMatch(/^0x[0-9a-f]{32}$/);
    expect(reply.first('Proxy-State')).toBe('0x0102');
    expect(await last()).toMatchObject({ outcome: 'accept', reason: null });
    expect((await send('relay', right, ['NAS-Port = 2'])).kind).toBe('reject');
    expect(await last()).toMatchObject({ outcome: 'deny', reason: 'device-ticket-used' });
  });

  const ways = [
    ['EAP-MSCHAPv2', 'user1', { method: 'MSCHAPV2' }],
    ['EAP-MSCHAPv2 inside PEAP', 'user2', { method: 'PEAP', inner: 'MSCHAPV2' }],
    ['EAP-MSCHAPv2 inside EAP-TTLS', 'user3', { method: 'TTLS', inner: 'MSCHAPV2', isInnerEap: true }],
  ] as const;

  test.each(ways)('%s: a ticket and the right password let in, once', async (_name, userName, login) => {
    const { seed } = lab.account(userName);
    expect((await eapol(userName, login, 'clientPass')).isAccepted).toBe(false);
    expect(await last(userName)).toMatchObject({ outcome: 'deny', reason: 'code-missing' });
    expect((await buy('clientPass', await currentCode(seed), userName)).status).toBe(200);
    expect((await eapol(userName, login, 'another')).isAccepted).toBe(false);
    expect(await last(userName)).toMatchObject({ outcome: 'deny', reason: 'password-wrong' });
    const { isAccepted, keysMatch, output } = await eapol(userName, login, 'clientPass');
    expect(output).toContain('SUCCESS');
    expect(isAccepted).toBe(true);
    expect(keysMatch).toBe(true);
    expect(await last(userName)).toMatchObject({ outcome: 'accept', reason: null });
    expect((await eapol(userName, login, 'clientPass')).isAccepted).toBe(false);
    expect(await last(userName)).toMatchObject({ outcome: 'deny', reason: 'device-ticket-used' });
  });

  test.each(ways)(
    '%s is refused by name where the profile does not relay it',
    async (_name, userName, login) => {
      expect((await eapol(userName, login, 'clientPass', 'eap-without')).isAccepted).toBe(false);
      expect(await last(userName)).toMatchObject({ reason: 'method-not-allowed', detail: 'ms-chap' });
    },
  );

  test('strongSwan with EAP-MSCHAPv2: a tunnel for the right password and a ticket, once', async () => {
    const userName = 'user4';
    const home = lab.machine('home');
    const connect = async (typed: string) => {
      const attempt = await connectStrongswan(home, lab.directory, lab.authority, {
        ...{ gateway: swan, userName, text: typed, certificate: null, method: 'eap-mschapv2' },
      });
      const reached = await ping(home, swan.inside);
      await attempt.close();
      return { up: attempt.up, reached, output: attempt.output() };
    };
    expect(await connect('clientPass')).toMatchObject({ up: false, reached: false });
    expect(await last(userName)).toMatchObject({ outcome: 'deny', reason: 'code-missing' });
    const { seed } = lab.account(userName);
    expect((await buy('clientPass', await currentCode(seed), userName)).status).toBe(200);
    expect(await connect('another')).toMatchObject({ up: false, reached: false });
    expect(await last(userName)).toMatchObject({ outcome: 'deny', reason: 'password-wrong' });
    // The keys of the older server authenticate IKE on both ends: without the right ones no tunnel comes up.
    const tunnel = await connect('clientPass');
    expect(tunnel, tunnel.output + swan.output()).toMatchObject({ up: true, reached: true });
    expect(await last(userName)).toMatchObject({ outcome: 'accept', reason: null });
    expect(await connect('clientPass')).toMatchObject({ up: false, reached: false });
    expect(await last(userName)).toMatchObject({ outcome: 'deny', reason: 'device-ticket-used' });
  });
});
