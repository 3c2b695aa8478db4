// `gatewarden lifecycle` and `gatewarden source`, by themselves and through a running broker that refuses the leaver at once.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSite, populate, type Site } from '../site.ts';
import { type RunningServe, runHere, serve } from './gatewarden.ts';

vi.setConfig({ testTimeout: 60_000 });

let site: Site;
let broker: RunningServe | null = null;

beforeEach(async () => {
  const made = createSite();
  const file = join(made.directory, 'gatewarden.yaml');
  const folder = join(made.directory, 'drop');
  mkdirSync(folder);
  writeFileSync(
    file,
    `folders: [{ source: drop, directory: ${folder}, intervalSeconds: 1, settleSeconds: 1, language: en }]\n`,
  );
  site = { ...made, env: { ...made.env, GATEWARDEN_CONFIG: file } };
  await populate(site);
});

afterEach(async () => {
  await broker?.stop('SIGKILL');
  broker = null;
  site.remove();
});

const json = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await runHere(site, [...args, '--json']);
  expect({ code, failed: stderr.includes('error') }).toEqual({ code: 0, failed: false });
  return JSON.parse(stdout) as unknown;
};

function write(name: string, lines: readonly string[]): string {
  writeFileSync(join(site.directory, name), lines.join('\n'));
  return name;
}

it.each(['by itself', 'through a broker'])(
  'a leaver comes in a file, is held, approved and undone %s',
  async (way) => {
    await json(['source', 'add', 'drop']);
    write('drop/wrong.csv', ['Mã CCVC;Biến động;Kể từ ngày', 'ai;Nghỉ hưu;01/03/2025']);
    if (way === 'through a broker') broker = await serve(site);
    await json(['source', 'add', 'hr', '--brake-count', '0', '--brake-percent', '0']);
    const file = write('leavers.csv', [
      'Mã CCVC;Biến động;Kể từ ngày;Số QĐ',
      'lan;Nghỉ hưu;01/03/2025;12/QĐ',
      'ai;Nghỉ hưu;01/03/2025;13/QĐ',
    ]);
    const mapping = write('mapping.yaml', ['documentNumber: Số QĐ']);
    const args = ['lifecycle', 'import', file, '--source', 'hr', '--mapping', mapping];
    const dry = await runHere(site, [...args, '--dry-run', '--lang', 'vi']);
    expect(dry.stdout).toMatch(/would be held back +1/);
    expect(dry.stdout).toContain('line 3: Không có ai mang mã này');
    expect(await json(args)).toMatchObject({
      rows: 2,
      held: 1,
      rejected: [{ line: 3, fault: 'person-unknown' }],
    });
    const rejected = join(site.directory, 'leavers.rejected.csv');
    expect(existsSync(rejected)).toBe(true);
    expect(readFileSync(rejected, 'utf8')).toContain('ai;Nghỉ hưu;01/03/2025;13/QĐ;');
    const held = (await json(['lifecycle', 'hold', 'list'])) as { eventId: number; documentNumber: string }[];
    expect(held).toMatchObject([
      { staffCode: 'lan', state: 'held', withdrawals: 1, documentNumber: '12/QĐ' },
    ]);
    const id = String(held[0]?.eventId);
    expect(await json(['account', 'show', 'lan'])).toMatchObject({ status: 'active' });

    expect(await json(['lifecycle', 'approve', id, '--reason', 'đúng người'])).toMatchObject({ approved: 1 });
    expect(await json(['account', 'show', 'lan'])).toMatchObject({ status: 'withdrawn' });
    const shown = await runHere(site, ['lifecycle', 'show', id]);
    expect(shown.stdout).toContain('lan: status active → withdrawn');
    expect(await json(['lifecycle', 'undo', id, '--reason', 'nhầm người'])).toMatchObject({
      accounts: ['lan'],
    });
    expect(await json(['account', 'show', 'lan'])).toMatchObject({ status: 'active' });
    const listed = await runHere(site, ['lifecycle', 'list', '--staff-code', 'lan']);
    expect(listed.stdout).toMatch(/lan +Nguyễn Văn A +ended \(retired\) +00:00 01\/03\/2025 +undone +1 +hr/);

    if (way === 'by itself') {
      const polled = await runHere(site, ['source', 'poll', 'drop', '--dry-run']);
      expect(polled.stdout).toMatch(/wrong\.csv +refused +1 +0 +0 +0 +0 +1/);
      expect(await json(['source', 'show', 'drop'])).toMatchObject({ fault: null, files: [] });
      await json(['source', 'poll', 'drop']);
    }
    await expect
      .poll(() => json(['source', 'show', 'drop']), { timeout: 5_000, interval: 250 })
      .toMatchObject({
        fault: 'file-refused',
        files: [{ name: 'wrong.csv', state: 'refused', rejected: 1 }],
      });
    expect(readdirSync(join(site.directory, 'drop/refused'))).toHaveLength(2);
    expect((await runHere(site, ['source', 'poll', 'hr'])).stderr).toContain('no directory and no folder');
  },
);

it('says what is wrong with what was typed', async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await runHere(site, args);
    expect(code).toBe(2);
    return stderr;
  };
  const file = write('a.csv', ['Mã CCVC,Biến động,Từ ngày']);
  expect(await refused('lifecycle', 'import', file, '--source', 'hr')).toContain('no source "hr"');
  await json(['source', 'add', 'hr']);
  expect(await refused('lifecycle', 'import', 'none.csv', '--source', 'hr')).toContain('cannot be read');
  expect(await refused('lifecycle', 'undo', 'x', '--reason', 'y')).toContain('no number of an event');
  expect(await refused('lifecycle', 'undo', '7', '--reason', 'y')).toContain('There is no event 7');
  expect(await refused('lifecycle', 'show', '7')).toContain('There is no event 7');
  expect(await refused('lifecycle', 'approve', '--reason', 'y')).toContain('not said which');
  expect(await refused('lifecycle', 'reject', '7', '--reason', 'y')).toContain('Not held back: 7');
  expect(await refused('lifecycle', 'list', '--staff-code', 'x')).toContain('Nobody has');
  expect(await refused('source', 'set-brake', 'hr', '--brake-count', 'many')).toContain('is not a number');
  expect(await json(['source', 'set-brake', 'hr', '--brake-percent', '1,5'])).toMatchObject({
    brakeShare: 150,
  });
  expect(await json(['source', 'list'])).toMatchObject([{ name: 'hr', brakeCount: 20, brakeShare: 150 }]);
});

it('enters one event of a person, once, whatever the brake', async () => {
  const leave = ['lifecycle', 'record', 'lan', 'leave', '--detail', 'maternity', '--from', '01/03/2025'];
  const args = [...leave, '--until', '31/08/2025', '--document', '7/QĐ'];
  expect(await json(args)).toMatchObject({ outcome: 'applied', effectiveAt: '2025-02-28T17:00:00.000Z' });
  expect(await json(args)).toMatchObject({ outcome: 'same', state: 'applied' });
  const { stdout } = await runHere(site, ['account', 'show', 'lan']);
  expect(stdout).toContain('maternity');
  const refused = async (...more: string[]) => {
    const { code, stderr } = await runHere(site, [
      'lifecycle',
      'record',
      'lan',
      ...more,
      '--document',
      '8/QĐ',
    ]);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused('ended', '--from', '01/04/2025')).toContain('With "ended" give --detail: retired');
  expect(await refused('moved', '--from', '01/04/2025', '--unit', 'TWX')).toContain('Did you mean TW?');
  expect(await refused('moved', '--from', '01/04/2025', '--unit', 'TW')).toContain('in that unit already');
  expect(await refused('returned', '--from', '01/04/25')).toContain('--from');
  const back = ['lifecycle', 'record', 'lan', 'returned', '--from', '01/09/2025', '--document', '9/QĐ'];
  expect((await runHere(site, back)).stdout).toMatch(
    /^Event 2 is recorded and applied: returned from 00:00 01\/09\/2025/,
  );
});
