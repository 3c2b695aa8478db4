// Programs that the end-to-end tests run: to completion, or in the background until stopped by their pid.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams in the order of arrival. */
  readonly output: string;
}

export interface Running {
  readonly pid: number;
  /** Everything printed so far, both streams. */
  output(): string;
  /** True once the output matches; false when the program ended or `deadlineMs` passed without it. */
  printed(pattern: RegExp, deadlineMs: number): Promise<boolean>;
  /** Writes one line to the program's standard input. */
  writeLine(line: string): void;
  readonly finished: Promise<Finished>;
  /** Signals it (SIGTERM unless told) and waits until it is gone; SIGKILL after five seconds. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

export interface ProgramOptions {
  /** Written to standard input, which is then closed. Left open when absent and `keepInput` is set. */
  readonly input?: string;
  readonly keepInput?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Killed after this long; it then counts as ended by a signal. */
  readonly deadlineMs?: number;
}

/** Starts a program. Secrets belong in `input` or in files, never in `args`. */
export function start(command: string, args: readonly string[], options: ProgramOptions = {}): Running {
  const child: ChildProcessWithoutNullStreams = spawn(command, [...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
  const pid = child.pid;
  let stdout = '';
  let stderr = '';
  let output = '';
  let ended = false;
  const listeners = new Set<() => void>();
  const notify = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
    notify();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    output += text;
    notify();
  });
  // A program that ends early closes its input under us; its exit code tells what happened.
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.end(options.input);
  else if (options.keepInput !== true) child.stdin.end();

  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      ended = true;
      resolve({ code, stdout, stderr, output });
      notify();
    });
  });
  finished.catch(() => {});
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  if (options.deadlineMs !== undefined) {
    const timer = setTimeout(() => child.kill('SIGKILL'), options.deadlineMs);
    void finished.finally(() => clearTimeout(timer)).catch(() => {});
  }

  return {
    pid,
    output: () => output,
    finished,
    writeLine: (line) => void child.stdin.write(`${line}\n`),
    printed: (pattern, deadlineMs) =>
      new Promise<boolean>((resolve) => {
        const settle = (value: boolean): void => {
          clearTimeout(timer);
          listeners.delete(check);
          resolve(value);
        };
        const check = (): void => {
          if (pattern.test(output)) settle(true);
          else if (ended) settle(false);
        };
        const timer = setTimeout(() => settle(false), deadlineMs);
        listeners.add(check);
        check();
      }),
    stop: async (signal = 'SIGTERM') => {
      if (!ended) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      const result = await finished;
      clearTimeout(timer);
      return result;
    },
  };
}

/** Runs a program to its end. An exit code other than 0 is a result, not an error. */
export async function run(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  return await start(command, args, { deadlineMs: 60_000, input: '', ...options }).finished;
}

/** Runs a program that must succeed; throws with its output otherwise. */
export async function must(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const { code, stdout, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${output}`);
  return stdout;
}
