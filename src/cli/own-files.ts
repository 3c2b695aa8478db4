// Files that the broker lives on, which no command may be made to write over.
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { OperatorError } from '../base/errors.ts';
import { type Config, dataFiles } from '../config/load.ts';

/** The path behind links of its directory, and of itself if it is there. */
function whereabouts(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return join(realpathSync(dirname(path)), basename(path));
    } catch {
      return resolve(path);
    }
  }
}

function isSame(left: string, right: string): boolean {
  if (whereabouts(left) === whereabouts(right)) return true;
  const [a, b] = [left, right].map((path) => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/**
 * Refuses to write to the database, what SQLite keeps beside it, the key file or the control socket.
 * @throws OperatorError naming the target
 */
export function refuseOwnFile(config: Config, target: string): void {
  const { store, keys, dataDir } = config;
  const database = store.dialect === 'sqlite' ? store.file : null;
  const own = [
    keys.file,
    ...Object.values(dataFiles(dataDir)),
    ...(database === null
      ? []
      : ['', '-wal', '-shm', '-journal', '.lock'].map((suffix) => database + suffix)),
  ];
  if (!own.some((file) => isSame(file, target))) return;
  throw new OperatorError(`${target} is a file that the broker lives on.`, {
    at: target,
    remedy: 'Name another file, best in another directory.',
  });
}
