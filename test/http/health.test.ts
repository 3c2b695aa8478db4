import { afterAll, beforeAll, expect, it } from 'vitest';
import { warnOfEndingCredentials } from '../../src/services/ending-credentials.ts';
import { createToken, revokeToken } from '../../src/services/web/api-tokens.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('the health of the installation', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
  });
  afterAll(() => site.close());

  it('tells nodes, disk, messages, backup and a certificate that cannot be read', async () => {
    const since = clock.now() - 1000;
    await site.world.store.write(async (db) => {
      await db.insert(db.tables.outbox).values({
        kind: 'notice',
        payload: '{}',
        createdAt: since,
        nextAttemptAt: clock.now(),
        attempts: 7,
      });
      await db.insert(db.tables.leases).values({ name: 'lifecycle', holder: 'x', until: clock.now() - 1 });
    });
    const browser = await site.signIn(await site.addOperator([{ role: 'auditor', unitId: null }]));
    const report = (await browser.send('GET', '/api/v1/health')).json();
    expect(report).toMatchObject({
      causes: [],
      store: { dialect: site.world.store.dialect },
      messages: { waiting: 1, oldestAt: since, attempts: 7 },
      jobs: [{ name: 'lifecycle', isHeld: false }],
      backupAt: null,
      certificates: [{ name: 'console.tls', subject: null, validUntil: null }],
    });
    expect(report.nodes.length).toBeGreaterThan(0);
    expect(report.disk.sizeBytes).toBeGreaterThan(report.disk.freeBytes);
  });

  it('runs the doctor when it is asked: broker and gateways, in the reader’s language, one run for all who ask', async () => {
    const browser = await site.signIn(await site.addOperator([{ role: 'duty', unitId: null }]));
    const ask = (language: string) =>
      browser.send('POST', '/api/v1/health/doctor', undefined, { 'accept-language': language });
    const [english, vietnamese] = [(await ask('en')).json(), (await ask('vi')).json()];
    expect(english.broker).toMatchObject([
      { check: 'http', state: 'ok', why: null, remedy: null },
      { check: 'clock', state: 'fault', what: 'The clock jumped by 7 s.' },
    ]);
    expect(vietnamese.broker[1]).toMatchObject({ what: 'Đồng hồ nhảy 7 giây.' });
    expect(vietnamese.broker[1].remedy).toContain('Kiểm tra NTP');
    const names = english.gateways.map(({ name }: { name: string }) => name);
    expect(names.length).toBeGreaterThan(0);
    for (const { findings } of english.gateways)
      expect(findings.some(({ check }: { check: string }) => check === 'never-seen')).toBe(true);
    expect(english.gatewaysLeftOut).toBe(0);
    expect(vietnamese.at).toBe(english.at);
    clock.advance(6_000);
    expect((await ask('en')).json().at).toBeGreaterThan(english.at);
    const helpDesk = await site.signIn(await site.addOperator([{ role: 'help-desk', unitId: null }]));
    expect((await helpDesk.send('POST', '/api/v1/health/doctor')).statusCode).toBe(403);
  });

  it('names tokens that end within 30 days, and raises an alert 14 and 3 days ahead, once each', async () => {
    const { store, keyring } = site.world;
    const random = { bytes: (n: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(n))) };
    const deps = { store, keyring, clock, random, by: { name: 'test', via: 'command line' as const } };
    await createToken(deps, { name: 'báo cáo tháng', scopes: ['account.read'], days: 20 });
    await createToken(deps, { name: 'còn lâu', scopes: ['account.read'], days: 300 });
    const gone = await createToken(deps, { name: 'đã hủy', scopes: ['account.read'], days: 2 });
    await revokeToken(deps, gone.id);
    const browser = await site.signIn(await site.addOperator([{ role: 'auditor', unitId: null }]));
    const { tokens } = (await browser.send('GET', '/api/v1/health')).json();
    expect(tokens.map(({ name }: { name: string }) => name)).toEqual(['báo cáo tháng']);
    const certificates = [{ name: 'console.tls', file: '/nowhere/console.pem' }];
    const warn = () => warnOfEndingCredentials({ store, clock, certificates });
    expect(await warn()).toBe(0);
    clock.advance(7 * 86_400_000);
    expect([await warn(), await warn()]).toEqual([1, 0]);
    clock.advance(11 * 86_400_000);
    expect([await warn(), await warn()]).toEqual([1, 0]);
    const alerts = await store.read((db) => db.select().from(db.tables.alerts));
    expect(alerts.map(({ rule }) => rule)).toEqual(['credential-ends', 'credential-ends']);
    expect(JSON.parse(alerts[0]?.evidence ?? '')).toMatchObject({
      credential: 'token',
      name: 'báo cáo tháng',
    });
  });

  it('is for the whole organisation’s operators', async () => {
    const unit = await site.signIn(
      await site.addOperator([{ role: 'auditor', unitId: site.world.units.local }]),
    );
    expect((await unit.send('GET', '/api/v1/health')).statusCode).toBe(403);
  });
});
