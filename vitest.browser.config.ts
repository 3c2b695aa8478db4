// Browser tests: Debian's Chromium on the pages of a real broker. `.ci/run` installs what they need.
import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    // A walk over all pages takes two minutes, and longer beside the end-to-end tests.
    testTimeout: 600_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // A browser and a broker for each file: more at once would only wait for each other.
    maxWorkers: 2,
    // Each file stops what it starts; the program is imported once by a worker, not once by a file.
    isolate: false,
    sequence: { sequencer: longestFirst('pages') },
    globalSetup: ['test/build.global-setup.ts', 'test/browser/build.global-setup.ts'],
  },
});
