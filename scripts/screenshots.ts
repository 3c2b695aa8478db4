// Pictures of every page of the console, in both languages, at a phone's and a desk's width: npm run screenshots [folder]
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { hasChromium, launchBrowser, openContext } from '../test/browser/browser.ts';
import {
  consolePages,
  enrolFirst,
  settle,
  startConsoleSite,
  tryLogins,
} from '../test/browser/console-site.ts';
import { buildConsole } from './build-console.ts';

const folder = resolve(process.argv[2] ?? 'screenshots');
const widths = { phone: 360, desk: 1440 } as const;

if (!hasChromium) {
  console.error('/usr/bin/chromium is missing: apt-get install chromium');
  process.exit(1);
}
await buildConsole();
const site = await startConsoleSite('sample');
const browser = await launchBrowser();
try {
  await tryLogins(site);
  for (const language of ['vi', 'en'] as const) {
    for (const [name, width] of Object.entries(widths)) {
      const target = `${folder}/${language}/${name}`;
      mkdirSync(target, { recursive: true });
      const context = await openContext(browser, { baseURL: site.origin, language, width });
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
      for (const { file, path } of await consolePages(site)) {
        await page.goto(path);
        await shoot(file);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await site.stop();
}
console.log(`The pictures are in ${folder}.`);
