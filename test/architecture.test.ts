// The layout's rules: what stands at the top of src, and that imports point down only.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const src = resolve(import.meta.dirname, '../src');

/** Higher numbers may import lower ones, never the other way round; folders of one level don't import each other. */
const levels: Readonly<Record<string, number>> = {
  'main.ts': 8,
  cli: 7,
  'app.ts': 6,
  'radius-server': 5,
  'gateway-control': 5,
  http: 5,
  console: 5,
  agent: 5,
  jobs: 5,
  notifiers: 5,
  api: 4,
  services: 3,
  store: 2,
  directory: 2,
  wire: 2,
  config: 2,
  core: 1,
  base: 0,
};

/** The helper program on a workstation must stay small: it knows the wire, not the broker. */
const agentMayImport = ['agent', 'api', 'wire', 'base'];

/** Pure functions over values; nothing that waits, reads a clock or keeps state. */
const mayCoreImport = ['node:crypto', 'node:net', 'ipaddr.js'];

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const specifiers = [
    ...text.matchAll(/(?:from|import)\s+'(\.{1,2}\/[^']+)'/g),
    ...text.matchAll(/(?:import|URL)\(\s*'(\.{1,2}\/[^']+)'/g),
  ].map((match) => match[1] ?? '');
  return specifiers
    .map((specifier) => relative(src, resolve(file, '..', specifier)))
    .filter((target) => !target.startsWith('..'))
    .map((target) => ({
      file: relative(src, file),
      from: relative(src, file).split('/')[0] ?? '',
      to: target.split('/')[0] ?? '',
    }));
}

const imports = sourceFiles(src).flatMap(importsOf);

describe('architecture', () => {
  it('has nothing at the top of src but what the layout names', () => {
    expect(readdirSync(src).filter((name) => levels[name] === undefined)).toEqual([]);
  });

  it('is read by this test (the imports are found)', () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it('lets imports point down only, never to a sibling', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [fromLevel, toLevel] = [levels[from], levels[to]];
      return from !== to && (fromLevel === undefined || toLevel === undefined || toLevel >= fromLevel);
    });
    expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
  });

  it('keeps the decision free of everything but the ground', () => {
    const outside = sourceFiles(join(src, 'core')).filter((file) =>
      [...readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)].some(
        (match) => !(match[1] ?? '').startsWith('.') && !mayCoreImport.includes(match[1] ?? ''),
      ),
    );
    expect(outside.map((file) => relative(src, file))).toEqual([]);
  });

  it("keeps the workstation's program small", () => {
    expect(imports.filter(({ from, to }) => from === 'agent' && !agentMayImport.includes(to))).toEqual([]);
  });

  it('lets the web app know nothing of the broker but the types of the API', () => {
    const outside = sourceFiles(join(src, 'console')).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^(import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'/gm)]
        .map(([, , type, specifier = '']) => ({
          file: relative(src, file),
          target: relative(src, resolve(file, '..', specifier)),
          isType: type !== undefined,
        }))
        .filter(
          ({ target, isType }) => !target.startsWith('console/') && !(isType && target.startsWith('api/')),
        ),
    );
    expect(outside).toEqual([]);
  });

  it('reads argv and the environment in one place of each program', () => {
    const readers = sourceFiles(src).filter((file) => /process\.(env|argv)/.test(readFileSync(file, 'utf8')));
    expect(readers.map((file) => relative(src, file)).sort()).toEqual(['agent/main.ts', 'main.ts']);
  });
});
