// Which program this is, and where its parts are: the same answers from the sources and from what scripts/build.ts made of them.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const isBuilt = import.meta.filename.endsWith('.js');
/** This file is src/base/program.ts, or part of a chunk right in dist/program. */
const root = resolve(import.meta.dirname, '../..');
const entries = isBuilt ? import.meta.dirname : join(root, 'src');

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** The program's version, as records and messages name it. */
export const programVersion = manifest.version;

/** A file or folder that comes with the program, as an absolute path; `path` starts at the folder of package.json. */
export function programPath(path: string): string {
  return join(root, path);
}

/** The module a thread starts with; `path` starts at src and has no ending. scripts/build.ts knows each. */
export function threadEntry(path: string): URL {
  return pathToFileURL(join(entries, `${path}${isBuilt ? '.js' : '.ts'}`));
}
