// ocserv and openconnect, the code asked for in a box of its own.
import { startOcservFor } from './ocserv-gateway.ts';
import { testTunnels } from './tunnel-tests.ts';

testTunnels(
  'ocserv that asks for the code by challenge',
  'ocserv-challenge',
  startOcservFor('ocserv-challenge', ({ password, code }) => [password, code]),
);
