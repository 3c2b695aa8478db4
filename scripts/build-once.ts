// What the builds have in common: nothing is built twice, and nothing half-built is ever in place.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

/**
 * Has `fill` build into a folder beside dist/`name`, and puts it in place at once, so that two that build at the same time
 * do not mix; unless what is there was built from the same `sources`. True if something was built.
 */
export async function buildOnce(
  name: string,
  sources: string,
  fill: (folder: string) => Promise<void>,
): Promise<boolean> {
  const target = join(root, 'dist', name);
  const stamp = join(target, '.built-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return false;
  const beside = `${target}.${process.pid}`;
  await fill(beside);
  writeFileSync(join(beside, '.built-from'), sources);
  rmSync(target, { recursive: true, force: true });
  renameSync(beside, target);
  return true;
}
