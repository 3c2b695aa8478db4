// Texts that are markup: in every column that people write, in attributes of RADIUS, in a file of personnel events. No page of the console or the portal runs them.
import { eq, ne, sql } from 'drizzle-orm';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Services } from '../../src/app.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { handOverSlip, issueSlips } from '../../src/services/slips/issue.ts';
import { insertRequest } from '../../src/store/queries/requests.ts';
import { insertRulesText } from '../../src/store/queries/rules.ts';
import { launchBrowser, openContext, settle, watchFaults } from './browser.ts';
import {
  type ConsoleSite,
  codeOf,
  consolePages,
  enrolFirst,
  sendLogin,
  startConsoleSite,
  tryLogins,
} from './console-site.ts';

/** Elements, and what the translations would fill in. */
const markup =
  '<img src=x onerror="window.pwned=1"><svg onload="window.pwned=1"></svg> $t(app.title) {{date}}';
/** Who is let in, through a gateway whose name is hostile too. */
const holder = 'lqhuy';

/** Evaluated in the page. */
const look = `({
  isRun: 'pwned' in window,
  elements: document.querySelectorAll('img[src="x"], svg[onload], [onerror]').length,
  isShown: document.body.textContent.includes(${JSON.stringify(markup)}),
})`;

let browser: Browser;
let site: ConsoleSite;

/** What people write, of every table that pages show. */
async function poison({ store, clock }: Services): Promise<void> {
  await store.write(async (db) => {
    const { people, units, workstations, assignments, accounts, gateways, requests } = db.tables;
    const columns = [
      [people, 'fullName', people.fullName],
      [people, 'staffCode', people.staffCode],
      [people, 'position', people.position],
      [units, 'name', units.name],
      [workstations, 'name', workstations.name],
      [workstations, 'assetTag', workstations.assetTag],
      [assignments, 'documentNumber', assignments.documentNumber],
      [assignments, 'signatory', assignments.signatory],
      [assignments, 'purpose', assignments.purpose],
      [assignments, 'dataScope', assignments.dataScope],
    ] as const;
    for (const [table, name, column] of columns)
      await db.update(table).set({ [name]: sql`${column} || ' ' || ${markup}` } as never);
    // The console asks for this one by its name.
    await db
      .update(gateways)
      .set({ name: sql`${gateways.name} || ' ' || ${markup}` })
      .where(ne(gateways.name, 'cong-chung'));
    const at = clock.now();
    await insertRulesText(db, {
      version: 1,
      textVi: markup,
      textEn: markup,
      publishedAt: at,
      publishedBy: markup,
    });
    const [account] = await db.select().from(accounts).where(eq(accounts.userName, holder));
    const request = {
      kind: 'unlock',
      accountId: account?.id ?? 0,
      terms: JSON.stringify({ note: markup, [markup]: markup }),
      reason: markup,
      documentNumber: markup.slice(0, 100),
      filedAt: at,
      filedBy: markup,
      filedByPersonId: null,
      expiresAt: at + 86_400_000,
      codeHash: null,
    } as const;
    await insertRequest(db, request);
    const answered = await insertRequest(db, { ...request, filedByPersonId: account?.personId ?? null });
    const answer = { state: 'returned', decidedAt: at, decidedBy: markup, decisionReason: markup } as const;
    await db.update(requests).set(answer).where(eq(requests.id, answered));
  });
}

/** Looks at the page as it is; what it shows of the markup is text. */
async function isShownAsText(page: Page, name: string, thrown: string[]): Promise<boolean> {
  await settle(page);
  const found = (await page.evaluate(look)) as { isRun: boolean; elements: number; isShown: boolean };
  expect([name, found.isRun, found.elements, thrown.splice(0)]).toEqual([name, false, 0, []]);
  return found.isShown;
}

beforeAll(async () => {
  site = await startConsoleSite('sample', async (services) => {
    await addSource({ ...services, by: { name: markup, via: 'command line' } } as never, {
      name: 'hr',
      kind: 'file',
    });
    await poison(services);
  });
  browser = await launchBrowser();
  const context = await openContext(browser, { baseURL: site.origin });
  await enrolFirst(await context.newPage(), site);
  await context.close();
  await tryLogins(site);
  await sendLogin(site, {
    secret: site.radiusSecret,
    userName: markup.slice(0, 60),
    typed: 'khong-co000000',
    attributes: [`Calling-Station-Id=${markup}`, `NAS-Port-Id=${markup}`, `Connect-Info=${markup}`],
  });
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

it('are shown as they were written, on every page of the console', async () => {
  const context = await openContext(browser, { baseURL: site.origin });
  await context.addCookies([...(site.session ?? [])]);
  const page = await context.newPage();
  const thrown = watchFaults(page);
  await page.goto('/');
  await settle(page);
  const imported = await page.evaluate(async (text) => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrfToken: string };
    const quoted = `"${text.replaceAll('"', '""')}"`;
    const answer = await fetch('/api/v1/lifecycle/imports?source=hr&dryRun=true', {
      method: 'POST',
      headers: { 'content-type': 'text/csv', 'x-csrf-token': session.csrfToken },
      body: `Mã CCVC,Biến động,Từ ngày,${quoted}\r\n${quoted},${quoted},${quoted},${quoted}\r\n`,
    });
    return answer.status;
  }, markup);
  expect(imported).toBe(202);
  const seen: string[] = [];
  for (const { file, path } of await consolePages(site)) {
    await page.goto(path);
    if (await isShownAsText(page, file, thrown)) seen.push(file);
  }
  // Else nothing was tried.
  const shown = ['tasks', 'accounts', 'account', 'assignments', 'attempts', 'attempt', 'units', 'rollout'];
  expect(seen).toEqual(expect.arrayContaining(shown));
  await context.close();
});

it('are shown as they were written, on every page of the portal', async () => {
  const { services } = site;
  const by = { name: 'test', via: 'command line' } as const;
  const context = await openContext(browser, {
    baseURL: `http://localhost:${services.broker?.portalEndpoint.port}`,
  });
  const page = await context.newPage();
  const thrown = watchFaults(page);
  const seen: string[] = [];
  const walk = async (paths: readonly string[]) => {
    for (const path of paths) {
      await page.goto(path);
      if (await isShownAsText(page, path, thrown)) seen.push(path);
    }
  };

  // The slip's code opens a page with the holder's name before there is a session.
  const newcomer = { user: 'vthung', scope: null };
  const [slip] = await issueSlips({ ...services, by }, { scope: null, userNames: [newcomer.user] });
  await handOverSlip({ ...services, by }, newcomer);
  await page.goto('/activate');
  await page.getByLabel('Mã kích hoạt trên phiếu').fill(slip?.code ?? '');
  await page.getByRole('button', { name: 'Tiếp tục' }).click();
  await page.getByRole('heading', { name: 'Đặt mật khẩu' }).waitFor();
  expect(await isShownAsText(page, 'activation', thrown)).toBe(true);

  const login = site.logins.find(({ userName }) => userName === holder);
  await page.goto('/');
  await page.getByLabel('Tên đăng nhập').fill(holder);
  await page.locator('input[type=password]').fill(login?.password ?? '');
  // The step before it was claimed by the login through the gateway.
  await page.locator('input[autocomplete=one-time-code]').fill(codeOf(login?.seed ?? '', 1));
  await page.getByRole('button', { name: 'Đăng nhập' }).click();
  await page.getByRole('heading', { level: 1, name: login?.fullName ?? '' }).waitFor();

  const shown = ['/', '/connections', '/workstations', '/requests', '/rules'];
  await walk([
    ...shown,
    '/authenticators',
    `/requests?${new URLSearchParams({ new: 'workstation-replace', old: `MT-0003 ${markup}` })}`,
    `/${encodeURIComponent(markup)}`,
  ]);
  expect(seen).toEqual(expect.arrayContaining(shown));

  // Every text that the holder sees of the two requests, and of the gateway and the computer of the login.
  await page.goto('/requests');
  await settle(page);
  const count = (text: string | null) => (text ?? '').split(markup).length - 1;
  expect(count(await page.locator('main').textContent())).toBeGreaterThanOrEqual(10);
  await page.goto('/connections');
  await settle(page);
  expect(count(await page.locator('main').textContent())).toBeGreaterThanOrEqual(4);
  await context.close();
});
