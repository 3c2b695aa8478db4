// The thread that moves committed pages into the database file.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startCheckpointThread } from '../../../src/store/sqlite/checkpoint-thread.ts';
import { openSqliteConnection, type SqliteConnection } from '../../../src/store/sqlite/connection.ts';
import type { TurnGrant, TurnRequest } from '../../../src/store/sqlite/turn.ts';
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

/** The writer's end of the turn: who holds it keeps `isHeld` true until it is given back. */
function turnsOf(): { readonly port: MessagePort; isHeld(): boolean } {
  const { port1, port2 } = new MessageChannel();
  let isHeld = false;
  port2.on('message', ({ kind, id }: TurnRequest) => {
    isHeld = kind === 'turn-acquire';
    if (isHeld) port2.postMessage({ kind: 'turn-granted', id } satisfies TurnGrant);
  });
  onTestFinished(() => port2.close());
  return { port: port1, isHeld: () => isHeld };
}

it('leaves a log of ordinary length to the thread, so that commits do not wait for it', () => {
  const { file } = databaseOf(3_000);
  expect(statSync(file).size).toBeLessThan(100 * pageSize);
});

it('moves what was committed into the database while others write', async () => {
  const { file, connection } = databaseOf(3_000);
  const thread = startCheckpointThread(file, turnsOf().port, silentLog);
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

it('lets the log begin anew beside a steady stream of commits, which would else find it at its limit', async () => {
  const { file, connection } = databaseOf(10);
  const turns = turnsOf();
  const thread = startCheckpointThread(file, turns.port, silentLog);
  const insert = connection.prepare('INSERT INTO filler VALUES (zeroblob(1900))');
  const commit = connection.transaction(() => {
    for (let page = 0; page < 20; page += 1) insert.run();
  });
  try {
    for (let commits = 0; commits < 2_000; commits += 1) {
      do await pause(1);
      while (turns.isHeld());
      commit();
    }
    expect(statSync(`${file}-wal`).size).toBeLessThan(32_768 * pageSize);
    expect(statSync(file).size).toBeGreaterThan(30_000 * pageSize);
  } finally {
    await thread.stop();
  }
});

it('has whoever commits move a log that has become long, so that it never grows without bound', () => {
  const { file, connection } = databaseOf(40_000);
  expect(statSync(file).size).toBeGreaterThan(32_000 * pageSize);
  expect(connection.pragma('wal_autocheckpoint', { simple: true })).toBe(32_768);
});
