import { afterAll, beforeAll, expect, it } from 'vitest';
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

  it('is for the whole organisation’s operators', async () => {
    const unit = await site.signIn(
      await site.addOperator([{ role: 'auditor', unitId: site.world.units.local }]),
    );
    expect((await unit.send('GET', '/api/v1/health')).statusCode).toBe(403);
  });
});
