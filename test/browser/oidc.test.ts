// Signing in through the pages of the organisation's OpenID Connect provider, and proving oneself once more in its window.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlayedProvider, playProvider } from '../http/played-provider.ts';
import { launchBrowser, openContext, seriousFaults, watchFaults } from './browser.ts';
import { type ConsoleSite, codeOf, enrolFirst, startConsoleSite } from './console-site.ts';

const port = 18_281;
const origin = `http://localhost:${port}`;
const claims = { preferred_username: 'hoa.pham' };

let browser: Browser;
let provider: PlayedProvider;
let site: ConsoleSite;

beforeAll(async () => {
  provider = await playProvider([`${origin}/api/v1/sign-in/oidc/callback`], {
    people: {
      two: { sub: 'sub-hoa', amr: ['pwd', 'mfa'], claims },
      one: { sub: 'sub-hoa', amr: ['pwd'], claims },
      stranger: { sub: 'sub-stranger', amr: ['mfa'], claims: { preferred_username: 'stranger' } },
    },
  });
  site = await startConsoleSite('small', async () => {}, {
    oidc: provider.config(),
    console: {
      listen: { host: '127.0.0.1', port },
      hostName: null,
      tls: null,
      trustedProxies: [],
    },
  });
  browser = await launchBrowser();
  const context = await openContext(browser, { baseURL: site.origin });
  await enrolFirst(await context.newPage(), site);
  await context.close();
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await provider?.close();
});

async function atProvider(page: Page, login: string): Promise<void> {
  await page.getByRole('heading', { name: "The organisation's sign-in" }).waitFor();
  await page.getByLabel('User name').fill(login);
  await page.getByLabel('Password').fill('known to the provider alone');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function signIn(context: BrowserContext, login: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto('/');
  await page.getByRole('link', { name: 'Đăng nhập bằng tài khoản cơ quan' }).click();
  await atProvider(page, login);
  return page;
}

describe('signing in by the provider', () => {
  it('goes through its pages and ends on the overview; a dangerous act is proved in its window', async () => {
    const context = await openContext(browser, { baseURL: site.origin });
    const page = await signIn(context, 'two');
    const faults = watchFaults(page);
    await page.getByRole('heading', { level: 1, name: 'Tổng quan' }).waitFor();
    expect(new URL(page.url()).origin).toBe(origin);
    await page.goto('/me');
    await page.getByText('Đã liên kết.', { exact: false }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    // As if the last proof were long ago.
    await site.services.store.write((db) => db.update(db.tables.webSessions).set({ provedAt: 0 }));
    const answer = page.waitForResponse((response) => response.url().endsWith('/session/step-up/oidc'));
    await page.getByRole('button', { name: 'Thêm khóa truy cập' }).click();
    await page.getByLabel('Tên khóa').fill('máy thử');
    await page.getByRole('dialog').getByRole('button', { name: 'Thêm khóa truy cập' }).click();
    const opening = context.waitForEvent('page');
    await page.getByRole('button', { name: 'Tài khoản cơ quan', exact: true }).click();
    expect((await answer).status()).toBe(200);
    await page.getByText('Xác thực lại', { exact: true }).waitFor();
    const popup = await opening;
    await atProvider(popup, 'two');
    await page.getByText('Xác thực lại', { exact: true }).waitFor({ state: 'hidden' });
    const proofs = await site.services.store.read((db) =>
      db.select({ provedAt: db.tables.webSessions.provedAt }).from(db.tables.webSessions),
    );
    expect(proofs.filter(({ provedAt }) => provedAt > 0)).toHaveLength(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('asks for the code when the provider used one factor, and says why a stranger is refused', async () => {
    const context = await openContext(browser, { baseURL: site.origin });
    const page = await signIn(context, 'one');
    await page.getByText('chưa xác thực bằng hai yếu tố', { exact: false }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.locator('input[autocomplete=one-time-code]').fill(codeOf(site.secret ?? '', 1));
    await page.getByRole('button', { name: 'Tiếp tục' }).click();
    await page.getByRole('heading', { level: 1, name: 'Tổng quan' }).waitFor();
    await context.close();

    const other = await openContext(browser, { baseURL: site.origin });
    const refused = await signIn(other, 'stranger');
    await refused.getByRole('alert').getByText('không vào được trang quản trị', { exact: false }).waitFor();
    expect(new URL(refused.url()).search).toBe('');
    expect(await seriousFaults(refused)).toEqual([]);
    await other.close();
  });
});
