// A PostgreSQL server for tests: TEST_PG_URL, else one in a process of its own, which ends with this one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface PostgresqlServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The server of the run; null, with the reasons in `faults`, when none can be started. */
export async function startPostgresql(faults: string[]): Promise<PostgresqlServer | null> {
  const given = process.env['TEST_PG_URL'];
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} };
  return startOwn('primary', faults);
}

/** As a standby the server follows nobody, but is in recovery and only reads. Embedded binaries only. */
export async function startOwn(
  role: 'primary' | 'standby',
  faults: string[],
): Promise<PostgresqlServer | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'postgresql-process.ts'), role], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = once(createInterface(child.stdout), 'line');
  const ended = once(child, 'exit');
  const silent = ended.then(() => ['{"url":null,"faults":["its process ended"]}']);
  const [line] = (await Promise.race([said, silent])) as [string];
  const result = JSON.parse(line) as { url: string | null; faults: string[] };
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  if (result.url !== null) return { url: result.url, stop };
  faults.push(...result.faults);
  await stop();
  return null;
}
