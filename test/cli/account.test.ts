// What an operator does with accounts, workstations, gateways and records, against a broker that runs and without one.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { createSite, password, populate, type Site } from '../site.ts';
import { type Finished, type RunningServe, run, runHere, serve } from './gatewarden.ts';

let site: Site;
let broker: RunningServe;

beforeAll(async () => {
  site = createSite();
  await populate(site);
  broker = await serve(site);
});

afterAll(async () => {
  await broker.stop('SIGKILL');
  site.remove();
});

const here = (args: readonly string[], input = '') => runHere(site, args, input);

async function json(args: readonly string[], input = ''): Promise<Record<string, unknown>> {
  const done = await here([...args, '--json'], input);
  expect(done.stderr).toBe('');
  return JSON.parse(done.stdout) as Record<string, unknown>;
}

const own = ['--attribute', 'Calling-Station-Id=02-10-A4-23-19-01'];

function probe(
  user: string,
  code: string,
  typed = password,
  more: readonly string[] = [],
): Promise<Finished> {
  return here(
    [
      ...['probe', '--server', broker.radius, '--secret-file', site.secretFile, '--password-stdin'],
      ...['--timeout', '10000', '--retries', '0', '--user', user, '--code-stdin'],
      ...(more.some((word) => word.startsWith('Calling-Station-Id')) ? more : [...own, ...more]),
    ],
    `${typed}\n${code}\n`,
  );
}

/** The reason in the record of a login that was just refused, by the lookup code on the screen. */
async function reasonOf(refused: Finished): Promise<unknown> {
  const code = /explain ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(refused.stdout)?.[1] ?? 'none';
  return (await json(['explain', code]))['reason'];
}

describe('account', () => {
  it('changes what the running broker decides next, without a restart', async () => {
    expect(await reasonOf(await probe('het.han', '000000'))).toBe('expired');
    const [year, month, date] = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10).split('-');
    const lastDay = `${date}/${month}/${year}`;
    const set = await here([
      ...['account', 'set-term', 'het.han', '--valid-until', lastDay, '--reason', 'gia hạn'],
      ...['--lang', 'vi'],
    ]);
    expect(set).toMatchObject({ code: 0, stderr: '' });
    expect(set.stdout).toMatch(/Truy cập lần cuối: 24:00 (thứ|Chủ|chủ)/);
    expect(set.stdout).toContain(`, ${lastDay}`);
    expect(await reasonOf(await probe('het.han', '000000'))).toBe('code-wrong');

    const factor = async (name: string) =>
      await here(['account', 'set-first-factor', 'het.han', name, '--reason', 'chuyển dần']);
    expect((await factor('own')).stdout).toContain('is checked by this broker');
    expect(await json(['account', 'show', 'het.han'])).toMatchObject({ firstFactor: 'own' });
    expect((await factor('policy')).stdout).toContain('is checked as the policy says');
    await here(['account', 'suspend', 'het.han', '--detail', 'case', '--reason', 'xác minh']);
    expect(await reasonOf(await probe('het.han', '000000'))).toBe('suspended');
    await here(['account', 'reinstate', 'het.han', '--reason', 'xong']);
    expect((await probe('het.han', site.code())).code).toBe(0);
    await here(['account', 'withdraw', 'het.han', '--reason', 'hết nhu cầu']);
    expect(await reasonOf(await probe('het.han', site.code()))).toBe('account-withdrawn');
    const back = await here(['account', 'activate', 'het.han']);
    expect(back.code).toBe(2);
    expect(back.stderr).toMatch(/no written assignment in force dated since it was withdrawn.*\n {2}Enter/);
  });

  it('shows one and lists all, for people and as JSON', async () => {
    const shown = await here(['account', 'show', 'LAN']);
    expect(shown.stdout).toMatch(/^Account +lan\n/);
    for (const title of ['Employment:', 'Written assignments:', 'Workstations:', 'Authenticators:']) {
      expect(shown.stdout).toContain(title);
    }
    expect(await json(['account', 'show', 'lan'])).toMatchObject({
      userName: 'lan',
      status: 'active',
      standing: null,
      authenticators: [{ kind: 'app', state: 'active' }],
    });
    const first = await json(['account', 'list', '--limit', '1']);
    expect(first['accounts']).toMatchObject([{ userName: 'lan' }]);
    const second = await json(['account', 'list', '--limit', '1', '--after', String(first['next'])]);
    expect(second).toMatchObject({ accounts: [{ userName: 'het.han' }], next: null });
    expect((await here(['account', 'list'])).stdout).toMatch(/Account +Holder +Staff code/);
  });

  it.each([
    [['show', 'lam'], 'There is no account lam.\n  Did you mean lan?'],
    [['set-term', 'lan', '--valid-until', '31/12/26', '--reason', 'x'], 'a year of two digits'],
    [['set-term', 'lan', '--valid-until', '1/1/2000', '--reason', 'x'], 'would end before it begins'],
    [['set-term', 'lan', '--valid-until', '1/1/2100'], '--reason <text>'],
    [['suspend', 'lan', '--detail', 'anger', '--reason', 'x'], 'Allowed choices are by-unit'],
    [['set-first-factor', 'lan', 'own'], '--reason <text>'],
    [['set-first-factor', 'lan', 'policy', '--reason', 'x'], 'has this already'],
    [['set-first-factor', 'lan', 'onw', '--reason', 'x'], 'Did you mean own?'],
    [['set-first-factor', 'lan', 'old-ad', '--reason', 'x'], 'The configuration has no upstream "old-ad"'],
    [['list', '--limit', '0'], '--limit: "0" is no whole number'],
    [['list', '--state', 'gone'], 'Allowed choices are'],
    [['retire', 'lan', '--detail', 'retired', '--from', '32/1/2026', '--document', '1'], '--from'],
    [['retire', 'lan', '--from', '1/1/2026', '--document', '1'], '--detail'],
    [['enroll', 'lan'], 'only shown on a terminal'],
    [['enroll', 'lan', '--token', '--serial', 'HM-1'], "serial number and its maker's seed"],
    [['set-password', 'lan'], 'there is no terminal to ask on'],
    [['assign-workstation', 'lan', 'MT-xx'], 'There is no workstation MT-xx'],
  ])('refuses %j with the remedy, and exit code 2', async (args, message) => {
    const done = await here(['account', ...args]);
    expect(done.stdout).toBe('');
    expect(done.stderr).toContain(message);
    expect(done.code).toBe(2);
  });

  it('enrols an app, sets a password, and prints or logs neither', async () => {
    const begun = await json(['account', 'enroll', 'lan', '--show-secret']);
    const secret = String(begun['secret']);
    const code = () =>
      hotp(seedKey(decodeBase32(secret)), timeStepAt(Date.now(), 30), {
        algorithm: 'SHA1',
        digits: 6,
        periodSeconds: 30,
      });
    const wrong = await here(['account', 'confirm', 'lan', '--code-stdin'], '12345\n');
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    const right = code();
    const confirmed = await here(['account', 'confirm', 'lan', '--code-stdin', '--replace'], `${right}\n`);
    expect(confirmed.stdout).toContain('is active. 1 former ones are revoked.');
    expect(await reasonOf(await probe('lan', right))).toBe('code-replayed');

    const fresh = 'doi nui xanh qua cau tre';
    const weak = await here(['account', 'set-password', 'lan', '--password-stdin'], 'matkhau123456\n');
    expect(weak.stderr).toContain('first that would be guessed');
    expect(weak.stderr).not.toContain('matkhau123456');
    const set = await here(['account', 'set-password', 'lan', '--password-stdin'], `${fresh}\n`);
    expect(set.stdout).toBe('lan has a new password.\n');
    expect(await reasonOf(await probe('lan', right))).toBe('password-wrong');
    expect(await reasonOf(await probe('lan', right, fresh))).toBe('code-replayed');
    for (const hidden of [secret, fresh, decodeBase32(secret).toString('hex'), right]) {
      expect(broker.output()).not.toContain(hidden);
    }
  });

  it('prints the key of an app when told to, in groups, and its URI', async () => {
    const shown = await here(['account', 'enroll', 'lan', '--show-secret']);
    expect(shown.stdout).toMatch(/Or type the key: ([A-Z2-7]{4} ){7}[A-Z2-7]{4}\notpauth:\/\/totp\//);
    expect(shown.stdout).toContain('gatewarden account confirm lan');
  });
});

describe('workstation', () => {
  it('keeps out who has a lost one, from the next decision on', async () => {
    await here(['workstation', 'add', 'MT-0900', '--unit', 'TW', '--kind', 'shared', '--name', 'Máy chung']);
    await here(['workstation', 'add-identifier', 'MT-0900', 'mac', '02:00:00:00:09:00']);
    await here(['account', 'assign-workstation', 'lan', 'MT-0900', '--until', '31/12/2999']);
    const from = ['--attribute', 'Calling-Station-Id=02-00-00-00-09-00'];
    expect(await reasonOf(await probe('lan', '000000', 'sai', from))).toBe('password-wrong');
    const lost = await here(['workstation', 'set-state', 'MT-0900', 'lost', '--reason', 'mất']);
    expect(lost.stdout).toContain('MT-0900 is lost (was active)');
    expect(await reasonOf(await probe('lan', '000000', 'sai', from))).toBe('workstation-revoked');
    expect(await json(['workstation', 'show', 'MT-0900'])).toMatchObject({
      state: 'lost',
      identifiers: ['mac:020000000900'],
      users: [{ userName: 'lan' }],
    });
    await here(['workstation', 'remove-identifier', 'MT-0900', 'mac', '020000000900']);
    expect(await reasonOf(await probe('lan', '000000', 'sai', from))).toBe('workstation-not-assigned');
    const ended = await here(['account', 'end-workstation', 'lan', 'MT-0900']);
    expect(ended.stdout).toContain('no longer assigned to lan');
    expect((await json(['workstation', 'list', '--state', 'lost']))['workstations']).toHaveLength(1);
    const wrong = await here(['workstation', 'set-state', 'MT-0900', 'broken', '--reason', 'x']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('Allowed choices are active, retired, lost');
  });
});

describe('gateway', () => {
  const asSecond = (secretFile: string) =>
    here([
      ...['probe', '--server', broker.radius, '--secret-file', secretFile, '--status'],
      ...['--timeout', '1000', '--retries', '0'],
    ]);

  it('rotates a secret under load: both are taken, then the new one alone', async () => {
    const next = join(site.directory, 'next-secret');
    const begun = await here(['gateway', 'rotate-secret', 'loopback']);
    const secret = /Shared secret, shown this once: (\S+)\n/.exec(begun.stdout)?.[1] ?? '';
    expect(secret).toHaveLength(32);
    writeFileSync(next, `${secret}\n`);
    expect((await asSecond(site.secretFile)).code).toBe(0);
    expect((await asSecond(next)).code).toBe(0);
    await here(['gateway', 'rotate-secret', 'loopback', '--finish']);
    expect((await asSecond(next)).code).toBe(0);
    expect((await asSecond(site.secretFile)).code).toBe(1);

    // Back to the first one, given by a file.
    const again = ['gateway', 'rotate-secret', 'loopback'];
    const given = await here([...again, '--secret-file', site.secretFile]);
    expect(given.stdout).not.toContain(readFileSync(site.secretFile, 'utf8').trim());
    await here([...again, '--finish']);
    expect((await asSecond(site.secretFile)).code).toBe(0);
    expect(broker.output()).not.toContain(secret);
  });

  it('is declared, changed and removed while the broker runs', async () => {
    const added = await json([
      ...['gateway', 'add', 'gw-2', '--client', 'loopback', '--profile', 'generic'],
      ...['--nas-identifier', 'gw-2'],
    ]);
    expect(added).toMatchObject({ name: 'gw-2', secret: null });
    const through = ['--attribute', 'NAS-Identifier=gw-2'];
    const asGw2 = async () => {
      const refused = await probe('het.han', '000000', password, through);
      const code = /explain ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(refused.stdout)?.[1] ?? '';
      return json(['explain', code]);
    };
    expect(await asGw2()).toMatchObject({ gateway: 'gw-2', reason: 'account-withdrawn' });
    const set = await here(['gateway', 'set', 'gw-2', '--profile', 'ocserv']);
    expect(set.stdout).toBe('gw-2: profile changed, in force now.\n');
    const shown = await here(['gateway', 'show', 'gw-2']);
    expect(shown.stdout).toMatch(/Profile +ocserv: ocserv \(OpenConnect server\)/);
    expect(shown.stdout).toMatch(/Last seen +\d\d:\d\d:\d\d/);
    expect(shown.stdout).toMatch(/Workstations +enforce, evidence E0 at least/);
    const rule = ['gateway', 'set', 'gw-2', '--require-message-authenticator', 'never'];
    expect((await here(rule)).stderr).toContain('needs a reason');
    expect((await here(['gateway', 'remove', 'gw-2'])).stdout).toBe('gw-2 is removed.\n');
    expect(await asGw2()).toMatchObject({ gateway: 'gw' });
    const list = await json(['gateway', 'list']);
    expect(list['gateways']).toMatchObject([{ name: 'gw' }, { name: 'gw-challenge' }]);
    expect((await here(['gateway', 'show', 'gv'])).stderr).toContain('Did you mean gw?');
    const profiles = await json(['gateway', 'profiles']);
    expect(profiles['profiles']).toContainEqual(
      expect.objectContaining({ name: 'ocserv', credentials: ['challenge', 'appended', 'code-only'] }),
    );
  });
});

describe('explain', () => {
  it('tells people in both languages, and what to do next', async () => {
    const refused = await probe('het.han', '000000');
    const code = /explain ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(refused.stdout)?.[1] ?? '';
    const vi = await here(['explain', code.toLowerCase(), '--lang', 'vi']);
    expect(vi.stdout).toContain('Tài khoản đã thu hồi\n');
    expect(vi.stdout).toContain('Việc cần làm:\n  - Thủ trưởng đơn vị: ');
    expect(vi.stdout).toMatch(/Kết quả +Từ chối — account-withdrawn\n/);
    expect(vi.stdout).toMatch(/Tên đăng nhập +het\.han\n/);
    const en = await here(['explain', code]);
    expect(en.stdout).toContain('Account withdrawn\n');
    expect(en.stdout).toMatch(/Password +right\n/);
    const last = await here(['explain', '--account', 'het.han', '--last', '1']);
    expect(last.stdout).toContain(code);
    expect(last.stdout.trim().split('\n')).toHaveLength(3);
    const decisions = await json(['explain', '--account', 'het.han', '--last', '2']);
    expect(decisions['decisions']).toMatchObject([{ reason: 'account-withdrawn' }, {}]);
  });

  it.each([
    [['explain'], 'Name a lookup code or an account'],
    [['explain', 'ABCD-EFGH', '--account', 'lan'], 'Name a lookup code or an account'],
    [['explain', 'ABCD-EFGH'], 'There is no record of ABCD-EFGH'],
    [['explain', 'nonsense'], 'is no lookup code'],
    [['explain', '--account', 'lan', '--last', 'all'], '--last: "all" is no whole number'],
  ])('refuses %j', async (args, message) => {
    const done = await here(args);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(message);
  });
});

describe('a file of credentials', () => {
  it('gives probe the secret, the password, the seed and the attributes', async () => {
    const file = join(site.directory, 'credentials');
    const secret = readFileSync(site.secretFile, 'utf8').trim();
    writeFileSync(
      file,
      JSON.stringify({
        secret,
        logins: {
          'het.han': {
            password,
            seed: readFileSync(site.seedFile, 'utf8').trim(),
            method: 'challenge',
            attributes: ['NAS-Identifier=gw-challenge', 'Calling-Station-Id=02-10-A4-23-19-01'],
          },
        },
      }),
      { mode: 0o600 },
    );
    const args = ['probe', '--server', broker.radius, '--credentials', file, '--user'];
    const done = await here([...args, 'het.han']);
    expect(done.stdout).toMatch(/^Access-Challenge/);
    expect(await reasonOf(done)).toBe('account-withdrawn');
    expect((await here([...args, 'het.hna'])).stderr).toContain('Did you mean het.han?');
    writeFileSync(file, 'secret: 1');
    const broken = await here([...args, 'het.han']);
    expect(broken.stderr).toContain('is no file of credentials');
    writeFileSync(join(site.directory, 'open'), '{}', { mode: 0o644 });
    const open = ['probe', '--credentials', join(site.directory, 'open'), '--user', 'x'];
    expect((await here(open)).stderr).toContain('can be read by others');
    expect((await here(['probe', '--user', 'x'])).stderr).toContain('The shared secret is missing');
    expect(statSync(file).mode & 0o077).toBe(0);
  });
});

describe('without a broker', () => {
  it('the same commands work on the database itself', async () => {
    const alone = createSite();
    try {
      await populate(alone);
      const done = await run(alone, ['account', 'suspend', 'lan', '--reason', 'nghỉ phép', '--json']);
      expect(done).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
      const shown = await runHere(alone, ['account', 'show', 'lan', '--json']);
      expect(JSON.parse(shown.stdout)).toMatchObject({ suspended: { detail: 'by-unit' }, revision: 2 });
    } finally {
      alone.remove();
    }
  });
});
