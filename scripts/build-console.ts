// Builds the web apps to dist/console unless what is there was built from the same sources. `npm start` and the tests call it.
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce, root } from './build-once.ts';

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

/** True if something was built. */
export function buildConsole(): Promise<boolean> {
  return buildOnce('console', fingerprint(), async (outDir) => {
    const { build } = await import('vite');
    const { default: config } = await import('../src/console/vite.config.ts');
    const before = process.env['NODE_ENV'];
    // React's development half must not be built in, whoever calls.
    process.env['NODE_ENV'] = 'production';
    try {
      await build({ ...config, build: { ...config.build, outDir } });
    } finally {
      if (before === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = before;
    }
  });
}

if (import.meta.main && (await buildConsole())) console.log('The web pages were built to dist/console.');
