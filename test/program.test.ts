// The program as it is built, rather than its sources: what the bundler puts into one file may not need another that comes later.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../dist/program');
/** Starts the program. */
const entry = 'main.js';

it('loads, whichever of its files comes first', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.js') && name !== entry);
  const urls = files.map((name) => pathToFileURL(join(folder, name)).href);
  const script = `
    const failed = [];
    for (const url of ${JSON.stringify(urls)}) await import(url).catch((error) => failed.push(url + ': ' + error.message));
    console.log(failed.join('\\n'));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(said.trim()).toBe('');
}, 30_000);
