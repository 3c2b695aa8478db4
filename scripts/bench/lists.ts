// How long lists of accounts take at the server: `npm run bench:lists [-- --accounts 1000000 --rounds 40 --postgresql URL]`.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { nameSearchKey, nameSortKey } from '../../src/core/names.ts';
import { findAccountPage } from '../../src/services/accounts/search.ts';
import { search } from '../../src/services/search.ts';
import { openStore, type StoreTarget } from '../../src/store/open.ts';
import { insertPeople } from '../../src/store/queries/import/people.ts';
import { insertUnit } from '../../src/store/queries/units.ts';
import type { Store } from '../../src/store/store.ts';
import type { Db } from '../../src/store/tables.ts';
import { vietnameseName } from './names.ts';

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '40' },
    /** A server to make a database on; without it SQLite alone is measured. */
    postgresql: { type: 'string' },
    keep: { type: 'boolean', default: false },
    /** An SQLite file, or the URL of a database, that an earlier run kept. */
    use: { type: 'string' },
  },
});
const accounts = Number(values.accounts);
const rounds = Number(values.rounds);
const dayMs = 86_400_000;
const chunk = 1_000;
const provinces = 63;
const localUnits = 15;
const silent = { info: () => {}, warn: () => {}, error: () => {} };

async function fillUnits(store: Store): Promise<number[]> {
  return await store.write(async (db) => {
    const add = (code: string, parentId: number | null) =>
      insertUnit(db, { code, name: `Đơn vị ${code}`, nameSearchKey: `don vi ${code}`, parentId });
    const root = await add('TW', null);
    const ids: number[] = [];
    for (let province = 1; province <= provinces; province += 1) {
      const id = await add(`T${province}`, root);
      ids.push(id);
      for (let local = 1; local <= localUnits; local += 1) ids.push(await add(`T${province}-${local}`, id));
    }
    return ids;
  });
}

/** Standing of the account of a number: most are in use. */
function accountOf(index: number, personId: number, now: number) {
  const at = index % 1_000;
  const expired = at >= 80 && at < 100;
  const expiring = at >= 100 && at < 130;
  const later = at >= 130 && at < 132;
  const isSuspended = at >= 132 && at < 137;
  return {
    id: index + 1,
    userName: `user${index}`,
    personId,
    status: at < 30 ? ('pending' as const) : at < 80 ? ('withdrawn' as const) : ('active' as const),
    suspendedDetail: isSuspended ? ('by-unit' as const) : null,
    suspendedAt: isSuspended ? now : null,
    suspendedBy: isSuspended ? 'unit-administrator' : null,
    validFrom: now + (later ? 5 : -100) * dayMs,
    validUntil: now + (expired ? -1 : expiring ? 7 : 300) * dayMs,
    createdAt: now,
    updatedAt: now,
  };
}

async function fillSome(db: Db, from: number, through: number, unitIds: readonly number[], now: number) {
  const t = db.tables;
  const indexes = Array.from({ length: through - from }, (_, at) => from + at);
  const ids = await insertPeople(
    db,
    indexes.map((index) => {
      const fullName = vietnameseName(index);
      return {
        staffCode: `CB${String(index).padStart(7, '0')}`,
        fullName,
        nameSearchKey: nameSearchKey(fullName),
        nameSortKey: nameSortKey(fullName),
        kind: 'civil-servant' as const,
        position: 'Chuyên viên',
        unitId: unitIds[(index * 7) % unitIds.length] ?? 1,
        createdAt: now,
      };
    }),
  );
  const people = indexes.map((index) => ids.get(`CB${String(index).padStart(7, '0')}`) ?? 0);
  // PostgreSQL gives its ids itself.
  const rows = indexes.map((index, at) => {
    const { id: _, ...row } = accountOf(index, people[at] ?? 0, now);
    return row;
  });
  const made = await db.insert(t.accounts).values(rows).returning({ id: t.accounts.id });
  const each = <T>(row: (accountId: number, index: number) => T, lacking: (index: number) => boolean) =>
    made.flatMap(({ id }, at) => (lacking(from + at) ? [] : [row(id, from + at)]));
  await db.insert(t.accountAssignments).values(
    each(
      (accountId) => ({ accountId, assignmentId: 1 }),
      (index) => index % 10_000 === 9,
    ),
  );
  await db.insert(t.accountWorkstations).values(
    each(
      (accountId) => ({
        accountId,
        workstationId: 1,
        validFrom: 0,
        validUntil: null,
        kind: 'permanent' as const,
      }),
      (index) => index % 50 === 9,
    ),
  );
  await db.insert(t.authenticators).values(
    each(
      (accountId) => ({
        accountId,
        kind: 'app' as const,
        state: 'active' as const,
        algorithm: 'SHA1' as const,
        digits: 6 as const,
        periodSeconds: 30 as const,
        sealedSeed: Buffer.alloc(64),
        createdAt: now,
      }),
      (index) => index % 50 === 19,
    ),
  );
  const locked = made.filter((_, at) => (from + at) % 2_000 === 700);
  if (locked.length === 0) return;
  await db.insert(t.counters).values(
    locked.map(({ id }) => ({
      accountId: id,
      scope: 'password',
      failures: 5,
      lastFailureAt: now,
      lockedUntil: now + dayMs,
    })),
  );
}

async function fill(store: Store, now: number): Promise<void> {
  const unitIds = await fillUnits(store);
  const [unitId = 1] = unitIds;
  await store.write(async (db) => {
    const { assignments, workstations } = db.tables;
    await db.insert(assignments).values({
      documentNumber: '1/QĐ',
      documentDate: now,
      signatory: 'Thủ trưởng',
      purpose: 'Khai thác dữ liệu',
      dataScope: 'Toàn bộ',
      unitId,
      validFrom: 0,
    });
    await db
      .insert(workstations)
      .values({ assetTag: 'PC-1', name: 'PC-1', kind: 'shared', state: 'active', unitId });
  });
  for (let from = 0; from < accounts; from += chunk) {
    await store.write((db) => fillSome(db, from, Math.min(from + chunk, accounts), unitIds, now));
  }
}

interface Filter {
  readonly q?: string;
  readonly state?: 'pending' | 'withdrawn' | 'suspended' | 'expired' | 'not-yet-valid' | 'locked' | 'valid';
  readonly unit?: number;
  readonly expiringDays?: number;
  readonly incomplete?: 'workstation' | 'authenticator' | 'assignment';
}

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
];
const boxes = ['nguyen', 'hung', 'nguyen van an', 'CB00', 'user47', 'zz'];

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  return { p50: at(0.5), p95: at(0.95) };
}

async function measure(dialect: string, store: Store, now: number): Promise<void> {
  const all: number[] = [];
  const print = (name: string, times: readonly number[], found: string) => {
    const { p50, p95 } = summary(times);
    all.push(...times);
    process.stdout.write(`| ${dialect} | ${name} | ${p50} | ${p95} | ${found} |\n`);
  };
  process.stdout.write('| database | asked | p50 ms | p95 ms | found |\n|---|---|---|---|---|\n');
  for (const [name, filter] of filters) {
    const times: number[] = [];
    let cursor: string | null = null;
    let found = '';
    for (let round = 0; round < rounds; round += 1) {
      const from = performance.now();
      // As somebody reads on, from the first page again after the last.
      const page = await findAccountPage(
        { store, now, reach: 'everywhere' },
        filter,
        cursor === null ? { limit: 50 } : { cursor, limit: 50 },
      );
      times.push(performance.now() - from);
      if (found === '')
        found = `${page.total.count}${page.total.isCapped ? '+' : ''}, ${page.items.length} shown`;
      cursor = page.next;
    }
    print(name, times, found);
  }
  for (const q of boxes) {
    const times: number[] = [];
    let found = 0;
    for (let round = 0; round < rounds; round += 1) {
      const from = performance.now();
      found = (await search(store, { q, within: 'everywhere' })).length;
      times.push(performance.now() - from);
    }
    print(`search box "${q}"`, times, String(found));
  }
  print('all of these', [...all], '');
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
      await fill(store, now);
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
