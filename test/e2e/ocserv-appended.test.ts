// ocserv and openconnect, the code appended to the password.
import { startOcservFor } from './ocserv-gateway.ts';
import { testTunnels } from './tunnel-tests.ts';

testTunnels(
  'ocserv with the code appended to the password',
  'ocserv-appended',
  startOcservFor('ocserv-appended', ({ password, code }) => [password + code]),
);
