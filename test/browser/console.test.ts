// Walks through the console: cutting a live session, a file with bad rows, a second person's approval, units kept apart.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Services } from '../../src/app.ts';
import { sampleRequest } from '../../src/cli/sample-login.ts';
import { encodeBase32 } from '../../src/core/otp.ts';
import type { Role } from '../../src/core/permissions.ts';
import { createPasswords } from '../../src/services/passwords/passwords.ts';
import { fileRequest } from '../../src/services/requests/file.ts';
import { contextOf } from '../../src/services/secrets/keyring.ts';
import { addWorkstation } from '../../src/services/workstations.ts';
import { insertOperator, insertOperatorRole } from '../../src/store/queries/operators.ts';
import { bumpSettingsVersion } from '../../src/store/queries/settings.ts';
import { findUnitByCode } from '../../src/store/queries/units.ts';
import { type EncodedAttribute, encodeValue } from '../../src/wire/radius/attribute.ts';
import { codes } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { type PlayedCoa, playCoa } from '../radius-server/played-coa.ts';
import { launchBrowser, openContext } from './browser.ts';
import {
  type ConsoleSite,
  codeOf,
  enrolFirst,
  operatorPassword,
  sendLogin,
  startConsoleSite,
  tryLogins,
} from './console-site.ts';

let browser: Browser;
let site: ConsoleSite;
let coa: PlayedCoa;
let page: Page;

const gateway = 'cong-chung';
const day = 86_400_000;

/** The sample's general gateway, able to account and to end sessions. */
async function addCoa(services: Services): Promise<void> {
  await services.store.write(async (db) => {
    const { gateways: t } = db.tables;
    const profileOverrides = JSON.stringify({
      accounting: { sends: true, echoesClass: true },
      reply: { class: 'opaque' },
      disconnect: { method: 'coa' },
    });
    await db
      .update(t)
      .set({ profileOverrides, coaAddress: '127.0.0.1', coaPort: coa.port })
      .where(eq(t.name, gateway));
    await bumpSettingsVersion(db);
  });
}

async function account(status: number, userName: string, mac: string): Promise<void> {
  const [to] = site.services.broker?.accountingEndpoints ?? [];
  if (to === undefined) throw new Error('no accounting');
  const text = (type: number, value: string): EncodedAttribute => ({ type, value: Buffer.from(value) });
  const socket = createSocket('udp4');
  const request = encodeRequest({
    code: codes.AccountingRequest,
    identifier: status,
    attributes: [
      { type: 40, value: encodeValue('integer', status) },
      text(1, userName),
      text(32, gateway),
      text(44, 'tunnel-1'),
      text(31, mac),
    ],
    secret: createSecret(Buffer.from(site.radiusSecret)),
    messageAuthenticator: false,
  });
  const answered = once(socket, 'message');
  socket.send(request, to.port, to.host);
  await answered;
  socket.close();
}

/** An operator of a unit who has enrolled already; returns the key of their app. */
async function addOperator(signInName: string, role: Role, unitCode: string): Promise<string> {
  const { store, keyring, random, clock, log } = site.services;
  const passwords = createPasswords({ clock, random, log, concurrency: 1, queueLength: 4 });
  const passwordPhc = await passwords.hash(operatorPassword);
  const seed = random.bytes(20);
  const now = clock.now();
  await store.write(async (db) => {
    const unit = await findUnitByCode(db, unitCode);
    if (unit === null) throw new Error(`no unit ${unitCode}`);
    const { people, employmentEvents } = db.tables;
    const [person] = await db
      .insert(people)
      .values({
        staffCode: `OP-${signInName}`,
        fullName: 'Trần Thị B',
        nameSearchKey: 'tran thi b',
        nameSortKey: 'b tran thi',
        kind: 'public-employee',
        unitId: unit.id,
        createdAt: now,
      })
      .returning({ id: people.id });
    if (person === undefined) throw new Error('no person');
    await db.insert(employmentEvents).values({
      personId: person.id,
      kind: 'hired',
      effectiveAt: now - 100 * day,
      source: 'test',
      sourceKey: signInName,
      recordedAt: now,
    });
    const operatorId = await insertOperator(db, {
      personId: person.id,
      signInName,
      state: 'active',
      passwordPhc,
      sealedSeed: keyring.seal(seed, contextOf.operatorSeed(signInName)),
      createdAt: now,
    });
    await insertOperatorRole(db, { operatorId, role, unitId: unit.id, validFrom: now - day, createdAt: now });
  });
  return encodeBase32(seed);
}

async function signIn(signInName: string, key: string): Promise<Page> {
  const context = await openContext(browser, { baseURL: site.origin });
  const other = await context.newPage();
  await other.goto('/');
  await other.getByLabel('Tên đăng nhập').fill(signInName);
  await other.locator('input[type=password]').fill(operatorPassword);
  await other.locator('input[autocomplete=one-time-code]').fill(codeOf(key));
  await other.getByRole('button', { name: 'Đăng nhập' }).click();
  await other.getByRole('heading', { level: 1, name: 'Tổng quan' }).waitFor();
  return other;
}

beforeAll(async () => {
  site = await startConsoleSite('sample');
  const secret = createSecret(Buffer.from(site.radiusSecret));
  coa = await playCoa(secret, secret);
  await addCoa(site.services);
  await site.services.broker?.refreshSettings();
  browser = await launchBrowser();
  const context = await openContext(browser, { baseURL: site.origin });
  page = await context.newPage();
  await enrolFirst(page, site);
});

afterAll(async () => {
  await browser.close();
  await site.stop();
  await coa.close();
});

describe('the console', () => {
  it('cuts a live session and says when the tunnel is proven down', async () => {
    const login = site.logins.find(({ state, gateway: of }) => state === 'valid' && of === gateway);
    if (login?.seed == null) throw new Error('the sample has changed');
    const { mac } = login.workstation;
    const accepted = await sendLogin(site, {
      secret: site.radiusSecret,
      userName: login.userName,
      typed: `${login.password}${codeOf(login.seed)}`,
      attributes: sampleRequest(login).attributes,
    });
    expect(accepted).toBe(codes.AccessAccept);
    await account(1, login.userName, mac);

    await page.goto('/sessions');
    const row = page.locator('tr', { hasText: login.userName });
    await row.getByText('Đang kết nối').waitFor();
    await row.getByRole('button', { name: 'Ngắt phiên' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`Cổng ${gateway} nhận lệnh ngắt phiên của ${login.userName}`).waitFor();
    await dialog.getByLabel('Lý do').fill('Thử ngắt phiên');
    await dialog.getByRole('button', { name: 'Ngắt phiên' }).click();
    await expect.poll(() => coa.received.length, { timeout: 15_000 }).toBeGreaterThan(0);
    await row.getByText('Cổng đã nhận lệnh, chưa xác nhận').waitFor();
    await account(2, login.userName, mac);
    await page.getByText('Không có phiên nào đang kết nối.').waitFor();
  });

  it('takes a file with bad rows: names each, records the good ones, and shows text as text', async () => {
    const [known] = site.logins.filter(({ state }) => state === 'valid');
    const staffCode = await site.services.store.read(async (db) => {
      const { accounts, people } = db.tables;
      const [row] = await db
        .select({ staffCode: people.staffCode })
        .from(accounts)
        .innerJoin(people, eq(people.id, accounts.personId))
        .where(eq(accounts.userName, known?.userName ?? ''));
      return row?.staffCode ?? '';
    });
    const attack = '<img src=x onerror="document.title=1">';
    const file = join(site.site.directory, 'bien-dong.csv');
    writeFileSync(
      file,
      [
        'Mã CCVC;Loại biến động;Kể từ ngày;Số, ký hiệu văn bản',
        `${staffCode};thay đổi nhiệm vụ;01/01/2031;${attack}`,
        'KHONG-CO;nghỉ hưu;01/01/2031;2/QĐ',
        `${staffCode};nghỉ hưu;31/02/2031;3/QĐ`,
        '',
      ].join('\n'),
    );
    await page.goto('/imports');
    await page.getByLabel('Tên nguồn dữ liệu').fill('nhan-su');
    await page.getByRole('button', { name: 'Thêm nguồn' }).click();
    await page.getByRole('combobox', { name: 'Nguồn' }).click();
    await page.getByRole('option', { name: 'nhan-su' }).click();
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('button', { name: 'Chạy thử', exact: false }).first().click();
    await page.getByText('Dòng 3:').waitFor();
    await page.getByText('Dòng 4:').waitFor();
    await page.getByRole('button', { name: 'Nhập thật' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Nhập thật' }).click();
    await page.getByText('Đã nhập xong').waitFor();
    await page.goto('/events');
    await page.getByText(attack).waitFor();
    expect(await page.title()).toBe('Biến động nhân sự – Gatewarden');
  });

  it('sets a term, assigns and lends a workstation, and tells the story', async () => {
    const login = site.logins.filter(({ state }) => state === 'valid')[2];
    const userName = login?.userName ?? '';
    await page.goto('/');
    await page
      .getByRole('combobox', { name: 'Tìm trong hệ thống' })
      .or(page.getByLabel('Tìm trong hệ thống'))
      .first()
      .fill(userName);
    await page.getByRole('option', { name: userName }).first().click();
    await page.getByRole('button', { name: 'Sửa thời hạn' }).click();
    const term = page.getByRole('dialog');
    const until = new Date(Date.now() + 40 * day);
    const typed = `${until.getUTCDate()}/${until.getUTCMonth() + 1}/${until.getUTCFullYear()}`;
    await term.getByLabel('Có hiệu lực đến hết ngày').fill(typed);
    await term.getByText('Truy cập lần cuối: 24:00').waitFor();
    await term.getByLabel('Lý do').fill('Theo văn bản 9/QĐ');
    await term.locator('button[type=submit]').click();
    await page
      .getByText('Sửa thời hạn sử dụng')
      .or(page.getByText(/Theo văn bản 9\/QĐ/))
      .first()
      .waitFor();

    // A personal one would be its holder's alone.
    const assetTag = 'DP-0001';
    const by = { name: 'test', via: 'console' } as const;
    const spare = { assetTag, name: 'Máy dự phòng', kind: 'spare', unit: 'TT', identifiers: [] } as const;
    await addWorkstation({ ...site.services, by }, spare);
    await page.getByRole('button', { name: 'Giao máy' }).click();
    const assign = page.getByRole('dialog');
    await assign.getByLabel('Mã tài sản').fill(assetTag);
    await assign.getByLabel('Giao tạm thời đến hết ngày').fill(typed);
    await assign.getByRole('button', { name: 'Giao tạm thời' }).click();
    const row = page.locator('tr', { hasText: assetTag });
    await row.getByText('Giao tạm thời').waitFor();
    await row.getByRole('button', { name: 'Thu máy' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Thu máy' }).click();
    await expect
      .poll(() => row.getByRole('button', { name: 'Thu máy' }).count(), { timeout: 15_000 })
      .toBe(0);
  });

  it('has a second person decide what somebody asked for, never the one who asked', async () => {
    const login = site.logins.filter(({ state }) => state === 'valid')[1];
    const { store } = site.services;
    const operator = await store.read(async (db) => {
      const [row] = await db.select().from(db.tables.operators).limit(1);
      return row;
    });
    const accountId = await store.read(async (db) => {
      const { accounts: t } = db.tables;
      const [row] = await db
        .select({ id: t.id })
        .from(t)
        .where(eq(t.userName, login?.userName ?? ''));
      return row?.id ?? 0;
    });
    const by = { name: 'test', via: 'console' } as const;
    const order = { accountId, kind: 'unlock' as const, terms: {}, reason: 'Đã xác minh' };
    const file = (personId: number | null) =>
      fileRequest({ ...site.services, by, filer: { personId } }, order);
    await file(operator?.personId ?? 0);
    await page.goto('/tasks');
    await page.getByRole('button', { name: 'Phê duyệt' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Lý do').fill('Tự duyệt');
    await dialog.getByRole('button', { name: 'Phê duyệt' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByRole('button', { name: 'Hủy bỏ' }).click();

    const key = await addOperator('nguoi.hai', 'head-of-unit', 'TT');
    const second = await signIn('nguoi.hai', key);
    await second.getByRole('link', { name: 'Việc cần xử lý' }).click();
    // By keyboard: J goes to the oldest, X refuses the one that has the focus.
    const task = second.getByRole('article', { name: 'Mở khóa' });
    await task.waitFor();
    await second.keyboard.press('j');
    await expect
      .poll(() => second.evaluate('document.activeElement?.tagName'), { timeout: 15_000 })
      .toBe('ARTICLE');
    await task.focus();
    await second.keyboard.press('x');
    await second.getByRole('dialog').getByLabel('Lý do').fill('Chưa có văn bản');
    await second.getByRole('dialog').getByRole('button', { name: 'Từ chối' }).click();
    await task.waitFor({ state: 'detached' });
    await second.context().close();
  });

  it('keeps a unit from seeing another, by page and by API', async () => {
    await tryLogins(site);
    const key = await addOperator('don.vi', 'unit-administrator', 'HV');
    const unit = await signIn('don.vi', key);
    const elsewhere = await site.services.store.read(async (db) => {
      const { audit, accounts, people, units } = db.tables;
      const rows = await db
        .select({ chain: audit.chain, seq: audit.seq, code: units.code, userName: accounts.userName })
        .from(audit)
        .innerJoin(accounts, eq(accounts.id, audit.accountId))
        .innerJoin(people, eq(people.id, accounts.personId))
        .innerJoin(units, eq(units.id, people.unitId))
        .where(eq(audit.kind, 'decision'));
      return rows.find(({ code }) => code.startsWith('SL'));
    });
    if (elsewhere === undefined) throw new Error('nobody of another unit has tried');
    await unit.goto('/attempts');
    await unit.locator('tbody tr').first().waitFor();
    expect(await unit.getByText(elsewhere.userName, { exact: true }).count()).toBe(0);
    await unit.goto(`/attempts/${elsewhere.chain}:${elsewhere.seq}`);
    await unit.getByRole('alert').waitFor();
    const answer = await unit.request.get(`/api/v1/decisions/${elsewhere.chain}:${elsewhere.seq}`);
    expect(answer.ok()).toBe(false);
    expect(await unit.getByRole('link', { name: 'Nhật ký' }).count()).toBe(0);
    expect((await unit.request.get('/api/v1/audit')).status()).toBe(403);
    await unit.context().close();
  });

  it('registers a passkey, signs in with it alone, and removes it', async () => {
    const key = await addOperator('khoa.truy', 'auditor', 'HV');
    const own = await signIn('khoa.truy', key);
    const cdp = await own.context().newCDPSession(own);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await own.goto('/me');
    await own.getByRole('button', { name: 'Thêm khóa truy cập' }).click();
    const dialog = own.getByRole('dialog');
    await dialog.getByLabel('Tên khóa').fill('Máy cơ quan');
    await dialog.getByRole('button', { name: 'Thêm khóa truy cập' }).click();
    await own.getByText('Đã thêm khóa truy cập').waitFor();
    await own.context().clearCookies();
    await own.goto('/me');
    await own.getByRole('button', { name: 'Dùng khóa truy cập' }).click();
    const row = own.getByRole('row').filter({ hasText: 'Máy cơ quan' });
    await row.getByRole('button', { name: 'Gỡ' }).click();
    await own.getByRole('dialog').getByRole('button', { name: 'Gỡ' }).click();
    await own.getByText('Chưa có khóa truy cập nào.').waitFor();
    await own.context().close();
  });

  it('adds an operator by a link that is shown once, and never changes one’s own roles', async () => {
    await page.goto('/operators');
    await page.getByText('hoa.pham').waitFor();
    const own = page.getByRole('row').filter({ hasText: 'hoa.pham' });
    expect(await own.getByRole('button').count()).toBe(0);
    await page.getByRole('button', { name: 'Thêm cán bộ vận hành' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'CCVC' }).fill('CB00001');
    // Namesakes are told apart: staff code and unit stand beside the name.
    await page.getByRole('option', { name: /CB00001 · \S+/ }).click();
    await dialog.getByLabel('Tên đăng nhập').fill('can.bo.moi');
    await dialog.getByRole('combobox', { name: 'Vai trò' }).click();
    await page.getByRole('option', { name: 'Thủ trưởng đơn vị' }).click();
    await dialog.getByRole('combobox', { name: 'Đơn vị' }).click();
    await page.getByRole('option').first().click();
    await dialog.getByRole('button', { name: 'Lưu' }).click();
    await dialog.getByText('Nhập số, ký hiệu của quyết định.').waitFor();
    await dialog.getByLabel('Số, ký hiệu văn bản').fill('12/QĐ-TCCB');
    await dialog.getByRole('button', { name: 'Lưu' }).click();
    await page.getByText('Liên kết dùng một lần').first().waitFor();
    expect(await page.locator('code').first().textContent()).toContain('/enrol#');
    await page.reload();
    await page.getByText('can.bo.moi').waitFor();
    expect(await page.getByText('/enrol#').count()).toBe(0);
    expect(await page.getByRole('row').filter({ hasText: 'can.bo.moi' }).textContent()).toContain(
      'Chưa dùng liên kết',
    );
  });

  it('enters a unit, a person outside the personnel file, and an account with its paper and workstation', async () => {
    const { dialog, choose } = { dialog: page.getByRole('dialog'), choose: page.getByRole('option') };
    await page.goto('/units');
    await page.getByRole('button', { name: 'Thêm đơn vị' }).click();
    await dialog.getByLabel('Tên đơn vị').fill('Tổ kiểm toán');
    await dialog.getByLabel('Mã đơn vị').fill('KT-01');
    await dialog.getByRole('button', { name: 'Thêm đơn vị' }).click();
    await page.getByRole('cell', { name: 'Tổ kiểm toán', exact: true }).waitFor();

    await page.getByRole('button', { name: 'Thay đổi đơn vị Tổ kiểm toán' }).click();
    await dialog.getByLabel('Tên mới').fill('Tổ kiểm toán nội bộ');
    await dialog.getByLabel('Kể từ ngày').fill('01/01/2026');
    await dialog.getByLabel('Số, ký hiệu văn bản').fill('5/QĐ-TCCB');
    await dialog.getByRole('button', { name: 'Xem trước' }).click();
    await dialog.getByText('Kể từ ngày 01/01/2026 đơn vị mang tên mới').waitFor();
    await dialog.getByRole('button', { name: 'Ghi nhận thay đổi' }).click();
    await page.getByRole('cell', { name: 'Tổ kiểm toán nội bộ', exact: true }).waitFor();

    await page.goto('/people');
    await page.getByRole('button', { name: 'Nhập một người' }).click();
    await dialog.getByLabel('Họ và tên').fill('Đỗ Thị Hồng Ân');
    await dialog.getByLabel('Mã CCVC').fill('NN-001');
    await dialog.getByRole('combobox', { name: 'Đơn vị' }).fill('Tổ kiểm toán');
    await choose.filter({ hasText: 'Tổ kiểm toán nội bộ' }).click();
    await dialog.getByLabel('Ngày bắt đầu làm việc').fill('01/01/2026');
    await dialog.getByLabel('Số, ký hiệu văn bản').fill('12/HĐ-KT');
    await dialog.getByRole('button', { name: 'Nhập một người' }).click();
    await page.getByRole('heading', { level: 1, name: 'Đỗ Thị Hồng Ân' }).waitFor();

    await page.getByRole('link', { name: 'Cấp tài khoản' }).click();
    await page.getByRole('heading', { level: 1, name: 'Cấp tài khoản VPN' }).waitFor();
    const userName = page.getByLabel('Tên đăng nhập');
    await expect.poll(() => userName.inputValue()).toBe('an.do');
    const lastDay = new Date(Date.now() + 60 * day).toISOString().slice(0, 10);
    await page.getByLabel('Có hiệu lực đến hết ngày').fill(lastDay);
    await page.getByLabel('Số, ký hiệu văn bản').fill('77/PC-CNTT');
    await page.getByLabel('Ngày văn bản').fill('02/01/2026');
    await page.getByLabel('Người ký').fill('Nguyễn Văn A, Giám đốc');
    await page.getByRole('combobox', { name: 'Đơn vị ban hành' }).fill('Tổ kiểm toán');
    await choose.filter({ hasText: 'Tổ kiểm toán nội bộ' }).click();
    await page.getByLabel('Nội dung công việc').fill('Kiểm toán báo cáo');
    await page.getByLabel('Phạm vi dữ liệu được khai thác').fill('Số liệu kế toán');
    await page.getByLabel('Văn bản có hiệu lực từ ngày').fill('02/01/2026');
    await page.getByLabel('Mã tài sản').fill('KHONG-CO');
    const make = page.getByRole('button', { name: 'Cấp tài khoản' });
    await make.click();
    // Refused by its field; nothing was made, and what was typed is still there.
    await page.getByText('Không có máy trạm này.').first().waitFor();
    await page.getByLabel('Mã tài sản').fill('');
    await make.click();
    await page.getByText('chờ kích hoạt').first().waitFor();
    await page.getByRole('heading', { level: 1, name: 'Đỗ Thị Hồng Ân' }).waitFor();
    await page.getByText('77/PC-CNTT').first().waitFor();
  });

  it('declares a gateway that asks over HTTPS, waits for its first question, and rotates its token', async () => {
    await page.goto('/gateways/new');
    await page.getByRole('combobox', { name: 'Sản phẩm' }).fill('script');
    await page.getByRole('option', { name: /script/i }).click();
    await page.getByText('Hỏi qua HTTPS bằng token').waitFor();
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByLabel('Tên', { exact: false }).first().fill('cong-https');
    await page.getByRole('button', { name: 'Tạo cổng và token' }).click();
    await page.getByText('Token chỉ hiện lần này').waitFor();
    await page.getByText('Đang chờ gói tin đầu tiên').waitFor();
    const tokenShown = async () =>
      (await page.locator('code').filter({ hasText: /^gwt_/ }).first().textContent()) ?? '';
    const endpoint = site.services.broker?.gatewayHttpEndpoint;
    const ask = async (token: string) => {
      const answer = await fetch(`http://127.0.0.1:${endpoint?.port}/gateway/v1/decisions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          requestId: `walk-${Date.now()}-${Math.random().toString(36).slice(2)}`,
          userName: 'khong-ai',
          password: 'mat khau nao do123456',
        }),
      });
      return [answer.status, ((await answer.json()) as { outcome?: string }).outcome];
    };
    const first = await tokenShown();
    expect(await ask(first)).toEqual([200, 'reject']);
    await page.getByText('Đã nhận 1 gói từ cổng này').waitFor();

    await page.getByRole('link', { name: 'Mở trang của cổng' }).click();
    await page.getByRole('button', { name: 'Tạo token mới' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Tạo token mới' }).click();
    await page.getByText('Token chỉ hiện lần này').waitFor();
    const second = await tokenShown();
    const tokens = page.getByRole('table', { name: 'Token đang có hiệu lực' });
    await tokens.getByRole('button', { name: 'Hủy token' }).nth(1).click();
    await dialog.getByRole('button', { name: 'Hủy token' }).click();
    await expect.poll(() => tokens.getByRole('button', { name: 'Hủy token' }).count()).toBe(1);
    expect([(await ask(first))[0], await ask(second)]).toEqual([401, [200, 'reject']]);
  });

  it('runs the doctor on the page of health', async () => {
    await page.goto('/health');
    await page.getByRole('button', { name: 'Kiểm tra ngay' }).click();
    await page.getByText('Kết quả lúc').waitFor();
    await page.getByRole('heading', { level: 3, name: 'Máy chủ' }).waitFor();
    // The test's host sends its checkpoints nowhere else.
    await page.getByText('Mốc kiểm chứng nhật ký chỉ nằm trên máy này.').waitFor();
    await page.getByText('Khai báo thư mục trên máy khác').waitFor();
    await page
      .getByRole('link', { name: /^Cổng / })
      .first()
      .waitFor();
  });

  it('makes a token for a program, shown once, and revokes it', async () => {
    await page.goto('/tokens');
    await page.getByRole('button', { name: 'Tạo token' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Chương trình sử dụng').fill('Báo cáo tháng');
    await dialog.getByRole('combobox', { name: 'Được làm gì' }).fill('account.read');
    await page.getByRole('option', { name: 'account.read' }).click();
    await dialog.getByLabel('Số ngày có hiệu lực').press('Enter');
    await page.getByText('Token chỉ hiện lần này').waitFor();
    const token = (await page.locator('code').first().textContent()) ?? '';
    const ask = async () =>
      (await fetch(`${site.origin}/api/v1/accounts`, { headers: { authorization: `Bearer ${token}` } }))
        .status;
    expect(await ask()).toBe(200);
    await page.getByRole('row').filter({ hasText: 'Báo cáo tháng' }).getByRole('button').click();
    await dialog.getByRole('button', { name: 'Hủy token' }).click();
    await page.getByRole('row').filter({ hasText: 'Báo cáo tháng' }).getByText('đã hủy lúc').waitFor();
    expect(await ask()).toBe(401);
  });

  it('suspends several accounts at once: says how many first, and names the one that changed meanwhile', async () => {
    await page.goto('/accounts?state=valid');
    const boxes = page.getByRole('checkbox', { name: /^Chọn (?!tất cả)/ });
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('button', { name: 'Tạm khóa các tài khoản đã chọn' }).click();
    const dialog = page.getByRole('dialog');
    const button = dialog.getByRole('button', { name: /^Tạm khóa 2 tài khoản và ngắt \d+ phiên$/ });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
    const chosen = dialog.getByRole('list', { name: 'Các tài khoản sẽ thay đổi' }).getByRole('listitem');
    const line = (await chosen.first().textContent()) ?? '';
    const staffCode = line.split(' · ')[1] ?? '';
    // Somebody else is faster with the first of the two.
    await site.services.store.write(async (db) => {
      const { accounts: t, people } = db.tables;
      const [row] = await db
        .select({ id: t.id, revision: t.revision })
        .from(t)
        .innerJoin(people, eq(people.id, t.personId))
        .where(eq(people.staffCode, staffCode));
      await db
        .update(t)
        .set({ revision: (row?.revision ?? 0) + 1 })
        .where(eq(t.id, row?.id ?? 0));
    });
    await dialog.getByLabel('Lý do').fill('Kiểm tra đột xuất');
    await button.click();
    const refused = dialog.getByRole('alert');
    await refused.waitFor();
    expect(await refused.textContent()).toContain(staffCode);
    expect(await refused.getByRole('listitem').count()).toBe(1);
    await dialog.getByRole('button', { name: 'Đóng', exact: true }).click();
    await page.goto('/accounts?state=suspended');
    await page.locator('tbody tr').first().waitFor();
    expect(await page.getByText(staffCode, { exact: true }).count()).toBe(0);
  });
});
