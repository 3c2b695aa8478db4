import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type EventSource, recordEvents } from '../../src/services/lifecycle/record.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { renderHandOverList } from '../../src/services/slips/hand-over-paper.ts';
import { handOverSlip, issueSlips } from '../../src/services/slips/issue.ts';
import { missingCsv, rolloutByUnit } from '../../src/services/slips/rollout.ts';
import { renderSlips } from '../../src/services/slips/slip-paper.ts';
import { findPersonIds } from '../../src/store/queries/import/people.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { silentLog } from '../store/silent-log.ts';
import { type Acts, createActs, monday } from './acts.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createWorld, type TestAccount, type World } from './world.ts';

describeOnEachStore('slips', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let local: string[];

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
    acts = createActs(world, clock);
    local = [`/${world.units.centre}/${world.units.local}/`];
  });
  beforeEach(() => clock.advance(60_000));
  afterAll(() => world.close());

  const pending = () =>
    world.addAccount({ account: { status: 'pending', passwordPhc: null }, authenticators: [] });
  const figures = async () =>
    (await rolloutByUnit({ store: world.store, now: clock.now() }, local))[0]?.counts;

  it('are printed once for everybody of a unit who has none; who printed is recorded', async () => {
    const account = await pending();
    const before = await figures();
    const slips = await issueSlips(acts.deps, { scope: local });
    expect(slips.map(({ userName }) => userName)).toContain(account.userName);
    await expect(issueSlips(acts.deps, { scope: local })).rejects.toThrow('nobody to print');
    const [act] = await acts.acts('slip.print');
    expect(act?.personal['administrator']).toBe('quantri');
    const after = await figures();
    expect(after?.['not-printed']).toBe(0);
    expect(after?.printed).toBe((before?.printed ?? 0) + slips.length);
  });

  it('of people entered by hand are told to others than who printed; those of people whom a source knows are not', async () => {
    const { store } = world;
    const lifecycle = { ...acts.deps, log: silentLog, onAccessEnded: async () => {} };
    await addSource(lifecycle, { name: 'hr', kind: 'file' });
    const hire = async (source: EventSource, staffCode: string) => {
      const person = {
        unitId: world.units.local,
        kind: 'external',
        position: null,
        fullName: 'Trần Thị B',
      } as const;
      const event = { kind: 'hired', detail: null, endsAt: null, keepUntil: null, unitId: null } as const;
      const when = { effectiveAt: monday, documentNumber: '1/QĐ', sourceKey: staffCode };
      await recordEvents(lifecycle, source, [{ ...event, ...when, staffCode, person }]);
      return await store.read(async (db) => (await findPersonIds(db, [staffCode])).get(staffCode) ?? 0);
    };
    const accountOf = async (personId: number) => {
      const account = await pending();
      await store.write(async (db) => {
        const { accounts: t } = db.tables;
        await db.update(t).set({ personId }).where(eq(t.id, account.accountId));
      });
      return account;
    };
    const byHand = await accountOf(await hire({ kind: 'person', name: 'command-line' }, 'H-1'));
    const byFile = await accountOf(await hire({ kind: 'feed', name: 'hr' }, 'F-1'));
    const imported = await pending();
    const userNames = [byHand, byFile, imported].map(({ userName }) => userName);
    await issueSlips(acts.deps, { scope: local, userNames });
    const alerts = await store.read((db) => db.select().from(db.tables.alerts));
    expect(alerts).toMatchObject([
      { rule: 'slip-for-person-by-hand', accountId: byHand.accountId, unitId: world.units.local },
    ]);
    expect(JSON.parse(alerts[0]?.evidence ?? '')).toMatchObject({ printedBy: 'quantri' });
  });

  it('of another unit can be neither printed nor handed over', async () => {
    const account = await pending();
    const elsewhere = [`/${world.units.centre}/${world.units.other}/`];
    const order = { scope: elsewhere, userNames: [account.userName] };
    await expect(issueSlips(acts.deps, order)).rejects.toThrow(`for ${account.userName}`);
    await issueSlips(acts.deps, { scope: local, userNames: [account.userName] });
    await expect(handOverSlip(acts.deps, { user: account.userName, scope: elsewhere })).rejects.toThrow(
      'no account',
    );
  });

  it('are handed over once, while they are good', async () => {
    const account = await pending();
    const user = account.userName;
    await expect(handOverSlip(acts.deps, { user, scope: null })).rejects.toThrow('no slip');
    await issueSlips(acts.deps, { scope: null, userNames: [user] });
    const before = await figures();
    await handOverSlip(acts.deps, { user, scope: local, receivedBy: 'Trần Thị B' });
    expect((await figures())?.['handed-over']).toBe((before?.['handed-over'] ?? 0) + 1);
    expect((await acts.acts('slip.hand-over'))[0]?.personal).toMatchObject({ receivedBy: 'Trần Thị B' });
    await expect(handOverSlip(acts.deps, { user, scope: null })).rejects.toThrow('recorded already');
  });

  it('leave figures that follow a holder to the first login, and a file of who is missing', async () => {
    const account = await world.addAccount();
    const missing = () => text(missingCsv({ store: world.store, now: clock.now() }, local));
    expect(await missing()).toContain(`${account.userName},"đã kích hoạt, chưa đăng nhập lần đầu"`);
    const before = await figures();
    expect(await acts.decide(account)).toBe('accept');
    const after = await figures();
    expect([after?.activated, after?.['logged-in']]).toEqual([
      (before?.activated ?? 0) - 1,
      (before?.['logged-in'] ?? 0) + 1,
    ]);
    expect(await missing()).not.toContain(account.userName);
  });

  it('export no cell that a spreadsheet would take for a formula', async () => {
    const account: TestAccount = await world.addAccount();
    await world.store.write(async (db) => {
      const { people: t } = db.tables;
      await db
        .update(t)
        .set({ fullName: '=HYPERLINK("http://x")', position: '@SUM(A1)' })
        .where(eq(t.id, account.personId));
    });
    const parts: string[] = [];
    for await (const part of missingCsv({ store: world.store, now: clock.now() }, local)) parts.push(part);
    const csv = parts.join('');
    expect(csv.startsWith('\ufeff')).toBe(true);
    expect(csv).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(csv).toContain("'@SUM(A1)");
    expect(csv).not.toMatch(/(^|,)"?[=@+]/m);
  });
});

/** What poppler reads on the pages. */
function pagesOf(octets: Buffer): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-slips-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'paper.pdf');
  writeFileSync(file, octets);
  execFileSync('pdftotext', ['-layout', file, join(folder, 'paper.txt')]);
  return readFileSync(join(folder, 'paper.txt'), 'utf8').normalize('NFC').split('\f').slice(0, -1);
}

describe('papers', () => {
  const slip = {
    userName: 'nvduc',
    fullName: 'Nguyễn Văn Đức',
    staffCode: 'TCT-001',
    position: 'Kiểm soát viên',
    unitCode: 'T01',
    unitName: 'Chi cục Thuế khu vực I',
    code: 'K7WM-3PXA-9QDR',
    expiresAt: Date.UTC(2026, 2, 9, 1),
  };

  it('of slips have a page each, in Vietnamese, with the address but not the code behind the QR', async () => {
    const frame = {
      organisationName: 'Cục Thuế tỉnh Mẫu',
      activationUrl: 'https://vpn.example.org/activate',
      timeZone: 'Asia/Ho_Chi_Minh',
    };
    const octets = await renderSlips(
      [slip, { ...slip, fullName: 'Trần Thị B', code: 'AAAA-BBBB-CCCC' }],
      frame,
    );
    const [first = '', second = '', ...more] = pagesOf(octets);
    expect(more).toEqual([]);
    for (const words of [
      'PHIẾU KÍCH HOẠT TÀI KHOẢN VPN',
      'Nguyễn Văn Đức',
      'TCT-001',
      'nvduc',
      'K7WM-3PXA-9QDR',
      '08:00 09/03/2026',
      'vpn.example.org/activate',
    ]) {
      expect(first).toContain(words);
    }
    expect(second).toContain('AAAA-BBBB-CCCC');
    expect(second).not.toContain('K7WM');
  });

  it('of the hand-over list name everybody by unit and never a code', async () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ ...slip, fullName: `Nguyễn Văn Số ${index}` }));
    const octets = await renderHandOverList(
      [...many, { ...slip, unitCode: 'T02', unitName: 'Chi cục Thuế khu vực II' }],
      { organisationName: 'Cục Thuế tỉnh Mẫu' },
    );
    const pages = pagesOf(octets);
    const text = pages.join('\n');
    expect(pages.length).toBeGreaterThanOrEqual(3);
    expect(text).toContain('Độc lập - Tự do - Hạnh phúc');
    expect(text).toContain('CHI CỤC THUẾ KHU VỰC II');
    for (const { fullName } of many) expect(text).toContain(fullName);
    expect(text).not.toContain('K7WM');
  });
});
