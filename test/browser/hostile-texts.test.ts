// Texts that are markup: in every column that people write, in attributes of RADIUS, in a file of personnel events. No page runs them.
import { sql } from 'drizzle-orm';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Services } from '../../src/app.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { insertRequest } from '../../src/store/queries/requests.ts';
import { launchBrowser, openContext, watchFaults } from './browser.ts';
import {
  type ConsoleSite,
  consolePages,
  enrolFirst,
  sendLogin,
  settle,
  startConsoleSite,
  tryLogins,
} from './console-site.ts';

const markup = '<img src=x onerror="window.pwned=1"><svg onload="window.pwned=1"></svg>';

/** Evaluated in the page. */
const look = `({
  isRun: 'pwned' in window,
  elements: document.querySelectorAll('img[src="x"], svg[onload], [onerror]').length,
  isShown: document.body.textContent.includes('<img src=x'),
})`;

let browser: Browser;
let site: ConsoleSite;

/** What people write, of every table that pages show. */
async function poison({ store, clock }: Services): Promise<void> {
  await store.write(async (db) => {
    const { people, units, workstations, assignments, accounts } = db.tables;
    const columns = [
      [people, 'fullName', people.fullName],
      [people, 'position', people.position],
      [units, 'name', units.name],
      [workstations, 'name', workstations.name],
      [assignments, 'documentNumber', assignments.documentNumber],
      [assignments, 'signatory', assignments.signatory],
      [assignments, 'purpose', assignments.purpose],
      [assignments, 'dataScope', assignments.dataScope],
    ] as const;
    for (const [table, name, column] of columns)
      await db.update(table).set({ [name]: sql`${column} || ' ' || ${markup}` } as never);
    const [account] = await db.select({ id: accounts.id }).from(accounts).limit(1);
    await insertRequest(db, {
      kind: 'unlock',
      accountId: account?.id ?? 0,
      terms: JSON.stringify({ note: markup }),
      reason: markup,
      documentNumber: markup.slice(0, 100),
      filedAt: clock.now(),
      filedBy: markup,
      filedByPersonId: null,
      expiresAt: clock.now() + 86_400_000,
      codeHash: null,
    });
  });
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

it('are shown as they were written, on every page', async () => {
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
    await settle(page);
    const found = (await page.evaluate(look)) as { isRun: boolean; elements: number; isShown: boolean };
    expect([file, found.isRun, found.elements, thrown.splice(0)]).toEqual([file, false, 0, []]);
    if (found.isShown) seen.push(file);
  }
  // Else nothing was tried.
  const shown = ['tasks', 'accounts', 'account', 'assignments', 'attempts', 'attempt', 'units', 'rollout'];
  expect(seen).toEqual(expect.arrayContaining(shown));
  await context.close();
});
