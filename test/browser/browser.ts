// Debian's Chromium, driven: one browser for a file of tests, a fresh profile for each page opened.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page, type Request } from 'playwright-core';

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
  context.on('page', (page) => {
    const asked = new Set<Request>();
    unanswered.set(page, asked);
    page.on('request', (request) => asked.add(request));
    page.on('requestfinished', (request) => asked.delete(request));
    page.on('requestfailed', (request) => asked.delete(request));
  });
  return context;
}

/** What each page has asked for and not yet got whole. */
const unanswered = new WeakMap<Page, Set<Request>>();

/** Evaluated in the page: at its next frame, whether it says itself that something is still to come. */
const isBusyNext = `new Promise((resolve) => requestAnimationFrame(() => setTimeout(() =>
  resolve(document.querySelector('[aria-busy=true], .mantine-Loader-root, .mantine-Skeleton-root') !== null))))`;

/** Waits until the page has what it asked for and has shown it: an answer may make it ask for more. */
export async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  const asked = unanswered.get(page);
  if (asked === undefined) throw new Error('the page was not opened by openContext');
  const deadline = Date.now() + 60_000;
  for (let quietFrames = 0; quietFrames < 3; ) {
    const isBusy = await page.evaluate(isBusyNext);
    quietFrames = isBusy || asked.size > 0 ? 0 : quietFrames + 1;
    if (Date.now() > deadline) {
      const urls = [...asked].map((request) => request.url());
      throw new Error(`${page.url()} still waits for ${urls.join(', ')}`);
    }
  }
}

/** Goes to a page of the application that is open, as its links do: without loading it anew. Settled afterwards. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate(async (to) => {
    const { __TSR_ROUTER__: router } = globalThis as unknown as {
      __TSR_ROUTER__: {
        subscribe(event: 'onRendered', listener: () => void): () => void;
        history: { push(path: string): void };
      };
    };
    await new Promise<void>((resolve) => {
      const stop = router.subscribe('onRendered', () => {
        stop();
        resolve();
      });
      router.history.push(to);
    });
  }, path);
  await settle(page);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Axe {
  /** A rule's impact is that of every fault that it finds. */
  readonly _audit: { readonly rules: readonly { readonly id: string; readonly impact: string }[] };
  run(options: object): Promise<{
    violations: { id: string; impact: string; help: string; nodes: { target: unknown[] }[] }[];
  }>;
}

/** Serious and critical faults that axe finds on the page as it is, each with its place. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, not by a script element: the page's Content-Security-Policy stays as it is.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { readonly axe: Axe };
    const milder = axe._audit.rules.filter(({ impact }) => impact === 'minor' || impact === 'moderate');
    const { violations } = await axe.run({
      resultTypes: ['violations'],
      rules: Object.fromEntries(milder.map(({ id }) => [id, { enabled: false }])),
    });
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
