// A broker with many accounts, for a load generator from outside.
//
//   node scripts/bench/serve.ts [--accounts N | --users FILE] [--store sqlite | --store postgresql --url URL] [--port N]
//                               [--style appended | code-only | challenge] [--directory DIR] [--processors 0,1] [--profile DIR]
//
// Prints `READY pid=… port=… secret=… users=…` once it answers; SIGINT or SIGTERM stops it. The CSV of accounts has
// username,password,totp_secret,workstation,expires; the workstation goes into Calling-Station-Id.

import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './broker.ts';
import type { Style } from './population.ts';
import { prepareSite } from './site.ts';

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '10000' },
    users: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
    url: { type: 'string' },
    port: { type: 'string', default: '18120' },
    style: { type: 'string', default: 'appended' },
    directory: { type: 'string' },
    processors: { type: 'string' },
    profile: { type: 'string' },
  },
});
const accounts = values.users === undefined ? Number(values.accounts) : { csv: resolve(values.users) };
const directory =
  values.directory ?? join(tmpdir(), `gatewarden-bench-${values.store}-${values.style}-${values.accounts}`);
const site = await prepareSite({
  directory: resolve(directory),
  port: Number(values.port),
  store:
    values.store === 'postgresql' ? { dialect: 'postgresql', url: values.url ?? '' } : { dialect: 'sqlite' },
  accounts,
  defaultStyle: values.style as Style,
});
const broker = await startBroker(site, {
  processors: values.processors ?? null,
  profile: values.profile ?? null,
});
console.log(
  `READY pid=${broker.pid} port=${site.port} secret=${site.secret} users=${site.usersFile} first answer after ${Math.round(broker.firstAnswerMs)} ms`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void broker.stop().then(() => process.exit(0)));
}
