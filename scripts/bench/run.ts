// `npm run bench`: the broker under load, beside FreeRADIUS doing the same job where that is installed.
//
//   npm run bench -- [--only code,pinned,postgresql,latency,curve,password,challenge,scale,console,eap] [--pairs 5] [--seconds 6] [--warm-up 20]
//                    [--accounts 300000] [--large 1000000] [--directory DIR] [--out DIR] [--profile]
//
// Writes results.json, results.md and curve.svg to --out. The accounts are made once and kept in --directory.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Server, startBroker } from './broker.ts';
import { makeReader, startConsoleLoad } from './console-load.ts';
import { createEapLogins, type EapClient, hasEapolTest, makeEapFiles } from './eap.ts';
import { type FreeradiusBackend, findFreeradius, startFreeradius } from './freeradius.ts';
import { type Measurement, measure } from './load.ts';
import type { LoadJob } from './load-job.ts';
import { gatewayNames, type Style } from './population.ts';
import { startBenchPostgresql } from './postgresql.ts';
import { canPin } from './processors.ts';
import {
  describeMachine,
  type Finding,
  faultOf,
  finding,
  type Results,
  type Run,
  toMarkdown,
  toPlot,
} from './results.ts';
import { benchSecret, prepareSite, type Site, type SiteOptions, type StoreChoice } from './site.ts';
import { openUsers, type Users, writeUsers } from './users.ts';

const scenarios = [
  'code',
  'pinned',
  'postgresql',
  'latency',
  'curve',
  'password',
  'challenge',
  'scale',
  'console',
  'eap',
] as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: scenarios.join() },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    'warm-up': { type: 'string', default: '20' },
    accounts: { type: 'string', default: '300000' },
    large: { type: 'string', default: '1000000' },
    outstanding: { type: 'string', default: '64' },
    directory: { type: 'string', default: join(tmpdir(), 'gatewarden-bench') },
    out: { type: 'string', default: 'bench-results' },
    profile: { type: 'boolean', default: false },
  },
});
const wanted = new Set(values.only.split(','));
const pairs = Number(values.pairs);
const seconds = Number(values.seconds);
const accounts = Number(values.accounts);
const outstanding = Number(values.outstanding);
const directory = resolve(values.directory);
const out = resolve(values.out);
const freeradius = findFreeradius();
/** Unmeasured, before each run. V8 compiles what runs often: the first ten thousand decisions of a process cost about twice the rest. */
const warmUpSeconds = Number(values['warm-up']);
/** To find out how many codes a run needs. */
const calibration = { 'code-only': 15_000, appended: 2_000, challenge: 2_000 } as const;
const calibrationSeconds = 3;
const smallAccounts = 10_000;
/** Of EAP: until what runs often has been compiled (a login costs half as much again before), and for one measurement. */
const eapWarmUp = 5_000;
const eapLogins = 400;
const brokerPort = 18_120;
const consolePort = 18_140;
/** The organisation at its morning: half of the staff reconnects within a minute, while administrators work. */
const staff = 25_000;
const morningPerSecond = 210;
const consoleBrowsers = 20;
const freeradiusPort = 18_130;
/** The server on one processor, the generator on another. */
const onePinned = { server: '0', generator: '1' };
const free = { server: null, generator: null };
/** FreeRADIUS keeps its accounts in memory: no more than its runs need. */
const freeradiusAccounts = Math.min(accounts, 200_000);

type Placing = typeof onePinned | typeof free;

const runs: Run[] = [];
const findings: Finding[] = [];
const profile = values.profile ? join(out, 'profiles') : null;

/** A server that can be started for a run, with what the generator must know of it. */
interface Subject {
  readonly name: string;
  readonly usersFile: string;
  readonly stateFile: string;
  readonly port: number;
  readonly withinStep: boolean;
  readonly signedFirst: boolean;
  start(placing: Placing): Promise<Server>;
}

async function brokerOn(
  name: string,
  store: StoreChoice,
  count: number,
  more: Partial<Pick<SiteOptions, 'consolePort' | 'directory'>> = {},
): Promise<Subject & { site: Site }> {
  const site = await prepareSite({
    directory: join(directory, `${store.dialect}-${count}`),
    ...more,
    port: brokerPort,
    store,
    accounts: count,
    defaultStyle: 'appended',
  });
  return {
    name,
    site,
    usersFile: site.usersFile,
    stateFile: join(directory, `${store.dialect}-${count}.steps`),
    port: site.port,
    withinStep: false,
    signedFirst: true,
    start: ({ server }) => startBroker(site, { processors: server, profile }),
  };
}

function freeradiusOn(backend: FreeradiusBackend, users: Users, usersFile: string): Subject | null {
  if (freeradius === null) return null;
  const { binary } = freeradius;
  return {
    name: `FreeRADIUS ${freeradius.version} ${backend}`,
    usersFile,
    stateFile: join(directory, `freeradius-${backend}.steps`),
    port: freeradiusPort,
    withinStep: true,
    signedFirst: false,
    start({ server }) {
      const own = join(directory, `freeradius-${backend}`);
      const setup = { directory: own, backend, port: freeradiusPort, secret: benchSecret, users, binary };
      return startFreeradius(setup, { processors: server });
    },
  };
}

function jobFor(
  subject: Subject,
  style: Style,
  load: LoadJob['load'],
  prepared: number,
  runSeconds: number,
): LoadJob {
  const { usersFile, stateFile, port, withinStep, signedFirst } = subject;
  return {
    ...{ usersFile, stateFile, port, withinStep, signedFirst, style, load },
    secret: benchSecret,
    nasIdentifier: gatewayNames[style],
    warmUpSeconds,
    seconds: runSeconds,
    prepared: Math.ceil(prepared),
    inOrder: false,
    timeoutMs: 5_000,
  };
}

function say(subject: string, load: string, measured: Measurement): void {
  const { perSecond, latency, serverCpuMicroseconds } = measured;
  const fault = faultOf(measured);
  console.log(
    `${subject.padEnd(26)} ${load.padEnd(12)} ${perSecond.toFixed(0).padStart(7)}/s  p50 ${latency.p50Ms.toFixed(2)}  ` +
      `p99 ${latency.p99Ms.toFixed(2)} ms  ${serverCpuMicroseconds.toFixed(0)} µs` +
      `${fault === null ? '' : `  FAULTY: ${fault}`}`,
  );
}

const loadText = (load: LoadJob['load']): string =>
  load.kind === 'closed' ? `closed ${load.outstanding}` : `open ${load.perSecond}`;

/** Rates found so far: how many requests to make ready for the next run. */
const rates = new Map<string, number>();

async function runOnce(
  scenario: string,
  pair: number,
  subject: Subject,
  style: Style,
  load: LoadJob['load'],
  placing: Placing,
): Promise<Run & { readonly firstAnswerMs: number }> {
  const server = await subject.start(placing);
  try {
    const key = `${subject.name} ${style} ${placing.server}`;
    let rate = load.kind === 'open' ? load.perSecond : rates.get(key);
    if (rate === undefined) {
      const job = {
        ...jobFor(subject, style, load, calibration[style], calibrationSeconds),
        warmUpSeconds: 0,
      };
      rate = Math.max(200, (await measure(job, server, placing.generator)).perSecond);
    }
    // A server gets faster as it warms up.
    const margin = load.kind === 'open' ? 1.02 : 2;
    const prepared = rate * margin * (warmUpSeconds + seconds) + outstanding;
    const job = jobFor(subject, style, load, prepared, seconds);
    const measured = await measure(job, server, placing.generator);
    if (load.kind === 'closed') rates.set(key, Math.max(rate / 2, measured.perSecond));
    say(subject.name, loadText(load), measured);
    const run = { ...measured, scenario, server: subject.name, load: loadText(load), pair };
    runs.push(run);
    return { ...run, firstAnswerMs: server.firstAnswerMs };
  } finally {
    await server.stop();
  }
}

/** Interleaved runs of two servers, and the ratio of each pair. */
async function compare(
  scenario: string,
  ours: Subject,
  theirs: Subject | null,
  style: Style,
  placing: Placing,
  goal: { readonly floor: string; readonly aim: string },
): Promise<void> {
  console.log(`\n${scenario}`);
  const load = { kind: 'closed', outstanding } as const;
  const ratios: number[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const other = theirs === null ? null : await runOnce(scenario, pair, theirs, style, load, placing);
    const own = await runOnce(scenario, pair, ours, style, load, placing);
    const isFaulty = faultOf(own) !== null || (other !== null && faultOf(other) !== null);
    if (other !== null && !isFaulty) ratios.push(own.perSecond / other.perSecond);
  }
  if (theirs !== null) {
    findings.push(finding(`${scenario}: ${ours.name} to ${theirs.name}`, '×', ratios, goal));
  }
}

async function latencyAt(subject: Subject, perSecond: number): Promise<void> {
  console.log(`\nlatency at ${perSecond}/s`);
  const load = { kind: 'open', perSecond } as const;
  const p99s: number[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    p99s.push((await runOnce('latency', pair, subject, 'code-only', load, free)).latency.p99Ms);
  }
  findings.push(finding(`p99 at ${perSecond} logins/s, ${subject.name}`, 'ms', p99s, { floor: '≤ 10' }));
}

/** Open loop from a tenth of what the server can do to beyond it. */
async function sweep(subject: Subject): Promise<void> {
  console.log('\ncurve');
  const load = { kind: 'closed', outstanding } as const;
  const { perSecond } = await runOnce('curve calibration', 1, subject, 'code-only', load, free);
  for (const share of [0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.2]) {
    const offered = { kind: 'open', perSecond: Math.max(10, Math.round(perSecond * share)) } as const;
    await runOnce('curve', 1, subject, 'code-only', offered, free);
  }
}

function hashPeak(): number {
  const script = join(import.meta.dirname, 'hash-peak.ts');
  return Number(execFileSync(process.execPath, [script, '4'], { encoding: 'utf8' }));
}

async function passwords(subject: Subject): Promise<void> {
  console.log('\npassword + code');
  const closed = { kind: 'closed', outstanding: availableParallelism() * 8 } as const;
  const shares: number[] = [];
  const overloaded: number[] = [];
  const longest: number[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const peak = hashPeak();
    console.log(`hashes with nothing else to do: ${peak.toFixed(0)}/s`);
    const run = await runOnce('password', pair, subject, 'appended', closed, free);
    shares.push(run.perSecond / peak);
    const double = { kind: 'open', perSecond: Math.round(run.perSecond * 2) } as const;
    const over = await runOnce('password twice offered', pair, subject, 'appended', double, free);
    overloaded.push(over.perSecond / run.perSecond);
    longest.push(over.latency.maxMs);
  }
  findings.push(
    finding('password + code to hashes with nothing else to do', '×', shares, { floor: '≥ 0.9' }),
  );
  findings.push(finding('goodput when twice as much is offered', '×', overloaded, { floor: '≥ 0.9' }));
  findings.push(
    finding('longest wait then (5 s: given up by the generator)', 'ms', longest, { floor: '≤ 5,000' }),
  );
}

async function challenges(subject: Subject): Promise<void> {
  console.log('\nchallenge (two rounds)');
  const load = { kind: 'closed', outstanding: availableParallelism() * 8 } as const;
  for (let pair = 1; pair <= pairs; pair += 1) {
    await runOnce('challenge', pair, subject, 'challenge', load, free);
  }
}

/** The same load on few and on very many accounts, in turn. */
async function scale(): Promise<void> {
  console.log('\nscale');
  const few = await brokerOn(`${smallAccounts} accounts`, { dialect: 'sqlite' }, smallAccounts);
  const many = await brokerOn(`${values.large} accounts`, { dialect: 'sqlite' }, Number(values.large));
  const load = { kind: 'open', perSecond: 300 } as const;
  const cpu: number[] = [];
  const p99: number[] = [];
  const starts: number[] = [];
  const megabytes: number[] = [];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const a = await runOnce('scale', pair, few, 'code-only', load, free);
    const b = await runOnce('scale', pair, many, 'code-only', load, free);
    cpu.push(b.serverCpuMicroseconds / a.serverCpuMicroseconds);
    p99.push(b.latency.p99Ms / a.latency.p99Ms);
    starts.push(b.firstAnswerMs);
    megabytes.push(b.residentMegabytes);
  }
  const from = `${smallAccounts} to ${values.large} accounts`;
  findings.push(finding(`processor time of a login, ${from}`, '×', cpu, { floor: '≤ 1.25' }));
  findings.push(finding(`p99 at 300/s, ${from}`, '×', p99, { floor: '≤ 1.25' }));
  findings.push(
    finding(`first answer after the start, ${values.large} accounts`, 'ms', starts, { floor: '≤ 1,000' }),
  );
  findings.push(finding(`resident memory, ${values.large} accounts`, 'MB', megabytes, { floor: '< 300' }));
}

/** Logins at the morning's rate, without anything else and then with the console under load and exports of everybody. */
async function consoleBeside(): Promise<void> {
  console.log('\nconsole');
  const store = { dialect: 'sqlite' } as const;
  const own = join(directory, 'console');
  rmSync(own, { recursive: true, force: true });
  const subject = await brokerOn('broker, SQLite', store, staff, { consolePort, directory: own });
  const token = await makeReader(subject.site);
  // Each run begins with a database to which nobody has logged in: the export is of those.
  const { dataDir } = subject.site.config;
  const fresh = `${dataDir}.fresh`;
  cpSync(dataDir, fresh, { recursive: true });
  const start = (placing: Placing) => {
    rmSync(dataDir, { recursive: true });
    cpSync(fresh, dataDir, { recursive: true });
    return subject.start(placing);
  };
  const load = { kind: 'open', perSecond: morningPerSecond } as const;
  const [alone, beside, pages]: [number[], number[], number[]] = [[], [], []];
  for (let pair = 1; pair <= pairs; pair += 1) {
    const idle = { ...subject, start };
    alone.push((await runOnce('console idle', pair, idle, 'code-only', load, free)).latency.p99Ms);
    let working: Awaited<ReturnType<typeof startConsoleLoad>> | null = null;
    const started = {
      ...subject,
      async start(placing: Placing) {
        const server = await start(placing);
        working = await startConsoleLoad(consolePort, token, consoleBrowsers);
        const stop = async () => {
          const seen = await working?.stop();
          await server.stop();
          if (seen === undefined) return;
          pages.push(seen.pages.p95Ms);
          console.log(
            `pages ${seen.pages.count}  p50 ${seen.pages.p50Ms.toFixed(1)}  p95 ${seen.pages.p95Ms.toFixed(1)} ms; exports ${seen.exports} of ` +
              `${seen.exportedRows} rows, the longest ${seen.longestExportMs.toFixed(0)} ms; failed ${seen.failed}`,
          );
        };
        return { ...server, stop };
      },
    };
    beside.push((await runOnce('console', pair, started, 'code-only', load, free)).latency.p99Ms);
  }
  const name = `p99 at ${morningPerSecond} logins/s`;
  findings.push(finding(`${name}, the console idle`, 'ms', alone));
  findings.push(
    finding(`${name}, ${consoleBrowsers} browsers at the console, exports of ${staff} rows`, 'ms', beside, {
      floor: '≤ 20',
    }),
  );
  findings.push(finding("p95 of the console's requests then", 'ms', pages, { floor: '≤ 500' }));
}

/** The servers beside one another, each measured in turn: what eapol_test uses of the machine is the same for all. */
async function eapLoginCost(): Promise<void> {
  console.log('\neap');
  const files = makeEapFiles(join(directory, 'eap'));
  const eapSite = await prepareSite({
    directory: join(directory, `eap-${smallAccounts}`),
    port: brokerPort,
    store: { dialect: 'sqlite' },
    accounts: smallAccounts,
    defaultStyle: 'code-only',
    eap: files,
  });
  const users = openUsers(eapSite.usersFile);
  const common = { users, files, secret: benchSecret, directory: join(directory, 'eapol_test') };
  const open = async (name: string, server: Promise<Server>) => {
    const { pid, port, stop } = await server;
    return { name, pid, stop, logIn: createEapLogins({ ...common, port }) };
  };
  const subjects = [await open('broker, SQLite', startBroker(eapSite, { processors: null, profile }))];
  try {
    if (freeradius !== null) {
      const { binary, version } = freeradius;
      for (const [index, backend] of (['sqlite', 'files'] as const).entries()) {
        const own = join(directory, `freeradius-eap-${backend}`);
        const port = freeradiusPort + index;
        const setup = { directory: own, backend, port, secret: benchSecret, users, binary, eap: files };
        const server = startFreeradius(setup, { processors: null });
        subjects.push(await open(`FreeRADIUS ${version} ${backend}`, server));
      }
    }
    for (const subject of subjects) await subject.logIn(subject, eapWarmUp, 'one process');
    for (const client of ['one process', 'eapol_test'] as const) await eapLoginCostBy(client, subjects);
  } finally {
    for (const { stop } of subjects) await stop();
  }
}

async function eapLoginCostBy(
  client: EapClient,
  subjects: readonly {
    readonly name: string;
    readonly pid: number;
    readonly logIn: ReturnType<typeof createEapLogins>;
  }[],
): Promise<void> {
  console.log(`made by ${client}`);
  /** Milliseconds by pair; null: a faulty run. */
  const costs = new Map(subjects.map(({ name }): [string, (number | null)[]] => [name, []]));
  for (let pair = 1; pair <= pairs; pair += 1) {
    for (const subject of subjects) {
      const run = await subject.logIn(subject, eapLogins, client);
      const { accepted, failed, perSecond, serverCpuMicroseconds } = run;
      const line = `${subject.name.padEnd(26)} ${perSecond.toFixed(0).padStart(7)}/s  ${serverCpuMicroseconds.toFixed(0)} µs`;
      console.log(failed === 0 ? line : `${line}  failed: ${failed}`);
      // A code that ran out on its way is no fault of the server's.
      costs.get(subject.name)?.push(accepted >= eapLogins * 0.98 ? serverCpuMicroseconds / 1000 : null);
    }
  }
  const [[, own = []] = [], ...others] = [...costs];
  const what = `a login by EAP-TTLS/PAP made by ${client}`;
  for (const [name, milliseconds] of costs) {
    const good = milliseconds.filter((cost) => cost !== null);
    findings.push(finding(`processor time of ${what}, ${name}`, 'ms', good));
  }
  for (const [name, milliseconds] of others) {
    const ratios = own.flatMap((cost, pair) => {
      const theirs = milliseconds[pair] ?? null;
      return cost === null || theirs === null ? [] : [cost / theirs];
    });
    findings.push(finding(`${what}: to ${name}`, '×', ratios, { floor: '≤ 1.5', aim: '≤ 1' }));
  }
}

function report(): void {
  const results: Results = {
    at: new Date().toISOString(),
    machine: describeMachine(freeradius?.version ?? null),
    findings,
    runs,
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(out, 'results.md'), toMarkdown(results));
  const plot = toPlot(results);
  if (plot !== null) writeFileSync(join(out, 'curve.svg'), plot);
  console.log(`\n${toMarkdown(results)}\n${out}`);
}

for (const name of wanted) {
  if (!scenarios.some((known) => known === name)) throw new Error(`--only: there is no scenario ${name}`);
}
if (profile !== null) mkdirSync(profile, { recursive: true });
mkdirSync(directory, { recursive: true });
if (freeradius === null) console.log('FreeRADIUS 3 is not installed: nothing to compare with');
const sqlite = await brokerOn('broker, SQLite', { dialect: 'sqlite' }, accounts);
const freeradiusUsersFile = join(directory, 'freeradius-users.csv');
writeUsers(freeradiusUsersFile, freeradiusAccounts);
const freeradiusUsers = openUsers(freeradiusUsersFile);
const freeradiusSqlite = freeradiusOn('sqlite', freeradiusUsers, freeradiusUsersFile);
const freeradiusFiles = freeradiusOn('files', freeradiusUsers, freeradiusUsersFile);

if (wanted.has('code')) {
  const goal = { floor: '≥ 5', aim: '≥ 10' };
  await compare('code only', sqlite, freeradiusSqlite, 'code-only', free, goal);
}
if (wanted.has('pinned') && canPin) {
  const goal = { floor: '≥ 0.5', aim: '≥ 1' };
  await compare('code only on one processor', sqlite, freeradiusFiles, 'code-only', onePinned, goal);
}
if (wanted.has('postgresql')) {
  const folder = join(directory, 'postgresql-server');
  const server = await startBenchPostgresql(folder, null);
  try {
    const store = { dialect: 'postgresql', url: server.url } as const;
    const subject = await brokerOn('broker, PostgreSQL', store, accounts);
    const goal = { floor: '≥ 3', aim: '≥ 6' };
    await compare('code only, PostgreSQL', subject, freeradiusSqlite, 'code-only', free, goal);
    if (wanted.has('latency')) await latencyAt(subject, 1_000);
  } finally {
    await server.stop();
  }
}
if (wanted.has('latency')) await latencyAt(sqlite, 1_000);
if (wanted.has('curve')) {
  await sweep(sqlite);
  if (freeradiusSqlite !== null) await sweep(freeradiusSqlite);
}
if (wanted.has('password')) await passwords(sqlite);
if (wanted.has('challenge')) await challenges(sqlite);
if (wanted.has('scale')) await scale();
if (wanted.has('console')) await consoleBeside();
if (wanted.has('eap') && hasEapolTest) await eapLoginCost();
report();
