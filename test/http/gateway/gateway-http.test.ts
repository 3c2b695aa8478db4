// Gateways that ask over HTTPS, from the wire to the record, on both databases.
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../../../src/api/gateway.ts';
import type { Problem } from '../../../src/api/problem.ts';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { GatewayHttpConfig } from '../../../src/config/gateway-http.ts';
import { type GatewayHttp, startGatewayHttp } from '../../../src/http/gateway/start.ts';
import { noFirstFactors } from '../../../src/services/first-factor/first-factors.ts';
import {
  addGateway,
  changeGateway,
  createGatewayToken,
  removeGateway,
} from '../../../src/services/gateways/gateways.ts';
import { openSettings } from '../../../src/services/settings/settings.ts';
import { createToken, revokeToken } from '../../../src/services/web/api-tokens.ts';
import type { Store } from '../../../src/store/store.ts';
import { overrideProfile, type Profile } from '../../../src/wire/radius/profile/parse.ts';
import {
  createPemFiles,
  createTestAuthority,
  type Issued,
  selfSigned,
} from '../../radius-server/authority.ts';
import { captureLog } from '../../services/captured-log.ts';
import { createTestClock } from '../../services/clock.ts';
import { findProfile } from '../../services/profiles.ts';
import { createWorld, type TestAccount, type World } from '../../services/world.ts';
import { describeOnEachStore } from '../../store/each-store.ts';

const certificate = 'ab'.repeat(32);
const minute = 60_000;
const by = { name: 'test', via: 'command line' } as const;

interface Reply {
  readonly status: number;
  readonly body: Answer & Problem & { readonly result: string };
}

describeOnEachStore('gateways over HTTPS', (open) => {
  const clock = createTestClock(Date.now());
  const log = captureLog();
  const files = createPemFiles();
  let world: World;
  let deps: Parameters<typeof addGateway>[0];
  let settings: Awaited<ReturnType<typeof openSettings>>;
  let plain: GatewayHttp;
  let token: string;
  let challengeToken: string;
  let isStoreGone = false;
  let serial = 0;
  const started: GatewayHttp[] = [];

  /** Fails as a whole when the test says so. */
  function failing(store: Store): Store {
    const gone = () => Promise.reject(new StoreUnavailableError('gone'));
    return {
      ...store,
      read: (fn) => (isStoreGone ? gone() : store.read(fn)),
      write: (fn) => (isStoreGone ? gone() : store.write(fn)),
      decisions: {
        loadFacts: (query) => (isStoreGone ? gone() : store.decisions.loadFacts(query)),
        commit: (command) => (isStoreGone ? gone() : store.decisions.commit(command)),
      },
    };
  }

  async function start(config: GatewayHttpConfig, rejectDelayMs = 0): Promise<GatewayHttp> {
    const { store, keyring } = world;
    const listener = await startGatewayHttp({
      config,
      store: failing(store),
      keyring,
      settings,
      firstFactors: noFirstFactors,
      passwords: { threads: 2, queue: 100 },
      rejectDelayMs,
      node: 'test',
      isClockStable: () => true,
      clock,
      random: systemRandom,
      log,
    });
    started.push(listener);
    return listener;
  }

  beforeAll(async () => {
    world = await createWorld(await open({ clock }), clock);
    const { store, keyring } = world;
    const profile = findProfile('openvpn-script');
    if (profile === null) throw new Error('the profile is not there');
    const challenge: Profile = overrideProfile(profile, { credentials: { style: 'challenge' } }, 'test');
    const profiles = new Map([
      ['openvpn-script', profile],
      ['openvpn-challenge', { ...challenge, name: 'openvpn-challenge' }],
      ['generic', findProfile('generic') as Profile],
    ]);
    deps = { store, keyring, clock, random: systemRandom, by, profiles, tlsAuthorities: () => null };
    for (const [name, of] of [
      ['vpn', 'openvpn-script'],
      ['vpn-2', 'openvpn-script'],
      ['vpn-challenge', 'openvpn-challenge'],
    ] as const) {
      await addGateway(deps, { name, client: name, profile: of });
    }
    await addGateway(deps, { name: 'radius', client: 'radius', profile: 'generic', address: '198.51.100.7' });
    const findIt = (name: string) => profiles.get(name) ?? findProfile(name);
    settings = await openSettings({ store, keyring, findProfile: findIt, log });
    const ofGateway = async (gateway: string) =>
      (await createGatewayToken(deps, { gateway, days: 30, createdBy: null })).token;
    token = await ofGateway('vpn');
    challengeToken = await ofGateway('vpn-challenge');
    plain = await start({ listen: { host: '127.0.0.1', port: 0 }, tls: null });
  });

  afterEach(() => {
    isStoreGone = false;
  });

  afterAll(async () => {
    for (const listener of started) await listener.stop();
    files.remove();
    await world.close();
  });

  async function send(path: string, body: unknown, bearer: string | null = token, more: object = {}) {
    const answer = await fetch(`http://127.0.0.1:${plain.endpoint.port}/gateway/v1/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'accept-language': 'en',
        ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...more,
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Reply['body'] };
  }

  function question(account: TestAccount, changes: Record<string, unknown> = {}) {
    serial += 1;
    return {
      requestId: `test-${serial}-0000`,
      userName: account.userName,
      password: `${account.password}${world.codeOf(account)}`,
      client: { address: '203.0.113.9', platform: 'win' },
      workstation: { certificateSha256: certificate, mac: '02:10:a4:23:19:01' },
      ...changes,
    };
  }

  async function addAccount(): Promise<TestAccount> {
    const account = await world.addAccount();
    // The digest is one account's alone: the machine of an earlier test gives it up.
    await world.store.write(async (db) => {
      const { workstationIdentifiers: t } = db.tables;
      await db.delete(t).where(eq(t.identifier, `certificate-sha256:${certificate}`));
    });
    await world.addIdentifier(account, `certificate-sha256:${certificate}`);
    return account;
  }

  it('lets the right login in, with the session that the record knows', async () => {
    const account = await addAccount();
    const { status, body, headers } = await send('decisions', question(account));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { outcome: 'accept', userName: account.userName, sessionReference: expect.any(String) },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    const record = await world.lastRecord();
    expect(record).toMatchObject({ outcome: 'accept', accountId: account.accountId });
    expect(record.personal).toMatchObject({
      callingStation: '203.0.113.9',
      method: 'http',
      sourceAddress: '127.0.0.1',
    });
    expect(JSON.stringify(record)).not.toContain(account.password);
  });

  it('takes password and code apart, or as OpenVPN wraps them', async () => {
    for (const shape of [
      (account: TestAccount) => ({ password: account.password, code: world.codeOf(account) }),
      (account: TestAccount) => ({
        password: `SCRV1:${Buffer.from(account.password).toString('base64')}:${Buffer.from(world.codeOf(account)).toString('base64')}`,
      }),
    ]) {
      const account = await addAccount();
      expect((await send('decisions', question(account, shape(account)))).body.outcome).toBe('accept');
    }
  });

  it('gives a question that is asked again its first answer, and spends the code once', async () => {
    const account = await addAccount();
    const asked = question(account);
    const before = (await world.records()).length;
    const both = await Promise.all([send('decisions', asked), send('decisions', asked)]);
    const third = await send('decisions', asked);
    expect(both[0]?.body).toMatchObject({ outcome: 'accept' });
    expect(both[1]?.body).toEqual(both[0]?.body);
    expect(third.body).toEqual(both[0]?.body);
    expect(await world.records()).toHaveLength(before + 1);
    const other = await send('decisions', { ...asked, userName: 'somebody.else' });
    expect(other).toMatchObject({ status: 409, body: { errors: [{ field: 'requestId' }] } });
    // A request of its own, with the same code.
    const replay = await send('decisions', { ...asked, requestId: `${asked.requestId}-b` });
    expect(replay.body.outcome).toBe('reject');
    expect((await world.lastRecord()).reason).toBe('code-replayed');
  });

  it('rejects with one text whatever the reason, and a lookup code that finds the record', async () => {
    const account = await addAccount();
    const other = await world.addAccount({ machine: null });
    const cases: readonly [string, Record<string, unknown>][] = [
      ['account-unknown', { userName: 'nobody.here' }],
      ['workstation-not-identified', { workstation: {}, client: {} }],
      [
        'workstation-not-assigned',
        { userName: other.userName, password: `${other.password}${world.codeOf(other)}` },
      ],
      ['workstation-evidence-too-weak', { workstation: { mac: '02:10:a4:23:19:01' } }],
      ['password-wrong', { password: `not it${world.codeOf(account)}` }],
      ['code-missing', { password: account.password }],
      ['code-wrong', { password: account.password, code: world.wrongCode(account) }],
      ['challenge-mismatch', { password: undefined, code: '123456', state: 'A'.repeat(64) }],
    ];
    const texts = new Set<string>();
    for (const [reason, changes] of cases) {
      const { status, body } = await send('decisions', question(account, changes));
      expect({ reason, status, outcome: body.outcome }).toEqual({ reason, status: 200, outcome: 'reject' });
      if (body.outcome !== 'reject') continue;
      const record = await world.lastRecord();
      expect([reason, record.reason, record.lookupCode]).toEqual([reason, reason, body.lookupCode]);
      texts.add((body.message ?? '').replace(/[A-Z0-9]{4}-[A-Z0-9]{4}$/, ''));
    }
    expect([...texts]).toEqual(['Khong ket noi duoc. Ma tra cuu: ']);
  });

  it('asks for the code by a challenge that is good once, for who was asked and where', async () => {
    const account = await addAccount();
    const ask = async (changes: Record<string, unknown> = {}) => {
      const first = question(account, { password: account.password, ...changes });
      const { body } = await send('decisions', first, challengeToken);
      if (body.outcome !== 'challenge') throw new Error(`no challenge: ${JSON.stringify(body)}`);
      return body;
    };
    const answerTo = (state: string, changes: Record<string, unknown> = {}, bearer = challengeToken) =>
      send(
        'decisions',
        question(account, { password: undefined, code: world.codeOf(account), state, ...changes }),
        bearer,
      );
    const challenge = await ask();
    expect(challenge).toMatchObject({ prompt: 'Nhap ma OTP 6 so:', answerSeconds: 90, hideAnswer: false });
    expect((await answerTo(challenge.state)).body.outcome).toBe('accept');
    clock.advance(minute);
    expect((await answerTo(challenge.state)).body.outcome).toBe('reject');
    expect(await world.lastRecord()).toMatchObject({ reason: 'challenge-mismatch', detail: 'reused' });

    const { state } = await ask();
    await answerTo(state, { client: { address: '203.0.113.10' } });
    expect(await world.lastRecord()).toMatchObject({ reason: 'challenge-mismatch', detail: 'other-client' });
    await answerTo(state, {}, token);
    expect(await world.lastRecord()).toMatchObject({ reason: 'challenge-mismatch', detail: 'other-gateway' });
    clock.advance(2 * minute);
    await answerTo(state);
    expect((await world.lastRecord()).reason).toBe('challenge-expired');
    // A wrong password is asked for a code as well.
    const wrong = await ask({ password: 'not it' });
    expect((await answerTo(wrong.state)).body.outcome).toBe('reject');
    expect((await world.lastRecord()).reason).toBe('password-wrong');
  });

  it('locks out, and refuses who asks too often with one record in a window', async () => {
    const account = await addAccount();
    const wrong = () =>
      send('decisions', question(account, { password: account.password, code: world.wrongCode(account) }));
    for (let tries = 0; tries < 12; tries += 1) await wrong();
    expect((await send('decisions', question(account))).body.outcome).toBe('reject');
    expect((await world.lastRecord()).reason).toBe('locked-out');

    await changeGateway(deps, { name: 'vpn', accountRequestsPerMinute: 1 });
    await settings.refresh();
    const busy = await addAccount();
    const before = (await world.records()).length;
    const answers = [];
    for (let tries = 0; tries < 14; tries += 1)
      answers.push(await send('decisions', question(busy, { password: busy.password })));
    const codes = answers.slice(10).map(({ body }) => (body.outcome === 'reject' ? body.lookupCode : null));
    expect(new Set(codes).size).toBe(1);
    expect(await world.records()).toHaveLength(before + 11);
    expect((await world.lastRecord()).reason).toBe('too-many-requests');
    await changeGateway(deps, { name: 'vpn', accountRequestsPerMinute: 0 });
    await settings.refresh();
  });

  it('answers neither yes nor no when the store is gone, and decides afresh when it is back', async () => {
    const account = await addAccount();
    const asked = question(account);
    isStoreGone = true;
    const gone = await send('decisions', asked);
    expect(gone).toMatchObject({ status: 503, body: { code: 'undecided' } });
    expect(gone.headers.get('retry-after')).toBe('1');
    expect((await send('sessions', { kind: 'restart' })).status).toBe(503);
    isStoreGone = false;
    expect((await send('decisions', asked)).body.outcome).toBe('accept');
  });

  it('learns of sessions that begin and end, and says when they are nobody’s', async () => {
    const account = await addAccount();
    await send('decisions', question(account));
    const of = {
      userName: account.userName,
      sessionId: '203.0.113.9:4711:1',
      client: { address: '203.0.113.9' },
    };
    const state = async () =>
      await world.store.read(async (db) => {
        const rows = await db.select().from(db.tables.sessions);
        const row = rows.findLast(({ accountId }) => accountId === account.accountId);
        return [row?.state, row?.framedIpAddress, row?.octetsIn, row?.endCause];
      });
    expect(await state()).toEqual(['pending', null, null, null]);
    const start = { ...of, kind: 'start', tunnelAddress: '10.8.0.6' };
    expect(await send('sessions', start)).toMatchObject({ status: 200, body: { result: 'stored' } });
    expect(await state()).toEqual(['live', '10.8.0.6', null, null]);
    clock.advance(minute);
    const stop = { ...of, kind: 'stop', octetsIn: 5_000_000_000, octetsOut: 7 };
    expect((await send('sessions', stop)).body.result).toBe('stored');
    expect(await state()).toEqual(['ended', '10.8.0.6', 5_000_000_000, 'stopped']);
    expect((await send('sessions', { ...start, userName: 'nobody.here', sessionId: 'x' })).body.result).toBe(
      'unmatched',
    );
    expect(await send('sessions', { kind: 'stop', userName: 'a' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'sessionId' }] },
    });
  });

  it('answers nobody without a token of a gateway, before it reads what they send', async () => {
    const account = await addAccount();
    const before = (await world.records()).length;
    const other = await createToken(deps, { name: 'api', scopes: ['account.read'], days: 1 });
    const revoked = await createGatewayToken(deps, { gateway: 'vpn', days: 1, createdBy: null });
    expect((await send('sessions', { kind: 'restart' }, revoked.token)).status).toBe(200);
    await revokeToken(deps, revoked.id);
    const short = await createGatewayToken(deps, { gateway: 'vpn', days: 1, createdBy: null });
    clock.advance(24 * 60 * minute + 1);
    for (const bearer of [null, 'gwt_nothing', `${token}x`, other.token, revoked.token, short.token]) {
      for (const body of [question(account), '{', 'x'.repeat(100_000)]) {
        const answer = await send('decisions', body, bearer).catch(() => null);
        // A body that is too long may be cut off before the answer is read.
        if (answer === null) continue;
        expect([bearer, answer.status, answer.body.code]).toEqual([bearer, 401, 'gateway-unknown']);
      }
    }
    expect((await send('nothing', {}, null)).status).toBe(401);
    expect((await send('nothing', {})).status).toBe(404);
    expect(await world.records()).toHaveLength(before);
    expect(plain.report().refused).toMatchObject({
      'no-credential': expect.any(Number),
      'token-unknown': expect.any(Number),
    });
    const logged = JSON.stringify(log.lines);
    for (const secret of [token, revoked.token, account.password]) expect(logged).not.toContain(secret);
  });

  it('slows down who tries tokens, and goes on answering a gateway of the same network', async () => {
    let last = 0;
    for (let tries = 0; tries < 70; tries += 1) {
      ({ status: last } = await send('decisions', {}, `gwt_${String(tries).padStart(43, '0')}`));
    }
    expect(last).toBe(429);
    expect((await send('sessions', { kind: 'restart' })).status).toBe(200);
    clock.advance(2 * minute);
  });

  it('names the field that is wrong, and takes nothing that is too long', async () => {
    const account = await addAccount();
    const faults: readonly [unknown, number, string | null][] = [
      ['{"requestId": ', 400, null],
      [question(account, { requestId: 'short' }), 400, 'requestId'],
      [question(account, { userName: 'a\u0000b' }), 400, 'userName'],
      [question(account, { userName: 7 }), 400, 'userName'],
      [question(account, { isAdmin: true }), 400, 'isAdmin'],
      [question(account, { workstation: { level: 3 } }), 400, 'workstation.level'],
      [question(account, { password: undefined }), 400, 'password'],
      [question(account, { password: 'x'.repeat(2_000) }), 400, 'password'],
      [{ ...question(account), requestId: undefined }, 400, 'requestId'],
      ['x'.repeat(20_000), 413, null],
    ];
    for (const [body, status, field] of faults) {
      const answer = await send('decisions', body);
      expect([field, answer.status, answer.body.errors?.[0]?.field ?? null]).toEqual([field, status, field]);
    }
    const form = await send('decisions', 'a=b', token, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(form.status).toBe(415);
  });

  it('makes tokens for gateways only whose profile asks over HTTP, and forgets them with the gateway', async () => {
    await expect(createGatewayToken(deps, { gateway: 'radius', days: 1, createdBy: null })).rejects.toThrow(
      /asks by RADIUS/,
    );
    await expect(changeGateway(deps, { name: 'radius', httpNames: 'a.example.org' })).rejects.toThrow(
      /asks by RADIUS/,
    );
    const changed = await createGatewayToken(deps, { gateway: 'vpn-2', days: 1, createdBy: null });
    expect((await send('sessions', { kind: 'restart' }, changed.token)).status).toBe(200);
    await expect(changeGateway(deps, { name: 'vpn-2', profile: 'generic' })).rejects.toThrow(
      /neither an address nor a certificate/,
    );
    await addGateway(deps, {
      name: 'both',
      client: 'both',
      profile: 'openvpn-script',
      address: '198.51.100.8',
    });
    const both = await createGatewayToken(deps, { gateway: 'both', days: 1, createdBy: null });
    await changeGateway(deps, { name: 'both', profile: 'generic' });
    await settings.refresh();
    expect((await send('sessions', { kind: 'restart' }, both.token)).status).toBe(401);
    expect(plain.report().refused).toMatchObject({ 'gateway-without-http': 1 });
    await removeGateway(deps, { name: 'vpn-2', forgetSessions: false });
    await settings.refresh();
    expect((await send('sessions', { kind: 'restart' }, changed.token)).status).toBe(401);
  });

  it('knows gateways by their certificates, and holds a token to the certificate that is registered', async () => {
    const authority = await createTestAuthority();
    const stranger = await createTestAuthority('another');
    const own = await authority.issue({ usage: 'server', ip: ['127.0.0.1'] });
    const notAfter = new Date(clock.now() + 86_400_000);
    const named = await authority.issue({ dns: ['vpn-a.example.org'], notAfter });
    const pinned = await selfSigned({ notAfter });
    for (const [name, order] of [
      ['by-name', { httpNames: 'vpn-a.example.org' }],
      ['by-pin', { httpPins: pinned.keyFingerprint }],
    ] as const) {
      await addGateway(deps, { name, client: name, profile: 'openvpn-script', ...order });
    }
    await settings.refresh();
    const tls = {
      certificateFile: files.write('own.pem', own.cert),
      keyFile: files.write('own.key', own.key),
      caFile: files.write('ca.pem', authority.cert),
      crlFile: null,
    };
    const { endpoint } = await start({ listen: { host: '127.0.0.1', port: 0 }, tls });

    async function tell(
      shown: Issued | null,
      bearer: string | null = null,
      more: object = {},
    ): Promise<number> {
      const asked = httpsRequest({
        ...{ host: '127.0.0.1', port: endpoint.port, path: '/gateway/v1/sessions', method: 'POST' },
        ...{ ca: authority.cert, agent: false, ...more },
        ...(shown === null ? {} : { cert: shown.cert, key: shown.key }),
        headers: {
          'content-type': 'application/json',
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
        },
      });
      asked.end('{"kind":"restart"}');
      const [answer] = await once(asked, 'response');
      answer.resume();
      return answer.statusCode;
    }

    expect(await tell(named)).toBe(200);
    expect(await tell(pinned)).toBe(200);
    expect(await tell(null)).toBe(401);
    expect(await tell(await authority.issue({ dns: ['vpn-b.example.org'], notAfter }))).toBe(401);
    expect(await tell(await stranger.issue({ dns: ['vpn-a.example.org'], notAfter }))).toBe(401);
    const past = {
      notBefore: new Date(clock.now() - 2 * 86_400_000),
      notAfter: new Date(clock.now() - 1_000),
    };
    expect(await tell(await authority.issue({ dns: ['vpn-a.example.org'], ...past }))).toBe(401);
    const ofNamed = await createGatewayToken(deps, { gateway: 'by-name', days: 1, createdBy: null });
    expect(await tell(null, ofNamed.token)).toBe(401);
    expect(await tell(pinned, ofNamed.token)).toBe(401);
    expect(await tell(named, ofNamed.token)).toBe(200);
    expect(await tell(null, token)).toBe(200);
    await expect(tell(named, null, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
  });

  it('lets a refusal wait for its deadline and an acceptance go', async () => {
    const account = await addAccount();
    const slow = await start({ listen: { host: '127.0.0.1', port: 0 }, tls: null }, 60);
    const before = plain;
    plain = slow;
    try {
      const waiting = send('decisions', question(account, { password: 'x' }));
      await expect.poll(() => slow.report().counters.delayed).toBe(1);
      clock.advance(100);
      expect((await waiting).body.outcome).toBe('reject');
      expect((await send('decisions', question(account))).body.outcome).toBe('accept');
      expect(slow.report().observations['vpn']).toMatchObject({ requests: 2, methods: { http: 2 } });
    } finally {
      plain = before;
    }
  });
});
