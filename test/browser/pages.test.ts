// Every page of the console, in Vietnamese by light and in English in the dark: nothing that axe calls serious, nothing that the page's policy blocks, nothing too wide or cut off.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchBrowser, type OpenOptions, openContext, seriousFaults, watchFaults } from './browser.ts';
import {
  type ConsoleSite,
  consolePages,
  enrolFirst,
  fileRequests,
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
  await fileRequests(site);
});

afterAll(async () => {
  await browser.close();
  await site.stop();
});

/** Whether the page (on a phone), or each of its tables (on a desk), fits into a window of this size. */
async function tooWide(
  page: Page,
  at: { readonly width: number; readonly height: number },
): Promise<string[]> {
  await page.setViewportSize(at);
  const fits = () =>
    page.evaluate(
      at.width < 600
        ? `document.documentElement.scrollWidth <= ${at.width}`
        : "[...document.querySelectorAll('table')].every(({ parentElement: box }) => box.scrollWidth <= box.clientWidth + 1)",
    );
  // The frame of the page moves to its new place in a fraction of a second.
  return vi.waitUntil(fits, { timeout: 3_000, interval: 50 }).then(
    () => [],
    () => [`does not fit ${at.width} pixels`],
  );
}

/** States and verbs whose words do not show whole. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('.mantine-Badge-label, .mantine-Button-label, .mantine-SegmentedControl-label')]
      .filter((label) => label.clientWidth > 0 && label.scrollWidth > label.clientWidth + 1)
      .map((label) => 'cut off: ' + label.textContent)`,
  );
}

/** What `examine` finds on each page of the console, and before signing in. */
async function examineAll(
  options: Pick<OpenOptions, 'language' | 'scheme'>,
  examine: (page: Page) => Promise<string[]>,
): Promise<Record<string, string[]>> {
  const context = await openContext(browser, { baseURL: site.origin, ...options });
  const page = await context.newPage();
  const thrown = watchFaults(page);
  const found: Record<string, string[]> = {};
  const look = async (name: string, path: string) => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(path);
    await settle(page);
    const faults = [...(await seriousFaults(page)), ...(await examine(page)), ...thrown.splice(0)];
    if (faults.length > 0) found[name] = faults;
  };
  await look('sign-in', '/');
  await context.addCookies([...(site.session ?? [])]);
  for (const { file, path } of await consolePages(site)) await look(file, path);
  await context.close();
  return found;
}

describe('the pages', () => {
  // Colours are the same in every language.
  it.each([
    ['vi', 'light'],
    ['en', 'dark'],
  ] as const)(
    'have no serious fault, stay within their policy, fit a phone of 360 pixels and show tables whole at 1440: %s, %s',
    async (language, scheme) => {
      const found = await examineAll({ language, scheme }, async (page) => [
        ...(await tooWide(page, { width: 1440, height: 900 })),
        ...(await cutOff(page)),
        ...(await tooWide(page, { width: 360, height: 740 })),
        ...(await cutOff(page)),
      ]);
      expect(found).toEqual({});
    },
  );
});
