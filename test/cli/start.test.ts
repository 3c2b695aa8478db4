// `npm start` and `npm run demo`, as somebody who has just cloned the repository runs them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCredentials } from '../../src/cli/credentials-file.ts';
import { reasons } from '../../src/core/reasons.ts';
import { createSite, type Site } from '../site.ts';
import { run } from './gatewarden.ts';

const root = resolve(import.meta.dirname, '../..');
let directory: string;
let running: ChildProcess | null = null;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatewarden-start-'));
});

afterEach(() => {
  running?.kill('SIGKILL');
  running = null;
  rmSync(directory, { recursive: true, force: true });
});

const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  GATEWARDEN_DATA_DIR: join(directory, 'var'),
  GATEWARDEN_RADIUS_LISTEN: '127.0.0.1:0',
  GATEWARDEN_HTTP_LISTEN: '127.0.0.1:0',
  GATEWARDEN_CONSOLE_LISTEN: '127.0.0.1:0',
  GATEWARDEN_PORTAL_LISTEN: '127.0.0.1:0',
});

/** Starts it and waits for the end of its text. */
async function start(): Promise<{ readonly screen: string; stop(): Promise<number | null> }> {
  const child = spawn(process.execPath, [join(root, 'bin/gatewarden.js'), 'start'], {
    cwd: directory,
    env: environment(),
  });
  running = child;
  const closed = once(child, 'close') as Promise<[number | null]>;
  let screen = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await new Promise<void>((found, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString();
      if (screen.includes('Ctrl-C stops it')) found();
    });
    void closed.then(() => failed(new Error(`start ended: ${screen}${errors}`)));
  });
  return {
    screen,
    async stop() {
      child.kill('SIGINT');
      const [code] = await closed;
      running = null;
      return code;
    },
  };
}

/** The lines that are to be copied. */
function commandsOn(screen: string): string[][] {
  return [...screen.matchAll(/^ {2}npx gatewarden (.*)$/gm)].map(([, line = '']) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''),
  );
}

async function copied(words: readonly string[]) {
  const child = spawn(process.execPath, [join(root, 'bin/gatewarden.js'), ...words], {
    cwd: directory,
    env: environment(),
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout };
}

// Every command is a process of its own, on machines that have other work too.
const timeout = 120_000;

describe('start', { timeout }, () => {
  it('puts the sample in, prints commands that work, and goes on with what is there', async () => {
    const first = await start();
    expect(first.screen).toMatch(/^Gatewarden is up\.\n/);
    expect(first.screen).toContain('An invented organisation was put in.');
    const commands = commandsOn(first.screen);
    const [accepted = [], refused = [], explain = [], ...others] = commands;
    expect((await copied(accepted)).stdout).toMatch(/^Access-Accept/);
    const denied = await copied(refused);
    const code = /explain ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(denied.stdout)?.[1] ?? '';
    expect((await copied(['explain', code])).stdout).toContain('expired');
    expect(explain.slice(0, 2)).toEqual(['explain', 'CODE']);
    for (const command of others) expect((await copied(command)).code).toBe(0);

    const files = join(directory, 'var/sample');
    for (const name of ['credentials', 'organisation.json', 'logins.json']) {
      expect(statSync(join(files, name)).mode & 0o077).toBe(0);
    }
    const { secret, logins } = readCredentials(join(files, 'credentials'));
    for (const hidden of [secret, ...Object.values(logins).flatMap((one) => [one.password, one.seed])]) {
      if (hidden !== undefined) expect(first.screen).not.toContain(hidden);
    }

    const second = await copied(['start']);
    expect(second.code).toBe(2);
    const key = readFileSync(join(directory, 'var/gatewarden.key'), 'utf8');
    expect(await first.stop()).toBe(0);

    const again = await start();
    expect(again.screen).toContain('The sample organisation is kept as it was.');
    expect(readFileSync(join(directory, 'var/gatewarden.key'), 'utf8')).toBe(key);
    // What was tried in the first run is still so.
    const suspended = commands.find((words) => words[1] === 'suspend')?.[2] ?? '';
    expect(again.screen).toMatch(new RegExp(`^${suspended} .*Account suspended \\(suspended\\)$`, 'm'));
    expect(await again.stop()).toBe(0);
  });

  it('names every person with what will happen to them', async () => {
    const { screen, stop } = await start();
    const { logins } = readCredentials(join(directory, 'var/sample/credentials'));
    for (const userName of Object.keys(logins)) {
      const [line = ''] = new RegExp(`^${userName} .*$`, 'm').exec(screen) ?? [];
      const reason = /\(([a-z-]+)\)$/.exec(line)?.[1];
      expect(reason === undefined ? line.endsWith('let in') : reasons.includes(reason as never)).toBe(true);
    }
    await stop();
  });
});

describe('demo', { timeout }, () => {
  let site: Site;
  beforeEach(() => {
    site = createSite();
  });
  afterEach(() => site.remove());

  it('shows each outcome as it should be, and leaves nothing behind', async () => {
    const done = await run(site, ['demo']);
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^26 connections, each as it should be\.\nThe log is sound: \d+ records/m);
    expect(Math.max(...done.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(existsSync(join(site.directory, 'var'))).toBe(false);
  });

  it('has a connection for every kind of outcome that one gateway can show', async () => {
    const done = await run(site, ['demo', '--json', '--lang', 'vi']);
    const { connections } = JSON.parse(done.stdout) as {
      connections: { reason: string | null; detail: string | null; packets: string[] }[];
    };
    const shown = new Set(connections.map(({ reason }) => reason));
    expect(shown.size).toBeGreaterThanOrEqual(18);
    for (const reason of shown) if (reason !== null) expect(reasons).toContain(reason);
    const details = connections.map(({ detail }) => detail);
    expect(details).toEqual(expect.arrayContaining(['retired', 'resigned', 'transferred-out', 'clock-skew']));
    expect(done.code).toBe(0);
    expect(connections.some(({ packets }) => packets.join() === 'Access-Challenge,Access-Accept')).toBe(true);
    expect(connections.some(({ packets }) => packets.join() === 'Access-Challenge,Access-Reject')).toBe(true);
  });
});
