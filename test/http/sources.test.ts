// Sources in the console: what they are read from, and reading one by hand, on trial too.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLease } from '../../src/services/leases.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { createConsoleSite } from './console-site.ts';

describeOnEachStore('sources in the console', (open) => {
  it('a folder is read by hand, on trial and for good, by who may import, and not while another reads it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatewarden-sources-'));
    const clock = createTestClock(monday);
    const folder = {
      source: 'hr',
      directory,
      mapping: {},
      dryRun: false,
      language: 'vi' as const,
      intervalSeconds: 10,
      settleSeconds: 0,
    };
    const site = await createConsoleSite(open, clock, { polled: { directories: [], folders: [folder] } });
    try {
      const { store } = site.world;
      await addSource({ store, clock, by: { name: 'lan', via: 'console' } }, { name: 'hr', kind: 'file' });
      const central = await site.signIn(
        await site.addOperator([{ role: 'central-administrator', unitId: null }]),
      );
      const unit = await site.signIn(
        await site.addOperator([{ role: 'unit-administrator', unitId: site.world.units.local }]),
      );
      const poll = (browser: typeof central, dryRun: boolean, name = 'hr') =>
        browser.send('POST', `/api/v1/lifecycle/sources/${name}/poll`, { dryRun });
      writeFileSync(join(directory, 'a.csv'), 'Mã CCVC;Biến động;Kể từ ngày\nKHONG-CO;Nghỉ hưu;01/03/2026\n');
      expect((await poll(unit, true)).statusCode).toBe(403);
      expect((await poll(central, true, 'none')).statusCode).toBe(422);
      const other = createLease({ store, clock, name: 'reading hr', holder: 'another node' });
      await other.run(async () => {
        expect((await poll(central, true)).statusCode).toBe(409);
      });
      await other.release();
      const dry = await poll(central, true);
      expect([dry.statusCode, dry.json()]).toEqual([
        200,
        { fault: null, events: 0, held: 0, leftOut: 1, files: 1, waiting: 0 },
      ]);
      expect(readdirSync(join(directory, 'refused'))).toEqual([]);
      expect((await poll(central, false)).json()).toMatchObject({ files: 1, leftOut: 1 });
      expect(readdirSync(join(directory, 'refused'))).toHaveLength(2);
      rmSync(directory, { recursive: true });
      expect((await poll(central, false)).json()).toMatchObject({ fault: { kind: 'folder-gone' } });
      expect((await central.send('GET', '/api/v1/lifecycle/sources')).json()).toMatchObject({
        items: [{ name: 'hr', readFrom: 'folder', fault: 'file-refused' }],
      });
    } finally {
      await site.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
