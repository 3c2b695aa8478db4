// The command as an operator runs it: a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { runProgram } from '../../src/cli/program.ts';
import type { Site } from '../site.ts';

const command = resolve(import.meta.dirname, '../../bin/gatewarden.js');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function collect(child: ChildProcess): { stdout(): string; stderr(): string } {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return { stdout: () => stdout, stderr: () => stderr };
}

function environment(site: Site, more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], ...site.env, ...more };
}

/** Runs one command to its end. */
export async function run(
  site: Site,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly node?: string;
  } = {},
): Promise<Finished> {
  const child = spawn(options.node ?? process.execPath, [command, ...args], {
    cwd: site.directory,
    env: environment(site, options.env),
  });
  const output = collect(child);
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: output.stdout(), stderr: output.stderr() };
}

/** Runs one command inside this process: for what needs neither signals nor a Node of its own. */
export async function runHere(site: Site, args: readonly string[], input = ''): Promise<Finished> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  streams.stdin.end(input);
  const code = await runProgram({
    argv: args,
    env: site.env,
    workingDirectory: site.directory,
    hostName: 'test',
    stdin: streams.stdin as unknown as NodeJS.ReadStream,
    stdout: streams.stdout as unknown as NodeJS.WriteStream,
    stderr: streams.stderr as unknown as NodeJS.WriteStream,
    stop: new AbortController().signal,
  });
  const read = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, stdout: read(streams.stdout), stderr: read(streams.stderr) };
}

export interface RunningServe {
  /** host:port of its first RADIUS socket and of HTTP. */
  readonly radius: string;
  readonly http: string;
  readonly console: string;
  /** Everything written so far. */
  output(): string;
  /** Sends SIGTERM (or another signal) and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

/** Starts `serve` and waits until it says that it is up. */
export async function serve(site: Site, level = 'debug'): Promise<RunningServe> {
  const child = spawn(process.execPath, [command, 'serve'], {
    cwd: site.directory,
    env: environment(site, { GATEWARDEN_LOG_LEVEL: level }),
  });
  const output = collect(child);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const up = await new Promise<{ radius: string[]; http: string; console: string }>((found, failed) => {
    child.stdout.on('data', () => {
      for (const line of output.stdout().split('\n')) {
        if (line.includes('"the broker is up"')) found(JSON.parse(line));
      }
    });
    void closed.then(() => failed(new Error(`serve ended: ${output.stdout()}${output.stderr()}`)));
  });
  return {
    radius: up.radius[0] ?? '',
    http: `http://${up.http}`,
    console: `http://${up.console}`,
    output: () => output.stdout() + output.stderr(),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await closed;
      return { code, stdout: output.stdout(), stderr: output.stderr() };
    },
  };
}
