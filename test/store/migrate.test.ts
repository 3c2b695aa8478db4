// Migrations: the same tables on both databases, each migration once, never backwards.
import { getTableColumns, getTableName } from 'drizzle-orm';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { postgresqlKit } from '../../src/store/columns.postgresql.ts';
import type { Kit } from '../../src/store/columns.sqlite.ts';
import { sqliteKit } from '../../src/store/columns.sqlite.ts';
import {
  checkSqliteVersion,
  type Migration,
  migratePostgresql,
  migrateSqlite,
  readMigrations,
} from '../../src/store/migrate.ts';
import type { StoreTarget } from '../../src/store/open.ts';
import { createPrimaryPool, parsePostgresqlUrl } from '../../src/store/postgresql/pool.ts';
import { openSqliteConnection } from '../../src/store/sqlite/connection.ts';
import { defineTables } from '../../src/store/tables.ts';
import { type Cleanup, createEmptyPostgresqlDatabase, describeOnEachStore } from './each-store.ts';
import {
  assignWorkstation,
  insertAccount,
  insertAssignment,
  insertAuthenticator,
  insertEmployment,
  insertPerson,
  insertUnitTree,
  insertWorkstation,
  fixtureTime as now,
  oneDay,
} from './fixtures.ts';
import { silentLog } from './silent-log.ts';

interface Column {
  readonly name: string;
  readonly notNull: boolean;
}

/** Tables with their columns, as the database itself reports them. */
async function readSchema(target: StoreTarget): Promise<Record<string, Column[]>> {
  const rows = await query<{ table: string; name: string; notNull: boolean | number }>(
    target,
    `SELECT t.name AS "table", c.name AS name, c."notnull" AS "notNull"
     FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`,
    `SELECT table_name AS "table", column_name AS name, is_nullable = 'NO' AS "notNull"
     FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  return columnsByTable(
    rows
      .filter(({ table }) => table !== 'schema_migrations')
      .map((row) => ({ ...row, notNull: Boolean(row.notNull) })),
  );
}

async function readIndexes(target: StoreTarget): Promise<string[]> {
  const rows = await query<{ name: string }>(
    target,
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%'",
    "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_p%key' AND indexname NOT LIKE '%_pk'",
  );
  return rows.map(({ name }) => name).sort();
}

function columnsByTable(rows: readonly (Column & { table: string })[]): Record<string, Column[]> {
  const tables: Record<string, Column[]> = {};
  for (const { table, name, notNull } of rows) {
    tables[table] ??= [];
    tables[table].push({ name, notNull });
  }
  for (const columns of Object.values(tables)) columns.sort((a, b) => (a.name < b.name ? -1 : 1));
  return tables;
}

function definedSchema(kit: Kit): Record<string, Column[]> {
  const rows = Object.values(defineTables(kit)).flatMap((table) =>
    Object.values(getTableColumns(table)).map(({ name, notNull }) => ({
      table: getTableName(table),
      name,
      notNull,
    })),
  );
  return columnsByTable(rows);
}

async function query<T extends object>(
  target: StoreTarget,
  onSqlite: string,
  onPostgresql: string,
): Promise<T[]> {
  if (target.dialect === 'sqlite') {
    const connection = openSqliteConnection(target.file, 'write');
    try {
      const statement = connection.prepare<[], T>(onSqlite);
      if (statement.reader) return statement.all();
      statement.run();
      return [];
    } finally {
      connection.close();
    }
  }
  const pool = poolOf(target.url);
  try {
    return await pool.use(async (client) => (await client.query<T>(onPostgresql)).rows);
  } finally {
    await pool.close();
  }
}

const poolOf = (url: string) =>
  createPrimaryPool(parsePostgresqlUrl(url), {
    size: 2,
    readOnly: false,
    statementTimeoutMs: 20_000,
    log: silentLog,
  });

describe('the tables', () => {
  it('have the same names, columns and nullability in both dialects', () => {
    expect(definedSchema(postgresqlKit)).toEqual(definedSchema(sqliteKit));
  });

  it('are versioned alike in both dialects', () => {
    const names = (dialect: 'sqlite' | 'postgresql') =>
      readMigrations(dialect).map(({ index, name }) => [index, name]);
    expect(names('postgresql')).toEqual(names('sqlite'));
  });
});

const indexesOn: Record<string, string[]> = {};

describeOnEachStore('migrations', (open, createDatabase, dialect) => {
  it('make the tables and columns that the program defines', async () => {
    const target = await createDatabase();
    await (await open({}, target)).close();
    expect(await readSchema(target)).toEqual(definedSchema(sqliteKit));
    indexesOn[dialect] = await readIndexes(target);
    expect(indexesOn[dialect]).toContain('accounts_user_name_unique');
    if (dialect === 'postgresql') expect(indexesOn['postgresql']).toEqual(indexesOn['sqlite']);
  });

  it('are refused when the database is newer, naming both versions and the remedy, and nothing is changed', async () => {
    const target = await createDatabase();
    await (await open({}, target)).close();
    const insert = "INSERT INTO schema_migrations VALUES (99, '0099_of_the_future', 'x', 0)";
    await query(target, insert, insert);
    const error = await open({}, target).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperatorError);
    const { message, remedy } = error as OperatorError;
    expect(message).toContain('0099_of_the_future');
    expect(message).toContain(readMigrations(dialect).at(-1)?.name);
    expect(remedy).toContain('0099_of_the_future');
    const ledger = 'SELECT count(*) AS count FROM schema_migrations';
    const [row] = await query<{ count: number }>(target, ledger, ledger);
    expect(row?.count).toBe(readMigrations(dialect).length + 1);
  });

  it('are refused when the database went through another migration of the same number', async () => {
    const target = await createDatabase();
    await (await open({}, target)).close();
    const change = "UPDATE schema_migrations SET digest = 'other' WHERE position = 0";
    await query(target, change, change);
    await expect(open({}, target)).rejects.toThrow('differs from this program');
  });

  it('are refused where one key is that of two workstations, naming both, until it is taken from one', async () => {
    const target = await createDatabase();
    await (await open({}, target)).close();
    const both = async (statement: string) => await query(target, statement, statement);
    const { name } =
      readMigrations(dialect).find((one) => one.name.endsWith('keys-of-one-workstation')) ?? {};
    const key = `spki-sha256:${'a'.repeat(64)}`;
    const workstation = (id: number) =>
      `INSERT INTO workstations (asset_tag, name, kind, state, unit_id) VALUES ('MT-${id}', 'x', 'spare', 'active', 1)`;
    for (const statement of [
      'DROP INDEX workstation_identifiers_key_unique',
      'DROP INDEX workstation_keys_revoked_index',
      'DROP INDEX workstation_keys_revoked_certificate_index',
      `DELETE FROM schema_migrations WHERE name = '${name}'`,
      `INSERT INTO units (code, name, name_search_key, path) VALUES ('TW', 'x', 'x', '/1/')`,
      workstation(1),
      workstation(2),
      `INSERT INTO workstation_identifiers VALUES (1, '${key}'), (2, '${key}'), (1, 'name:x'), (2, 'name:x')`,
    ]) {
      await both(statement);
    }
    const error = (await open({}, target).catch((reason: unknown) => reason)) as OperatorError;
    expect(error).toBeInstanceOf(OperatorError);
    expect(error.message).toContain(`${key} with MT-1 and MT-2`);
    expect(error.remedy).toContain('remove-identifier');
    await both(`DELETE FROM workstation_identifiers WHERE workstation_id = 2 AND identifier = '${key}'`);
    await (await open({}, target)).close();
  });

  it('find out of the accounts that there are what needs a look', async () => {
    const target = await createDatabase();
    const store = await open({}, target);
    await store.write(async (db) => {
      const { district: unitId } = await insertUnitTree(db);
      const workstationId = await insertWorkstation(db, { unitId });
      for (const facts of [[], ['ended'], ['ended', 'returned'], ['returned', 'leave']] as const) {
        const personId = await insertPerson(db, { unitId });
        for (const [at, kind] of facts.entries()) {
          await insertEmployment(db, { personId, kind, effectiveAt: now + at * oneDay });
        }
        for (const state of ['active', 'revoked', null] as const) {
          const accountId = await insertAccount(db, {
            personId,
            createdAt: now - personId,
            ...(state !== null && { usedAt: now }),
          });
          const login = { chain: 'test', seq: accountId, at: now, kind: 'decision' as const, accountId };
          const row = { ...login, body: '{}', hash: Buffer.alloc(32) };
          await db.insert(db.tables.audit).values({ ...row, outcome: state === null ? 'deny' : 'accept' });
          await insertAssignment(db, { unitId }, [accountId]);
          await assignWorkstation(db, { accountId, workstationId });
          if (state !== null) await insertAuthenticator(db, { accountId, state });
        }
      }
    });
    await store.close();
    const looked = 'SELECT id, unit_id, used_at, is_incomplete, ended_until FROM accounts ORDER BY id';
    const kept = await query<Record<string, unknown>>(target, looked, looked);
    const distinct = (column: string) => new Set(kept.map((row) => Number(row[column]))).size;
    expect(['used_at', 'is_incomplete', 'ended_until'].map(distinct)).toEqual([5, 2, 3]);
    const { name, statements } =
      readMigrations(dialect).find((one) => one.name.endsWith('accounts-that-need-a-look')) ??
      expect.fail('there is no such migration');
    for (const statement of statements) {
      const [, kind = '', made = ''] = /^\s*CREATE (INDEX|TRIGGER|FUNCTION) [`"]?(\w+)/.exec(statement) ?? [];
      if (kind === '' || made === 'accounts_in_use_index') continue;
      const on = kind === 'TRIGGER' ? `ON ${/ ON (\w+)/.exec(statement)?.[1]}` : '';
      await query(target, `DROP ${kind} ${made}`, `DROP ${kind} IF EXISTS ${made} ${on} CASCADE`);
    }
    for (const column of ['unit_id', 'used_at', 'is_incomplete', 'ended_until']) {
      const drop = `ALTER TABLE accounts DROP COLUMN ${column}`;
      await query(target, drop, drop);
    }
    const forget = `DELETE FROM schema_migrations WHERE name = '${name}'`;
    await query(target, forget, forget);
    await (await open({}, target)).close();
    expect(await query(target, looked, looked)).toEqual(kept);
  });

  it('are not applied again', async () => {
    const target = await createDatabase();
    await (await open({}, target)).close();
    const ledger = 'SELECT count(*) AS count FROM schema_migrations';
    await (await open({}, target)).close();
    const [row] = await query<{ count: number }>(target, ledger, ledger);
    expect(row?.count).toBe(readMigrations(dialect).length);
  });
});

const step = (index: number, ...statements: string[]): Migration => ({
  index,
  name: `000${index}_step`,
  statements,
  digest: String(index),
});
const first = step(0, 'CREATE TABLE thing (id bigint PRIMARY KEY)');
const second = step(1, 'ALTER TABLE thing ADD COLUMN name text', 'INSERT INTO thing (id) VALUES (1)');
const broken = step(2, 'INSERT INTO thing (id) VALUES (2)', 'INSERT INTO nowhere VALUES (1)');

describe('a SQLite migration', () => {
  it('applies what is missing, all or nothing', () => {
    const connection = openSqliteConnection(':memory:', 'write');
    expect(migrateSqlite(connection, 0, [first])).toEqual(['0000_step']);
    expect(() => migrateSqlite(connection, 0, [first, second, broken])).toThrow('nowhere');
    expect(connection.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('thing')).toEqual(['id']);
    expect(migrateSqlite(connection, 0, [first, second])).toEqual(['0001_step']);
    expect(connection.prepare('SELECT id FROM thing').pluck().all()).toEqual([1]);
    expect(() => migrateSqlite(connection, 0, [first])).toThrow('newer than this program');
    expect(connection.pragma('foreign_keys', { simple: true })).toBe(1);
    connection.close();
  });

  it('is asked for by a connection that may not migrate', () => {
    const connection = openSqliteConnection(':memory:', 'write');
    expect(() => checkSqliteVersion(connection, [first])).toThrow(
      'the database is at version none, the program at 0000_step',
    );
    migrateSqlite(connection, 0, [first]);
    expect(() => checkSqliteVersion(connection, [first])).not.toThrow();
    expect(() => checkSqliteVersion(connection, [first, second])).toThrow('0001_step');
    connection.close();
  });
});

const server = inject('postgresqlUrl');
describe.skipIf(server === null)('a PostgreSQL migration', () => {
  const later = (cleanup: Cleanup) => onTestFinished(async () => void (await cleanup()));

  it('succeeds in several nodes that find a fresh database at once', async () => {
    const url = await createEmptyPostgresqlDatabase(server ?? '', later);
    const pools = Array.from({ length: 4 }, () => poolOf(url));
    const applied = await Promise.all(pools.map((pool) => migratePostgresql(pool, 0)));
    await Promise.all(pools.map((pool) => pool.close()));
    expect(applied.filter((names) => names.length > 0)).toEqual([
      readMigrations('postgresql').map(({ name }) => name),
    ]);
    expect(await readSchema({ dialect: 'postgresql', url })).toEqual(definedSchema(sqliteKit));
  });

  it('applies what is missing, all or nothing', async () => {
    const url = await createEmptyPostgresqlDatabase(server ?? '', later);
    const pool = poolOf(url);
    expect(await migratePostgresql(pool, 0, [first])).toEqual(['0000_step']);
    await expect(migratePostgresql(pool, 0, [first, second, broken])).rejects.toThrow('nowhere');
    expect(await migratePostgresql(pool, 0, [first, second])).toEqual(['0001_step']);
    await expect(migratePostgresql(pool, 0, [first])).rejects.toThrow('newer than this program');
    await pool.close();
  });
});
