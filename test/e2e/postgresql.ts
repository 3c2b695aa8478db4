// A PostgreSQL server of a machine's own, from Debian's binaries, for one test.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Machine } from './namespace.ts';
import { must } from './process.ts';

/** Starts it on the machine's loopback and returns the URL of an empty database. It ends with its network. */
export async function startPostgresql(machine: Machine, parent: string): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root)).sort((a, b) => Number(a) - Number(b));
  const binaries = path.join(root, versions.at(-1) ?? '', 'bin');
  const directory = path.join(parent, `postgresql-${machine.name}`);
  await mkdir(directory, { mode: 0o700 });
  await must('chown', ['postgres', directory]);
  const data = path.join(directory, 'data');
  const passwordFile = path.join(directory, 'password');
  const password = 'only for this test';
  await writeFile(passwordFile, `${password}\n`, { mode: 0o644 });
  // PostgreSQL refuses to run as root.
  const asPostgres = ['-u', 'postgres', '--'];
  await must(
    'runuser',
    [
      ...asPostgres,
      path.join(binaries, 'initdb'),
      ...['--pgdata', data, '--username', 'gatewarden', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--no-sync'],
    ],
    { cwd: '/' },
  );
  const server = machine.start(
    'runuser',
    [
      ...asPostgres,
      path.join(binaries, 'postgres'),
      ...['-D', data, '-h', '127.0.0.1', '-p', '5432', '-k', directory],
    ],
    { cwd: '/' },
  );
  if (!(await server.printed(/database system is ready to accept connections/, 30_000))) {
    throw new Error(`PostgreSQL did not start:\n${server.output()}`);
  }
  return `postgresql://gatewarden:${encodeURIComponent(password)}@127.0.0.1:5432/postgres`;
}
