// Builds the web apps to dist/console unless what is there was built from the same sources. `npm start` and the tests call it.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const target = join(root, 'dist/console');
const stamp = join(target, '.built-from');

function fingerprint(): string {
  const hash = createHash('sha256');
  const files = [
    'package-lock.json',
    ...globSync(['src/console/**/*.{ts,tsx,json,html,svg,css}', 'src/api/**/*.ts'], { cwd: root }),
  ].sort();
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** Built beside and put in place at once, so that two that build at the same time do not mix. True if something was built. */
export async function buildConsole(): Promise<boolean> {
  const now = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return false;
  const { build } = await import('vite');
  const { default: config } = await import('../src/console/vite.config.ts');
  const beside = `${target}.${process.pid}`;
  const before = process.env['NODE_ENV'];
  // React's development half must not be built in, whoever calls.
  process.env['NODE_ENV'] = 'production';
  try {
    await build({ ...config, build: { ...config.build, outDir: beside } });
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
  writeFileSync(join(beside, '.built-from'), now);
  rmSync(target, { recursive: true, force: true });
  renameSync(beside, target);
  return true;
}

if (import.meta.main && (await buildConsole())) console.log('The web pages were built to dist/console.');
