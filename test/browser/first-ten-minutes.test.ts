// The operator's first ten minutes, by page alone: the one-time link, a gateway and its first packet, people, the first login.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createSampleOrganisation } from '../../src/services/sample-organisation.ts';
import { codes } from '../../src/wire/radius/packet.ts';
import { launchBrowser, openContext } from './browser.ts';
import { type ConsoleSite, codeOf, enrolFirst, sendLogin, startConsoleSite } from './console-site.ts';

let browser: Browser;
let site: ConsoleSite;

beforeAll(async () => {
  site = await startConsoleSite('empty');
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

it('goes from the one-time link to the first Accept and to why somebody was denied', async () => {
  const context = await openContext(browser, { baseURL: site.origin });
  const page = await context.newPage();
  await enrolFirst(page, site);
  await page.getByRole('heading', { name: 'Mười phút đầu tiên' }).waitFor();

  await page.getByRole('link', { name: 'Thêm cổng VPN và nhận gói tin đầu tiên' }).click();
  await page.getByRole('combobox', { name: 'Sản phẩm' }).click();
  await page.getByRole('option', { name: 'Máy khách RADIUS bất kỳ dùng PAP hoặc EAP' }).click();
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByLabel('Tên', { exact: false }).first().fill('cong-thu');
  await page.getByLabel('Địa chỉ của cổng').fill('127.0.0.1');
  await page.getByRole('button', { name: 'Tạo cổng và khóa dùng chung' }).click();
  await page.getByText('Đang chờ gói tin đầu tiên').waitFor();
  const secret = (await page.locator('dd:has(code)').nth(1).locator('code').textContent()) ?? '';
  await sendLogin(site, { secret, userName: 'khong-ai', typed: 'mat khau nao do123456', attributes: [] });
  await page.getByText('Đã nhận 1 gói từ cổng này').waitFor();

  const sample = createSampleOrganisation(systemClock.now(), site.site.deps.random);
  const { radiusClients: _clients, gateways: _gateways, ...rest } = sample.file as Record<string, unknown>;
  const withoutNetwork = { ...rest, policies: [] };
  const file = join(site.site.directory, 'co-quan.json');
  writeFileSync(file, JSON.stringify(withoutNetwork));
  await page.goto('/organisation');
  await page.locator('input[type=file]').setInputFiles(file);
  await page
    .getByRole('button', { name: 'Chạy thử (không ghi)' })
    .or(page.getByRole('button', { name: 'Chạy thử' }))
    .first()
    .click();
  await page.getByText('Đã chạy thử').waitFor();
  await page.getByRole('button', { name: 'Nhập thật' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Nhập thật' }).click();
  await page.getByText('Đã nhập xong').waitFor();

  const good = sample.logins.find(({ state, gateway }) => state === 'valid' && gateway === 'cong-chung');
  const retired = sample.logins.find(({ state }) => state === 'retired');
  if (good?.seed == null || retired === undefined) throw new Error('the sample has changed');
  const attributes = ['Service-Type=Framed', `Calling-Station-Id=${good.workstation.mac}`];
  const accept = await sendLogin(site, {
    secret,
    userName: good.userName,
    typed: `${good.password}${codeOf(good.seed)}`,
    attributes,
  });
  expect(accept).toBe(codes.AccessAccept);
  const reject = await sendLogin(site, {
    secret,
    userName: retired.userName,
    typed: `${retired.password}${retired.seed === null ? '000000' : codeOf(retired.seed)}`,
    attributes,
  });
  expect(reject).toBe(codes.AccessReject);

  await page.goto('/attempts');
  await page.getByText('Không còn công tác tại cơ quan').first().waitFor();
  await page.locator('tr', { hasText: retired.userName }).getByRole('link').first().click();
  await page.getByText('xác minh ai đã đăng nhập').waitFor();
  await context.close();
});
