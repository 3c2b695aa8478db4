// Plays seeds of the simulation on all cores, or one of them with its whole trace: npm run simulate -- --seeds 1000000
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { replay, simulate, type TracedRun } from '../test/simulation/simulate.ts';

const usage = `npm run simulate -- [--seeds N] [--from N] [--jobs N]   play N seeds (1,000) from the one given (1)
npm run simulate -- --seed N                            play one seed and print its trace`;
/** A worker asks for this many at a time, so that all end together. */
const share = 250;
const reportMs = 10_000;

/** What a worker tells of its share. */
interface Report {
  readonly played: number;
  readonly failures: readonly Pick<TracedRun, 'seed' | 'violation' | 'trace'>[];
}

function whole(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    console.error(`${text} is not a whole number above 0.\n${usage}`);
    process.exit(2);
  }
  return value;
}

if (isMainThread) await main();
else serve();

/** Plays the shares that it is given, one after another. */
function serve(): void {
  const { from } = workerData as { from: number };
  const playShare = async (first: number, count: number) => {
    const failures: Report['failures'][number][] = [];
    for (let seed = first; seed < first + count; seed += 1) {
      const { violation } = await simulate(seed);
      if (violation === null) continue;
      const { trace } = await replay(seed);
      failures.push({ seed, violation, trace });
    }
    parentPort?.postMessage({ played: count, failures } satisfies Report);
  };
  parentPort?.on('message', ({ offset, count }: { offset: number; count: number }) => {
    void playShare(from + offset, count);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string' },
      jobs: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) console.log(usage);
  else if (values.seed !== undefined) await show(whole(values.seed, 1));
  else {
    await playAll({
      seeds: whole(values.seeds, 1_000),
      from: whole(values.from, 1),
      jobs: whole(values.jobs, availableParallelism()),
    });
  }
}

async function show(seed: number): Promise<void> {
  const { trace, violation, hash } = await replay(seed);
  console.log(trace.join('\n'));
  console.log(
    violation === null
      ? `Seed ${seed} keeps every invariant.`
      : `Seed ${seed} breaks: ${violation.invariant}.`,
  );
  console.log(`Trace ${hash}`);
  process.exitCode = violation === null ? 0 : 1;
}

async function playAll({ seeds, from, jobs }: { seeds: number; from: number; jobs: number }): Promise<void> {
  const begunAt = performance.now();
  let given = 0;
  let played = 0;
  let failed = 0;
  const rate = () => Math.round((played * 1_000) / (performance.now() - begunAt));
  const progress = setInterval(() => {
    console.log(`${played} of ${seeds} seeds, ${rate()} a second, ${failed} failed`);
  }, reportMs);

  const run = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { from } });
      const giveShare = () => {
        const count = Math.min(share, seeds - given);
        if (count <= 0) {
          void worker.terminate().then(() => resolve());
          return;
        }
        worker.postMessage({ offset: given, count });
        given += count;
      };
      worker.on('error', reject);
      worker.on('message', (report: Report) => {
        played += report.played;
        failed += report.failures.length;
        for (const { seed, violation, trace } of report.failures) {
          console.log(trace.slice(-60).join('\n'));
          console.log(`Seed ${seed} breaks: ${violation?.invariant}: ${violation?.detail}`);
          console.log(`Replay: npm run simulate -- --seed ${seed}\n`);
        }
        giveShare();
      });
      giveShare();
    });
  await Promise.all(Array.from({ length: jobs }, run));
  clearInterval(progress);
  console.log(`${played} seeds played, ${rate()} a second, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
