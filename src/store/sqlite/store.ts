// Reads and writes on SQLite: one connection that can't write, one that does while it holds the turn.
import { statSync } from 'node:fs';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { normaliseStoreError } from '../errors.ts';
import { createHandle, createNestingGuard, type NestingGuard } from '../handle.ts';
import * as tables from '../schema.sqlite.ts';
import type { Store } from '../store.ts';
import type { Db } from '../tables.ts';
import { openSqliteConnection, type SqliteConnection } from './connection.ts';
import { withStatements } from './statements.ts';
import type { Turn } from './turn.ts';

export interface SqliteAccess extends Pick<Store, 'read' | 'write' | 'ping' | 'describe'> {
  readonly reader: SqliteConnection;
  readonly nesting: NestingGuard;
  /** The one connection of this thread that writes; opened when first used. */
  writer(): SqliteConnection;
  close(): void;
}

/**
 * Access to a migrated database file. A write holds the turn from BEGIN IMMEDIATE to COMMIT and is durable when its
 * promise resolves; whatever its function throws rolls all of it back.
 */
export function openSqliteAccess(file: string, turn: Turn): SqliteAccess {
  const reader = openSqliteConnection(file, 'read');
  const opened = statSync(file);
  let writing: SqliteConnection | undefined;
  const nesting = createNestingGuard();
  const readDb = createHandle(orm(reader), tables, () => {});

  const writer = () => {
    writing ??= openSqliteConnection(file, 'write');
    return writing;
  };

  return {
    reader,
    nesting,
    writer,
    async read(fn) {
      try {
        return await fn(readDb);
      } catch (error) {
        throw normaliseStoreError(error);
      }
    },
    async write(fn) {
      nesting.refuseNested();
      const release = await turn.acquire();
      try {
        return await nesting.run((alive) => inTransaction(writer(), alive, fn));
      } catch (error) {
        throw normaliseStoreError(error);
      } finally {
        release();
      }
    },
    async ping() {
      try {
        // A file that was removed or replaced keeps answering those who have it open.
        const now = statSync(file);
        if (now.ino !== opened.ino || now.dev !== opened.dev) return false;
        reader.prepare('SELECT count(*) FROM settings').get();
        return true;
      } catch {
        return false;
      }
    },
    async describe() {
      try {
        const version = reader.prepare<[], string>('SELECT sqlite_version()').pluck().get();
        const schema = reader
          .prepare<[], string>('SELECT name FROM schema_migrations ORDER BY position DESC LIMIT 1')
          .pluck()
          .get();
        // Every connection that writes commits with synchronous=FULL.
        return { version: `SQLite ${version}`, schema: schema ?? '', faults: [] };
      } catch (error) {
        throw normaliseStoreError(error);
      }
    },
    close() {
      reader.close();
      writing?.close();
    },
  };
}

async function inTransaction<T>(
  connection: SqliteConnection,
  alive: () => boolean,
  fn: (db: Db) => Promise<T>,
): Promise<T> {
  const db = createHandle(orm(connection), tables, () => {
    // SQLite rolls back by itself on some failures; a statement after that would be on its own.
    if (!alive() || !connection.inTransaction) throw new Error('this write is over; its handle is dead');
  });
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = await fn(db);
    connection.exec('COMMIT');
    return result;
  } finally {
    if (connection.open && connection.inTransaction) connection.exec('ROLLBACK');
  }
}

/** better-sqlite3's builders can be awaited like the asynchronous ones whose types the handle has. */
function orm(connection: SqliteConnection): Omit<Db, 'tables'> {
  return drizzle({ client: withStatements(connection) }) as unknown as Omit<Db, 'tables'>;
}
