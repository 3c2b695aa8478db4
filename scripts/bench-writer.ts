// How many decisions a second the decision writer commits on each database, next to bare inserts of one row of the same size.
//
//   node scripts/bench-writer.ts [seconds per measurement, default 3]
//
// Every decision claims a time step, opens a session and writes its record. Trust the ratios: the machine is the same in
// one run, and the generator of the load shares it. PostgreSQL: TEST_PG_URL, else the embedded one (which does not fsync).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { startWriterThread } from '../src/store/decision-writer/thread.ts';
import { claimSqliteDatabase, openStore } from '../src/store/open.ts';
import { openSqliteConnection } from '../src/store/sqlite/connection.ts';
import type { Store } from '../src/store/store.ts';
import { accept, addAccounts, type TestAccount } from '../test/store/decision-writer/people.ts';
import { startPostgresql } from '../test/store/postgresql-server.ts';
import { silentLog } from '../test/store/silent-log.ts';

const seconds = Number(process.argv[2] ?? 3);
const inFlight = 512;
const batch = 256;
const row = 'x'.repeat(700);
const deps = { clock: systemClock, random: systemRandom, log: silentLog, node: 'bench' };

/** Calls `once` again and again for the time given; what it counts, per second. */
async function perSecond(once: () => Promise<number> | number): Promise<number> {
  await once();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < seconds * 1_000) count += await once();
  return (count * 1_000) / (performance.now() - start);
}

async function measure(store: Store): Promise<number> {
  const accounts: TestAccount[] = await addAccounts(store, 2_000);
  let next = 0;
  const commitOne = async () => {
    const index = next++;
    const account = accounts[index % accounts.length];
    if (account === undefined) throw new Error('no account');
    const result = await store.decisions.commit(accept(account, Math.floor(index / accounts.length)));
    if (result.kind !== 'committed') throw new Error(`not committed: ${result.kind}`);
  };
  const flight = async () => {
    // Each of the flights has its successor begin as soon as it ends, as packets do.
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (let repeat = 0; repeat < 8; repeat += 1) await commitOne();
      }),
    );
    return inFlight * 8;
  };
  return perSecond(flight);
}

function report(name: string, decisions: number, bareBatched: number, bareSingle: number): void {
  const rate = (value: number) => Math.round(value).toString().padStart(7);
  console.log(
    `${name.padEnd(28)}${rate(decisions)}/s   ${(decisions / bareBatched).toFixed(2)} of ${rate(bareBatched)} bare inserts/s ` +
      `in batches of ${batch},   ${(decisions / bareSingle).toFixed(2)} of ${rate(bareSingle)}/s one by one`,
  );
}

async function benchSqlite(folder: string): Promise<void> {
  const bare = openSqliteConnection(join(folder, 'bare.db'), 'create');
  bare.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT)');
  const insert = bare.prepare('INSERT INTO bare (body) VALUES (?)');
  const insertBatch = bare.transaction(() => {
    for (let index = 0; index < batch; index += 1) insert.run(row);
    return batch;
  });
  const batched = await perSecond(() => insertBatch());
  const single = await perSecond(() => insert.run(row).changes);
  bare.close();

  const alone = await openStore({ dialect: 'sqlite', file: join(folder, 'alone.db') }, deps);
  report('SQLite, same thread', await measure(alone), batched, single);
  await alone.close();

  const file = join(folder, 'thread.db');
  const lock = claimSqliteDatabase(file, deps);
  const thread = await startWriterThread({ file, node: 'bench', program: 'bench' }, silentLog);
  const client = await openStore({ dialect: 'sqlite', file, writer: thread.connect() }, deps);
  report('SQLite, writer thread', await measure(client), batched, single);
  await client.close();
  await thread.stop();
  lock.release();
}

async function benchPostgresql(): Promise<void> {
  const faults: string[] = [];
  const server = await startPostgresql(faults);
  if (server === null) {
    console.log(`PostgreSQL: not measured (${faults.join('; ')})`);
    return;
  }
  const name = `gatewarden_bench_${process.pid}`;
  const administrator = new pg.Client({ connectionString: server.url });
  await administrator.connect();
  await administrator.query(`CREATE DATABASE ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  try {
    const bare = new pg.Client({ connectionString: url.href });
    await bare.connect();
    await bare.query('CREATE TABLE bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)');
    const rows = Array.from({ length: batch }, () => row);
    const batched = await perSecond(async () => {
      await bare.query({
        name: 'batch',
        text: 'INSERT INTO bare (body) SELECT unnest($1::text[])',
        values: [rows],
      });
      return batch;
    });
    const single = await perSecond(async () => {
      await bare.query({ name: 'one', text: 'INSERT INTO bare (body) VALUES ($1)', values: [row] });
      return 1;
    });
    await bare.end();
    const store = await openStore({ dialect: 'postgresql', url: url.href }, deps);
    report('PostgreSQL, two lanes', await measure(store), batched, single);
    await store.close();
  } finally {
    await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await administrator.end();
    await server.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'gatewarden-bench-'));
try {
  await benchSqlite(folder);
  await benchPostgresql();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
