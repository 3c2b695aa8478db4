// Runs the load generator against a server, and measures what the server used meanwhile.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { GeneratorNotice, LoadJob, LoadResult } from './load-job.ts';
import { cpuSeconds, pinned, residentMegabytes } from './processors.ts';

export interface Measurement extends LoadResult {
  /** Processor time of the server and its children for one accepted login, microseconds. */
  readonly serverCpuMicroseconds: number;
  /** The most that the server has had resident so far. */
  readonly residentMegabytes: number;
}

const generator = join(import.meta.dirname, 'generator.ts');

/** One run of the generator, on processors of its own where they are given. */
export async function measure(
  job: LoadJob,
  server: { readonly pid: number },
  processors: string | null,
): Promise<Measurement> {
  const [command, parameters] = pinned(processors, process.execPath, [
    '--max-semi-space-size=64',
    generator,
    JSON.stringify(job),
  ]);
  const child = spawn(command, parameters, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let before = 0;
  let used = 0;
  return await new Promise((resolve, reject) => {
    child.on('message', (notice: GeneratorNotice) => {
      if (notice.kind === 'begun') before = cpuSeconds(server.pid);
      else if (notice.kind === 'measured') used = cpuSeconds(server.pid) - before;
      else {
        const { result } = notice;
        resolve({
          ...result,
          serverCpuMicroseconds: result.accepted === 0 ? 0 : (used * 1e6) / result.accepted,
          residentMegabytes: residentMegabytes(server.pid).most,
        });
      }
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${code}`)));
  });
}
