// End-to-end tests: real gateways and clients in network namespaces (root, Linux). `.ci/run` installs what they need.
import { defineConfig } from 'vitest/config';
import { longestFirst } from './test/longest-first.ts';

/** Those that wait for terms to end come first. */
const longest = [
  'end-of-term',
  'strongswan-end-of-term',
  'radius-clients',
  'eap-tls',
  'openvpn-script',
  'openvpn-plugin',
  'ocserv-challenge',
  'ocserv-appended',
];

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 90_000,
    // Two brokers, a database and a proxy start in one of them, beside everything else that runs then.
    hookTimeout: 300_000,
    pool: 'forks',
    // To load the program's modules anew for each file took six seconds of a processor.
    isolate: false,
    // Each file has networks of its own; most of the time passes in waiting for delayed refusals.
    maxWorkers: 5,
    sequence: { sequencer: longestFirst(...longest) },
    globalSetup: 'test/build.global-setup.ts',
  },
});
