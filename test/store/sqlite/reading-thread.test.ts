// The thread for reads of many rows.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asc, eq, sql } from 'drizzle-orm';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openStore } from '../../../src/store/open.ts';
import { insertUnit } from '../../../src/store/queries/units.ts';
import { createReadingThread } from '../../../src/store/sqlite/reading-thread.ts';
import { silentLog } from '../silent-log.ts';

async function subject() {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-reading-'));
  const file = join(folder, 'gatewarden.db');
  const deps = { clock: systemClock, random: systemRandom, log: silentLog, node: 'test' };
  const store = await openStore({ dialect: 'sqlite', file }, deps);
  const reading = createReadingThread(file, silentLog);
  onTestFinished(async () => {
    await reading.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const add = (code: string) =>
    store.write((db) => insertUnit(db, { code, name: `Đơn vị ${code}`, nameSearchKey: code }));
  return { reading, add };
}

it('reads what was committed before, like the store itself, while its caller goes on', async () => {
  const { reading, add } = await subject();
  await add('A');
  await add('B');
  const { value: ticks, stop } = ticking();
  const [units, count, none] = await reading.read(async (db) => {
    const { units: t } = db.tables;
    // Half a second of work.
    const slow = sql<number>`(with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select count(*) from n)`;
    return [
      await db.select({ code: t.code, name: t.name, closedAt: t.closedAt }).from(t).orderBy(asc(t.id)),
      await db.select({ slow }).from(t).limit(1),
      await db.select().from(t).where(eq(t.code, 'C')),
    ] as const;
  });
  stop();
  expect(units).toEqual([
    { code: 'A', name: 'Đơn vị A', closedAt: null },
    { code: 'B', name: 'Đơn vị B', closedAt: null },
  ]);
  expect(count).toEqual([{ slow: 3_000_000 }]);
  expect(none).toEqual([]);
  expect(ticks()).toBeGreaterThan(3);
});

it('changes nothing, and tells of its faults like the store', async () => {
  const { reading, add } = await subject();
  await add('A');
  await expect(reading.read((db) => db.delete(db.tables.units))).rejects.toThrow();
  await expect(reading.read((db) => db.select({ n: sql`nothing` }).from(db.tables.units))).rejects.toThrow(
    'SQLITE_ERROR',
  );
  expect(await reading.read((db) => db.select().from(db.tables.units))).toHaveLength(1);
});

it('answers nobody once it is stopped', async () => {
  const { reading } = await subject();
  await reading.read((db) => db.select().from(db.tables.units));
  await reading.stop();
  await expect(reading.read((db) => db.select().from(db.tables.units))).rejects.toThrow(
    StoreUnavailableError,
  );
});

/** How often this thread came round. */
function ticking() {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
  }, 5);
  return { value: () => count, stop: () => clearInterval(timer) };
}
