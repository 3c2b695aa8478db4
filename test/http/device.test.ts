// The workstations' interface: proofs, registration, renewal, revocation and tickets, from the wire to the record.

import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileKeyStore } from '../../src/agent/keys/file.ts';
import type { DeviceKey } from '../../src/agent/keys/key-store.ts';
import { makeProof } from '../../src/agent/proof.ts';
import { makeSigningRequest } from '../../src/agent/signing-request.ts';
import { devicePaths } from '../../src/api/device.ts';
import { StoreUnavailableError } from '../../src/base/errors.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createRareLog } from '../../src/base/rare-log.ts';
import { createPortalServer } from '../../src/http/portal.ts';
import { reinstate, suspend } from '../../src/services/accounts/standing.ts';
import type { GoodProof } from '../../src/services/device/proof.ts';
import { createBadProofs } from '../../src/services/device/record.ts';
import { buyTicket, type TicketOrder } from '../../src/services/device/tickets.ts';
import { createFirstFactors, noFirstFactors } from '../../src/services/first-factor/first-factors.ts';
import { createGuardedUpstream } from '../../src/services/first-factor/guarded.ts';
import type { UpstreamReply } from '../../src/services/first-factor/upstream.ts';
import { judgeSessions } from '../../src/services/sessions/judge.ts';
import {
  approveKey,
  createRegistrationCode,
  listKeys,
  listPending,
  refuseKey,
  renewKey,
  revokeKey,
} from '../../src/services/workstation-keys/keys.ts';
import {
  addIdentifier,
  addWorkstation,
  KeyTakenError,
  removeIdentifier,
} from '../../src/services/workstations.ts';
import type { Store } from '../../src/store/store.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { createWorld, station, type TestAccount, type World } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';

const monday = Date.UTC(2026, 2, 2, 1);
const host = 'portal.test';

describeOnEachStore('the interface of workstations', (open) => {
  let clock: TestClock;
  let world: World;
  let startServer: () => ReturnType<typeof createPortalServer>;
  let server: Awaited<ReturnType<typeof createPortalServer>>;
  let folder: string;
  let account: TestAccount;
  let key: DeviceKey;
  let keys = 0;
  let directorySays: (password: string) => UpstreamReply;
  const by = { name: 'tester', via: 'command line' } as const;
  const acting = () => ({ store: world.store, keyring: world.keyring, clock, random: systemRandom, by });

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
    folder = await mkdtemp(join(tmpdir(), 'gatewarden-device-'));
    const node = await world.createNode('web');
    const directory = createGuardedUpstream({
      name: 'ad',
      servers: [{ name: 'dc1', ask: async ({ password }) => directorySays(password) }],
      concurrency: 4,
      clock,
      random: systemRandom,
      log: node.log,
      sleep: async () => undefined,
    });
    startServer = () =>
      createPortalServer({
        firstFactors: createFirstFactors(new Map([['ad', directory]])),
        ...acting(),
        node: 'web',
        log: node.log,
        config: {
          listen: { host: '127.0.0.1', port: 0 },
          hostName: host,
          tls: null,
          trustedProxies: ['127.0.0.1'],
        },
        passwords: node.passwords,
        settings: node.settings,
        isClockStable: () => true,
        pagesDirectory: null,
        refusalMs: 0,
      });
    server = await startServer();
    await world.setPolicy('organisation', { leastEvidence: 3 });
    account = await world.addAccount();
    key = await newKey();
    await enrol(key);
    const { keyId } = await pendingKey();
    await approveKey(acting(), { keyId });
  });
  afterAll(async () => {
    await server.close();
    await world.close();
    await rm(folder, { recursive: true });
  });

  function newKey(): Promise<DeviceKey> {
    keys += 1;
    return createFileKeyStore(folder).create(`key${keys}`);
  }

  async function nonce(): Promise<string> {
    const headers = { host, 'x-forwarded-proto': 'https' };
    const answer = await server.inject({ method: 'POST', url: devicePaths.nonces, headers });
    return (answer.json() as { nonce: string }).nonce;
  }

  const idOf = ({ publicJwk }: DeviceKey) => publicJwk.x;
  const urlOf = (path: string) => `https://${host}${path}`;

  async function proofFor(
    path: string,
    with_: DeviceKey,
    more: { subject?: string; nonce?: string; url?: string; clock?: TestClock } = {},
  ): Promise<string> {
    const about = {
      url: more.url ?? urlOf(path),
      nonce: more.nonce ?? (await nonce()),
      ...(more.subject === undefined ? {} : { subject: more.subject }),
    };
    return await makeProof(with_, about, { clock: more.clock ?? clock, random: systemRandom });
  }

  async function post(path: string, body: object | undefined, dpop: string | null, from = station) {
    const answer = await server.inject({
      method: 'POST',
      url: path,
      headers: {
        host,
        'x-forwarded-proto': 'https',
        'x-forwarded-for': from,
        ...(dpop === null ? {} : { dpop }),
      },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
  }

  async function assetTag(): Promise<string> {
    const [row] = (await world.store.read((db) => db.select().from(db.tables.workstations))).filter(
      ({ id }) => id === account.workstationId,
    );
    return row?.assetTag ?? '';
  }

  async function enrol(with_: DeviceKey, more: { code?: string; signingRequest?: string } = {}) {
    const { code } = await createRegistrationCode(acting(), { assetTag: await assetTag(), hours: 24 });
    const body = { storage: 'file', label: 'pc-kt-014', ...more, code: more.code ?? code };
    return await post(devicePaths.registrations, body, await proofFor(devicePaths.registrations, with_));
  }

  async function pendingKey() {
    const [waiting] = (await listPending(world.store, { unitIds: null, limit: 10 })).keys;
    if (waiting === undefined) throw new Error('no key waits');
    return waiting;
  }

  interface Buying {
    readonly with?: DeviceKey;
    readonly delivery?: 'address' | 'token';
    readonly user?: TestAccount;
    readonly subject?: string;
    readonly nonce?: string;
    readonly url?: string;
    readonly clock?: TestClock;
    readonly proof?: string;
    readonly from?: string;
    readonly secrets?: { readonly password: string; readonly code: string };
  }

  async function buy(more: Buying = {}) {
    const { userName } = more.user ?? account;
    const proof =
      more.proof ?? (await proofFor(devicePaths.tickets, more.with ?? key, { subject: userName, ...more }));
    const body = { userName, delivery: more.delivery ?? 'address', ...more.secrets };
    return await post(devicePaths.tickets, body, proof, more.from);
  }

  const connect = async (more: Parameters<World['login']>[1] = {}, as = account) => {
    const node = await world.createNode('radius');
    return await node.authenticate(world.login(as, { observed: [], ...more }));
  };

  const nextCode = () => clock.advance(30_000);

  test('sells a ticket for a proof, and a login from there is E3, once', async () => {
    const sold = await buy();
    expect(sold).toEqual({
      status: 200,
      body: { address: station, expiresAt: clock.now() + 60_000, token: null },
    });
    expect(await connect()).toMatchObject({ kind: 'accept' });
    expect(await world.lastRecord()).toMatchObject({ data: { evidence: 'E3', ticket: 'proof' } });
    nextCode();
    expect(await connect()).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-used' });
  });

  test('a stolen ticket: from another address, after a minute, for another account', async () => {
    nextCode();
    await buy({ from: '198.51.100.7' });
    expect(await connect()).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-mismatch' });

    await buy();
    clock.advance(60_000);
    expect(await connect()).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-expired' });

    const { body } = await buy({ delivery: 'token' });
    const ticketToken = String(body['token']);
    const hidden = { gatewayId: world.gateways.hidden, station: '', ticketToken };
    const other = await world.addAccount();
    expect(await connect(hidden, other)).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({
      reason: 'device-ticket-mismatch',
      accountId: other.accountId,
    });
    expect(await connect(hidden)).toMatchObject({ kind: 'accept' });
    nextCode();
    expect(await connect(hidden)).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-used' });
  });

  async function expectBadProof(answer: Awaited<ReturnType<typeof buy>>, detail: string): Promise<void> {
    expect(answer).toMatchObject({ status: 401, body: { reason: 'device-proof-invalid', detail } });
    const record = await world.lastRecord();
    expect(record).toMatchObject({
      outcome: 'deny',
      reason: 'device-proof-invalid',
      detail,
      lookupCode: answer.body['lookupCode'],
      data: { purpose: 'ticket' },
    });
    expect(String(answer.body['nonce'])).toMatch(/^[A-Za-z0-9_-]{46}$/);
  }

  test('a replayed proof, a wrong nonce, one that has run out', async () => {
    nextCode();
    const proof = await proofFor(devicePaths.tickets, key, { subject: account.userName });
    expect(await buy({ proof })).toMatchObject({ status: 200 });
    await expectBadProof(await buy({ proof }), 'nonce');
    const wrong = Buffer.from(await nonce(), 'base64url');
    wrong[wrong.length - 1] = (wrong[wrong.length - 1] ?? 0) ^ 1;
    await expectBadProof(await buy({ nonce: wrong.toString('base64url') }), 'nonce');
    await expectBadProof(await buy({ nonce: 'x' }), 'nonce');
    const old = await nonce();
    clock.advance(120_000);
    await expectBadProof(await buy({ nonce: old }), 'nonce');
  });

  test('of many bad proofs of one network twenty a minute have a record each, the rest one in all', async () => {
    clock.advance(60_000);
    const from = '2001:db8:9::1';
    const records = async () => (await world.records()).length;
    const before = await records();
    const answers = [];
    for (let count = 0; count < 22; count += 1) {
      answers.push(await buy({ nonce: 'x', from: `2001:db8:9::${count}` }));
    }
    answers.push(await post(devicePaths.registration, undefined, 'x', from));
    expect(answers.every(({ status, body }) => status === 401 && body['lookupCode'] !== undefined)).toBe(
      true,
    );
    expect(await records()).toBe(before + 20);
    // Another's get theirs all the same.
    await expectBadProof(await buy({ nonce: 'x', from: '198.51.100.8' }), 'nonce');
    const codes = new Set(answers.slice(20).map(({ body }) => body['lookupCode']));
    expect(codes.size).toBe(1);
    clock.advance(60_000);
    // The sum of a minute is written when it has passed, at the latest when the server ends.
    await server.close();
    server = await startServer();
    expect(await records()).toBe(before + 22);
    // Of another chain than the decision before it.
    const sum = (await world.records()).find(({ lookupCode }) => lookupCode === [...codes][0]);
    expect(sum).toMatchObject({
      outcome: 'deny',
      reason: 'device-proof-invalid',
      detail: null,
      data: { purpose: 'sum', leftOut: 3, 'leftOut.nonce': 2, 'leftOut.signature': 1, networks: 2 },
    });
  });

  test('a clock that is off by a day, or by more than five minutes', async () => {
    for (const off of [-86_400_000, 86_400_000, -301_000, 301_000]) {
      await expectBadProof(await buy({ clock: createTestClock(clock.now() + off) }), 'clock');
    }
    expect(await buy({ clock: createTestClock(clock.now() - 299_000) })).toMatchObject({ status: 200 });
  });

  test('a proof by another key, of another request, for another account, altered, or none at all', async () => {
    await expectBadProof(await buy({ with: await newKey() }), 'signature');
    await expectBadProof(await buy({ url: urlOf(devicePaths.renewals) }), 'signature');
    await expectBadProof(await buy({ url: `https://elsewhere.test${devicePaths.tickets}` }), 'signature');
    await expectBadProof(await buy({ subject: 'somebodyelse' }), 'signature');
    const proof = await proofFor(devicePaths.tickets, key, { subject: account.userName });
    const [header = '', claims = '', signature = ''] = proof.split('.');
    const altered = Buffer.from(
      Buffer.from(claims, 'base64url').toString().replace('"POST"', '"GET"'),
    ).toString('base64url');
    await expectBadProof(await buy({ proof: `${header}.${altered}.${signature}` }), 'signature');
    const unsigned = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'none', jwk: key.publicJwk }));
    await expectBadProof(await buy({ proof: `${unsigned.toString('base64url')}.${claims}.` }), 'signature');
    await expectBadProof(await buy({ proof: 'x'.repeat(9_000) }), 'signature');
    const { status, body } = await post(
      devicePaths.tickets,
      { userName: account.userName, delivery: 'address' },
      null,
    );
    await expectBadProof({ status, body }, 'signature');
  });

  test('refuses an account that the machine is not assigned to, and says no more than that', async () => {
    const other = await world.addAccount();
    const refused = await buy({ user: other });
    expect(refused).toMatchObject({ status: 403, body: { reason: 'refused', detail: null } });
    expect(await world.lastRecord()).toMatchObject({
      reason: 'workstation-not-assigned',
      detail: 'other-account',
      accountId: other.accountId,
    });
    const nobody = await buy({ user: { ...other, userName: 'nobody' } });
    expect(nobody).toMatchObject({ status: 403, body: { reason: 'refused', detail: null } });
    expect(await world.lastRecord()).toMatchObject({ reason: 'account-unknown', accountId: null });
  });

  test('sells a ticket for password and code, which EAP-TLS ends in an Accept by', async () => {
    nextCode();
    const secrets = { password: account.password, code: world.codeOf(account) };
    const observed = [{ key: await identifierOf(key), level: 3 as const }];
    const byTls = { credentials: { style: 'ticket' as const }, observed };
    expect(await buy({ secrets })).toMatchObject({ status: 200, body: { expiresAt: clock.now() + 120_000 } });
    expect(await connect(byTls)).toMatchObject({ kind: 'accept' });
    // The code is used up, here as at a gateway.
    expect(await buy({ secrets })).toMatchObject({ status: 403 });
    expect(await world.lastRecord()).toMatchObject({ reason: 'code-replayed' });
    expect(await connect(byTls)).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'device-ticket-used' });
    nextCode();
    // From a browser, without a key: for the only machine.
    const fresh = { ...secrets, code: world.codeOf(account) };
    const body = { userName: account.userName, delivery: 'address', ...fresh };
    expect(await post(devicePaths.tickets, body, null)).toMatchObject({ status: 200 });
    expect(await connect(byTls)).toMatchObject({ kind: 'accept' });
  });

  test('sells nothing for a password of its own where a policy leaves passwords to an upstream, but for that of the upstream', async () => {
    nextCode();
    const secrets = { password: account.password, code: world.codeOf(account) };
    const observed = [{ key: await identifierOf(key), level: 3 as const }];
    const byTls = { credentials: { style: 'ticket' as const }, observed };
    const asked: string[] = [];
    let answer: UpstreamReply | null = null;
    directorySays = (password) => {
      asked.push(password);
      return answer ?? (password === 'mat khau o AD' ? 'right' : 'wrong');
    };
    await world.setPolicy('organisation', { firstFactor: 'ad', leastEvidence: 3 });
    expect(await buy({ secrets })).toMatchObject({ status: 403, body: { reason: 'refused' } });
    expect(await world.lastRecord()).toMatchObject({ reason: 'password-wrong' });
    const there = { ...secrets, password: 'mat khau o AD' };
    for (const nothing of [
      'unavailable',
      { kind: 'asked-back', state: Buffer.from('s'), message: '' },
    ] as const) {
      answer = nothing;
      expect(await buy({ secrets: there })).toMatchObject({ status: 503, body: { reason: 'undecided' } });
    }
    answer = null;
    // It is not asked about a login that has no code.
    expect(await buy({ secrets: { ...there, code: '1' } })).toMatchObject({ status: 403 });
    expect(await world.lastRecord()).toMatchObject({ reason: 'code-missing' });
    expect(asked).toHaveLength(3);
    expect(await buy({ secrets: there })).toMatchObject({ status: 200 });
    // What the directory has vouched for stands for a password where the gateway's policy asks that directory.
    expect(await connect(byTls)).toMatchObject({ kind: 'accept' });
    nextCode();
    const again = { password: 'mat khau o AD', code: world.codeOf(account) };
    expect(await buy({ secrets: again })).toMatchObject({ status: 200 });
    await world.setPolicy(`gateway:${world.gateways.appended}`, { firstFactor: 'own' });
    expect(await connect(byTls)).toMatchObject({ kind: 'reject' });
    expect(await world.lastRecord()).toMatchObject({ reason: 'method-not-allowed', detail: 'no-credential' });
    await world.setPolicy(`gateway:${world.gateways.appended}`, {});
    await world.setPolicy('organisation', {});
    nextCode();
    const own = { password: account.password, code: world.codeOf(account) };
    expect(await buy({ secrets: own })).toMatchObject({ status: 200 });
  });

  test('counts wrong secrets as a gateway does, and nothing else', async () => {
    nextCode();
    const holder = await world.addAccount();
    const body = {
      userName: holder.userName,
      delivery: 'address',
      password: 'wrong',
      code: world.codeOf(holder),
    };
    expect(await post(devicePaths.tickets, body, null)).toMatchObject({
      status: 403,
      body: { reason: 'refused' },
    });
    expect(await world.lastRecord()).toMatchObject({ reason: 'password-wrong', accountId: holder.accountId });
    const code = { ...body, password: holder.password, code: world.wrongCode(holder) };
    expect(await post(devicePaths.tickets, code, null)).toMatchObject({ status: 403 });
    expect(await world.lastRecord()).toMatchObject({ reason: 'code-wrong' });
    const counters = await world.store.read((db) => db.select().from(db.tables.counters));
    expect(
      counters
        .filter(({ accountId }) => accountId === holder.accountId)
        .map(({ scope }) => scope)
        .sort(),
    ).toEqual(['code', 'password', `password@${station}`]);
    const ofProofs = counters.filter(({ accountId }) => accountId === account.accountId);
    expect(ofProofs).toEqual([]);
  });

  /** An order of `account` with a proof, taken where the store does what it does there in `more`. */
  async function buyFrom(
    more: { read?: Store['read']; write?: Store['write'] },
    secrets: TicketOrder['secrets'],
  ) {
    const node = await world.createNode('web');
    const deps = { store: world.store, clock, random: systemRandom };
    const properties = Object.entries(more).map(([name, value]) => [name, { value }]);
    return await buyTicket(
      {
        ...{ ...deps, keyring: world.keyring, node: 'web', firstFactors: noFirstFactors },
        ...{ passwords: node.passwords, settings: node.settings, isClockStable: () => true },
        store: Object.create(world.store, Object.fromEntries(properties)) as Store,
        rareLog: createRareLog(node.log, clock),
        badProofs: createBadProofs(deps),
      },
      {
        ...{ userName: account.userName, assetTag: null, secrets, address: station, delivery: 'address' },
        proof: {
          kind: 'good',
          proof: {
            identifier: await identifierOf(key),
            publicKey: Buffer.alloc(0),
            subject: account.userName,
            nonce: { nonceId: systemRandom.bytes(12).toString('hex'), expiresAt: clock.now() + 60_000 },
          },
        },
        receivedAt: clock.now(),
      },
    );
  }
  const countTickets = async () =>
    (await world.store.read((db) => db.select().from(db.tables.deviceTickets))).length;

  test('sells nothing on what has changed since it was judged', async () => {
    nextCode();
    const before = await countTickets();
    let isChanged = false;
    const bought = await buyFrom(
      {
        // Between the facts and the sale.
        read: async (work) => {
          const found = await world.store.read(work);
          if (!isChanged) {
            isChanged = true;
            await suspend(acting(), { user: account.userName, detail: 'leak', reason: 'lộ mật khẩu' });
          }
          return found;
        },
      },
      null,
    );
    await reinstate(acting(), { user: account.userName, reason: 'nhầm' });
    expect(bought).toMatchObject({ kind: 'refused', denial: { reason: 'suspended' } });
    expect(await countTickets()).toBe(before);
  });

  test('spends a code in the same write as the ticket is issued in', async () => {
    nextCode();
    const secrets = { password: account.password, code: world.codeOf(account) };
    const write = () => Promise.reject(new StoreUnavailableError('the broker dies before another write'));
    expect(await buyFrom({ write }, secrets)).toMatchObject({ kind: 'sold' });
    const observed = [{ key: await identifierOf(key), level: 3 as const }];
    expect(await connect({ credentials: { style: 'ticket' }, observed })).toMatchObject({ kind: 'accept' });
  });

  async function identifierOf({ publicJwk }: DeviceKey): Promise<string> {
    const [row] = (await listKeys(world.store, await assetTag())).filter(({ state }) => state === 'active');
    expect(publicJwk.kty).toBe('EC');
    return row?.identifier ?? '';
  }

  test('takes a registration once for a code, and nothing before it is approved', async () => {
    const second = await newKey();
    expect(await enrol(second, { code: 'AAAA-BBBB-CCCC' })).toMatchObject({
      status: 403,
      body: { reason: 'code-refused' },
    });
    const { code } = await createRegistrationCode(acting(), { assetTag: await assetTag(), hours: 24 });
    expect(await enrol(second, { code })).toMatchObject({ status: 403, body: { reason: 'code-refused' } });
    expect(await enrol(second)).toMatchObject({ status: 200, body: { state: 'pending' } });
    expect(await enrol(second)).toMatchObject({ status: 403, body: { reason: 'key-known' } });
    await expectBadProof(await buy({ with: second }), 'signature');
    const { keyId } = await pendingKey();
    await refuseKey(acting(), { keyId, reason: 'not ours' });
    const status = await post(
      devicePaths.registration,
      undefined,
      await proofFor(devicePaths.registration, second),
    );
    expect(status.body).toMatchObject({ state: 'refused' });
    await expectBadProof(await buy({ with: second }), 'signature');
    await expect(approveKey(acting(), { keyId })).rejects.toThrow(/is refused/);
    const replayed = await proofFor(devicePaths.registration, second);
    expect(await post(devicePaths.registrations, undefined, replayed)).toMatchObject({ status: 400 });
  });

  test('renews with an overlap of fourteen days, with a certificate of its own authority', async () => {
    const next = await newKey();
    const signingRequest = (await makeSigningRequest(next, 'pc-kt-014')).toString('base64');
    const renewal = async (former: DeviceKey, fresh: DeviceKey) =>
      post(
        devicePaths.renewals,
        { proof: await proofFor(devicePaths.renewals, fresh), storage: 'file', label: 'pc', signingRequest },
        await proofFor(devicePaths.renewals, former),
      );
    expect(await renewal(await newKey(), next)).toMatchObject({ status: 401 });
    const renewed = await renewal(key, next);
    expect(renewed).toMatchObject({ status: 200, body: { state: 'active', assetTag: await assetTag() } });
    const certificate = new X509Certificate(Buffer.from(String(renewed.body['certificate']), 'base64'));
    expect(certificate.subject).toBe(`CN=${await assetTag()}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    const { x } = certificate.publicKey.export({ format: 'jwk' });
    expect(x).toBe(idOf(next));
    expect(await buy()).toMatchObject({ status: 200 });
    expect(await buy({ with: next })).toMatchObject({ status: 200 });
    const digest = createHash('sha256').update(certificate.raw).digest('hex');
    nextCode();
    const byCertificate = { key: `certificate-sha256:${digest}`, level: 2 as const };
    await world.setPolicy('organisation', { leastEvidence: 2 });
    expect(await connect({ observed: [byCertificate] })).toMatchObject({ kind: 'accept' });
    await world.setPolicy('organisation', { leastEvidence: 3 });
    clock.advance(14 * 86_400_000);
    await expectBadProof(await buy(), 'signature');
    expect(await buy({ with: next })).toMatchObject({ status: 200 });
    key = next;
  });

  test('registers no key that is with another workstation, and spends no code on it', async () => {
    const taken = await newKey();
    await enrol(taken);
    const { keyId, identifier } = await pendingKey();
    const other = {
      assetTag: 'MT-KHAC',
      type: 'spki-sha256',
      value: identifier.slice('spki-sha256:'.length),
    };
    await addWorkstation(acting(), { assetTag: other.assetTag, kind: 'spare', unit: 'T01' });
    await addIdentifier(acting(), other);
    await expect(approveKey(acting(), { keyId })).rejects.toBeInstanceOf(KeyTakenError);
    await refuseKey(acting(), { keyId, reason: 'máy khác' });
    const { code } = await createRegistrationCode(acting(), { assetTag: await assetTag(), hours: 24 });
    const ask = async () =>
      post(
        devicePaths.registrations,
        { storage: 'file', label: 'pc', code },
        await proofFor(devicePaths.registrations, taken),
      );
    expect(await ask()).toMatchObject({ status: 403, body: { reason: 'key-known' } });
    await removeIdentifier(acting(), other);
    expect(await ask()).toMatchObject({ status: 200, body: { state: 'pending' } });
    await refuseKey(acting(), { keyId: (await pendingKey()).keyId, reason: 'xong' });
  });

  test('withdraws a key at once: its tickets, its proofs, its sessions', async () => {
    nextCode();
    expect(await buy()).toMatchObject({ status: 200 });
    expect(await connect()).toMatchObject({ kind: 'accept' });
    nextCode();
    expect(await buy()).toMatchObject({ status: 200 });
    const active = (await listKeys(world.store, await assetTag())).filter(
      ({ state, validUntil }) => state === 'active' && (validUntil ?? 0) > clock.now(),
    );
    expect(active).toHaveLength(1);
    await revokeKey(acting(), { keyId: active[0]?.keyId ?? 0, reason: 'stolen' });
    expect(await connect()).toMatchObject({ kind: 'reject' });
    await expectBadProof(await buy(), 'signature');
    const node = await world.createNode('judge');
    await judgeSessions({ store: world.store, settings: node.settings, clock });
    const cuts = await world.store.read((db) => db.select().from(db.tables.cuts));
    expect(cuts.filter(({ reason }) => reason === 'workstation-key-mismatch')).not.toEqual([]);
  });

  test('withdraws with a key those that it brought in, and those that these did', async () => {
    const made = [await newKey(), await newKey(), await newKey()] as const;
    await enrol(made[0]);
    const { keyId } = await pendingKey();
    await approveKey(acting(), { keyId });
    for (const [former, fresh] of [
      [made[0], made[1]],
      [made[1], made[2]],
    ] as const) {
      const body = { proof: await proofFor(devicePaths.renewals, fresh), storage: 'file', label: 'pc' };
      const renewed = await post(devicePaths.renewals, body, await proofFor(devicePaths.renewals, former));
      expect(renewed).toMatchObject({ status: 200 });
    }
    const keys = (await listKeys(world.store, await assetTag())).slice(-3);
    expect(keys.map(({ vouchedByKeyId }) => vouchedByKeyId)).toEqual([null, keys[0]?.keyId, keys[1]?.keyId]);
    expect(await buy({ with: made[2] })).toMatchObject({ status: 200 });
    const revoked = await revokeKey(acting(), { keyId, reason: 'stolen' });
    expect(revoked.alsoRevoked.map((one) => one.keyId)).toEqual([keys[1]?.keyId, keys[2]?.keyId]);
    for (const one of made) await expectBadProof(await buy({ with: one }), 'signature');
    const acts = await world.store.read((db) => {
      const { audit: t } = db.tables;
      return db.select().from(t).where(eq(t.outcome, 'workstation.revoke-key')).orderBy(asc(t.seq));
    });
    const dataOf = (body: string) => (JSON.parse(body) as { data: Record<string, unknown> }).data;
    expect(
      acts
        .slice(-3)
        .map(({ detail, body }) => [detail, dataOf(body)['keyId'], dataOf(body)['becauseOfKeyId']]),
    ).toEqual([
      [null, keys[0]?.keyId, undefined],
      ['vouched-for', keys[1]?.keyId, keyId],
      ['vouched-for', keys[2]?.keyId, keyId],
    ]);
  });

  test('leaves the key that vouched alone when one that it brought in is withdrawn', async () => {
    const [former, fresh] = [await newKey(), await newKey()];
    await enrol(former);
    await approveKey(acting(), { keyId: (await pendingKey()).keyId });
    const body = { proof: await proofFor(devicePaths.renewals, fresh), storage: 'file', label: 'pc' };
    await post(devicePaths.renewals, body, await proofFor(devicePaths.renewals, former));
    const [last] = (await listKeys(world.store, await assetTag())).slice(-1);
    const revoked = await revokeKey(acting(), { keyId: last?.keyId ?? 0, reason: 'renewed by mistake' });
    expect(revoked.alsoRevoked).toEqual([]);
    expect(await buy({ with: former })).toMatchObject({ status: 200 });
  });

  test('lets a key that is withdrawn while it vouches bring in no other', async () => {
    const vouching = await newKey();
    await enrol(vouching);
    const { keyId, identifier } = await pendingKey();
    await approveKey(acting(), { keyId });
    const proofBy = (named: string): GoodProof => ({
      identifier: named,
      publicKey: Buffer.from(named),
      subject: null,
      nonce: { nonceId: named.slice(-24), expiresAt: clock.now() + 60_000 },
    });
    const store: Store = Object.create(world.store, {
      read: {
        value: async (work: Parameters<Store['read']>[0]) => {
          const found = await world.store.read(work);
          await revokeKey(acting(), { keyId, reason: 'stolen' });
          return found;
        },
      },
    });
    const renewed = await renewKey(
      { ...acting(), store },
      {
        former: proofBy(identifier),
        proof: proofBy(`spki-sha256:${'ef'.repeat(32)}`),
        storage: 'file',
        label: 'pc',
        signingRequest: null,
      },
    );
    expect(renewed).toEqual({ kind: 'former-unknown' });
    const left = await listKeys(world.store, await assetTag());
    expect(left.at(-1)).toMatchObject({ keyId, state: 'revoked' });
  });
});
