// The command line against a broker that runs, and without one.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSite, password, populate, type Site, secretText } from '../site.ts';
import { type RunningServe, run, runHere, serve } from './gatewarden.ts';

// Processes are started by the dozen, on a machine that may have other work.
vi.setConfig({ testTimeout: 120_000 });

let site: Site;
let broker: RunningServe | null = null;

beforeEach(async () => {
  site = createSite();
  await populate(site);
});

afterEach(async () => {
  await broker?.stop('SIGKILL');
  broker = null;
  site.remove();
});

function probe(server: string, args: readonly string[], code: string | null = null, typed = password) {
  return runHere(
    site,
    [
      ...['probe', '--server', server, '--secret-file', site.secretFile, '--password-stdin'],
      ...['--attribute', 'Calling-Station-Id=02-10-A4-23-19-01', '--timeout', '10000', '--retries', '0'],
      ...args,
      ...(code === null ? [] : ['--code-stdin']),
    ],
    `${typed}\n${code ?? ''}\n`,
  );
}

describe('serve and probe', () => {
  it('let in, refuse and challenge; stop in good order; keep what there is; log no secret', async () => {
    broker = await serve(site);
    const code = site.code();

    const accepted = await probe(broker.radius, ['--user', 'lan'], code);
    expect(accepted.stdout).toMatch(/^Access-Accept after \d+ ms/);
    expect(accepted.stdout).toContain('Session-Timeout');
    expect(accepted.code).toBe(0);

    const refused = await probe(broker.radius, ['--user', 'lan'], code);
    expect(refused.stdout).toMatch(/^Access-Reject/);
    expect(refused.stdout).toMatch(/gatewarden explain [0-9A-Z]{4}-[0-9A-Z]{4}/);
    expect(refused.code).toBe(1);

    const seconds = (await runHere(site, ['doctor', '--json'])).stdout;
    expect(JSON.parse(seconds)).toContainEqual(expect.objectContaining({ check: 'key-file', state: 'ok' }));

    const challenged = await probe(broker.radius, [
      ...['--user', 'het.han', '--attribute', 'NAS-Identifier=gw-challenge', '--method', 'challenge'],
      ...['--totp-seed-file', site.seedFile],
    ]);
    expect(challenged.stdout).toMatch(/^Access-Challenge/);
    expect(challenged.stdout).toContain('Nhap ma OTP 6 so:');
    expect(challenged.stdout).toContain('Access-Reject');

    const stopped = await broker.stop();
    expect(stopped.code).toBe(0);
    expect(stopped.stdout).toContain('the broker has stopped');
    for (const secret of [
      password,
      code,
      secretText,
      site.seed.toString('hex'),
      readFileSync(site.seedFile, 'utf8').trim(),
    ]) {
      expect(stopped.stdout + stopped.stderr).not.toContain(secret);
    }

    broker = await serve(site);
    const again = await probe(broker.radius, ['--user', 'lan'], code);
    // Within 30 s silence, as to a retransmission that the broker left unanswered when it ended; never an Accept.
    expect(again.stdout).toMatch(/^(Access-Reject|No answer)/);
    expect(again.code).toBe(1);
  });

  it('answer Status-Server, and explain silence by the wrong secret', async () => {
    broker = await serve(site);
    const status = await runHere(site, [
      ...['probe', '--status', '--server', broker.radius, '--secret-file', site.secretFile],
    ]);
    expect(status.stdout).toContain('The server is up and knows this client.');
    writeFileSync(site.secretFile, 'another\n');
    const silent = await runHere(
      site,
      [
        ...['probe', '--server', broker.radius, '--secret-file', site.secretFile, '--password-stdin'],
        ...['--user', 'lan', '--code-stdin', '--timeout', '300', '--retries', '1', '--json'],
      ],
      'x\n000000\n',
    );
    expect(JSON.parse(silent.stdout)).toEqual({ outcome: 'silence', sendings: 2, ignored: 0 });
    expect(silent.code).toBe(1);
    const doctor = await runHere(site, ['doctor', 'gw', '--lang', 'vi']);
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toContain('LỖI    never-seen: Chưa nhận được gì từ gw');
    expect(doctor.stdout).toContain('2 yêu cầu (của mọi thiết bị) bị bỏ vì Message-Authenticator sai');
  });

  it('end at SIGKILL without losing what was decided', async () => {
    broker = await serve(site);
    const code = site.code();
    expect((await probe(broker.radius, ['--user', 'lan'], code)).code).toBe(0);
    await broker.stop('SIGKILL');
    broker = await serve(site);
    expect((await probe(broker.radius, ['--user', 'lan'], code)).code).toBe(1);
    const verified = await runHere(site, ['audit', 'verify', '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({ sound: true });
  });
});

describe('serve', () => {
  it('ends, and leaves nothing running, when its control socket can’t be made', async () => {
    chmodSync(site.config.dataDir, 0o777);
    const { code, stderr } = await run(site, ['serve']);
    expect(stderr).toContain("is not the service's own");
    expect(code).toBe(2);
    chmodSync(site.config.dataDir, 0o700);
    broker = await serve(site);
  });

  it('is no longer ready, and silent, when its database is taken away', async () => {
    broker = await serve(site);
    rmSync(join(site.config.dataDir, 'gatewarden.sqlite'));
    const ready = await fetch(`${broker.http}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'unready', causes: ['store-unavailable'] },
    ]);
    const status = await runHere(site, [
      ...['probe', '--status', '--server', broker.radius, '--secret-file', site.secretFile],
      ...['--timeout', '500', '--retries', '0'],
    ]);
    expect(status.stdout).toContain('No answer');
  });
});

describe('commands', () => {
  it('do the same with a broker and without one', async () => {
    const alone = await runHere(site, ['keys', 'status', '--json']);
    broker = await serve(site);
    const through = await runHere(site, ['keys', 'status', '--json']);
    expect(through).toEqual(alone);
    expect(JSON.parse(alone.stdout).dataKeys).toHaveLength(2);
  });

  it('rotate every key while logins go on', async () => {
    broker = await serve(site);
    const rotated = await runHere(site, ['keys', 'rotate', '--json']);
    expect(JSON.parse(rotated.stdout)).toMatchObject({ rewrapped: 3 });
    expect((await probe(broker.radius, ['--user', 'lan'], site.code())).code).toBe(0);
    await runHere(site, ['keys', 'drop-former']);
    await broker.stop();
    broker = await serve(site);
    expect((await probe(broker.radius, ['--user', 'lan'], site.code(1))).code).toBe(0);
  });

  it('verify the log and an export of it, name a change, and prove by a checkpoint that nothing was cut off', async () => {
    broker = await serve(site);
    await probe(broker.radius, ['--user', 'lan'], site.code());
    await probe(broker.radius, ['--user', 'nobody'], '123456');
    const checkpoint = await runHere(site, ['audit', 'checkpoint']);
    const key = await runHere(site, ['audit', 'public-key']);
    writeFileSync(join(site.directory, 'checkpoint.jws'), checkpoint.stdout);
    writeFileSync(join(site.directory, 'key.json'), key.stdout);
    const proof = ['--checkpoint', 'checkpoint.jws', '--public-key', 'key.json'];
    const live = await runHere(site, ['audit', 'verify', ...proof]);
    expect(live.stdout).toContain('The log is sound');
    expect(live.stdout).toMatch(/Proven complete until\s+20/);
    expect(live.code).toBe(0);

    // Whoever may write there could have laid a trap for the half-written file.
    const trap = join(site.directory, 'trap');
    writeFileSync(trap, 'of somebody else', { mode: 0o644 });
    symlinkSync(trap, join(site.directory, 'log.jsonl.part'));
    expect((await runHere(site, ['audit', 'export', 'log.jsonl'])).code).toBe(0);
    expect(readFileSync(trap, 'utf8')).toBe('of somebody else');
    const file = join(site.directory, 'log.jsonl');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await runHere(site, ['audit', 'verify', '--export', 'log.jsonl', ...proof])).code).toBe(0);

    const lines = readFileSync(file, 'utf8').trim().split('\n');
    writeFileSync(file, `${lines.join('\n').replace('account-unknown', 'account-pending')}\n`);
    const changed = await runHere(site, ['audit', 'verify', '--export', 'log.jsonl', '--json']);
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.stdout)).toMatchObject({ sound: false, first: { kind: 'hash-mismatch' } });

    const last = lines.findLastIndex((line) => line.includes('"type":"record"'));
    writeFileSync(file, `${lines.toSpliced(last, 1).join('\n')}\n`);
    const cut = await runHere(site, ['audit', 'verify', '--export', 'log.jsonl', ...proof]);
    expect(cut.code).toBe(1);
    expect(cut.stdout).toContain('truncated');
  });

  it('erase personal values, and the log still holds', async () => {
    broker = await serve(site);
    await probe(broker.radius, ['--user', 'lan'], site.code());
    const future = await runHere(site, ['audit', 'erase-personal', '--before', '01/01/2999']);
    expect(future.code).toBe(2);
    const before = new Date(Date.now()).toISOString();
    const erased = await runHere(site, ['audit', 'erase-personal', '--before', before, '--json']);
    expect(JSON.parse(erased.stdout).erased).toBeGreaterThan(0);
    expect((await runHere(site, ['audit', 'verify'])).code).toBe(0);
  });

  it('never write over the files that the broker lives on', async () => {
    broker = await serve(site);
    const names = ['gatewarden.sqlite', 'gatewarden.sqlite-wal', 'gatewarden.key', 'control.sock'];
    const data = join(site.directory, 'var');
    const before = names.map((name) => statSync(join(data, name)).ino);
    symlinkSync(data, join(site.directory, 'link'));
    for (const name of names) {
      for (const words of [
        ['backup', join(data, name)],
        ['backup', join('link', name)],
        ['audit', 'export', join(data, name)],
      ]) {
        const refused = await runHere(site, words);
        expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('the broker lives on')]);
      }
    }
    expect(names.map((name) => statSync(join(data, name)).ino)).toEqual(before);
    expect((await probe(broker.radius, ['--user', 'lan'], site.code())).code).toBe(0);
  });

  it('restore a backup so that no code used since is accepted again', async () => {
    broker = await serve(site);
    expect((await runHere(site, ['backup', '.', '--json'])).code).toBe(0);
    const backup = readdirSync(site.directory).find((name) => /^gatewarden-.*\.sqlite$/.test(name)) ?? '';
    expect(statSync(join(site.directory, backup)).mode & 0o777).toBe(0o600);
    expect(existsSync(join(site.directory, `${backup}.key`))).toBe(false);
    const code = site.code();
    expect((await probe(broker.radius, ['--user', 'lan'], code)).code).toBe(0);

    const refused = await runHere(site, ['restore', backup]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('The broker runs.')]);
    await broker.stop();
    const restored = await runHere(site, ['restore', backup, '--json']);
    expect(restored.stderr).toBe('');
    const { codeFloorAt, aside } = JSON.parse(restored.stdout);
    expect(codeFloorAt).toBeGreaterThan(Date.now());
    expect(existsSync(aside)).toBe(true);

    broker = await serve(site);
    expect((await probe(broker.radius, ['--user', 'lan'], code)).code).toBe(1);
    expect((await probe(broker.radius, ['--user', 'lan'], site.code(1))).code).toBe(1);
    expect((await runHere(site, ['audit', 'verify'])).code).toBe(0);
  });

  it('restore nothing that is damaged, foreign or of another key, and change nothing then', async () => {
    writeFileSync(join(site.directory, 'garbage.sqlite'), 'no database at all');
    const before = readFileSync(join(site.config.dataDir, 'gatewarden.sqlite'));
    expect((await runHere(site, ['restore', 'garbage.sqlite'])).code).toBe(2);
    const other = createSite();
    await populate(other);
    await runHere(other, ['backup', 'other.sqlite']);
    const foreign = await runHere(site, ['restore', join(other.directory, 'other.sqlite')]);
    other.remove();
    expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('does not open')]);
    expect(readFileSync(join(site.config.dataDir, 'gatewarden.sqlite')).equals(before)).toBe(true);
    expect(readdirSync(site.config.dataDir).filter((name) => name.includes('restor'))).toEqual([]);
  });
});

describe('an old Node', () => {
  it('is told what to do before anything is loaded', async () => {
    const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path));
    if (old === undefined) return;
    const { code, stderr, stdout } = await run(site, ['doctor'], { node: old });
    if (Number(execFileSync(old, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]) >= 24) return;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/Gatewarden needs Node 24 or later; this is \d+\.[\d.]+\.\n {2}Node 24 came with/);
  });
});
