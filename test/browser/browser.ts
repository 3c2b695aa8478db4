// Debian's Chromium, driven: one browser for a file of tests, a fresh profile for each page opened.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

export const hasChromium = existsSync(executablePath);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

export interface OpenOptions {
  readonly baseURL: string;
  readonly language?: 'vi' | 'en';
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  /** The browser's own zone: never Vietnam's by default, since pages must not depend on it. */
  readonly timezoneId?: string;
}

/** A browser of somebody's own: no cookie of another, the language already chosen. */
export async function openContext(browser: Browser, options: OpenOptions): Promise<BrowserContext> {
  const { baseURL, language = 'vi', width = 1280, height = 900, timezoneId = 'America/New_York' } = options;
  const { scheme = 'light' } = options;
  const context = await browser.newContext({
    baseURL,
    viewport: { width, height },
    timezoneId,
    locale: 'en-US',
  });
  await context.addInitScript(
    (chosen) => {
      localStorage.setItem('gatewarden.language', chosen.language);
      localStorage.setItem('gatewarden.colour', chosen.scheme);
    },
    { language, scheme },
  );
  return context;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Serious and critical faults that axe finds on the page as it is, each with its place. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, not by a script element: the page's Content-Security-Policy stays as it is.
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: { id: string; impact: string; help: string; nodes: { target: unknown[] }[] }[];
        }>;
      };
    };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, help, nodes }) =>
          `${id}: ${help} (${nodes
            .map(({ target }) => target.join(' '))
            .slice(0, 3)
            .join('; ')})`,
      );
  });
}

/** What went wrong in the page itself: errors thrown, and everything that its policy blocked. */
export function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    // A refused request is part of many walks; the page shows it.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      faults.push(message.text());
  });
  return faults;
}
