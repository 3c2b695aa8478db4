// Builds the program to dist/program unless what is there was built from the same sources: each thread and command reads a
// few files then, rather than the two thousand modules of the sources and libraries. `npm start` and the tests call it.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sourcesNow } from '../bin/built.js';

const root = resolve(import.meta.dirname, '..');
const target = join(root, 'dist/program');
const stamp = join(target, '.built-from');

/** What a process or a thread starts with; src/base/program.ts finds the threads by these names. */
const entries = [
  'main',
  'agent/main',
  'radius-server/worker',
  'store/decision-writer/worker',
  'store/sqlite/checkpoint-worker',
];
/** Left in node_modules: native code, and what reads files of its own. */
const external = [
  '@node-rs/argon2',
  'better-sqlite3',
  'koffi',
  'pdfkit',
  'dejavu-fonts-ttf',
  '@fastify/swagger-ui',
  'pg-native',
];

/** Built beside and put in place at once, so that two that build at the same time do not mix. True if something was built. */
export async function buildProgram(): Promise<boolean> {
  const now = sourcesNow();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return false;
  const { build } = await import('vite');
  const beside = `${target}.${process.pid}`;
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external },
    build: {
      ssr: true,
      outDir: beside,
      emptyOutDir: true,
      copyPublicDir: false,
      target: 'node24',
      minify: false,
      rolldownOptions: {
        input: Object.fromEntries(entries.map((entry) => [entry, join(root, 'src', `${entry}.ts`)])),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  });
  writeFileSync(join(beside, '.built-from'), now);
  rmSync(target, { recursive: true, force: true });
  renameSync(beside, target);
  return true;
}

if (import.meta.main && (await buildProgram())) console.log('The program was built to dist/program.');
