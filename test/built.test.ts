import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { entryModule, sourcesNow } from '../bin/built.js';

let root: string;
const inRoot = (path: string) => join(root, path);
const started = () => entryModule('main', root);
const source = () => pathToFileURL(inRoot('src/main.ts')).href;
const built = () => pathToFileURL(inRoot('dist/program/main.js')).href;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatewarden-built-'));
  mkdirSync(inRoot('src/console'), { recursive: true });
  mkdirSync(inRoot('dist/program'), { recursive: true });
  for (const file of ['package-lock.json', 'src/main.ts', 'src/console/page.ts', 'dist/program/main.js']) {
    writeFileSync(inRoot(file), '');
  }
  writeFileSync(inRoot('dist/program/.built-from'), sourcesNow(root));
});

afterEach(() => rmSync(root, { recursive: true }));

describe('the module that a command starts', () => {
  it('is the build of the sources that are here', () => {
    expect(started()).toBe(built());
    writeFileSync(inRoot('src/console/page.ts'), 'another');
    expect(started()).toBe(built());
  });

  it('is the source when there is no build, or one that was not finished', () => {
    rmSync(inRoot('dist/program/.built-from'));
    expect(started()).toBe(source());
    rmSync(inRoot('dist'), { recursive: true });
    expect(started()).toBe(source());
  });

  it.each([
    ['changed', () => writeFileSync(inRoot('src/main.ts'), 'x')],
    ['put back as it was before', () => utimesSync(inRoot('src/main.ts'), 1, 1)],
    ['added', () => writeFileSync(inRoot('src/new.ts'), '')],
    ['of other libraries', () => writeFileSync(inRoot('package-lock.json'), '{}')],
  ])('is never a build of other sources: one was %s', (_, change) => {
    change();
    expect(started()).toBe(source());
  });

  it('is the build where the sources did not come along', () => {
    rmSync(inRoot('src'), { recursive: true });
    expect(started()).toBe(built());
  });
});

// The global set-up has built it.
it('is made of sources that V8 keeps in one octet a character', () => {
  const directory = join(import.meta.dirname, '../dist/program');
  const sources = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.js'),
  );
  expect(sources).toContain('main.js');
  const wide = sources.filter((file) => /[^\0-\xff]/.test(readFileSync(join(directory, file), 'utf8')));
  expect(wide).toEqual([]);
});
