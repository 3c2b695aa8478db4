// The entry point of gatewarden-agent: argv, environment, signals, exit code. Nothing else of the agent reads them.
import { hostname } from 'node:os';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { runAgent } from './program.ts';

const controller = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort(signal);
  });
}

process.exitCode = await runAgent({
  argv: process.argv.slice(2),
  env: process.env,
  hostName: hostname(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
  random: systemRandom,
  stop: controller.signal,
});
