// Real broker processes: started as an operator starts them, killed as nobody should, and the command line beside them.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Gateway } from './gateway.ts';
import type { NodeFiles } from './site.ts';
import { until } from './until.ts';

const program = join(import.meta.dirname, '../../../bin/gatewarden.js');
const startWithinMs = 60_000;

export interface Broker {
  readonly node: NodeFiles;
  readonly port: number;
  readonly pid: number;
  /** Whether the process still runs. */
  isAlive(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; rejects when the broker did not stop in good order. */
  stop(): Promise<void>;
  /** Resident memory in megabytes. */
  residentMegabytes(): number;
  openFiles(): number;
  /** What the process wrote so far, all its incarnations included. */
  log(): string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a broker and waits until it answers Status-Server and the command line (`answers: false`: until its process runs only). */
export async function startBroker(
  node: NodeFiles,
  gateway: Gateway,
  options: { readonly env?: Readonly<Record<string, string>>; readonly answers?: boolean } = {},
): Promise<Broker> {
  const logFile = join(node.directory, 'log');
  const descriptor = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [program, 'serve', '--config', node.configFile], {
    cwd: node.directory,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  running.add(child);
  const exited = once(child, 'exit').then(() => {
    running.delete(child);
  });
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const log = () => readFileSync(logFile, 'utf8');
  const broker: Broker = {
    node,
    port: node.port,
    pid: child.pid ?? 0,
    isAlive,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      if (child.exitCode !== 0) throw new Error(`the broker ended with ${child.exitCode}:\n${tail(log())}`);
    },
    residentMegabytes: () => Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(child.pid))?.[1] ?? 0) / 1024,
    openFiles: () => readdirSync(`/proc/${child.pid}/fd`).length,
    log,
  };
  if (options.answers !== false) {
    await until('the broker answers', startWithinMs, async () => {
      if (!isAlive()) throw new Error(`the broker ended while it was starting:\n${tail(log())}`);
      return await gateway.status(node.port, 100);
    });
    await until('the command line reaches it', startWithinMs, () => listens(node.controlSocket));
  }
  return broker;
}

async function listens(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function statusOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}

function tail(text: string): string {
  return text.split('\n').slice(-15).join('\n');
}

/** Lines of the log that tell of a defect; an outage of the store is none. */
export function defectsIn(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /unhandledRejection|uncaughtException|defect|"level":(60|"fatal")/.test(line));
}

export interface RunningCommand {
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  readonly finished: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Starts a command of the program beside (or without) the broker. */
export function startCommand(node: NodeFiles, ...words: readonly string[]): RunningCommand {
  const parameters = [program, '--config', node.configFile, '--json', ...words];
  const child = spawn(process.execPath, parameters, { cwd: node.directory, stdio: 'pipe' });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const finished = once(child, 'close').then(() => {
    running.delete(child);
    return { code: child.exitCode, output };
  });
  return {
    finished,
    async kill() {
      child.kill('SIGKILL');
      await finished;
    },
  };
}

/** Runs a command of the program beside (or without) the broker; resolves with its JSON. Rejects unless it exits with 0. */
export function command(node: NodeFiles, ...words: readonly string[]): Promise<unknown> {
  const parameters = [program, '--config', node.configFile, '--json', ...words];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      parameters,
      { cwd: node.directory, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(`${words.join(' ')}: ${stdout}${stderr}`));
        else resolve(stdout.trim() === '' ? null : JSON.parse(stdout));
      },
    );
  });
}
