// Writes src/wire/radius/dictionary.generated.ts from config/dictionaries.
// Run it after a change there: node scripts/generate-dictionary.ts
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDictionaryFiles } from '../src/wire/radius/dictionary-file.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'config/dictionaries');
const target = join(root, 'src/wire/radius/dictionary.generated.ts');

const files = readdirSync(folder)
  .filter((name) => name.endsWith('.csv'))
  .sort();
const data = parseDictionaryFiles(
  files.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') })),
);

writeFileSync(
  target,
  [
    '// RADIUS attributes and their named values. Generated from config/dictionaries by scripts/generate-dictionary.ts.',
    "import type { DictionaryData } from './dictionary-definition.ts';",
    '',
    `export const standardData: DictionaryData = ${JSON.stringify(data)};`,
    '',
  ].join('\n'),
);
execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', target], { stdio: 'inherit' });
