import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { actText } from '../../src/core/act-texts.ts';

it('every act that is recorded has a title in both languages', () => {
  const cwd = resolve(import.meta.dirname, '../../src');
  const sources = globSync('{services,http,jobs,cli}/**/*.ts', { cwd }).map((file) =>
    readFileSync(resolve(cwd, file), 'utf8'),
  );
  const verbs = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/\bverb: '([a-z][a-z-]*\.[a-z-]+)'/g)].map(([, verb]) => verb ?? ''),
    ),
  );
  expect(verbs.size).toBeGreaterThan(50);
  const bare = [...verbs].filter((verb) => actText(verb, 'vi') === verb || actText(verb, 'en') === verb);
  expect(bare).toEqual([]);
});
