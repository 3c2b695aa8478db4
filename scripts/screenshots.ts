// Pictures of every page of the console and the portal, in both languages, at a phone's and a desk's width: npm run screenshots [-- folder]
// --dark; --widths phone,desk,4k or numbers; --languages vi; --only overview,portal-home; --guides: copies those of docs/vi there.
import { copyFileSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Cookie } from 'playwright-core';
import { hasChromium, launchBrowser, openContext, settle } from '../test/browser/browser.ts';
import {
  codeOf,
  consolePages,
  enrolFirst,
  fileRequests,
  startConsoleSite,
  tryLogins,
} from '../test/browser/console-site.ts';
import { buildConsole } from './build-console.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    guides: { type: 'boolean', default: false },
    dark: { type: 'boolean', default: false },
    widths: { type: 'string', default: 'phone,desk' },
    languages: { type: 'string', default: 'vi,en' },
    only: { type: 'string' },
  },
});
const folder = resolve(positionals[0] ?? 'screenshots');
const guidePictures = [
  'phone/portal-sign-in',
  'phone/portal-home',
  'desk/rollout',
  'desk/accounts',
  'desk/tasks',
  'desk/overview',
];
const knownWidths: Readonly<Record<string, number>> = { phone: 360, desk: 1440, '4k': 3840 };
const widths = options.widths.split(',').map((name) => [name, knownWidths[name] ?? Number(name)] as const);
const languages = (['vi', 'en'] as const).filter((language) =>
  options.languages.split(',').includes(language),
);
const scheme = options.dark ? 'dark' : 'light';
const only = options.only?.split(',');
const isWanted = (file: string) => only === undefined || only.includes(file);

if (!hasChromium) {
  console.error('/usr/bin/chromium is missing: apt-get install chromium');
  process.exit(1);
}

const portalPages = ['home', 'connections', 'workstations', 'authenticators', 'requests', 'rules'] as const;
let holderCookies: readonly Cookie[] | null = null;

/** The portal's door, and the six pages of a holder of the sample. */
async function shootPortal(language: 'vi' | 'en', width: number, target: string): Promise<void> {
  const baseURL = `http://localhost:${site.services.broker?.portalEndpoint.port}`;
  const context = await openContext(browser, { baseURL, language, width, scheme });
  const page = await context.newPage();
  const shoot = async (file: string) => {
    await settle(page);
    await page.screenshot({ path: `${target}/portal-${file}.png`, fullPage: true });
  };
  await page.goto('/');
  await shoot('sign-in');
  if (holderCookies === null) {
    const holder = site.logins.find(({ seed, password }) => seed !== null && password !== null);
    if (holder?.seed == null || holder.password === null) throw new Error('the sample has no login');
    await page.locator('input[autocomplete=username]').fill(holder.userName);
    await page.locator('input[autocomplete=current-password]').fill(holder.password);
    // The step of now was spent by a login.
    await page.locator('input[autocomplete=one-time-code]').fill(codeOf(holder.seed, 1));
    await page.locator('button[type=submit]').click();
    await page.getByRole('navigation').waitFor({ state: 'attached' });
    holderCookies = await context.cookies();
  } else {
    await context.addCookies([...holderCookies]);
  }
  for (const name of portalPages.filter((one) => isWanted(`portal-${one}`))) {
    await page.goto(name === 'home' ? '/' : `/${name}`);
    await shoot(name);
  }
  await context.close();
}

await buildConsole();
const site = await startConsoleSite('sample');
const browser = await launchBrowser();
try {
  await tryLogins(site);
  await fileRequests(site);
  for (const language of languages) {
    for (const [name, width] of widths) {
      const target = `${folder}/${language}/${name}`;
      mkdirSync(target, { recursive: true });
      const context = await openContext(browser, { baseURL: site.origin, language, width, scheme });
      const page = await context.newPage();
      const shoot = async (file: string) => {
        await settle(page);
        await page.screenshot({ path: `${target}/${file}.png`, fullPage: true });
      };
      await page.goto('/');
      await shoot('sign-in');
      if (site.session === null) {
        await page.goto(site.firstLink);
        await shoot('enrolment');
        await enrolFirst(page, site);
      } else {
        await context.addCookies([...site.session]);
      }
      for (const { file, path } of (await consolePages(site)).filter((one) => isWanted(one.file))) {
        await page.goto(path);
        await shoot(file);
      }
      await context.close();
      await shootPortal(language, width, target);
    }
  }
} finally {
  await browser.close();
  await site.stop();
}
if (options.guides) {
  const images = resolve(import.meta.dirname, '../docs/vi/images');
  mkdirSync(images, { recursive: true });
  for (const name of guidePictures)
    copyFileSync(`${folder}/vi/${name}.png`, `${images}/${name.replace(/^\w+\//, '')}.png`);
}
console.log(`The pictures are in ${folder}.`);
