import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Language } from '../../src/core/reason-texts.ts';
import { suspend } from '../../src/services/accounts/standing.ts';
import type { LoginRequest } from '../../src/services/login.ts';
import { type ExplainedRecord, explainDecisionsOf, explainRecord } from '../../src/services/records.ts';
import { requestParameters } from '../../src/services/request-parameters.ts';
import { openSettings } from '../../src/services/settings/settings.ts';
import { erasePersonal } from '../../src/store/audit/read.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Acts, createActs, monday } from './acts.ts';
import { captureLog } from './captured-log.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { findProfile } from './profiles.ts';
import { createWorld, day, ownMachine, station, type TestAccount, type World } from './world.ts';

describeOnEachStore('a record, explained', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(() => {
    clock.advance(60_000);
    acts = createActs(world, clock);
  });
  afterAll(() => world.close());

  async function depsOf(language: Language) {
    const { store, keyring } = world;
    return {
      store,
      settings: await openSettings({ store, keyring, findProfile, log: captureLog() }),
      language,
    };
  }

  /** A refused login, and its record by the lookup code. */
  async function refused(
    account: TestAccount,
    language: Language,
    changes: Partial<LoginRequest> = {},
  ): Promise<ExplainedRecord> {
    await acts.decide(account, changes);
    const { lookupCode } = await world.lastRecord();
    return explainRecord(await depsOf(language), lookupCode ?? '');
  }

  it('is found by its lookup code in every spelling, and by its place', async () => {
    const account = await world.addAccount({ account: { validUntil: monday - day } });
    const explained = await refused(account, 'vi');
    const code = explained.lookupCode ?? '';
    expect(explained).toMatchObject({
      outcome: 'deny',
      reason: 'expired',
      at: clock.now(),
      gateway: 'gw-appended',
      evidence: 'E1',
      password: 'right',
    });
    expect(explained.personal).toMatchObject({ userName: account.userName, station });
    const deps = await depsOf('vi');
    for (const spelling of [
      `${code.slice(0, 4)}-${code.slice(4)}`,
      code.toLowerCase(),
      ` ${code.slice(0, 4)} ${code.slice(4)} `,
      explained.record,
      explained.record.toUpperCase(),
    ]) {
      expect(await explainRecord(deps, spelling)).toEqual(explained);
    }
  });

  it('says why and what to do next in both languages, with the dates of the organisation', async () => {
    const account = await world.addAccount({ account: { validUntil: Date.UTC(2026, 1, 28, 17) } });
    const vi = (await refused(account, 'vi')).explanation;
    expect(vi.title).toBe('Hết thời hạn sử dụng');
    expect(vi.explanation).toContain('24:00 28/02/2026');
    expect(vi.next.map(({ who }) => who)).toEqual(['holder', 'head']);
    const en = (await refused(account, 'en')).explanation;
    expect(en.explanation).toContain('24:00 28/02/2026');
    expect(en.next[0]?.text).toContain('extension');
  });

  it('names what in the request led to the denial, for whoever has to correct it', async () => {
    const account = await world.addAccount();
    const explanation = async (changes: Partial<LoginRequest>, language: Language = 'en') =>
      (await refused(account, language, changes)).explanation.explanation;
    const notVpn: Partial<LoginRequest> = {
      refused: { reason: 'service-not-allowed', detail: null },
      summary: { serviceType: '6', connectInfo: 'admin-login', repeated: 'NAS-Identifier' },
    };
    expect(await explanation(notVpn)).toMatch(
      /Service-Type Administrative[\w-]*, Connect-Info admin-login\. NAS-Identifier stands in it more than once\.$/,
    );
    expect(await explanation({ userName: `CORP\\${account.userName}` })).toContain('before a backslash');
    expect(await explanation({ userName: `${account.userName} ` }, 'vi')).toContain('tên có dấu cách');
    expect(await explanation({ userName: '', summary: { unreadable: 'User-Name' } })).toContain(
      'User-Name does not read as text',
    );
    expect(await explanation({ userName: `${account.userName}@elsewhere.example` })).toContain(
      'elsewhere.example is no realm',
    );
    expect(await explanation({ userName: 'nobody-of-that-name' })).toBe(
      'No such account: mistyped or never issued.',
    );
    const garbled: Partial<LoginRequest> = {
      credentials: { style: 'password+code', text: '\u0007\uFFFD' },
      summary: { unreadable: 'User-Password' },
    };
    expect(await explanation(garbled)).toMatch(/shared secret.*does not end in a code\.$/);
    // The lookup code of a challenge is that of the second round, which stands for the first one's denial.
    for (const style of ['password', 'challenge-answer']) {
      expect(requestParameters('password-wrong', { style }, {}, [], 'en')['codeless']).toContain('first box');
    }
  });

  it('says nothing of the password of an account that there is not', async () => {
    const account = await world.addAccount();
    expect(await refused(account, 'en', { userName: 'nobody-at-all' })).toMatchObject({
      reason: 'account-unknown',
      password: null,
    });
  });

  it('names the hours in force, the minutes of the clock, the evidence', async () => {
    const account = await world.addAccount();
    const timeZone = 'Asia/Ho_Chi_Minh';
    await world.setPolicy('unit:1', {
      hours: { timeZone, windows: [{ days: [1, 2, 3, 4, 5], from: '09:00', until: '17:30' }] },
    });
    expect((await refused(account, 'vi')).explanation.explanation).toContain(
      'thứ Hai đến thứ Sáu 09:00–17:30',
    );
    await world.setPolicy('unit:1', {});
    const credentials = {
      style: 'password+code',
      text: `${account.password}${world.codeOf(account, -4)}`,
    } as const;
    expect((await refused(account, 'en', { credentials })).explanation.explanation).toContain('4 min');
    await world.setPolicy('unit:1', { leastEvidence: 2 });
    const weak = await refused(account, 'vi');
    expect(weak.reason).toBe('workstation-evidence-too-weak');
    expect(weak.explanation.explanation).toMatch(/E2.*E1/);
    await world.setPolicy('unit:1', {});
  });

  it('of an Accept tells what enforcement would have said', async () => {
    const account = await world.addAccount();
    await world.setPolicy('unit:1', { workstationMode: 'observe' });
    const observed = [{ key: 'mac:02ffffff0001', level: 1 as const }];
    expect(await acts.decide(account, { observed })).toBe('accept');
    await world.setPolicy('unit:1', {});
    clock.advance(60_000);
    expect(await acts.decide(account)).toBe('accept');
    const [plain, watched] = await explainDecisionsOf(
      { ...(await depsOf('en')), store: world.store },
      { user: account.userName, last: 5 },
    );
    expect(plain).toMatchObject({ explanation: { title: 'Allowed' }, observed: null });
    expect(plain?.until).toBeGreaterThan(clock.now());
    expect(watched?.explanation.title).toContain('would be denied under enforcement');
    expect(watched?.observed).toMatchObject({ title: 'Not the assigned workstation' });
  });

  it('of both rounds of a challenge tells the first from the last', async () => {
    const account = await world.addAccount();
    const node = await world.createNode('node');
    const gatewayId = world.gateways.challenge;
    const first = await node.authenticate(
      world.login(account, { gatewayId, credentials: { style: 'password', text: account.password } }),
    );
    const state = first.kind === 'challenge' ? first.state : '';
    const text = world.codeOf(account);
    await node.authenticate(
      world.login(account, { gatewayId, credentials: { style: 'challenge-answer', text, state } }),
    );
    const explained = await explainDecisionsOf(
      { ...(await depsOf('vi')), store: world.store },
      { user: account.userName, last: 5 },
    );
    expect(explained.map((record) => [record.outcome, record.explanation.title])).toEqual([
      ['accept', 'Cho phép'],
      ['challenge', 'Đã hỏi mã xác thực'],
    ]);
  });

  it('of an administrator tells who did what', async () => {
    const account = await world.addAccount();
    await suspend(acts.deps, { user: account.userName, detail: 'leak', reason: 'danh sách lộ lọt 03/2026' });
    const place = await world.store.read(async (db) => {
      const { audit } = db.tables;
      const rows = await db
        .select({ chain: audit.chain, seq: audit.seq, outcome: audit.outcome })
        .from(audit);
      const found = rows.findLast((row) => row.outcome === 'account.suspend');
      return `${found?.chain}:${found?.seq}`;
    });
    expect(await explainRecord(await depsOf('vi'), place)).toMatchObject({
      kind: 'administration',
      outcome: 'account.suspend',
      detail: 'leak',
      personal: { administrator: 'quantri', reason: 'danh sách lộ lọt 03/2026' },
    });
  });

  it('that is not there is refused with what to try', async () => {
    const deps = await depsOf('vi');
    await expect(explainRecord(deps, 'ABCD-EFGH')).rejects.toThrow('There is no record of ABCD-EFGH');
    await expect(explainRecord(deps, `${'0'.repeat(32)}:7`)).rejects.toThrow('There is no record');
    for (const text of ['ABC', 'ABCD-EFG0', '../../etc', `${'0'.repeat(31)}:7`, `${'0'.repeat(32)}:0`]) {
      await expect(explainRecord(deps, text)).rejects.toThrow('no lookup code and no record');
    }
    await expect(
      explainDecisionsOf({ ...deps, store: world.store }, { user: 'nobody.at.all', last: 5 }),
    ).rejects.toThrow('There is no account');
  });

  it('still explains when its personal part has been erased', async () => {
    const account = await world.addAccount({ account: { status: 'withdrawn' } });
    const { record } = await refused(account, 'vi', { observed: [ownMachine] });
    while ((await world.store.write((db) => erasePersonal(db, clock.now() + 1))) > 0);
    const erased = await explainRecord(await depsOf('vi'), record);
    expect(erased).toMatchObject({ reason: 'account-withdrawn', personal: null });
    expect(erased.explanation.title).toBe('Tài khoản đã thu hồi');
  });
});
