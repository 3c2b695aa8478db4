// PostgreSQL servers of Debian's binaries that keep what they have committed (fsync on), to be paused, killed and promoted.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { cpuSeconds } from '../../../scripts/bench/processors.ts';
import { freeTcpPort } from './ports.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const root = '/usr/lib/postgresql';
const startWithinMs = 60_000;

export interface Server {
  readonly port: number;
  /** Of one database on this server. */
  url(database: string): string;
  query(sql: string): Promise<Record<string, unknown>[]>;
  start(): Promise<void>;
  /** `fast`: in good order; `immediate`: as if the power had failed. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  /** All its processes stand still; connections stay open. */
  pause(): void;
  resume(): void;
  /** SIGKILL to every process. */
  kill(): Promise<void>;
  /** A copy of this server that follows it, started. */
  createStandby(name: string): Promise<Server>;
  promote(): Promise<void>;
  /** Seconds of processor time that its present processes have used. */
  cpuSeconds(): number;
}

/** Why no server can be started here; null: one can. */
export function findMissing(): string | null {
  const versions = existsSync(root) ? readdirSync(root) : [];
  return versions.length === 0 ? `no PostgreSQL in ${root}` : null;
}

function binary(name: string): string {
  const [version = ''] = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return join(root, version, 'bin', name);
}

const isRoot = process.getuid?.() === 0;

/** The command as the account `postgres` (it refuses to run as root); it dies with this process. */
function asPostgres(name: string, parameters: readonly string[]): [string, string[]] {
  const who = isRoot ? ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups'] : [];
  return ['setpriv', [...who, '--pdeathsig', 'KILL', '--', binary(name), ...parameters]];
}

async function tool(name: string, ...parameters: readonly string[]): Promise<void> {
  await run(...asPostgres(name, parameters), { cwd: '/' });
}

async function initialise(): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), 'gatewarden-initdb-'));
  chmodSync(parent, 0o755);
  process.on('exit', () => rmSync(parent, { recursive: true, force: true }));
  const data = join(ownFolder(parent, 'initial'), 'data');
  await tool('initdb', '-D', data, '-U', 'gatewarden', '-A', 'trust', '--encoding=UTF8', '--locale=C', '-N');
  return data;
}

/** The data of a server that was never started; made once a process, since `initdb` takes a second of a processor. */
let initialData: Promise<string> | null = null;

/** Makes and starts a server whose data lies in a folder of `parent`. */
export async function createServer(parent: string): Promise<Server> {
  const folder = ownFolder(parent, 'primary');
  const data = join(folder, 'data');
  initialData ??= initialise();
  await run('cp', ['-a', await initialData, data]);
  appendFileSync(
    join(data, 'postgresql.conf'),
    ["listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", 'max_connections = 120', ''].join(
      '\n',
    ),
  );
  const server = await serverIn(folder, 'primary');
  await server.start();
  return server;
}

function ownFolder(parent: string, name: string): string {
  const folder = join(parent, `postgresql-${name}`);
  mkdirSync(folder, { mode: 0o700 });
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  return folder;
}

async function serverIn(folder: string, name: string): Promise<Server> {
  const data = join(folder, 'data');
  const port = await freeTcpPort();
  let child: ChildProcess | null = null;
  let said = '';

  const pids = (): number[] => {
    const main = child?.pid;
    if (main === undefined || child?.exitCode !== null || child.signalCode !== null) return [];
    return [main, ...childrenOf(main)];
  };
  const signal = (signal: NodeJS.Signals) => {
    for (const pid of pids()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has just ended by itself.
      }
    }
  };
  const ended = async () => {
    if (child !== null && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };

  const server: Server = {
    port,
    url: (database) => `postgresql://gatewarden@127.0.0.1:${port}/${database}`,
    async query(sql) {
      const client = new pg.Client({ connectionString: server.url('postgres') });
      client.on('error', () => {});
      await client.connect();
      try {
        return (await client.query(sql)).rows as Record<string, unknown>[];
      } finally {
        await client.end();
      }
    },
    async start() {
      const parameters = ['-D', data, '-p', String(port), '-c', `cluster_name=${name}`];
      const started = spawn(...asPostgres('postgres', parameters), {
        cwd: '/',
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = started;
      said = '';
      started.stderr?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-16_384);
      });
      await until('PostgreSQL is ready', startWithinMs, () => {
        if (started.exitCode !== null) throw new Error(`PostgreSQL ended:\n${said}`);
        return /ready to accept (read-only )?connections/.test(said);
      });
    },
    async stop(mode) {
      if (child?.exitCode === null) child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await ended();
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async kill() {
      signal('SIGKILL');
      await ended();
    },
    async createStandby(standby) {
      const own = ownFolder(join(folder, '..'), standby);
      await tool(
        'pg_basebackup',
        ...['-D', join(own, 'data'), '-R', '-X', 'stream', '-c', 'fast', '-N'],
        ...['-h', '127.0.0.1', '-p', String(port), '-U', 'gatewarden'],
      );
      const follower = await serverIn(own, standby);
      await follower.start();
      return follower;
    },
    promote: () => tool('pg_ctl', 'promote', '-w', '-D', data),
    cpuSeconds: () => cpuSeconds(child?.pid ?? 0),
  };
  return server;
}

function childrenOf(parent: number): number[] {
  return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Writes a database to a file, as pg_dump does while it is in use. */
export async function dumpDatabase(server: Server, database: string, file: string): Promise<void> {
  await run(binary('pg_dump'), ['--format=custom', `--file=${file}`, server.url(database)], {
    maxBuffer: 1 << 26,
  });
}

/** Puts the database of such a file in the place of the present one. */
export async function restoreDatabase(server: Server, database: string, file: string): Promise<void> {
  await server.query(`DROP DATABASE ${database} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${database} LOCALE 'C' TEMPLATE template0`);
  await run(binary('pg_restore'), ['--exit-on-error', `--dbname=${server.url(database)}`, file], {
    maxBuffer: 1 << 26,
  });
}

/** A database as statements that any client can run: without psql's own commands. */
export async function dumpStatements(server: Server, database: string): Promise<string> {
  const options = ['--inserts', '--rows-per-insert=50', '--no-owner', '--no-privileges'];
  const { stdout } = await run(binary('pg_dump'), [...options, server.url(database)], { maxBuffer: 1 << 28 });
  return stdout
    .split('\n')
    .filter((line) => !/^(\\|--|SET transaction_timeout)/.test(line) && line !== '')
    .join('\n');
}
