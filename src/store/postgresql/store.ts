// Reads and writes on PostgreSQL: a pool whose connections can't write, and one whose do, in transactions.
import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { createHandle, createNestingGuard, type NestingGuard } from '../handle.ts';
import * as postgresqlTables from '../schema.postgresql.ts';
import { createLocalTurn } from '../sqlite/turn.ts';
import type { Store, StoreDescription } from '../store.ts';
import type { Db } from '../tables.ts';
import { createPrimaryPool, type PostgresqlTarget, type PrimaryPool } from './pool.ts';

export interface PostgresqlAccess extends Pick<Store, 'read' | 'write' | 'ping' | 'describe'> {
  /** Connections that can't write. */
  readonly readers: PrimaryPool;
  readonly writers: PrimaryPool;
  readonly nesting: NestingGuard;
  close(): Promise<void>;
}

const readStatementTimeoutMs = 30_000;
const writeStatementTimeoutMs = 30_000;
/** Writes by the same plans: to make them anew costs more than a small write. */
const writesByPlan = 20;

/**
 * Access to a migrated database. Writes of one process follow each other, as on SQLite; those of other nodes do not
 * wait, so every change must be compare-and-set. A write is durable when its promise resolves.
 */
export function openPostgresqlAccess(
  target: PostgresqlTarget,
  options: { readonly connections: number; readonly log: Log },
): PostgresqlAccess {
  const { connections: size, log } = options;
  const readers = createPrimaryPool(target, {
    size,
    readOnly: true,
    statementTimeoutMs: readStatementTimeoutMs,
    log,
  });
  const writers = createPrimaryPool(target, {
    size,
    readOnly: false,
    statementTimeoutMs: writeStatementTimeoutMs,
    log,
  });
  const turn = createLocalTurn();
  const nesting = createNestingGuard();

  return {
    readers,
    writers,
    nesting,
    read: (fn) => readers.use((client) => fn(handle(client, () => {}))),
    async write(fn) {
      nesting.refuseNested();
      const release = await turn.acquire();
      try {
        return await writers.use((client) => nesting.run((alive) => inTransaction(client, alive, fn)));
      } finally {
        release();
      }
    },
    async ping(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), timeoutMs);
      readers
        .use((client) => client.query('SELECT count(*) FROM settings'))
        .then(
          () => resolve(true),
          () => resolve(false),
        );
      return promise.finally(() => clearTimeout(timer));
    },
    describe: () => readers.use(describe),
    async close() {
      await Promise.all([readers.close(), writers.close()]);
    },
  };
}

const writesOf = new WeakMap<pg.PoolClient, number>();

/**
 * Counts a write. A connection keeps the plans by which foreign keys are checked: one of when a table was small reads all of it for
 * each row once it is large.
 */
function mayKeepPlans(client: pg.PoolClient): boolean {
  const writes = (writesOf.get(client) ?? 0) + 1;
  writesOf.set(client, writes);
  return writes % writesByPlan !== 0;
}

async function inTransaction<T>(
  client: pg.PoolClient,
  alive: () => boolean,
  fn: (db: Db) => Promise<T>,
): Promise<T> {
  const db = handle(client, () => {
    if (!alive()) throw new Error('this write is over; its handle is dead');
  });
  await client.query(mayKeepPlans(client) ? 'BEGIN' : 'DISCARD PLANS; BEGIN');
  let result: T;
  try {
    result = await fn(db);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      // The connection is lost; it must not go back to the pool. The server rolls back by itself.
      throw new StoreUnavailableError('the database did not confirm the rollback', { cause: error });
    });
    throw error;
  }
  const { command } = await client.query('COMMIT');
  // PostgreSQL answers the COMMIT of a failed transaction with a rollback, not with an error.
  if (command !== 'COMMIT') throw new Error('a statement of this write failed and the failure was swallowed');
  return result;
}

function handle(client: pg.PoolClient, mayUse: () => void): Db {
  const orm = drizzle({ client }) as unknown as Omit<Db, 'tables'>;
  return createHandle(orm, postgresqlTables as unknown as Db['tables'], mayUse);
}

async function describe(client: pg.PoolClient): Promise<StoreDescription> {
  const { rows } = await client.query<{ version: string; schema: string; durable: boolean; alone: boolean }>(
    `SELECT current_setting('server_version') AS version,
       (SELECT name FROM schema_migrations ORDER BY position DESC LIMIT 1) AS schema,
       current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean AS durable,
       current_setting('synchronous_standby_names') = '' AS alone`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the server did not describe itself');
  const faults: StoreDescription['faults'][number][] = [];
  if (!row.durable) faults.push('not-durable');
  if (row.alone) faults.push('no-synchronous-standby');
  return { version: `PostgreSQL ${row.version}`, schema: row.schema, faults };
}
