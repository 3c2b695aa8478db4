// Which program this is, and where its parts are: the same answers from the sources and from what scripts/build-program.ts made of them.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { entryModule } from '../../bin/built.js';

const isBuilt = import.meta.filename.endsWith('.js');
/** This file is src/base/program.ts, or part of a chunk right in dist/program. */
const root = resolve(import.meta.dirname, '../..');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** The program's version, as records and messages name it. */
export const programVersion = manifest.version;

/** A file or folder that comes with the program, as an absolute path; `path` starts at the folder of package.json. */
export function programPath(path: string): string {
  return join(root, path);
}

/**
 * The module a thread starts with; `path` starts at src and has no ending. scripts/build-program.ts knows each. A program
 * that runs from its sources takes the build as well, when it is of exactly these: it loads in a tenth of the time.
 */
export function threadEntry(path: string): URL {
  return isBuilt ? pathToFileURL(join(import.meta.dirname, `${path}.js`)) : new URL(entryModule(path, root));
}
