// The stock of hardware tokens by the API: each unit's own, never for oneself, by two where the policy says so.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import type { TestAccount } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

const seed = '3132333435363738393031323334353637383930';
const url = '/api/v1/hardware-tokens';

describeOnEachStore('the stock of hardware tokens', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  let unitOperator: TestOperator;
  let account: TestAccount;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unitOperator = await site.addOperator([{ role: 'unit-administrator', unitId: site.world.units.local }]);
    unit = await site.signIn(unitOperator);
    account = await site.world.addAccount({ authenticators: [] });
  });
  afterAll(() => site.close());

  const csv = (...serials: string[]) => `serial,seed\n${serials.map((one) => `${one},${seed}`).join('\n')}\n`;
  const take = (browser: Browser, file: string, more: object = {}) =>
    browser.send('POST', `${url}/import`, { file, dryRun: false, ...more });
  const list = async (browser: Browser, query = '') =>
    (await browser.send('GET', `${url}${query}`)).json().items as {
      id: number;
      serialNumber: string;
      state: string;
      userName: string | null;
    }[];
  const idOf = async (serialNumber: string) =>
    (await list(central, `?q=${serialNumber}`)).find((one) => one.serialNumber === serialNumber)?.id;
  const handOver = async (browser: Browser, serialNumber: string, user = account.userName, replace = false) =>
    browser.change('POST', `${url}/${await idOf(serialNumber)}/hand-over`, { user, replace });

  it('takes files, dry at first, and never shows a seed', async () => {
    const { local } = site.world.units;
    const codes = (await central.send('GET', '/api/v1/units')).json();
    const code = (codes.items ?? codes).find((one: { id: number }) => one.id === local).code as string;
    const dry = await take(unit, csv('u1', 'u2'), { unit: code, dryRun: true });
    const clear = expect.stringContaining('in clear');
    expect([dry.statusCode, dry.json()]).toEqual([
      200,
      { added: 2, refused: [], format: 'csv', remarks: [clear] },
    ]);
    expect(await list(unit)).toEqual([]);
    expect((await take(unit, csv('u1', 'u2'), { unit: code })).json()).toMatchObject({ added: 2 });
    expect((await take(unit, csv('u1'), { unit: code })).json()).toMatchObject({
      added: 0,
      refused: [
        { serialNumber: 'U1', fault: 'known', why: 'It is known already; nothing of it was changed.' },
      ],
    });
    expect((await take(central, csv('c1', 'c2', 'c3'))).json()).toMatchObject({ added: 3 });
    const answer = await central.send('GET', `${url}?limit=2`);
    expect(answer.body.toLowerCase()).not.toContain(seed);
    expect(answer.json().items).toHaveLength(2);
    const rest = await central.send('GET', `${url}?cursor=${encodeURIComponent(answer.json().next)}`);
    expect(rest.json().items).toHaveLength(3);
  });

  it('says what is wrong with a token, and that a signature was not checked, in the language of whoever reads', async () => {
    const signed = `<KeyContainer Version="1.0"><KeyPackage><DeviceInfo><SerialNo>S1</SerialNo></DeviceInfo>
      <Key Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:ocra"/></KeyPackage><Signature/></KeyContainer>`;
    const told = async (language: string) => {
      const body = { file: signed, dryRun: true };
      const answer = await central.send('POST', `${url}/import`, body, { 'accept-language': language });
      return answer.json();
    };
    const refused = { serialNumber: 'S1', place: 1, fault: 'algorithm-unknown' };
    expect(await told('vi')).toMatchObject({
      added: 0,
      format: 'pskc',
      refused: [{ ...refused, why: 'Loại mã không phải TOTP hoặc HOTP.' }],
      remarks: [expect.any(String), expect.stringContaining('Chưa kiểm tra chữ ký')],
    });
    expect(await told('en')).toMatchObject({
      refused: [{ ...refused, why: 'The codes are neither TOTP nor HOTP.' }],
      remarks: [expect.any(String), expect.stringContaining('signature of the file was not checked')],
    });
  });

  it('shows and gives to a unit its own alone', async () => {
    expect((await list(unit)).map(({ serialNumber }) => serialNumber)).toEqual(['U1', 'U2']);
    const outside = await take(unit, csv('u9'));
    expect([outside.statusCode, outside.json().errors[0].field]).toEqual([400, 'unit']);
    expect((await handOver(unit, 'C1')).statusCode).toBe(404);
    const broken = await take(central, '<KeyContainer/>');
    expect([broken.statusCode, broken.json().errors[0].field]).toEqual([422, 'file']);
  });

  it('hands over, synchronises, replaces and takes back', async () => {
    const given = await handOver(unit, 'U1');
    expect([given.statusCode, given.json()]).toEqual([
      200,
      { serialNumber: 'U1', userName: account.userName },
    ]);
    expect(await list(unit, '?state=assigned')).toMatchObject([
      { serialNumber: 'U1', userName: account.userName },
    ]);
    const at = `${url}/${await idOf('U1')}`;
    const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const code = (off: number) =>
      hotp(seedKey(Buffer.from(seed, 'hex')), timeStepAt(clock.now(), 30) + off, parameters);
    const wrong = await unit.send('POST', `${at}/synchronise`, { first: '000000', second: '000000' });
    expect([wrong.statusCode, wrong.json().errors[0].field]).toEqual([422, 'codes']);
    const found = await unit.send('POST', `${at}/synchronise`, { first: code(7), second: code(8) });
    expect(found.statusCode).toBe(200);
    const replaced = await unit.change('POST', `${at}/replace`, {
      serialNumber: 'u2',
      formerIs: 'lost',
      reason: 'mất',
    });
    expect([replaced.statusCode, replaced.json().serialNumber]).toEqual([200, 'U2']);
    expect((await list(unit)).map(({ state }) => state)).toEqual(['lost', 'assigned']);
    const back = await unit.change('POST', `${url}/${await idOf('U2')}/state`, {
      state: 'stock',
      reason: 'trả lại',
    });
    expect([back.statusCode, back.json().userName]).toEqual([200, account.userName]);
  });

  it('gives nobody a token for their own account, and none past a second person', async () => {
    const own = await site.world.addAccount({ authenticators: [] });
    await site.world.store.write(async (db) => {
      const { accounts } = db.tables;
      const { eq } = await import('drizzle-orm');
      await db
        .update(accounts)
        .set({ personId: unitOperator.personId })
        .where(eq(accounts.id, own.accountId));
    });
    const self = await handOver(central, 'C1', own.userName);
    expect(self.statusCode).toBe(200);
    const at = `${url}/${await idOf('C1')}/state`;
    const mine = await unit.change('POST', at, { state: 'stock', reason: 'x' });
    expect([403, 404]).toContain(mine.statusCode);
    expect((await handOver(unit, 'U2', own.userName)).statusCode).not.toBe(200);

    await site.world.setPolicy('organisation', { fourEyes: ['reset-authenticator'] });
    const other = await site.world.addAccount();
    for (const replace of [true, false]) {
      const past = await handOver(central, 'C2', other.userName, replace);
      expect([past.statusCode, past.json().errors[0].field]).toEqual([400, 'user']);
    }
    expect((await handOver(central, 'C2', account.userName)).statusCode).toBe(200);
    // Nor by having it taken back or reported lost, which would leave the account without one.
    for (const state of ['lost', 'stock']) {
      const step = { state, reason: 'x' };
      const taken = await central.change('POST', `${url}/${await idOf('C2')}/state`, step);
      expect([taken.statusCode, taken.json().errors[0].field]).toEqual([400, 'user']);
    }
    await site.world.setPolicy('organisation', {});
  });

  it('asks for a fresh code before a token is handed out', async () => {
    clock.advance(6 * 60_000);
    const answer = await handOver(central, 'C3');
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'step-up-required']);
    expect((await central.send('GET', url)).statusCode).toBe(200);
  });
});
