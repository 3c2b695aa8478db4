// Every page of the console, in both languages: nothing that axe calls serious, nothing that the page's policy blocks.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openContext, seriousFaults, watchFaults } from './browser.ts';
import {
  type ConsoleSite,
  consolePages,
  enrolFirst,
  settle,
  startConsoleSite,
  tryLogins,
} from './console-site.ts';

let browser: Browser;
let site: ConsoleSite;

beforeAll(async () => {
  site = await startConsoleSite('sample');
  browser = await launchBrowser();
  const context = await openContext(browser, { baseURL: site.origin });
  await enrolFirst(await context.newPage(), site);
  await context.close();
  await tryLogins(site);
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

describe('the pages', () => {
  it.each(['vi', 'en'] as const)(
    'have no serious fault and stay within their policy: %s',
    async (language) => {
      const context = await openContext(browser, { baseURL: site.origin, language });
      const page = await context.newPage();
      const thrown = watchFaults(page);
      const found: Record<string, string[]> = {};
      const examine = async (name: string, path: string) => {
        await page.goto(path);
        await settle(page);
        const faults = [...(await seriousFaults(page)), ...thrown.splice(0)];
        if (faults.length > 0) found[name] = faults;
      };
      await examine('sign-in', '/');
      await context.addCookies([...(site.session ?? [])]);
      for (const { file, path } of await consolePages(site)) await examine(file, path);
      await context.close();
      expect(found).toEqual({});
    },
  );

  it('fit a phone of 360 pixels without scrolling sideways', async () => {
    const context = await openContext(browser, { baseURL: site.origin, width: 360, height: 740 });
    await context.addCookies([...(site.session ?? [])]);
    const page = await context.newPage();
    const tooWide: string[] = [];
    for (const { file, path } of await consolePages(site)) {
      await page.goto(path);
      await settle(page);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (Number(width) > 360) tooWide.push(`${file}: ${width}`);
    }
    await context.close();
    expect(tooWide).toEqual([]);
  });

  it('show tables whole at 1440 pixels', async () => {
    const context = await openContext(browser, { baseURL: site.origin, width: 1440 });
    await context.addCookies([...(site.session ?? [])]);
    const page = await context.newPage();
    const cut: string[] = [];
    for (const { file, path } of await consolePages(site)) {
      await page.goto(path);
      await settle(page);
      const isCut = await page.evaluate(
        "[...document.querySelectorAll('table')].some(({ parentElement: box }) => box.scrollWidth > box.clientWidth + 1)",
      );
      if (isCut) cut.push(file);
    }
    await context.close();
    expect(cut).toEqual([]);
  });
});
