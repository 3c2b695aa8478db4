// A PostgreSQL server for tests: TEST_PG_URL, else one in a process of its own, which ends with this one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface PostgresqlServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The server of the run, or why there is none. */
export async function startPostgresql(): Promise<
  PostgresqlServer | { readonly url: null; readonly fault: string }
> {
  const given = process.env['TEST_PG_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} };
  return startOwn('primary');
}

/** As a standby the server follows nobody, but is in recovery and only reads. Embedded binaries only. */
export async function startOwn(
  role: 'primary' | 'standby',
): Promise<PostgresqlServer | { readonly url: null; readonly fault: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'postgresql-process.ts'), role], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = once(createInterface(child.stdout), 'line');
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([said, ended.then(() => ['{"url":null,"faults":["it ended"]}'])])) as [
    string,
  ];
  const { url, faults } = JSON.parse(line) as { url: string | null; faults: string[] };
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  if (url !== null) return { url, stop };
  await stop();
  return { url, fault: faults.join('; ') };
}
