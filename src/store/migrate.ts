// Bringing a database to the program's schema: applies the generated migrations in order, each once.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { OperatorError } from '../base/errors.ts';
import { programPath } from '../base/program.ts';
import type { PrimaryPool } from './postgresql/pool.ts';
import type { SqliteConnection } from './sqlite/connection.ts';

/** What a migration can't decide: refused before it, and the database stays with the program that made it. */
interface Precondition {
  readonly migration: string;
  /** Rows of what is wrong, at most ten; in both dialects. */
  readonly select: string;
  readonly explain: (rows: readonly Readonly<Record<string, string>>[]) => OperatorError;
}

const preconditions: readonly Precondition[] = [
  {
    migration: 'keys-of-one-workstation',
    select: `SELECT i.identifier AS identifier, min(w.asset_tag) AS first, max(w.asset_tag) AS last
      FROM workstation_identifiers i JOIN workstations w ON w.id = i.workstation_id
      WHERE i.identifier LIKE 'spki-sha256:%' OR i.identifier LIKE 'certificate-sha256:%'
      GROUP BY i.identifier HAVING count(*) > 1 ORDER BY i.identifier LIMIT 10`,
    explain(rows) {
      const [one] = rows;
      const command = `gatewarden workstation remove-identifier ASSET TYPE VALUE`;
      return new OperatorError(
        `a key is registered with two workstations: ${rows.map((row) => `${row['identifier']} with ${row['first']} and ${row['last']}`).join('; ')}`,
        {
          remedy: `find out whose it is and, with the version of the program that ran until now, take it from the other: "${command}" (${one?.['first']} or ${one?.['last']})`,
          at: 'store',
        },
      );
    },
  },
];

const preconditionsOf = ({ name }: Migration) =>
  preconditions.filter(({ migration }) => name.replace(/^[0-9]+_/, '') === migration);

/** One generated file; `name` is the version that messages speak of. */
export interface Migration {
  readonly index: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** SHA-256 of the file, hexadecimal. */
  readonly digest: string;
}

interface Applied {
  readonly position: number;
  readonly name: string;
  readonly digest: string;
}

const createLedger = `CREATE TABLE IF NOT EXISTS schema_migrations (
  position bigint PRIMARY KEY, name text NOT NULL, digest text NOT NULL, applied_at bigint NOT NULL)`;
const selectLedger = 'SELECT position, name, digest FROM schema_migrations ORDER BY position';

/** PostgreSQL's advisory lock of migrations: "gatewarden" in a number of its own. */
const advisoryLock = 7_281_934_650_017;

/** The migrations that came with the program. */
export function readMigrations(dialect: 'sqlite' | 'postgresql'): readonly Migration[] {
  const folder = programPath(`migrations/${dialect}`);
  const journal = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as {
    entries: { idx: number; tag: string }[];
  };
  return journal.entries.map(({ idx, tag }) => {
    const file = readFileSync(join(folder, `${tag}.sql`), 'utf8');
    return {
      index: idx,
      name: tag,
      statements: file.split('--> statement-breakpoint'),
      digest: createHash('sha256').update(file).digest('hex'),
    };
  });
}

/**
 * Applies what is missing, all or nothing, and returns the names applied. The caller holds the process lock.
 * Throws an OperatorError, having changed nothing, when the database is newer than the program.
 */
export function migrateSqlite(
  connection: SqliteConnection,
  now: number,
  migrations = readMigrations('sqlite'),
): readonly string[] {
  // Generated migrations rebuild tables; inside a transaction the pragma would do nothing.
  connection.pragma('foreign_keys = OFF');
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(createLedger);
    const applied = connection.prepare<[], Applied>(selectLedger).all();
    const missing = findMissing(applied, migrations);
    const note = connection.prepare('INSERT INTO schema_migrations VALUES (?, ?, ?, ?)');
    for (const migration of missing) {
      for (const { select, explain } of preconditionsOf(migration)) {
        const rows = connection.prepare<[], Record<string, string>>(select).all();
        if (rows.length > 0) throw explain(rows);
      }
      for (const statement of migration.statements) connection.exec(statement);
      note.run(migration.index, migration.name, migration.digest, now);
    }
    const dangling = connection.prepare('PRAGMA foreign_key_check').all();
    if (dangling.length > 0) throw new Error(`migration left ${dangling.length} dangling references`);
    connection.exec('COMMIT');
    return missing.map(({ name }) => name);
  } finally {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    connection.pragma('foreign_keys = ON');
  }
}

/** Throws an OperatorError unless the database has exactly the program's schema; for connections that may not migrate. */
export function checkSqliteVersion(
  connection: SqliteConnection,
  migrations = readMigrations('sqlite'),
): void {
  const exists = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get();
  const applied = exists === undefined ? [] : connection.prepare<[], Applied>(selectLedger).all();
  const [missing] = findMissing(applied, migrations);
  if (missing === undefined) return;
  throw new OperatorError(
    `the database is at version ${applied.at(-1)?.name ?? 'none'}, the program at ${migrations.at(-1)?.name}`,
    { remedy: 'start the broker once, it brings the database up to date', at: 'store' },
  );
}

/** Throws an OperatorError when the database is newer than the program, or no database of this kind. */
export function checkSqliteNotNewer(
  connection: SqliteConnection,
  migrations = readMigrations('sqlite'),
): void {
  const exists = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get();
  if (exists === undefined) {
    throw new OperatorError('the file is no Gatewarden database', {
      remedy: 'name a file that "gatewarden backup" has made',
      at: 'store',
    });
  }
  findMissing(connection.prepare<[], Applied>(selectLedger).all(), migrations);
}

/** As `migrateSqlite`; any number of processes may call it at once, the others wait for the first. */
export function migratePostgresql(
  pool: PrimaryPool,
  now: number,
  migrations = readMigrations('postgresql'),
): Promise<readonly string[]> {
  return pool.use(async (client) => {
    await client.query('BEGIN');
    try {
      // Waits for another node's migration; its statements have the usual limit, this one must outlast it.
      await client.query(
        "SELECT set_config('lock_timeout', '0', true), set_config('statement_timeout', '0', true)",
      );
      await waitForMigrators(client);
      await client.query(createLedger);
      const { rows } = await client.query<Applied>(selectLedger);
      const missing = findMissing(rows, migrations);
      for (const migration of missing) {
        for (const { select, explain } of preconditionsOf(migration)) {
          const { rows: wrong } = await client.query<Record<string, string>>(select);
          if (wrong.length > 0) throw explain(wrong);
        }
        for (const statement of migration.statements) await client.query(statement);
        await client.query('INSERT INTO schema_migrations VALUES ($1, $2, $3, $4)', [
          migration.index,
          migration.name,
          migration.digest,
          now,
        ]);
      }
      await client.query('COMMIT');
      return missing.map(({ name }) => name);
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    }
  });
}

/** The lock ends with the transaction, so that no failure can leave it behind. */
async function waitForMigrators(client: pg.ClientBase): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock]);
}

function findMissing(applied: readonly Applied[], migrations: readonly Migration[]): readonly Migration[] {
  const newest = applied.at(-1);
  const own = migrations.at(-1);
  if (newest !== undefined && newest.position > (own?.index ?? -1)) {
    throw new OperatorError(
      `the database is at version ${newest.name}, newer than this program, which knows up to ${own?.name}`,
      {
        remedy: `run the program that brought it to ${newest.name} (or a later one), or restore a backup from before the upgrade`,
        at: 'store',
      },
    );
  }
  for (const { position, name, digest } of applied) {
    const known = migrations.find(({ index }) => index === position);
    if (known?.digest === digest) continue;
    throw new OperatorError(
      `the database went through migration ${name}, which differs from this program's ${known?.name ?? 'migrations'}`,
      {
        remedy: 'run the program that made this database; a development version may have made it',
        at: 'store',
      },
    );
  }
  return migrations.filter(({ index }) => applied.every(({ position }) => position !== index));
}
