// The thread that moves committed pages into the database file.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startCheckpointThread } from '../../../src/store/sqlite/checkpoint-thread.ts';
import { openSqliteConnection, type SqliteConnection } from '../../../src/store/sqlite/connection.ts';
import { silentLog } from '../silent-log.ts';

function databaseOf(pages: number): { file: string; connection: SqliteConnection } {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-checkpoint-'));
  const file = join(folder, 'gatewarden.db');
  const connection = openSqliteConnection(file, 'create');
  onTestFinished(() => {
    connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  connection.exec('CREATE TABLE filler (octets BLOB)');
  const insert = connection.prepare('INSERT INTO filler VALUES (zeroblob(1900))');
  connection.transaction(() => {
    for (let page = 0; page < pages; page += 1) insert.run();
  })();
  return { file, connection };
}

const pageSize = 2048;

it('leaves a log of ordinary length to the thread, so that commits do not wait for it', () => {
  const { file } = databaseOf(3_000);
  expect(statSync(file).size).toBeLessThan(100 * pageSize);
});

it('moves what was committed into the database while others write', async () => {
  const { file, connection } = databaseOf(3_000);
  const thread = startCheckpointThread(file, silentLog);
  try {
    await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(3_000 * pageSize), {
      timeout: 20_000,
    });
    connection.exec('INSERT INTO filler VALUES (NULL)');
    expect(connection.prepare('SELECT count(*) FROM filler').pluck().get()).toBe(3_001);
  } finally {
    await thread.stop();
  }
});

it('has whoever commits move a log that has become long, so that it never grows without bound', () => {
  const { file, connection } = databaseOf(40_000);
  expect(statSync(file).size).toBeGreaterThan(32_000 * pageSize);
  expect(connection.pragma('wal_autocheckpoint', { simple: true })).toBe(32_768);
});
