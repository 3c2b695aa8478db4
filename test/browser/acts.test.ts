// Acts of the console that other walks do not touch: figures that open their lists, search, saved views, what-if, policies, tokens.
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { launchBrowser, openContext, settle, watchFaults } from './browser.ts';
import { type ConsoleSite, enrolFirst, startConsoleSite, tryLogins } from './console-site.ts';

let browser: Browser;
let site: ConsoleSite;
let page: Page;
let dialog: Locator;
let faults: string[];

beforeAll(async () => {
  site = await startConsoleSite('sample');
  browser = await launchBrowser();
  const context = await openContext(browser, { baseURL: site.origin });
  page = await context.newPage();
  dialog = page.getByRole('dialog');
  faults = watchFaults(page);
  await enrolFirst(page, site);
  await tryLogins(site);
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

const rows = () => page.getByRole('table').locator('tbody tr');

/** Waits until the list has so many rows. */
async function shows(count: number): Promise<void> {
  await expect.poll(() => rows().count(), { timeout: 15_000 }).toBe(count);
}

/** Chooses in a select of Mantine's. */
async function choose(within: Page | Locator, label: string, option: string): Promise<void> {
  await within.getByRole('combobox', { name: label }).click();
  await page.getByRole('option', { name: option }).click();
}

describe('the console', () => {
  it('opens behind each figure of the overview the rows that it counts', async () => {
    await page.goto('/');
    await settle(page);
    const figures = page.locator('.figure');
    const count = await figures.count();
    expect(count).toBeGreaterThan(8);
    for (let at = 0; at < count; at++) {
      // Loaded anew: the application shows figures that are up to ten seconds old.
      await page.goto('/');
      await settle(page);
      const figure = figures.nth(at);
      const label = (await figure.textContent()) ?? '';
      const shown = Number((await figure.locator('span').first().textContent()) ?? '');
      await figure.getByRole('link').click();
      await page.waitForURL((url) => url.pathname !== '/');
      await settle(page);
      const listed = page.url().includes('/tasks') ? page.getByRole('article') : rows();
      await expect.poll(() => listed.count(), { message: label, timeout: 15_000 }).toBe(shown);
    }
    expect(faults).toEqual([]);
  });

  it('finds a workstation, and a list that filters leave empty says so', async () => {
    await page.goto('/');
    await page.getByRole('textbox', { name: 'Tìm trong hệ thống' }).fill('mt-0003');
    await page.getByRole('option', { name: 'MT-0003' }).click();
    await page.waitForURL(/workstations\?q=MT-0003/);
    await shows(1);
    await page.getByLabel('Mã tài sản').fill('KHONG-CO');
    await page.getByText('Không có mục nào khớp với bộ lọc.').waitFor();
  });

  it('keeps a view of filters under a name, opens it again and drops it', async () => {
    await page.goto('/accounts?state=pending');
    await shows(1);
    await page.getByRole('button', { name: 'Bộ lọc đã lưu' }).click();
    await page.getByLabel('Tên bộ lọc đang xem').fill('Chờ giao phiếu');
    await page.getByRole('button', { name: 'Lưu', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Chờ giao phiếu' }).waitFor();
    await page.goto('/accounts');
    await rows().nth(1).waitFor();
    await page.getByRole('button', { name: 'Bộ lọc đã lưu' }).click();
    await page.getByRole('menuitem', { name: 'Chờ giao phiếu' }).click();
    await shows(1);
    expect(page.url()).toContain('state=pending');
    await page.getByRole('button', { name: 'Bộ lọc đã lưu' }).click();
    await page.getByRole('button', { name: 'Xóa bộ lọc Chờ giao phiếu' }).click();
    await page.getByText('Chưa lưu bộ lọc nào').waitFor();
  });

  it('says what would become of a login, without making one', async () => {
    await page.goto('/accounts?q=nvduc');
    await rows().getByRole('link', { name: 'Nguyễn Văn Đức' }).click();
    await page.getByRole('link', { name: 'Thử đăng nhập với tài khoản này' }).click();
    await choose(page, 'Cổng VPN', 'cong-chung-v6');
    await page.getByRole('button', { name: 'Thử', exact: true }).click();
    await page.getByText('Không phải máy trạm được giao').first().waitFor();
    await choose(page, 'Mã xác thực', 'Sai');
    await page.getByLabel('Mã tài sản').fill('MT-0001');
    await page.getByRole('button', { name: 'Thử', exact: true }).click();
    await page.getByText('Sai mã xác thực').first().waitFor();
    await page.getByLabel('Vào ngày').fill('31/12/2035');
    await page.getByLabel('Lúc (giờ:phút)').fill('25:00');
    await page.getByRole('button', { name: 'Thử', exact: true }).click();
    await page.getByText('Nhập giờ theo dạng HH:mm').waitFor();
    await page.getByLabel('Lúc (giờ:phút)').fill('7:30');
    await page.getByRole('button', { name: 'Thử', exact: true }).click();
    await page.getByText('Hết thời hạn sử dụng').first().waitFor();
    await page.goto('/attempts?gateway=cong-chung-v6');
    await page.getByText('Không có mục nào khớp với bộ lọc.').waitFor();
  });

  it('changes a policy after looking at what it would have denied, and keeps the difference', async () => {
    await page.goto('/policies/organisation');
    await page.getByRole('button', { name: 'Sửa chính sách' }).click();
    await dialog.getByLabel('Phiên dài nhất (phút)').fill('480');
    await dialog.getByLabel('Lý do').fill('Theo quy chế 12');
    await dialog.getByRole('button', { name: 'Xem trước ảnh hưởng' }).click();
    await dialog.getByText(/lượt đăng nhập được phép từ/).waitFor();
    await dialog.locator('button[type=submit]').click();
    await page.getByText('Theo quy chế 12').waitFor();
    await page.locator('del', { hasText: '600' }).waitFor();
    await page.locator('ins', { hasText: '480' }).waitFor();
  });

  it('enters holidays and a make-up day, and takes one off', async () => {
    const year = new Date().getUTCFullYear() + 1;
    await page.goto(`/calendar?year=${year}`);
    await page.getByText(`Chưa ghi ngày nào của năm ${year}`).waitFor();
    const enter = page.getByRole('button', { name: 'Ghi ngày nghỉ lễ, ngày làm bù' });
    await enter.click();
    await dialog.getByLabel('Từ ngày').fill(`30/04/${year}`);
    await dialog.getByLabel('Đến hết ngày').fill(`01/05/${year}`);
    await dialog.getByLabel('Tên ngày').fill('Nghỉ lễ 30/4 và 1/5');
    await dialog.getByRole('button', { name: 'Lưu' }).click();
    await shows(2);
    await enter.click();
    await choose(dialog, 'Loại', 'Ngày làm bù');
    await dialog.getByLabel('Từ ngày').fill(`08/05/${year}`);
    await choose(dialog, 'Theo giờ của', 'thứ Sáu');
    await dialog.getByLabel('Tên ngày').fill('Làm bù');
    await dialog.getByRole('button', { name: 'Lưu' }).click();
    await page.getByText('Ngày làm bù, theo giờ của thứ Sáu').waitFor();
    const day = rows().filter({ hasText: `01/05/${year}` });
    await day.getByRole('button', { name: 'Xóa' }).click();
    await dialog.getByText('trở lại như ngày trong tuần').waitFor();
    await dialog.getByRole('button', { name: 'Xóa' }).click();
    await day.waitFor({ state: 'detached' });
    await shows(2);
  });

  it('takes hardware tokens from a file, hands one over, finds its clock, replaces it, reports it lost', async () => {
    const seed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const codeAt = (step: number) => hotp(seedKey(decodeBase32(seed)), step, parameters);
    await page.goto('/hardware-tokens');
    await page.getByText('Không có thiết bị nào.').waitFor();
    await page.getByRole('button', { name: 'Nhập thiết bị từ tệp' }).click();
    await dialog.locator('input[type=file]').setInputFiles({
      name: 'tokens.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        `serial,seed\nFT-0001,${seed}\nFT-0002,${seed.replaceAll('G', 'H')}\nFT-0003,ngan\n`,
      ),
    });
    await dialog.getByRole('button', { name: 'Chạy thử' }).click();
    await dialog.getByText('Sẽ nhập 2 thiết bị').waitFor();
    await dialog.getByText(/FT-0003|Dòng 4/).waitFor();
    await dialog.getByRole('button', { name: 'Nhập thiết bị từ tệp' }).click();
    await page.getByText('Đã nhập 2 thiết bị vào kho.').waitFor();

    const token = (serial: string) => page.locator('tr', { hasText: serial });
    await token('FT-0001').getByRole('button', { name: 'Giao', exact: true }).click();
    await dialog.getByLabel('Giao cho tài khoản').fill('vthung');
    await page.getByRole('option', { name: 'Vũ Tiến Hùng' }).click();
    await dialog.getByRole('button', { name: 'Giao', exact: true }).click();
    await token('FT-0001').getByText('Đã giao').waitFor();
    await token('FT-0001').getByText('Vũ Tiến Hùng').waitFor();

    // Its clock is eleven minutes off.
    const step = timeStepAt(Date.now(), 30) + 22;
    await token('FT-0001').getByRole('button', { name: 'Đồng bộ lại' }).click();
    await dialog.getByLabel('Mã thứ nhất').fill(codeAt(step));
    await dialog.getByLabel('Mã kế tiếp').fill(codeAt(step + 1));
    await dialog.getByRole('button', { name: 'Đồng bộ lại' }).click();
    await page.getByText('Đã đồng bộ lại.').waitFor();

    await token('FT-0001').getByRole('button', { name: 'Thay thiết bị' }).click();
    await dialog.getByLabel('Số sê-ri thiết bị mới').fill('FT-0002');
    await dialog.getByLabel('Lý do').fill('Hết pin');
    await dialog.getByRole('button', { name: 'Thay thiết bị' }).click();
    await token('FT-0002').getByText('Vũ Tiến Hùng').waitFor();
    await token('FT-0001').getByText('Đã báo mất').waitFor();

    await token('FT-0002').getByRole('button', { name: 'Báo mất' }).click();
    await dialog.getByLabel('Lý do').fill('Mất trên đường công tác');
    await dialog.getByRole('button', { name: 'Báo mất' }).click();
    await token('FT-0002').getByText('Đã báo mất').waitFor();
    expect(faults).toEqual([]);
  });
});
