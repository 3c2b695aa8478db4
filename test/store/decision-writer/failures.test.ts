import type pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { createRecordLane, startChain } from '../../../src/store/audit/append.ts';
import { readAudit } from '../../../src/store/audit/read.ts';
import { verifyAudit } from '../../../src/store/audit/verify.ts';
import { prepareCommand } from '../../../src/store/decision-writer/committer.ts';
import { createPostgresqlBatches } from '../../../src/store/decision-writer/postgresql-batches.ts';
import { openSqliteWriter, type SqliteWriter } from '../../../src/store/decision-writer/sqlite.ts';
import { claimSqliteDatabase } from '../../../src/store/open.ts';
import {
  createPrimaryPool,
  type PrimaryPool,
  parsePostgresqlUrl,
} from '../../../src/store/postgresql/pool.ts';
import { openSqliteConnection } from '../../../src/store/sqlite/connection.ts';
import type { DecisionCommand } from '../../../src/store/store.ts';
import { type CreateTestDatabase, describeOnEachStore, type OpenTestStore } from '../each-store.ts';
import { silentLog } from '../silent-log.ts';
import { accept, addAccounts, denial, tally, wrongCode } from './people.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLog, node: 'test', program: '1.2.3' };
const prepared = (command: DecisionCommand) => prepareCommand(command, systemRandom);

describeOnEachStore('the decision writer in trouble', (open, createDatabase, dialect) => {
  if (dialect === 'sqlite') describeSqlite(createDatabase);
  else describePostgresql(open, createDatabase);
});

function describeSqlite(createDatabase: CreateTestDatabase): void {
  async function openWriter(): Promise<{ writer: SqliteWriter; file: string }> {
    const target = await createDatabase();
    if (target.dialect !== 'sqlite') throw new Error('not SQLite');
    const { file } = target;
    const lock = claimSqliteDatabase(file, deps);
    const writer = openSqliteWriter(file, deps);
    onTestFinished(async () => {
      await writer.close();
      lock.release();
    });
    return { writer, file };
  }

  it('answers unavailable while the disk is full, and goes on by itself once there is room', async () => {
    const { writer } = await openWriter();
    await writer.commit(prepared(denial(null)));
    const connection = writer.access.writer();
    const pages = connection.pragma('page_count', { simple: true });
    connection.pragma(`max_page_count = ${pages}`);
    const big = {
      ...denial(null),
      record: { ...denial(null).record, body: { filling: 'x'.repeat(200_000) } },
    };
    const refused = await Promise.allSettled(
      [big, big, big].map((command) => writer.commit(prepared(command))),
    );
    for (const result of refused) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(StoreUnavailableError);
    }
    connection.pragma('max_page_count = 1073741823');
    expect(await writer.commit(prepared(big))).toMatchObject({ kind: 'committed', seq: 3 });
    const verdict = await verifyAudit(readAudit(writer.access), { checkpoints: [], keys: [] });
    expect(verdict).toMatchObject({ sound: true, records: 3 });
  });

  it('answers unavailable while something else holds the file, also for its very first decision', async () => {
    const { writer, file } = await openWriter();
    writer.access.writer().pragma('busy_timeout = 0');
    const other = openSqliteConnection(file, 'write');
    other.exec('BEGIN IMMEDIATE');
    for (let round = 0; round < 2; round += 1) {
      await expect(writer.commit(prepared(denial(null)))).rejects.toBeInstanceOf(StoreUnavailableError);
    }
    other.exec('COMMIT');
    expect(await writer.commit(prepared(denial(null)))).toMatchObject({ kind: 'committed', seq: 2 });
    other.exec('BEGIN IMMEDIATE');
    await expect(writer.commit(prepared(denial(null)))).rejects.toBeInstanceOf(StoreUnavailableError);
    other.exec('ROLLBACK');
    other.close();
    expect(await writer.commit(prepared(denial(null)))).toMatchObject({ kind: 'committed', seq: 3 });
  });

  it('starts a new chain when the database no longer has the one it wrote', async () => {
    const { writer } = await openWriter();
    const first = await writer.commit(prepared(denial(null)));
    const connection = writer.access.writer();
    connection.exec('DELETE FROM audit_personal; DELETE FROM audit; DELETE FROM audit_chains');
    // The chain's end is read again after a failure.
    connection.pragma('query_only = ON');
    await expect(writer.commit(prepared(denial(null)))).rejects.toBeInstanceOf(StoreUnavailableError);
    connection.pragma('query_only = OFF');
    await expect(writer.commit(prepared(denial(null)))).rejects.toBeInstanceOf(StoreUnavailableError);
    const later = await writer.commit(prepared(denial(null)));
    expect(later).toMatchObject({ kind: 'committed', seq: 2 });
    expect(later).not.toMatchObject({ chain: first.kind === 'committed' ? first.chain : '' });
  });
}

function describePostgresql(open: OpenTestStore, createDatabase: CreateTestDatabase): void {
  function openPool(url: string): PrimaryPool {
    const target = parsePostgresqlUrl(url);
    const options = { size: 4, readOnly: false, statementTimeoutMs: 5_000, log: silentLog };
    const pool = createPrimaryPool(target, options);
    onTestFinished(() => pool.close());
    return pool;
  }

  async function prepareDatabase() {
    const target = await createDatabase();
    const store = await open({}, target);
    if (target.dialect !== 'postgresql') throw new Error('not PostgreSQL');
    return { store, pool: openPool(target.url) };
  }

  it('answers unavailable and repeats nothing when the answer to COMMIT is lost, then goes on after what was committed', async () => {
    const { store, pool } = await prepareDatabase();
    const [account] = await addAccounts(store, 1);
    if (account === undefined) throw new Error('no account was made');
    const lane = createRecordLane({ node: 'n', lane: 'decisions-1', program: '1' }, deps);
    await store.write((db) => startChain(db, lane));
    let lose = false;
    const lossy: Pick<PrimaryPool, 'connect'> = {
      async connect() {
        const client = await pool.connect();
        const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
        return new Proxy(client, {
          get(of, name) {
            if (name !== 'query') return Reflect.get(of, name);
            return async (...args: unknown[]) => {
              const result = await query(...args);
              if (args[0] === 'COMMIT' && lose) throw new Error('Connection terminated unexpectedly');
              return result;
            };
          },
        }) as pg.PoolClient;
      },
    };
    const apply = createPostgresqlBatches(lossy, Date.now);
    lose = true;
    await expect(apply(lane.chain, [prepared(accept(account, 3))])).rejects.toBeInstanceOf(
      StoreUnavailableError,
    );
    lose = false;
    const [lost] = await apply(lane.chain, [prepared(accept(account, 3))]);
    expect(lost).toMatchObject({ kind: 'claim-lost' });
    expect(await apply(lane.chain, [prepared(accept(account, 4))])).toEqual([
      { kind: 'committed', chain: lane.chain, seq: 3 },
    ]);
    expect((await verifyAudit(readAudit(store), { checkpoints: [], keys: [] })).faults).toEqual([]);
  });

  it('loses no record of a decision that it answered when every connection is cut', async () => {
    const { store, pool } = await prepareDatabase();
    const accounts = await addAccounts(store, 200);
    await store.decisions.commit(denial(null));
    const cut = async () => {
      await pool.use(async (client) => {
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
      });
    };
    const settled = await Promise.allSettled([
      ...accounts.flatMap((account) =>
        [1, 2, 3].map((step) => store.decisions.commit(accept(account, step))),
      ),
      cut(),
    ]);
    const errors = settled.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    for (const error of errors) expect(error).toBeInstanceOf(StoreUnavailableError);
    const answered = settled.flatMap((result) => {
      return result.status === 'fulfilled' && result.value?.kind === 'committed' ? [result.value] : [];
    });
    const rows = await store.read((db) => {
      const { audit } = db.tables;
      return db.select({ chain: audit.chain, seq: audit.seq }).from(audit);
    });
    const stored = new Set(rows.map(({ chain, seq }) => `${chain} ${seq}`));
    expect(answered.every(({ chain, seq }) => stored.has(`${chain} ${seq}`))).toBe(true);
    expect(await store.decisions.commit(denial(null))).toMatchObject({ kind: 'committed' });
    expect((await verifyAudit(readAudit(store), { checkpoints: [], keys: [] })).faults).toEqual([]);
  });

  it('writes the others when one account is locked by a transaction that does not end', async () => {
    const { store, pool } = await prepareDatabase();
    const accounts = await addAccounts(store, 5);
    await store.decisions.commit(denial(null));
    const settled = await pool.use(async (client) => {
      await client.query('BEGIN');
      await client.query('UPDATE accounts SET revision = revision WHERE id = $1', [accounts[2]?.accountId]);
      const results = await Promise.allSettled(
        accounts.map((account) => store.decisions.commit(accept(account, 3))),
      );
      await client.query('ROLLBACK');
      return results;
    });
    expect(settled.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    const locked = settled[2];
    expect(locked?.status === 'rejected' && locked.reason).toBeInstanceOf(StoreUnavailableError);
    expect(await store.read((db) => db.select().from(db.tables.alerts))).toEqual([]);
  });

  it('sees the change of an administrator who was first, however late it commits', async () => {
    const { store, pool } = await prepareDatabase();
    const [account] = await addAccounts(store, 1);
    if (account === undefined) throw new Error('no account was made');
    await store.decisions.commit(denial(null));
    const results = await pool.use(async (client) => {
      await client.query('BEGIN');
      await client.query('UPDATE accounts SET revision = revision + 1 WHERE id = $1', [account.accountId]);
      const pending = [
        store.decisions.commit(accept(account, 3)),
        store.decisions.commit(wrongCode(account)),
      ];
      await client.query('COMMIT');
      return Promise.all(pending);
    });
    expect(tally(results)).toEqual({ stale: 2 });
  });
}
