// Fills tables of a migrated store past the program's own statements: a million rows within seconds.
import pg from 'pg';
import type { StoreTarget } from '../../src/store/open.ts';
import { openSqliteConnection } from '../../src/store/sqlite/connection.ts';

const chunkRows = 20_000;

/** `boolean`: 0 or 1. */
type SqlType = 'bigint' | 'text' | 'bytea' | 'boolean';

type Row = readonly (number | string | Buffer | null)[];

export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, SqlType>>;
  /** Rows are made for each number below it. */
  readonly count: number;
  rows(index: number): readonly Row[];
}

/** In the order given: every reference must be there already. */
export async function fillTables(target: StoreTarget, tables: readonly Table[]): Promise<void> {
  if (target.dialect === 'sqlite') fillSqlite(target.file, tables);
  else await fillPostgresql(target.url, tables);
}

function fillSqlite(file: string, tables: readonly Table[]): void {
  const connection = openSqliteConnection(file, 'write');
  try {
    // Nothing is lost that could not be made again; what the broker does later is durable as ever.
    connection.pragma('synchronous = OFF');
    connection.pragma('foreign_keys = OFF');
    for (const { name, columns, count, rows } of tables) {
      const names = Object.keys(columns);
      const marks = names.map(() => '?').join(', ');
      const insert = connection.prepare(`INSERT INTO ${name} (${names.join(', ')}) VALUES (${marks})`);
      connection.exec('BEGIN');
      for (let index = 0; index < count; index += 1) {
        for (const row of rows(index)) insert.run(row);
      }
      connection.exec('COMMIT');
    }
    connection.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    connection.close();
  }
}

async function fillPostgresql(url: string, tables: readonly Table[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET session_replication_role = 'replica'`);
    for (const { name, columns, count, rows } of tables) {
      const names = Object.keys(columns);
      const types = Object.values(columns).map((type, i) => `$${i + 1}::${type}[]`);
      const text = `INSERT INTO ${name} (${names.join(', ')}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest(${types.join(', ')})`;
      for (let from = 0; from < count; from += chunkRows) {
        const some = Array.from({ length: Math.min(chunkRows, count - from) }, (_, i) =>
          rows(from + i),
        ).flat();
        await client.query(
          text,
          names.map((_, column) => some.map((values) => values[column])),
        );
      }
      if ('id' in columns) await client.query(`SELECT setval('${name}_id_seq', ${count + 1})`);
    }
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}
