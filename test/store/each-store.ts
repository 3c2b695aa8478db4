// Runs the same tests on both databases.
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, inject, onTestFinished } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openStore, type StoreDeps, type StoreTarget } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { lendDatabase, takeBack } from './lent-database.ts';
import { silentLog } from './silent-log.ts';

/**
 * Opens a store; without a target on a fresh, empty database. It is closed after the test (opened in beforeAll: after
 * the last one).
 */
export type OpenTestStore = (deps?: Partial<StoreDeps>, target?: StoreTarget) => Promise<Store>;

/** Makes a fresh database, empty and migrated on PostgreSQL, not yet there on SQLite; removed after the test. */
export type CreateTestDatabase = () => Promise<StoreTarget>;

export type Cleanup = () => Promise<unknown> | unknown;

/** Describes a contract that every store must keep. The body runs once per database. */
export function describeOnEachStore(
  name: string,
  body: (open: OpenTestStore, createDatabase: CreateTestDatabase, dialect: Store['dialect']) => void,
): void {
  describe(`${name} (SQLite)`, () =>
    run(body, 'sqlite', createSqliteDatabase, async (later) => {
      const target = await createSqliteDatabase(later);
      copyFileSync(inject('sqliteTemplate'), target.file);
      return target;
    }));
  const url = inject('postgresqlUrl');
  // Without a server the run has said so loudly already, and with CI set it has failed.
  describe.skipIf(url === null)(`${name} (PostgreSQL)`, () =>
    run(
      body,
      'postgresql',
      (later) => createPostgresqlDatabase(url ?? '', later),
      (later) => borrowPostgresqlDatabase(url ?? '', later),
    ),
  );
}

function run(
  body: Parameters<typeof describeOnEachStore>[1],
  dialect: Store['dialect'],
  create: (later: (cleanup: Cleanup) => void) => Promise<StoreTarget>,
  createMigrated = create,
): void {
  const atTheEnd: Cleanup[] = [];
  const later = (cleanup: Cleanup) => {
    try {
      onTestFinished(async () => {
        await cleanup();
      });
    } catch {
      atTheEnd.push(cleanup);
    }
  };
  afterAll(async () => {
    for (const cleanup of atTheEnd.reverse()) await cleanup();
  });
  const open: OpenTestStore = async (deps = {}, target) => {
    const store = await openStore(target ?? (await createMigrated(later)), {
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      node: 'test',
      ...deps,
    });
    later(() => store.close());
    return store;
  };
  body(open, () => create(later), dialect);
}

async function createSqliteDatabase(
  later: (cleanup: Cleanup) => void,
): Promise<Extract<StoreTarget, { dialect: 'sqlite' }>> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-store-'));
  later(() => rmSync(folder, { recursive: true, force: true }));
  return { dialect: 'sqlite', file: join(folder, 'gatewarden.db') };
}

async function createPostgresqlDatabase(
  server: string,
  later: (cleanup: Cleanup) => void,
): Promise<StoreTarget> {
  const url = await createEmptyPostgresqlDatabase(server, later, inject('postgresqlTemplate'));
  return { dialect: 'postgresql', url, poolSize: 4 };
}

/** A database that is as new. */
async function borrowPostgresqlDatabase(
  server: string,
  later: (cleanup: Cleanup) => void,
): Promise<StoreTarget> {
  const template = inject('postgresqlTemplate');
  const lent = await lendDatabase(() => makeDatabase(server, template, `${template}_`));
  later(async () => {
    if (!(await takeBack(lent))) await dropDatabase(server, lent.url);
  });
  return { dialect: 'postgresql', url: lent.url, poolSize: 4, Client: lent.connections.Client };
}

/** Makes a database without tables (or a copy of the template) and returns its URL. */
export async function createEmptyPostgresqlDatabase(
  server: string,
  later: (cleanup: Cleanup) => void,
  template = 'template0',
): Promise<string> {
  const url = await makeDatabase(server, template, 'gatewarden_test_');
  later(() => dropDatabase(server, url));
  return url;
}

async function makeDatabase(server: string, template: string, prefix: string): Promise<string> {
  const name = `${prefix}${randomBytes(8).toString('hex')}`;
  // The usual strategy writes the whole copy to the log as well.
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

function dropDatabase(server: string, url: string): Promise<void> {
  return administer(server, `DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
}

/** Runs a statement of administration on the server of the tests. */
export async function administer(server: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
