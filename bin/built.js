// The built program (scripts/build-program.ts): which sources it was made of, and whether those are still the ones here.
// Plain JavaScript: the commands ask before anything else is loaded.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const programRoot = fileURLToPath(new URL('..', import.meta.url));

/** Names, sizes and times of all that the program is built of: read in milliseconds, and different after any change. */
export function sourcesNow(root = programRoot) {
  const pages = join(root, 'src', 'console');
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.startsWith(pages))
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of [join(root, 'package-lock.json'), ...files.sort()]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(root, file)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * The module to start `entry` ('main', 'agent/main') with: as built, when the build is of exactly these sources or there are
 * none (in an image); else the source itself, which starts slower.
 */
export function entryModule(entry, root = programRoot) {
  const source = join(root, 'src', `${entry}.ts`);
  const module = join(root, 'dist/program', `${entry}.js`);
  const stamp = join(root, 'dist/program/.built-from');
  const isBuilt =
    !existsSync(source) || (existsSync(stamp) && readFileSync(stamp, 'utf8') === sourcesNow(root));
  return pathToFileURL(isBuilt ? module : source).href;
}
