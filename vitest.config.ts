// Test runner settings: unit, contract and in-process tests. Tests with real gateways live in test/e2e (see .ci/run).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/faults/**', 'test/browser/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // By itself it would leave a processor free, half of a small machine.
    maxWorkers: '100%',
    globalSetup: ['test/build.global-setup.ts', 'test/postgresql.global-setup.ts'],
  },
});
