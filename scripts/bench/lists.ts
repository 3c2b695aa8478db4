// How long lists of accounts take at the server: `npm run bench:lists [-- --accounts 1000000 --rounds 40 --postgresql URL --server-pid PID]`.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { nameSearchKey, nameSortKey } from '../../src/core/names.ts';
import { findAccountPage } from '../../src/services/accounts/search.ts';
import { readOverview } from '../../src/services/overview.ts';
import { search } from '../../src/services/search.ts';
import { openStore, type StoreTarget } from '../../src/store/open.ts';
import { rotations } from '../../src/store/queries/name-words.ts';
import type { Store } from '../../src/store/store.ts';
import { fillTables, type Table } from './fill.ts';
import { vietnameseName } from './names.ts';

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '40' },
    /** A server to make a database on; without it SQLite alone is measured. */
    postgresql: { type: 'string' },
    /** Of a PostgreSQL on this machine: its processes' time counts too. */
    'server-pid': { type: 'string' },
    /** Of what is asked, that whose name has this in it. */
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
    /** An SQLite file, or the URL of a database, that an earlier run kept. */
    use: { type: 'string' },
  },
});
const accounts = Number(values.accounts);
const rounds = Number(values.rounds);
const dayMs = 86_400_000;
const provinces = 63;
const localUnits = 15;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Paths of the units by their numbers from 1: the root, provinces, and local units behind each province. */
const paths = ['/1/'];
for (let province = 1; province <= provinces; province += 1) {
  const path = `/1/${paths.length + 1}/`;
  paths.push(path);
  for (let local = 1; local <= localUnits; local += 1) paths.push(`${path}${paths.length + 1}/`);
}

const unitIdOf = (index: number) => 2 + ((index * 11) % (paths.length - 1));
const acceptedAt = (index: number, now: number) => now - (index % 200) * dayMs;
const lacksPaper = (index: number) => index % 10_000 === 9;
const lacksWorkstation = (index: number) => index % 50 === 9;
const lacksAuthenticator = (index: number) => index % 50 === 19;
const hasLeft = (index: number) => index % 200 === 150;

/** Standing of the account of a number: most are in use. */
function accountOf(index: number, now: number) {
  const at = index % 1_000;
  const expired = at >= 80 && at < 100;
  const expiring = at >= 100 && at < 130;
  const later = at >= 130 && at < 132;
  const isSuspended = at >= 132 && at < 137;
  const createdAt = now - (index % 2 === 0 ? 400 : 10) * dayMs;
  const suspended = isSuspended ? ['by-unit', now, 'unit-administrator'] : [null, null, null];
  return [
    ...[index + 1, `user${index}`, index + 1],
    at < 30 ? 'pending' : at < 80 ? 'withdrawn' : 'active',
    ...suspended,
    now + (later ? 5 : -100) * dayMs,
    now + (expired ? -1 : expiring ? 7 : 300) * dayMs,
    ...[createdAt, now],
    // As the broker keeps them: PostgreSQL is filled without its triggers.
    unitIdOf(index),
    Math.max(createdAt, acceptedAt(index, now)),
    Number(lacksPaper(index) || lacksWorkstation(index) || lacksAuthenticator(index)),
    hasLeft(index) ? 8_640_000_000_000_000 : null,
  ];
}

function tablesOf(now: number): Table[] {
  const id = (index: number) => index + 1;
  const ofAccounts = { count: accounts };
  const searchKeys = Array.from({ length: accounts }, (_, i) => nameSearchKey(vietnameseName(i)));
  return [
    {
      name: 'units',
      columns: {
        id: 'bigint',
        code: 'text',
        name: 'text',
        name_search_key: 'text',
        parent_id: 'bigint',
        path: 'text',
      },
      count: paths.length,
      rows: (i) => {
        const path = paths[i] ?? '';
        const parent = path.split('/').at(-3) ?? '';
        return [[id(i), `U${i}`, `Đơn vị ${i}`, `don vi ${i}`, parent === '' ? null : Number(parent), path]];
      },
    },
    {
      name: 'people',
      columns: {
        id: 'bigint',
        staff_code: 'text',
        full_name: 'text',
        name_search_key: 'text',
        name_sort_key: 'text',
        kind: 'text',
        position: 'text',
        unit_id: 'bigint',
        created_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => {
        const fullName = vietnameseName(i);
        const names = [fullName, searchKeys[i] ?? '', nameSortKey(fullName)];
        return [
          [
            id(i),
            `CB${String(i).padStart(7, '0')}`,
            ...names,
            'civil-servant',
            'Chuyên viên',
            unitIdOf(i),
            now,
          ],
        ];
      },
    },
    {
      name: 'name_words',
      columns: { rotation: 'text', person_id: 'bigint' },
      ...ofAccounts,
      rows: (i) => rotations(searchKeys[i] ?? '').map((rotation) => [rotation, id(i)]),
    },
    {
      name: 'accounts',
      columns: {
        id: 'bigint',
        user_name: 'text',
        person_id: 'bigint',
        status: 'text',
        suspended_detail: 'text',
        suspended_at: 'bigint',
        suspended_by: 'text',
        valid_from: 'bigint',
        valid_until: 'bigint',
        created_at: 'bigint',
        updated_at: 'bigint',
        unit_id: 'bigint',
        used_at: 'bigint',
        is_incomplete: 'boolean',
        ended_until: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => [accountOf(i, now)],
    },
    {
      name: 'employment_events',
      columns: {
        person_id: 'bigint',
        kind: 'text',
        effective_at: 'bigint',
        source: 'text',
        source_key: 'text',
        recorded_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => {
        const fact = (kind: string, days: number) => [
          id(i),
          kind,
          now - days * dayMs,
          'bench',
          `${kind} ${i}`,
          now,
        ];
        return hasLeft(i) ? [fact('hired', 900), fact('ended', 5)] : [fact('hired', 900)];
      },
    },
    {
      name: 'audit',
      columns: {
        chain: 'text',
        seq: 'bigint',
        at: 'bigint',
        kind: 'text',
        account_id: 'bigint',
        outcome: 'text',
        body: 'text',
        hash: 'bytea',
      },
      ...ofAccounts,
      rows: (i) => [['bench', i, acceptedAt(i, now), 'decision', id(i), 'accept', '{}', Buffer.alloc(32)]],
    },
    {
      name: 'assignments',
      columns: {
        id: 'bigint',
        document_number: 'text',
        document_date: 'bigint',
        signatory: 'text',
        purpose: 'text',
        data_scope: 'text',
        unit_id: 'bigint',
        valid_from: 'bigint',
      },
      count: 1,
      rows: () => [[1, '1/QĐ', now, 'Thủ trưởng', 'Khai thác dữ liệu', 'Toàn bộ', 1, 0]],
    },
    {
      name: 'account_assignments',
      columns: { account_id: 'bigint', assignment_id: 'bigint' },
      ...ofAccounts,
      rows: (i) => (lacksPaper(i) ? [] : [[id(i), 1]]),
    },
    {
      name: 'workstations',
      columns: {
        id: 'bigint',
        asset_tag: 'text',
        name: 'text',
        kind: 'text',
        state: 'text',
        unit_id: 'bigint',
      },
      count: 1,
      rows: () => [[1, 'PC-1', 'PC-1', 'shared', 'active', 1]],
    },
    {
      name: 'account_workstations',
      columns: { account_id: 'bigint', workstation_id: 'bigint', valid_from: 'bigint', kind: 'text' },
      ...ofAccounts,
      rows: (i) => (lacksWorkstation(i) ? [] : [[id(i), 1, 0, 'permanent']]),
    },
    {
      name: 'authenticators',
      columns: {
        account_id: 'bigint',
        kind: 'text',
        state: 'text',
        algorithm: 'text',
        digits: 'bigint',
        period_seconds: 'bigint',
        sealed_seed: 'bytea',
        created_at: 'bigint',
      },
      ...ofAccounts,
      rows: (i) =>
        lacksAuthenticator(i) ? [] : [[id(i), 'app', 'active', 'SHA1', 6, 30, Buffer.alloc(64), now]],
    },
    {
      name: 'counters',
      columns: {
        account_id: 'bigint',
        scope: 'text',
        failures: 'bigint',
        last_failure_at: 'bigint',
        locked_until: 'bigint',
      },
      ...ofAccounts,
      rows: (i) => (i % 2_000 === 700 ? [[id(i), 'password', 5, now, now + dayMs]] : []),
    },
  ];
}

interface Filter {
  readonly q?: string;
  readonly state?: 'pending' | 'withdrawn' | 'suspended' | 'expired' | 'not-yet-valid' | 'locked' | 'valid';
  readonly unit?: number;
  readonly expiringDays?: number;
  readonly incomplete?: 'workstation' | 'authenticator' | 'assignment';
  readonly attention?: 'gone' | 'dormant' | 'incomplete';
  /** Who asks looks after these alone; else after everything. */
  readonly within?: readonly string[];
}

const province = ['/1/2/'];
/** Who asks. */
const reaches = [
  ['', undefined],
  ['province, ', province],
  ['five provinces, ', paths.filter((path) => path.split('/').length === 4).slice(0, 5)],
  ['unit, ', ['/1/2/3/']],
] as const;

/** What is asked in the console, one condition alone and several together. */
const filters: readonly (readonly [name: string, filter: Filter])[] = [
  ['no filter', {}],
  ['state valid', { state: 'valid' }],
  ['state pending', { state: 'pending' }],
  ['state withdrawn', { state: 'withdrawn' }],
  ['state expired', { state: 'expired' }],
  ['state suspended', { state: 'suspended' }],
  ['state not yet valid', { state: 'not-yet-valid' }],
  ['state locked', { state: 'locked' }],
  ['expires within 30 days', { expiringDays: 30 }],
  ['lacks a workstation', { incomplete: 'workstation' }],
  ['lacks an authenticator', { incomplete: 'authenticator' }],
  ['lacks a paper', { incomplete: 'assignment' }],
  ['unit with 16,000', { unit: 2 }],
  ['unit with 1,000', { unit: 3 }],
  ['whole organisation as a unit', { unit: 1 }],
  ['words "nguyen"', { q: 'nguyen' }],
  ['words "ng"', { q: 'ng' }],
  ['words "hùng"', { q: 'hùng' }],
  ['words "nguyen van an"', { q: 'nguyen van an' }],
  ['words "tran nguyen"', { q: 'tran nguyen' }],
  ['words "quach ech"', { q: 'quach ech' }],
  ['words "ong oanh"', { q: 'ông oanh' }],
  ['words "zz"', { q: 'zz' }],
  ['staff code', { q: 'CB0777777' }],
  ['user name', { q: 'user4711' }],
  ['words "nguyen", expired', { q: 'nguyen', state: 'expired' }],
  ['words "tran", unit, pending', { q: 'tran', unit: 2, state: 'pending' }],
  ['expired, lacks a workstation', { state: 'expired', incomplete: 'workstation' }],
  ['unit, lacks an authenticator', { unit: 2, incomplete: 'authenticator' }],
  ...reaches.flatMap(([name, within]) =>
    (['gone', 'dormant', 'incomplete'] as const).map(
      (attention) => [`${name}${attention}`, { attention, ...(within && { within }) }] as const,
    ),
  ),
  ['words "nguyen", dormant', { q: 'nguyen', attention: 'dormant' }],
  ['province, words "nguyen", incomplete', { within: province, q: 'nguyen', attention: 'incomplete' }],
  ['expires within 30 days, dormant', { expiringDays: 30, attention: 'dormant' }],
];
const boxes = ['nguyen', 'hung', 'nguyen van an', 'CB00', 'user47', 'zz'];

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  return { p50: at(0.5), p95: at(0.95) };
}

interface Taken {
  readonly ms: number;
  /** Of this process, and of the server's if its id is known. */
  readonly cpuMs: number;
}

/** Processor time so far, in milliseconds, of the server and what it has begun. */
function serverCpuMs(): number {
  const server = values['server-pid'];
  if (server === undefined) return 0;
  const parentOf = (pid: string) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1];
  let sum = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
    try {
      if (pid !== server && parentOf(pid) !== server) continue;
      sum += Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}

function stopwatch(): () => Taken {
  const server = serverCpuMs();
  const from = performance.now();
  const used = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(used);
    const ms = performance.now() - from;
    return { ms, cpuMs: (user + system) / 1_000 + serverCpuMs() - server };
  };
}

async function measure(dialect: string, store: Store, now: number): Promise<void> {
  const all: Taken[] = [];
  const print = (name: string, taken: readonly Taken[], found: string) => {
    const { p50, p95 } = summary(taken.map(({ ms }) => ms));
    const cpu = summary(taken.map(({ cpuMs }) => cpuMs));
    all.push(...taken);
    process.stdout.write(`| ${dialect} | ${name} | ${p50} | ${p95} | ${cpu.p50} | ${cpu.p95} | ${found} |\n`);
  };
  process.stdout.write(
    '| database | asked | p50 ms | p95 ms | processor p50 | p95 | found |\n|---|---|---|---|---|---|---|\n',
  );
  const isAsked = (name: string) => name.includes(values.only);
  for (const [name, { within, ...filter }] of filters) {
    if (!isAsked(name)) continue;
    const times: Taken[] = [];
    let cursor: string | null = null;
    let found = '';
    for (let round = 0; round < rounds; round += 1) {
      const taken = stopwatch();
      // As somebody reads on, from the first page again after the last.
      const page = await findAccountPage(
        { store, now, reach: within ?? 'everywhere' },
        filter,
        cursor === null ? { limit: 50 } : { cursor, limit: 50 },
      );
      times.push(taken());
      if (found === '')
        found = `${page.total.count}${page.total.isCapped ? '+' : ''}, ${page.items.length} shown`;
      cursor = page.next;
    }
    print(name, times, found);
  }
  for (const q of boxes) {
    if (!isAsked(`search box "${q}"`)) continue;
    const times: Taken[] = [];
    let found = 0;
    for (let round = 0; round < rounds; round += 1) {
      const taken = stopwatch();
      found = (await search(store, { q, within: 'everywhere' })).length;
      times.push(taken());
    }
    print(`search box "${q}"`, times, String(found));
  }
  print('all of these', [...all], '');
  for (const [of, within = 'everywhere'] of reaches) {
    const name = `${of}the overview's figures`;
    if (!isAsked(name)) continue;
    const times: Taken[] = [];
    let found = '';
    for (let round = 0; round < rounds; round += 1) {
      const taken = stopwatch();
      const { accounts: figures, mustBeZero } = await readOverview(store, { within, now, withHeld: true });
      times.push(taken());
      found = Object.entries({ ...figures, gone: mustBeZero.goneButActive })
        .map(([figure, { count, isCapped }]) => `${figure} ${count}${isCapped ? '+' : ''}`)
        .join(', ');
    }
    print(name, times, found);
  }
}

async function run(target: StoreTarget, isThere: boolean): Promise<void> {
  const store = await openStore(target, {
    clock: systemClock,
    random: systemRandom,
    log: silent as never,
    node: 'bench',
  });
  const now = systemClock.now();
  try {
    if (!isThere) {
      const from = performance.now();
      await fillTables(target, tablesOf(now));
      process.stdout.write(
        `${target.dialect}: filled in ${((performance.now() - from) / 1_000).toFixed(0)} s\n`,
      );
    }
    if (target.dialect === 'postgresql') {
      const client = new pg.Client({ connectionString: target.url });
      await client.connect();
      await client.query('VACUUM ANALYZE');
      await client.end();
    }
    await measure(target.dialect, store, now);
  } finally {
    await store.close();
  }
  if (target.dialect === 'sqlite') {
    process.stdout.write(`sqlite: ${(statSync(target.file).size / 1_048_576).toFixed(0)} MB\n`);
  }
}

if (values.use !== undefined) {
  const isUrl = values.use.startsWith('postgres');
  await run(
    isUrl ? { dialect: 'postgresql', url: values.use } : { dialect: 'sqlite', file: values.use },
    true,
  );
} else if (values.postgresql !== undefined) {
  const name = `lists_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: values.postgresql });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(values.postgresql);
  url.pathname = `/${name}`;
  try {
    await run({ dialect: 'postgresql', url: url.href }, false);
  } finally {
    if (values.keep) process.stdout.write(`kept: ${name}\n`);
    else await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
} else {
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-lists-'));
  try {
    await run({ dialect: 'sqlite', file: join(directory, 'lists.db') }, false);
  } finally {
    if (values.keep) process.stdout.write(`kept: ${directory}\n`);
    else rmSync(directory, { recursive: true });
  }
}
