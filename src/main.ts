#!/usr/bin/env node
// The entry point: argv, environment, signals, exit code. Nothing else reads them.
// Exit codes: 0 done, 1 something is broken (or was found broken), 2 the operator has to correct something.
import { hostname } from 'node:os';

const neededNode = 24;

async function main(): Promise<number> {
  if (Number(process.versions.node.split('.')[0]) < neededNode) {
    process.stderr.write(
      `Gatewarden needs Node ${neededNode} or later; this is ${process.versions.node}.\n` +
        '  Run "npm install" in its folder, which brings Node 24, then "npm start" or "npx gatewarden …".\n',
    );
    return 2;
  }
  // Only now: better-sqlite3 crashes an older Node while it is being loaded.
  const { runProgram } = await import('./cli/program.ts');
  return runProgram({
    argv: process.argv.slice(2),
    env: process.env,
    workingDirectory: process.cwd(),
    hostName: hostname(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    stop: stopSignal(),
  });
}

/** Aborts at the first SIGTERM or SIGINT; the second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort(signal);
    });
  }
  return controller.signal;
}

/** A promise or a listener that nobody handled: what else is wrong is unknown, so nothing more may be decided. */
function dieOf(kind: string, error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${JSON.stringify({ level: 'fatal', kind, error: text })}\n`);
  process.exit(1);
}

process.on('unhandledRejection', (error) => dieOf('unhandledRejection', error));
process.on('uncaughtException', (error) => {
  // The reader of a pipe (less, head) has gone: nobody is left to tell, and what was not told is not known to be good.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(1);
  dieOf('uncaughtException', error);
});

process.exitCode = await main();
