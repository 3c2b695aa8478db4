// A database that still answers reads but takes no writes is not healthy: no gateway may be told that this node can decide.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, inject, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { StoreUnavailableError } from '../../src/base/errors.ts';
import { systemRandom } from '../../src/base/random.ts';
import { startWriterThread } from '../../src/store/decision-writer/thread.ts';
import { claimSqliteDatabase, openStore } from '../../src/store/open.ts';
import { denial } from './decision-writer/people.ts';
import { administer, createEmptyPostgresqlDatabase } from './each-store.ts';
import { silentLog } from './silent-log.ts';

const later = (cleanup: () => unknown) => onTestFinished(async () => void (await cleanup()));
let at = 0;
const clock = { now: systemClock.now, monotonic: () => at };
const deps = { clock, random: systemRandom, log: silentLog, node: 'test' };

it('a locked SQLite database is healthy for none of its threads until the lock is gone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-proof-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'gatewarden.db');
  const lock = claimSqliteDatabase(file, deps);
  later(() => lock.release());
  const writer = await startWriterThread({ file, node: 'test', program: '0' }, silentLog);
  later(() => writer.stop());
  const open = () => openStore({ dialect: 'sqlite', file, writer: writer.connect() }, deps);
  const [radius, main] = [await open(), await open()];
  later(() => radius.close());
  later(() => main.close());
  expect([await radius.ping(10_000), await main.ping(10_000)]).toEqual([true, true]);

  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  await expect(radius.decisions.commit(denial(null))).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(await radius.ping(10_000)).toBe(false);
  at += 1_000;
  expect([await radius.ping(10_000), await main.ping(10_000)]).toEqual([false, false]);
  // The main thread never committed anything: it knows by trying.
  other.exec('ROLLBACK');
  other.close();
  expect([await radius.ping(10_000), await main.ping(10_000)]).toEqual([true, true]);
});

it.skipIf(inject('postgresqlUrl') === null)(
  'a PostgreSQL database that only reads is not healthy',
  async () => {
    const server = inject('postgresqlUrl') ?? '';
    const url = await createEmptyPostgresqlDatabase(server, later, inject('postgresqlTemplate'));
    const store = await openStore({ dialect: 'postgresql', url, poolSize: 2 }, deps);
    later(() => store.close());
    expect(await store.ping(10_000)).toBe(true);
    await administer(url, 'ALTER TABLE settings ADD CONSTRAINT disk_full CHECK (key = value) NOT VALID');
    at += 1_000;
    expect(await store.ping(10_000)).toBe(false);
    await administer(url, 'ALTER TABLE settings DROP CONSTRAINT disk_full');
    expect(await store.ping(10_000)).toBe(true);
  },
);
