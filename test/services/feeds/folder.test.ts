// A folder that a personnel system writes into: what is complete is taken once, what is wrong is told, and a folder that is gone withdraws nobody.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import type { FolderConfig } from '../../../src/config/folders.ts';
import { createFolderWatch } from '../../../src/services/feeds/folder.ts';
import { pollNow } from '../../../src/services/feeds/poll.ts';
import { createLease } from '../../../src/services/leases.ts';
import { addSource } from '../../../src/services/lifecycle/sources.ts';
import { listFeedFiles } from '../../../src/store/queries/feed-files.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createStaff, dyingAfter } from '../lifecycle/staff.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const heading = 'Mã CCVC;Biến động;Kể từ ngày';
const never = new AbortController().signal;

describeOnEachStore('a watched folder', (open) => {
  async function createCase(size: number, more: Partial<FolderConfig> = {}) {
    const store = await open();
    const staff = await createStaff(store, size);
    const directory = mkdtempSync(join(tmpdir(), 'gatewarden-folder-'));
    folders.push(directory);
    const config: FolderConfig = {
      source: 'hr',
      directory,
      mapping: {},
      dryRun: false,
      language: 'vi',
      intervalSeconds: 10,
      settleSeconds: 5,
      ...more,
    };
    const watch = createFolderWatch(staff.deps, config);
    const alone = async (work: (lost: AbortSignal) => Promise<void>) => {
      await work(never);
      return true;
    };
    const look = () => watch.look({ trial: false, signal: never, alone });
    return {
      store,
      staff,
      directory,
      config,
      look,
      put: (name: string, content: string | Buffer) => writeFileSync(join(directory, name), content),
      /** Looks, lets the time pass in which a file must not change, and looks again. */
      async settle() {
        await look();
        staff.clock.advance(5_000);
        return await look();
      },
      leavers: (from: number, to: number) =>
        `${[heading, ...staff.people.slice(from, to).map(({ staffCode }) => `${staffCode};Nghỉ hưu;01/03/2026`)].join('\r\n')}\r\n`,
      inside: (place: string) => readdirSync(join(directory, place)).sort(),
      files: () => store.read((db) => listFeedFiles(db, 'hr', 20)),
      withdrawn: async () =>
        (await store.read((db) => db.select().from(db.tables.accounts))).filter(
          ({ status }) => status === 'withdrawn',
        ).length,
      alerts: async () =>
        (await store.read((db) => db.select().from(db.tables.alerts))).map(({ rule }) => rule),
    };
  }

  it('takes a file once it has not changed for its time, and moves it to done', async () => {
    const { staff, put, look, leavers, directory, inside, withdrawn, files } = await createCase(3);
    const whole = leavers(0, 2);
    put('nghi-huu.csv', whole.slice(0, 40));
    expect(await look()).toEqual({ outcome: 'read', files: [], waiting: 1 });
    staff.clock.advance(4_999);
    put('nghi-huu.csv', whole);
    expect(await look()).toMatchObject({ files: [], waiting: 1 });
    staff.clock.advance(4_999);
    expect(await look()).toMatchObject({ files: [], waiting: 1 });
    staff.clock.advance(1);
    expect(await look()).toMatchObject({
      files: [{ name: 'nghi-huu.csv', state: 'done', report: { rows: 2, applied: 2, rejected: [] } }],
      waiting: 0,
    });
    expect(await withdrawn()).toBe(2);
    expect(existsSync(join(directory, 'nghi-huu.csv'))).toBe(false);
    expect(inside('done')).toEqual([expect.stringMatching(/^nghi-huu\.[0-9a-f]{12}\.csv$/)]);
    expect(await files()).toMatchObject([
      { name: 'nghi-huu.csv', state: 'done', rows: 2, applied: 2, fault: null },
    ]);
  });

  it('leaves alone what is still called unfinished, links and folders', async () => {
    const { put, settle, leavers, directory, withdrawn } = await createCase(1);
    for (const name of ['a.csv.tmp', '.a.csv', '~$a.xlsx', 'a.csv.part', 'a.csv.filepart'])
      put(name, leavers(0, 1));
    mkdirSync(join(directory, 'b.csv'));
    symlinkSync(join(directory, 'a.csv.tmp'), join(directory, 'c.csv'));
    expect(await settle()).toEqual({ outcome: 'read', files: [], waiting: 0 });
    renameSync(join(directory, 'a.csv.tmp'), join(directory, 'a.csv'));
    expect(await settle()).toMatchObject({ files: [{ state: 'done' }] });
    expect(await withdrawn()).toBe(1);
  });

  it('the same content under any name is not taken twice, and looking writes nothing', async () => {
    const { staff, put, settle, leavers, inside, files } = await createCase(2);
    put('a.csv', leavers(0, 1));
    await settle();
    const records = await staff.records();
    put('b.csv', leavers(0, 1));
    expect(await settle()).toMatchObject({ files: [{ name: 'b.csv', state: 'known', report: null }] });
    expect(inside('done')).toHaveLength(2);
    expect(await staff.records()).toEqual(records);
    expect(await files()).toHaveLength(1);
    let writes = 0;
    const { write } = staff.deps.store;
    Object.assign(staff.deps.store, {
      write: (fn: Parameters<typeof write>[0]) => {
        writes += 1;
        return write(fn);
      },
    });
    await settle();
    expect(writes).toBe(0);
  });

  it('a refused file lies beside a copy that says why, in whose correction the rest comes', async () => {
    const { staff, put, settle, leavers, inside, directory, alerts, files } = await createCase(3);
    const third = staff.people[2]?.staffCode;
    put('bien-dong.csv', `${leavers(0, 2)}KHONG-CO;Nghỉ hưu;01/03/2026\r\n${third};Nghỉ hưu;01/13/26\r\n`);
    expect(await settle()).toMatchObject({ files: [{ state: 'refused', report: { rows: 4, applied: 2 } }] });
    const [original = '', copy = ''] = inside('refused');
    expect(original).toMatch(/^bien-dong\.[0-9a-f]{12}\.csv$/);
    expect(copy).toBe(original.replace('.csv', '.rejected.csv'));
    const text = readFileSync(join(directory, 'refused', copy), 'utf8');
    expect(text.split('\r\n').slice(0, 3)).toEqual([
      expect.stringContaining(`${heading};Lý do không nhận`),
      expect.stringContaining('KHONG-CO;Nghỉ hưu;01/03/2026;'),
      expect.stringContaining(`${third};Nghỉ hưu;01/13/26;`),
    ]);
    expect(await alerts()).toEqual(['feed-fault']);
    // Corrected in the copy, with the column that was added still there.
    put('sua.csv', text.replace(/KHONG-CO.*\r\n/, '').replace('01/13/26', '01/03/2026'));
    expect(await settle()).toMatchObject({ files: [{ state: 'done', report: { rows: 1, applied: 1 } }] });
    expect((await files()).map(({ state }) => state)).toEqual(['done', 'refused']);
    expect(await alerts()).toHaveLength(1);
  });

  it('nothing is written through a link, nor into a place that is one', async () => {
    const { put, settle, look, inside, directory } = await createCase(1);
    const victim = join(directory, '.victim');
    put('.victim', 'precious');
    put('sai.csv', `${heading}\r\nKHONG-CO;Nghỉ hưu;01/03/2026\r\n`);
    await settle();
    const copy = inside('refused').find((name) => name.endsWith('.rejected.csv')) ?? '';
    renameSync(join(directory, 'refused', copy.replace('.rejected.csv', '.csv')), join(directory, 'sai.csv'));
    rmSync(join(directory, 'refused', copy));
    symlinkSync(victim, join(directory, 'refused', `${copy}.tmp`));
    await settle();
    expect(inside('refused')).toContain(copy);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    rmSync(join(directory, 'refused'), { recursive: true });
    symlinkSync(tmpdir(), join(directory, 'refused'));
    expect(await look()).toMatchObject({ outcome: 'fault', kind: 'folder-gone' });
  });

  it('what cannot be read at all is refused with its reason, and is taken when it comes again better', async () => {
    const { put, settle, leavers, inside, directory, withdrawn, alerts } = await createCase(2);
    put('cu.csv', Buffer.from('M\xe3 CCVC;Bi\xean', 'latin1'));
    put('rong.csv', '');
    put('cat.csv', `${heading}\r\n"N1`);
    expect(await settle()).toMatchObject({
      files: [{ state: 'refused' }, { state: 'refused' }, { state: 'refused' }],
    });
    expect(inside('refused').filter((name) => name.endsWith('.fault.txt'))).toHaveLength(3);
    const fault = inside('refused').find((name) => name.startsWith('cu.') && name.endsWith('.txt')) ?? '';
    expect(readFileSync(join(directory, 'refused', fault), 'utf8')).toContain('UTF-8');
    expect(await withdrawn()).toBe(0);
    expect(await alerts()).toEqual(['feed-fault']);
    put('cu.csv', leavers(0, 1));
    expect(await settle()).toMatchObject({ files: [{ state: 'done' }] });
  });

  it('a file that was cut anywhere but between two rows withdraws nobody and raises one alert', async () => {
    const { put, settle, leavers, inside, withdrawn, alerts } = await createCase(10);
    const whole = leavers(0, 10);
    for (const [at, name] of [
      [whole.length / 2, 'nua.csv'],
      [whole.length - 5, 'cuoi.csv'],
      [heading.length + 6, 'dau.csv'],
    ] as const) {
      put(name, whole.slice(0, at));
      expect(await settle()).toMatchObject({ files: [{ state: 'refused' }] });
    }
    expect(inside('refused').filter((name) => name.endsWith('.fault.txt'))).toHaveLength(3);
    expect([await withdrawn(), await alerts()]).toEqual([0, ['feed-fault']]);
    put('ca.csv', whole);
    expect(await settle()).toMatchObject({ files: [{ state: 'done', report: { applied: 10 } }] });
  });

  it("uses the source's mapping, its brake, and only checks when it is told to", async () => {
    const dry = await createCase(25, { dryRun: true, mapping: { staffCode: 'Số hiệu CB' } });
    dry.put('a.csv', dry.leavers(0, 25).replace('Mã CCVC', 'Số hiệu CB'));
    expect(await dry.settle()).toMatchObject({
      files: [{ state: 'checked', report: { applied: 20, held: 5 } }],
    });
    expect([await dry.withdrawn(), dry.inside('checked').length]).toEqual([0, 1]);
    const real = await createCase(25, { mapping: { staffCode: 'Số hiệu CB' } });
    real.put('a.csv', real.leavers(0, 25).replace('Mã CCVC', 'Số hiệu CB'));
    expect(await real.settle()).toMatchObject({
      files: [{ state: 'done', report: { applied: 20, held: 5 } }],
    });
    expect(await real.withdrawn()).toBe(20);
    expect(await real.alerts()).toEqual(['lifecycle-brake']);
  });

  it('a folder that is gone, or may not be written, withdraws nobody and raises one alert until it is there again', async () => {
    const { put, look, settle, leavers, directory, alerts, withdrawn } = await createCase(2);
    rmSync(directory, { recursive: true });
    expect(await look()).toMatchObject({ outcome: 'fault', kind: 'folder-gone' });
    expect(await look()).toMatchObject({ outcome: 'fault', kind: 'folder-gone' });
    mkdirSync(directory);
    // Nothing can be moved there.
    writeFileSync(join(directory, 'done'), '');
    put('a.csv', leavers(0, 1));
    expect(await settle()).toMatchObject({ outcome: 'fault' });
    expect([await withdrawn(), await alerts()]).toEqual([0, ['feed-fault']]);
    rmSync(join(directory, 'done'));
    expect(await settle()).toMatchObject({ files: [{ state: 'done' }] });
    rmSync(directory, { recursive: true });
    await look();
    expect(await alerts()).toEqual(['feed-fault', 'feed-fault']);
  });

  it('broken off in the middle, it is finished the next time, each event once', async () => {
    const { staff, put, settle, leavers, config, inside, withdrawn } = await createCase(120);
    staff.deps.store.write((db) =>
      db
        .update(db.tables.lifecycleSources)
        .set({ brakeCount: 200 })
        .then(() => undefined),
    );
    put('a.csv', leavers(0, 120));
    const dying = createFolderWatch({ ...staff.deps, store: dyingAfter(staff.deps.store, 2) }, config);
    const alone = async (work: (lost: AbortSignal) => Promise<void>) => {
      await work(never);
      return true;
    };
    const options = { trial: false, signal: never, alone };
    await dying.look(options);
    staff.clock.advance(5_000);
    await expect(dying.look(options)).rejects.toThrow('killed');
    expect([await withdrawn(), inside('done')]).toEqual([100, []]);
    expect(await settle()).toMatchObject({ files: [{ state: 'done', report: { applied: 20, same: 100 } }] });
    expect(await withdrawn()).toBe(120);
    expect((await staff.records()).filter((verb) => verb === 'lifecycle.record')).toHaveLength(120);
  });

  it('a source of another kind is refused', async () => {
    const { staff, look } = await createCase(1, { source: 'scim' });
    await addSource(staff.deps, { name: 'scim', kind: 'scim' });
    await expect(look()).rejects.toThrow('not of the kind file');
  });

  it('by hand it is read at once; not while another reads it; not where nothing is read', async () => {
    const { store, staff, put, leavers, config, directory } = await createCase(2, { settleSeconds: 0 });
    const deps = {
      store,
      clock: staff.clock,
      random: systemRandom,
      lifecycle: staff.deps,
      sources: { directories: [], folders: [config] },
    };
    const order = { source: 'hr', dryRun: true, signal: never };
    put('a.csv', leavers(0, 1));
    const other = createLease({ store, clock: staff.clock, name: 'reading hr', holder: 'another node' });
    await other.run(async () => {
      await expect(pollNow(deps, order)).rejects.toMatchObject({ fault: 'conflict' });
    });
    await other.release();
    expect(await pollNow(deps, order)).toMatchObject({ read: { files: [{ state: 'checked' }] } });
    expect(existsSync(join(directory, 'a.csv'))).toBe(true);
    expect(await pollNow(deps, { ...order, dryRun: false })).toMatchObject({
      read: { files: [{ state: 'done' }] },
    });
    await expect(pollNow(deps, { ...order, source: 'ad' })).rejects.toThrow('no directory and no folder');
    expect(await store.read((db) => db.select().from(db.tables.leases))).toEqual([]);
  });
});
