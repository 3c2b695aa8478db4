// What the browser loads first, in the built files.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildConsole } from '../../scripts/build-console.ts';

const dist = resolve(import.meta.dirname, '../../dist/console');

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const size = (file: string) => gzipSync(readFileSync(join(dist, file))).length;

beforeAll(buildConsole, 120_000);

describe('the built pages', () => {
  /** The entry with everything that it imports at once, and the texts of one language, which are waited for too. */
  function firstLoad(app: 'console' | 'portal'): string[] {
    const chunks: Readonly<Record<string, Chunk>> = JSON.parse(
      readFileSync(join(dist, '.vite/manifest.json'), 'utf8'),
    );
    const files = new Set<string>();
    const add = (name: string) => {
      const chunk = chunks[name];
      if (chunk === undefined || files.has(chunk.file)) return;
      files.add(chunk.file);
      for (const style of chunk.css ?? []) files.add(style);
      for (const imported of chunk.imports ?? []) add(imported);
    };
    for (const name of [`${app}.html`, 'locales/vi/common.json', `locales/vi/${app}.json`]) {
      expect(chunks[name], name).toBeDefined();
      add(name);
    }
    return [...files, `${app}.html`];
  }

  it.each(['console', 'portal'] as const)('load first less than 250 kB, compressed: %s', (app) => {
    const bytes = firstLoad(app).reduce((sum, file) => sum + size(file), 0);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(250_000);
  });

  it.each(['console', 'portal'])('have no script and no style within the page: %s', (app) => {
    const page = readFileSync(join(dist, `${app}.html`), 'utf8');
    expect(page).toMatch(/<script type="module"[^>]* src="/);
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|javascript:/i);
  });
});
