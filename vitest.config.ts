// Test runner settings: unit, contract and in-process tests. Tests with real gateways live in test/e2e (see .ci/run).
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/longest-first.ts';

/** What these tests look at or replace belongs to the whole process: the heap, the environment of a native library, a module of Node. */
const ofTheProcess = [
  'test/agent/key-stores.test.ts',
  'test/base/heap.test.ts',
  'test/http/refusals.test.ts',
  'test/services/organisation/large.test.ts',
];
const apart = ['test/e2e/**', 'test/faults/**', 'test/browser/**', 'node_modules/**'];

export default defineConfig({
  test: {
    // For what hangs: on a machine that has other work a test may wait long for its turn.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    // One more than there are processors: some tests wait for silence.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: longestFirst('serve', 'app', 'start', 'simulation', 'import') },
    globalSetup: [
      'test/build.global-setup.ts',
      'test/sqlite.global-setup.ts',
      'test/postgresql.global-setup.ts',
    ],
    projects: [
      { extends: true, test: { name: 'alone', include: ofTheProcess } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...apart, ...ofTheProcess],
          // Loading the program anew took most files longer than their tests do.
          isolate: false,
        },
      },
    ],
  },
});
