// Fault tests: real broker processes and servers, killed, raced and cut off (root, Linux). `.ci/run` installs what they need.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    testTimeout: 240_000,
    pool: 'forks',
    fileParallelism: false,
    // Most of the time passes in waiting for processes to start and for timeouts.
    maxConcurrency: 4,
    sequence: { concurrent: true },
    globalSetup: 'test/build.global-setup.ts',
  },
});
