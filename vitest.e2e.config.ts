// End-to-end tests: real gateways and clients in network namespaces (root, Linux). `.ci/run` installs what they need.
import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Each file has networks of its own; most of the time passes in waiting for delayed refusals.
    maxWorkers: 4,
    sequence: {
      sequencer: longestFirst(
        ...['radius-clients', 'end-of-term', 'eap-tls', 'openvpn-plugin', 'ocserv-challenge', 'eapol'],
      ),
    },
    globalSetup: 'test/build.global-setup.ts',
  },
});
