// Reading a real OpenLDAP server with Active Directory's attributes: who leaves, what the brake holds, and what concludes nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DirectoryConfig } from '../../src/config/directories.ts';
import { readFileTime } from '../../src/directory/ldap/people.ts';
import { pollDirectory } from '../../src/services/feeds/directory.ts';
import { setFeedSettings } from '../../src/services/feeds/settings.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { at, createStaff, noon } from '../services/lifecycle/staff.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { oneDay } from '../store/fixtures.ts';
import { isSlapdHere, peopleBase, rootDn, rootPassword, type Slapd, startSlapd } from './slapd.ts';

/** Whole numbers from `first` to before `end`. */
const range = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, i) => first + i);

const fileTime = (instant: number) => ((BigInt(instant) + 11_644_473_600_000n) * 10_000n).toString();

it("reads Active Directory's times", () => {
  expect(readFileTime('0')).toBeNull();
  expect(readFileTime('9223372036854775807')).toBeNull();
  expect(readFileTime('133800000000000000')).toBe(Date.parse('2024-12-30T02:40:00Z'));
  expect(readFileTime(fileTime(noon))).toBe(noon);
  expect(readFileTime('soon')).toBeUndefined();
  expect(readFileTime('-1')).toBeUndefined();
});

if (isSlapdHere) {
  let slapd: Slapd;
  let passwordFile: string;
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-poll-'));
  let tree = 0;

  beforeAll(async () => {
    slapd = await startSlapd();
    passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, `${rootPassword}\n`);
  });
  afterAll(async () => {
    await slapd.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  describeOnEachStore('a directory that is polled', (open) => {
    /** Staff, each with an entry of their own below a base of this test. */
    async function createCase(size: number, more: Partial<DirectoryConfig> = {}) {
      const store = await open();
      const staff = await createStaff(store, size);
      await addSource(staff.deps, { name: 'ad', kind: 'directory' });
      tree += 1;
      const base = `ou=t${tree},${peopleBase}`;
      const guid = (index: number) =>
        Buffer.from(`${String(tree).padStart(8, '0')}${String(index).padStart(8, '0')}`).toString('base64');
      const dn = (index: number) => `uid=u${index},${base}`;
      const entry = (index: number, extra = '') =>
        `dn: ${dn(index)}\nobjectClass: inetOrgPerson\nobjectClass: adUser\nuid: u${index}\nsn: x\ncn: u${index}\n` +
        `objectGUID:: ${guid(index)}\nsAMAccountName: u${index}\nuserAccountControl: 512\naccountExpires: 9223372036854775807\n` +
        `employeeID: ${staff.people[index]?.staffCode ?? `X${index}`}\n${extra}`;
      const add = (entries: readonly string[]) => slapd.modify(entries.join('\n'));
      add([
        `dn: ${base}\nobjectClass: organizationalUnit\nou: t${tree}\n`,
        ...staff.people.map((_, i) => entry(i)),
      ]);
      /** Of one person or, in one call of ldapmodify, of several. */
      const set = (of: number | readonly number[], attribute: string, value: string) =>
        slapd.modify(
          [of]
            .flat()
            .map(
              (index) =>
                `dn: ${dn(index)}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`,
            )
            .join('\n'),
        );
      const remove = (indices: readonly number[]) =>
        slapd.modify(indices.map((index) => `dn: ${dn(index)}\nchangetype: delete\n`).join('\n'));
      const config: DirectoryConfig = {
        source: 'ad',
        url: slapd.url,
        caFile: slapd.caFile,
        bindDn: rootDn,
        passwordFile,
        base,
        filter: '(objectClass=inetOrgPerson)',
        attributes: {
          key: 'objectGUID',
          staffCode: 'employeeID',
          userName: 'sAMAccountName',
          fullName: 'displayName',
          unit: 'departmentNumber',
        },
        intervalSeconds: 300,
        timeoutSeconds: 5,
        leastPercent: 90,
        missing: 'ended',
        hire: false,
        ...more,
      };
      const poll = (changed: Partial<DirectoryConfig> = {}, dryRun = false) =>
        pollDirectory(staff.deps, { ...config, ...changed }, { dryRun });
      const events = async () =>
        (await store.read((db) => db.select().from(db.tables.lifecycleEvents)))
          .sort((a, b) => a.id - b.id)
          .map(({ kind, detail, state, effectiveAt }) => ({ kind, detail, state, effectiveAt }));
      const alerts = async () =>
        (await store.read((db) => db.select().from(db.tables.alerts))).map(({ rule }) => rule);
      const withdrawn = async () =>
        (await store.read((db) => db.select().from(db.tables.accounts))).filter(
          ({ status }) => status === 'withdrawn',
        ).length;
      return { store, staff, poll, events, alerts, withdrawn, set, remove, add, entry };
    }

    it('takes who is there as they are; a second reading writes nothing', async () => {
      const { store, poll, events, add, entry } = await createCase(5);
      add([entry(77), entry(78).replace(/employeeID: .*\n/, '')]);
      const read = await poll();
      expect(read).toMatchObject({
        outcome: 'read',
        report: { entries: 7, changed: 6, gone: 0, events: 0, skipped: { unknown: 1, 'no-staff-code': 1 } },
      });
      expect(await events()).toEqual([]);
      const all = async () => [
        await store.read((db) => db.select().from(db.tables.feedUsers)),
        await store.read((db) => db.select().from(db.tables.lifecycleSources)),
        await store.read((db) => db.select().from(db.tables.audit)),
      ];
      const before = await all();
      let writes = 0;
      const counting = {
        ...store,
        write: (fn: never) => {
          writes += 1;
          return store.write(fn);
        },
      };
      Object.assign(store, counting);
      await poll();
      expect(await all()).toEqual(before);
      expect(writes).toBe(0);
    });

    it('withdraws who is disabled, expired or gone, and plans what expires later', async () => {
      const { staff, poll, events, set, remove, withdrawn } = await createCase(12, { leastPercent: 50 });
      await poll();
      set(0, 'userAccountControl', '514');
      set(1, 'accountExpires', fileTime(noon - oneDay));
      set(2, 'accountExpires', fileTime(at('01/06/2026')));
      remove([3]);
      expect(await poll()).toMatchObject({ report: { changed: 3, gone: 1, events: 4, held: 0 } });
      const now = await events();
      expect(now).toHaveLength(4);
      expect(now).toEqual(
        expect.arrayContaining([
          { kind: 'ended', detail: 'resigned', state: 'applied', effectiveAt: noon },
          { kind: 'ended', detail: 'contract-ended', state: 'applied', effectiveAt: noon - oneDay },
          { kind: 'ended', detail: 'contract-ended', state: 'scheduled', effectiveAt: at('01/06/2026') },
        ]),
      );
      expect(await withdrawn()).toBe(3);
      expect(staff.cut.flatMap(({ accountIds }) => accountIds)).toHaveLength(3);
      // Extended: what was planned gives way. Enabled again: nobody who has left comes back by it.
      set(2, 'accountExpires', '0');
      set(0, 'userAccountControl', '512');
      await poll();
      expect((await events()).filter(({ state }) => state === 'undone')).toHaveLength(1);
      expect((await events()).filter(({ kind }) => kind === 'hired')).toEqual([]);
      expect(await withdrawn()).toBe(3);
    });

    it('the brake holds what is too much, says so once, and access is as it was', async () => {
      const { poll, events, set, alerts, withdrawn } = await createCase(30);
      await poll();
      set(range(0, 25), 'userAccountControl', '514');
      expect(await poll()).toMatchObject({ report: { changed: 25, events: 25, held: 5 } });
      expect(await withdrawn()).toBe(20);
      expect((await events()).filter(({ state }) => state === 'held')).toHaveLength(5);
      expect(await alerts()).toEqual(['lifecycle-brake']);
      expect(await poll()).toMatchObject({ report: { changed: 0, events: 0 } });
    });

    it('a dry run says what a reading would do, brake included, and writes nothing', async () => {
      const { store, poll, set, remove } = await createCase(60);
      await poll();
      set(0, 'accountExpires', fileTime(at('01/06/2026')));
      await poll();
      set(0, 'accountExpires', fileTime(at('01/07/2026')));
      set(range(1, 55), 'userAccountControl', '514');
      remove([59]);
      const all = async () => {
        const { lifecycleEvents, feedUsers, accounts, audit, alerts, feeds } = (
          await store.read(async (db) => db)
        ).tables;
        return await Promise.all(
          [lifecycleEvents, feedUsers, accounts, audit, alerts, feeds].map((table) =>
            store.read((db) => db.select().from(table)),
          ),
        );
      };
      const before = await all();
      const dry = await poll({}, true);
      expect(dry).toMatchObject({ report: { changed: 55, gone: 1, events: 56, held: 36 } });
      expect(await poll({ filter: '(uid=nobody)' }, true)).toMatchObject({ kind: 'empty' });
      expect(await all()).toEqual(before);
      expect(await poll()).toEqual(dry);
    });

    it('stopped, refusing, empty or shrunken, it withdraws nobody and raises one alert', async () => {
      const { poll, events, remove, alerts, withdrawn, add, entry } = await createCase(20);
      await poll();
      const wrong = join(folder, 'wrong');
      writeFileSync(wrong, 'khong phai');
      const faults = [
        await poll({ url: 'ldaps://127.0.0.1:1' }),
        await poll({ passwordFile: wrong }),
        await poll({ passwordFile: join(folder, 'none') }),
        await poll({ caFile: passwordFile }),
        await poll({ filter: '(uid=nobody)' }),
        await poll({ base: 'ou=elsewhere,dc=example,dc=vn' }),
      ];
      expect(faults.map((fault) => ('kind' in fault ? fault.kind : fault))).toEqual([
        'unreachable',
        'bind-refused',
        'bind-refused',
        'untrusted',
        'empty',
        'refused',
      ]);
      expect(JSON.stringify(faults)).not.toContain('khong phai');
      remove([0, 1, 2]);
      expect(await poll()).toMatchObject({ outcome: 'fault', kind: 'shrunken' });
      await slapd.stop();
      expect(await poll()).toMatchObject({ outcome: 'fault', kind: 'unreachable' });
      await slapd.start();
      expect([await events(), await withdrawn(), await alerts()]).toEqual([[], 0, ['feed-fault']]);
      // Whole again: nothing has happened; the next fault is told anew.
      add([0, 1, 2].map((index) => entry(index)));
      expect(await poll()).toMatchObject({ outcome: 'read', report: { events: 0, gone: 0 } });
      expect(await poll({ filter: '(uid=nobody)' })).toMatchObject({ kind: 'empty' });
      expect(await alerts()).toEqual(['feed-fault', 'feed-fault']);
    });

    it('takes nobody whose name is another, who is there twice, or whom it cannot read', async () => {
      const { staff, poll, events, add, entry, set } = await createCase(3);
      const twin = entry(0)
        .replace(/uid=u0/, 'uid=v0')
        .replace('uid: u0', 'uid: v0')
        .replace(/objectGUID:: \S+/, 'objectGUID:: AAAA');
      add([twin]);
      set(1, 'displayName', 'Ai Do Khac');
      set(2, 'userAccountControl', '514');
      expect(await poll()).toMatchObject({ report: { events: 1, skipped: { twice: 2, 'name-differs': 1 } } });
      expect(await events()).toHaveLength(1);
      expect(await staff.accountRow(2)).toMatchObject({ status: 'withdrawn' });
    });

    it('moves who changes units, and hires only where it may', async () => {
      const { staff, store, poll, events, set, add, entry } = await createCase(2);
      const unit = await store.read((db) => db.select().from(db.tables.units));
      const code = (id: number) => unit.find((one) => one.id === id)?.code ?? '';
      set(0, 'departmentNumber', code(staff.units.district));
      await poll();
      expect(await events()).toEqual([]);
      set(0, 'departmentNumber', code(staff.units.otherDistrict));
      await poll();
      expect(await events()).toMatchObject([{ kind: 'moved', state: 'applied' }]);
      expect(await staff.unitOf(0)).toBe(staff.units.otherDistrict);
      const newcomer = entry(
        50,
        `displayName: Le Thi Moi\ndepartmentNumber: ${code(staff.units.district)}\n`,
      );
      add([newcomer]);
      expect(await poll()).toMatchObject({ report: { events: 0, skipped: { unknown: 1 } } });
      expect(await poll({ hire: true })).toMatchObject({ report: { events: 1 } });
      expect((await events()).at(-1)).toMatchObject({ kind: 'hired', state: 'applied' });
      // Bound to another unit, it takes nothing from whom it may not tell of.
      await setFeedSettings(staff.deps, 'ad', { within: code(staff.units.otherDistrict) });
      set(1, 'userAccountControl', '514');
      expect(await poll()).toMatchObject({ report: { events: 0, skipped: { elsewhere: 1 } } });
      expect(await staff.accountRow(1)).toMatchObject({ status: 'active' });
    });
  });
} else {
  it.skipIf(!process.env['CI'])('a directory that is polled', () => {
    throw new Error('slapd is not installed');
  });
}
