// Starting the VPN's own client with what was typed: on its standard input or a pipe, never among its arguments or on the disk.
import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AgentError } from './agent-error.ts';

export const clients = ['openconnect', 'openvpn', 'nmcli'] as const;
export type ClientName = (typeof clients)[number];

export interface Connection {
  readonly client: ClientName;
  /** Another path of the program; null: as the system finds it. */
  readonly program: string | null;
  readonly userName: string;
  /** One for each thing that the client asks: password first. */
  readonly answers: readonly string[];
  /** What the client has of our environment; the token's PIN is not its business. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The client's own: the gateway's address, its configuration file, the connection's name. */
  readonly options: readonly string[];
}

interface Start {
  readonly args: readonly string[];
  /** Where the client reads what was typed. */
  readonly by: 'stdin' | 'pipe';
  readonly text: string;
}

/** `pipe`: path of the named pipe for clients that read a file. */
function startOf({ client, userName, answers, options }: Connection, pipe: string): Start {
  switch (client) {
    case 'openconnect':
      return {
        args: ['--user', userName, '--passwd-on-stdin', ...options],
        by: 'stdin',
        text: answers.map((answer) => `${answer}\n`).join(''),
      };
    case 'openvpn':
      return {
        args: [...options, '--auth-user-pass', pipe, '--auth-retry', 'none'],
        by: 'pipe',
        text: `${userName}\n${answers.join('')}\n`,
      };
    case 'nmcli':
      return {
        args: ['connection', 'up', ...options, 'passwd-file', pipe],
        by: 'pipe',
        text: `vpn.secrets.password:${answers.join('')}\n`,
      };
  }
}

/** Runs the client until it ends; its exit code. @throws AgentError when it can't be started */
export async function runClient(connection: Connection, stop: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewarden-agent-'));
  try {
    const pipe = join(folder, 'answers');
    const start = startOf(connection, pipe);
    if (start.by === 'pipe')
      await promisify(execFile)('mkfifo', ['-m', '600', pipe], { env: connection.env });
    return await run(connection, start, pipe, stop);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(
  { client, program, env }: Connection,
  { args, by, text }: Start,
  pipe: string,
  stop: AbortSignal,
): Promise<number> {
  const child = spawn(program ?? client, args, {
    stdio: [by === 'stdin' ? 'pipe' : 'ignore', 'inherit', 'inherit'],
    env,
  });
  const forward = () => child.kill('SIGINT');
  stop.addEventListener('abort', forward, { once: true });
  // A client that ends before it has read everything says by itself what was wrong.
  child.stdin?.on('error', () => {});
  child.stdin?.end(text);
  const written = by === 'pipe' ? writeTo(pipe, text) : null;
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (cause) => {
        const remedy = `Install ${client}, or name its path with --program.`;
        reject(new AgentError(`${program ?? client} cannot be started.`, remedy, { cause }));
      });
      child.on('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    stop.removeEventListener('abort', forward);
    if (written !== null) await release(pipe, written);
  }
}

/** Waits for the client to open the pipe. */
async function writeTo(pipe: string, text: string): Promise<void> {
  const end = await open(pipe, 'w');
  try {
    await end.writeFile(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    await end.close();
  }
}

/** A client that never opened the pipe leaves the writer waiting: opening the other end lets it go. */
async function release(pipe: string, written: Promise<void>): Promise<void> {
  const end = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await written;
  } finally {
    await end.close();
  }
}
