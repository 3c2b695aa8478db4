// `gatewarden migrate`: from a dump to accounts that are in the store, with no secret on the way out.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSite, type Site } from '../site.ts';
import { runHere } from './gatewarden.ts';

vi.setConfig({ testTimeout: 120_000 });

let site: Site;
beforeEach(() => {
  site = createSite();
});
afterEach(() => site.remove());

const write = (name: string, text: string) => writeFileSync(join(site.directory, name), text);
const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const dump = [
  'CREATE TABLE radcheck (id int, username text, attribute text, op text, value text);',
  "INSERT INTO radcheck VALUES (1,'nvduc','Cleartext-Password',':=','bay con ga ben hien'),",
  ` (2,'nvduc','TOTP-Secret',':=','${seed}'), (3,'ttmai','Cleartext-Password',':=','khong cua ai ca');`,
  '',
].join('\n');
const organisation = {
  units: [{ code: 'TT', name: 'Trung tâm', parent: null }],
  people: [
    {
      staffCode: 'CB1',
      fullName: 'Nguyễn Văn Đức',
      unit: 'TT',
      kind: 'civil-servant',
      employment: [{ kind: 'hired', from: '01/03/2020' }],
    },
  ],
};

it('shows what would be carried over, writes it for its owner alone, and the import takes it', async () => {
  write('radius.sql', dump);
  write('holders.csv', 'userName,staffCode,validFrom,validUntil\nnvduc,CB1,01/01/2026,31/12/2026\n');
  write('organisation.json', JSON.stringify(organisation));
  const args = ['migrate', 'freeradius', 'radius.sql', '--holders', 'holders.csv'];
  const dry = await runHere(site, args);
  expect(dry.code).toBe(0);
  expect(dry.stdout).toContain('1 account with 1 authenticator, 0 workstations');
  expect(dry.stdout).toMatch(/ttmai +nobody is named as its holder/);

  const done = await runHere(site, [...args, '--output', 'accounts.json', '--json']);
  expect(JSON.parse(done.stdout)).toMatchObject({ accounts: 1, authenticators: 1 });
  const file = join(site.directory, 'accounts.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toContain(seed);
  for (const { stdout, stderr } of [dry, done]) {
    expect(stdout + stderr).not.toMatch(/bay con ga|GEZDGNBV|khong cua ai/);
  }
  const again = await runHere(site, [...args, '--output', 'accounts.json']);
  expect(again.code).toBe(2);
  expect(again.stderr).toContain('accounts.json cannot be written (EEXIST)');

  expect((await runHere(site, ['import', 'organisation.json'])).code).toBe(0);
  const imported = await runHere(site, ['import', 'accounts.json', '--json']);
  expect(JSON.parse(imported.stdout)).toMatchObject({ counts: { account: { create: 1 } } });
});

it('refuses what is no dump, and a key file that is none, and writes nothing', async () => {
  write('radius.sql', 'SELECT 1;');
  write('holders.csv', 'userName,staffCode,validFrom\nnvduc,CB1,01/01/2026\n');
  write('enckey', 'short');
  const more = ['--holders', 'holders.csv', '--output', 'accounts.json'];
  const none = await runHere(site, ['migrate', 'freeradius', 'radius.sql', ...more]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('radius.sql has no table radcheck');
  const key = await runHere(site, ['migrate', 'privacyidea', 'radius.sql', '--enckey', 'enckey', ...more]);
  expect(key.code).toBe(2);
  expect(key.stderr).toContain('The key file has 5 octets, not 96');
  expect(existsSync(join(site.directory, 'accounts.json'))).toBe(false);
});

it('takes hardware tokens into the stock, dry at first, and hands one over', async () => {
  write('organisation.json', JSON.stringify(organisation));
  write('tokens.csv', `serial,seed,mode\nft1,${seed},hotp\nft2,${seed.slice(0, 8)},totp\n`);
  const json = async (args: readonly string[]) => {
    const { code, stdout, stderr } = await runHere(site, [...args, '--json']);
    expect([code, stderr.replace(/^.*seeds lie in the file in clear.*$/m, '').trim()]).toEqual([0, '']);
    expect(stdout + stderr).not.toContain(seed);
    return JSON.parse(stdout) as unknown;
  };
  await json(['import', 'organisation.json']);
  const refused = [{ what: 'ft2', fault: 'seed-short', why: expect.stringContaining('fewer than 16') }];
  expect(await json(['migrate', 'pskc', 'tokens.csv'])).toEqual({ added: 1, dryRun: true, refused });
  expect(await json(['hardware-token', 'list'])).toEqual([]);
  expect(await json(['migrate', 'pskc', 'tokens.csv', '--apply', '--unit', 'TT'])).toMatchObject({
    added: 1,
  });
  expect(await json(['hardware-token', 'import', 'tokens.csv'])).toMatchObject({
    added: 0,
    refused: [{}, { what: 'FT1' }],
  });
  expect(await json(['hardware-token', 'list', '--state', 'stock'])).toMatchObject([
    { serialNumber: 'FT1', mode: 'hotp', state: 'stock', unitCode: 'TT', userName: null },
  ]);
  const lost = await runHere(site, ['hardware-token', 'lost', 'FT1', '--reason', 'not found']);
  expect([lost.code, lost.stdout]).toEqual([0, expect.stringContaining('is lost')]);
  const given = await runHere(site, ['hardware-token', 'hand-over', 'FT1', 'nobody']);
  expect([given.code, given.stderr]).toEqual([
    expect.any(Number),
    expect.stringContaining('There is no account nobody'),
  ]);
  expect(given.code).not.toBe(0);
});
