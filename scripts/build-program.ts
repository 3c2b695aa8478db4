// Builds the program to dist/program unless what is there was built from the same sources: each thread and command reads a
// few files then, rather than the two thousand modules of the sources and libraries. `npm start` and the tests call it.
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { sourcesNow } from '../bin/built.js';
import { buildOnce, root } from './build-once.ts';

/** What a process or a thread starts with; src/base/program.ts finds the threads by these names. */
const entries = [
  'main',
  'agent/main',
  'radius-server/worker',
  'store/decision-writer/worker',
  'store/sqlite/checkpoint-worker',
  'store/sqlite/reading-worker',
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

/** V8 keeps a source for good, in twice the memory if a single character of it is not in Latin-1. */
const latin1Sources: Plugin = {
  name: 'latin1-sources',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      chunk.code = chunk.code.replace(
        /[^\0-\xff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
};

/** True if something was built. */
export function buildProgram(): Promise<boolean> {
  return buildOnce('program', sourcesNow(), async (outDir) => {
    const { build } = await import('vite');
    await build({
      root,
      configFile: false,
      logLevel: 'warn',
      ssr: { noExternal: true, external },
      build: {
        ssr: true,
        outDir,
        emptyOutDir: true,
        copyPublicDir: false,
        target: 'node24',
        minify: false,
        rolldownOptions: {
          input: Object.fromEntries(entries.map((entry) => [entry, join(root, 'src', `${entry}.ts`)])),
          output: {
            entryFileNames: '[name].js',
            chunkFileNames: '[name]-[hash].js',
            // A polyfill runs before what looks for it, although several files share both.
            strictExecutionOrder: true,
          },
        },
      },
      plugins: [latin1Sources],
    });
  });
}

if (import.meta.main && (await buildProgram())) console.log('The program was built to dist/program.');
