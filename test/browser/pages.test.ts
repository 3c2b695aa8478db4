// Every page of the console, in Vietnamese by light and in English in the dark: nothing that axe calls serious, nothing that the page's policy blocks, nothing too wide or cut off.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  follow,
  launchBrowser,
  type OpenOptions,
  openContext,
  seriousFaults,
  settle,
  watchFaults,
} from './browser.ts';
import {
  type ConsoleSite,
  consolePages,
  enrolFirst,
  fileRequests,
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

const desk = { width: 1440, height: 900 };
const phone = { width: 360, height: 740 };

/** Whether the page (on a phone), or each of its tables (on a desk), fits into the window. */
function tooWide(page: Page, { width }: { readonly width: number }): Promise<string[]> {
  const fits = () =>
    page.evaluate(
      width === phone.width
        ? `document.documentElement.scrollWidth <= ${width}`
        : "[...document.querySelectorAll('table')].every(({ parentElement: box }) => box.scrollWidth <= box.clientWidth + 1)",
    );
  return vi.waitUntil(fits, { timeout: 3_000, interval: 50 }).then(
    () => [],
    () => [`does not fit ${width} pixels`],
  );
}

/** States and verbs whose words do not show whole: longer than their own place, or reaching beyond what they stand in. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('.mantine-Badge-label, .mantine-Button-label, .mantine-SegmentedControl-label')]
      .filter((label) => {
        const right = (box) => box.getBoundingClientRect().right;
        const isLonger = label.scrollWidth > label.clientWidth + 1;
        return label.clientWidth > 0 && (isLonger || right(label) > right(label.closest('[class*=-root]')) + 1);
      })
      .map((label) => 'cut off: ' + label.textContent)`,
  );
}

/**
 * What is wrong with each page of the console, and before signing in. Pages are reached as by a link: that each can be loaded by
 * its address is seen where hostile texts are shown.
 */
async function examineAll(
  options: Pick<OpenOptions, 'language' | 'scheme'>,
): Promise<Record<string, string[]>> {
  const context = await openContext(browser, { baseURL: site.origin, ...options });
  const page = await context.newPage();
  const thrown = watchFaults(page);
  const found: Record<string, string[]> = {};
  let sizes = [desk, phone];
  await page.setViewportSize(desk);
  /** In the window as it is, then in the other one. */
  const look = async (name: string) => {
    const faults: string[] = [];
    for (const size of sizes) {
      await page.setViewportSize(size);
      // The frame of the page moves to its new place in a fraction of a second.
      await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished))');
      faults.push(...(await tooWide(page, size)), ...(await cutOff(page)));
      if (size === desk) faults.push(...(await seriousFaults(page)));
    }
    sizes = sizes.toReversed();
    faults.push(...thrown.splice(0));
    if (faults.length > 0) found[name] = faults;
  };
  await page.goto('/');
  await settle(page);
  await look('sign-in');
  await context.addCookies([...(site.session ?? [])]);
  await page.goto('/');
  await settle(page);
  for (const { file, path } of await consolePages(site)) {
    await follow(page, path);
    await look(file);
  }
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
      expect(await examineAll({ language, scheme })).toEqual({});
    },
  );
});
