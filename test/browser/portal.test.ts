// The holders' portal on a phone's width: from the slip to the first Accept, and locking without the phone.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleRequest } from '../../src/cli/sample-login.ts';
import { handOverSlip, issueSlips } from '../../src/services/slips/issue.ts';
import {
  follow,
  hasChromium,
  launchBrowser,
  openContext,
  seriousFaults,
  settle,
  watchFaults,
} from './browser.ts';
import { type ConsoleSite, codeOf, sendLogin, startConsoleSite } from './console-site.ts';

const accept = 2;
const reject = 3;
const password = 'lac rong buom tim 4 canh';

describe.skipIf(!hasChromium && process.env['CI'] === undefined)('the portal at 360 pixels', () => {
  let site: ConsoleSite;
  let browser: Browser;
  let origin: string;
  const pictures = process.env['PORTAL_PICTURES'];

  beforeAll(async () => {
    site = await startConsoleSite('sample');
    origin = `http://localhost:${site.services.broker?.portalEndpoint.port}`;
    browser = await launchBrowser();
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  });
  afterAll(async () => {
    await browser.close();
    await site.stop();
  });

  it('takes a holder from the slip to the first Accept, and locks without the phone', async () => {
    const login = site.logins.find(({ state }) => state === 'no-authenticator');
    if (login === undefined) throw new Error('the sample has no login');
    const deps = { ...site.services, by: { name: 'test', via: 'command line' } as const };
    const [slip] = await issueSlips(deps, { scope: null, userNames: [login.userName] });
    await handOverSlip(deps, { user: login.userName, scope: null });
    const context = await openContext(browser, { baseURL: origin, width: 360, height: 740 });
    const page = await context.newPage();
    const faults = watchFaults(page);
    const look = async (name: string) => {
      expect(await seriousFaults(page), name).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(360);
      if (pictures !== undefined)
        await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
    };
    await page.goto('/activate');
    await page.getByLabel('Mã kích hoạt trên phiếu').fill(slip?.code ?? '');
    await look('activate');
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByRole('heading', { name: 'Đặt mật khẩu' }).waitFor();
    await page.locator('input[autocomplete=new-password]').fill(password);
    await look('password');
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByTestId('secret').or(page.getByRole('checkbox')).waitFor();
    if (await page.getByRole('checkbox').isVisible()) {
      await page.getByRole('checkbox').check();
      await page.getByRole('button', { name: 'Chấp nhận' }).click();
    }
    const secret = (await page.getByTestId('secret').textContent()) ?? '';
    expect(await page.getByRole('link', { name: 'Mở ứng dụng xác thực' }).getAttribute('href')).toContain(
      secret,
    );
    await look('enrol');
    await page.getByLabel('6 số mà ứng dụng hiện ra').fill(codeOf(secret));
    await page.getByRole('button', { name: 'Xác nhận' }).click();
    // The key was a code element too: read only once the codes have taken its place.
    await page.getByText('Ứng dụng xác thực đã được đăng ký').waitFor();
    const first = await page.locator('code').first().textContent();
    await look('recovery-codes');
    await page.getByRole('button', { name: 'Đã cất các mã' }).click();
    await page.getByText('Lần kết nối gần nhất').waitFor();
    await page.getByText('Đến hết ngày').waitFor();
    await look('home');
    const attempt = (steps: number) =>
      sendLogin(site, {
        secret: site.radiusSecret,
        userName: login.userName,
        typed: `${password}${codeOf(secret, steps)}`,
        attributes: sampleRequest(login).attributes,
      });
    // The next step: the one that confirmed the app is spent.
    expect(await attempt(1)).toBe(accept);

    const go = async (path: string, heading: string) => {
      await page.goto(path);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await settle(page);
      await look(path.slice(1));
    };
    await go('/connections', 'Kết nối của tôi');
    await page.getByText('Cho phép').first().waitFor();
    await go('/authenticators', 'Xác thực');
    await page.getByText('Ứng dụng xác thực trên điện thoại').waitFor();
    await go('/rules', 'Quy định & trợ giúp');
    await page.getByText('Đã chấp nhận phiên bản').waitFor();

    // Asked by keyboard, followed, withdrawn.
    await go('/workstations', 'Máy trạm');
    await page.getByRole('link', { name: 'Đăng ký máy trạm' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Mã tài sản của máy').fill('MT-9999');
    await page.getByLabel('Lý do đề nghị').fill('Máy cũ hỏng');
    await look('request-form');
    await page.getByLabel('Lý do đề nghị').press('Tab');
    await page.getByLabel('Số, ký hiệu văn bản').press('Enter');
    await page.getByText('chờ phê duyệt').waitFor();
    await look('requests');
    await page.getByRole('button', { name: 'Rút đề nghị' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rút đề nghị' }).click();
    await page.getByText('đã rút').waitFor();

    // What is wrong is said in Vietnamese, and nothing changes.
    await page.goto('/authenticators');
    await page.getByRole('button', { name: 'Đổi mật khẩu' }).click();
    await page.getByLabel('Mật khẩu hiện tại').fill('khong phai mat khau');
    await page.locator('input[autocomplete=new-password]').fill('nam con meo trang di cho');
    await page.getByRole('dialog').getByLabel('Mã xác thực').fill('000000');
    await page.getByRole('dialog').getByRole('button', { name: 'Đổi mật khẩu' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await look('password-refused');

    const inEnglish = await openContext(browser, {
      baseURL: origin,
      language: 'en',
      scheme: 'dark',
      width: 1440,
    });
    await inEnglish.addCookies(await context.cookies());
    const wide = await inEnglish.newPage();
    await wide.goto('/requests');
    await settle(wide);
    for (const path of ['/requests', '/', '/connections', '/workstations', '/authenticators', '/rules']) {
      await follow(wide, path);
      expect(await seriousFaults(wide), path).toEqual([]);
      if (pictures !== undefined) {
        const name = `en-dark${path.replace('/', '-')}.png`;
        await wide.screenshot({ path: join(pictures, name), fullPage: true });
      }
    }
    await inEnglish.close();

    const other = await openContext(browser, { baseURL: origin, width: 360, height: 740 });
    const elsewhere = await other.newPage();
    await elsewhere.goto('/');
    await elsewhere.getByRole('button', { name: 'khóa tài khoản ngay' }).click();
    await elsewhere.getByText('Mã khôi phục', { exact: true }).first().click();
    await elsewhere.getByLabel('Tên đăng nhập').fill(login.userName);
    await elsewhere.locator('input[type=password]').fill(first ?? '');
    await elsewhere.getByRole('button', { name: 'Khóa tài khoản' }).click();
    await elsewhere.getByText('Đã khóa tài khoản').waitFor();
    expect(await attempt(2)).toBe(reject);
    await page.goto('/');
    await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
    expect(faults).toEqual([]);
  });
});
