// Opening the SQLite file: every connection gets the same durability and safety settings.
import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { OperatorError } from '../../base/errors.ts';

export type SqliteConnection = Database.Database;

/** `create`: a writer that makes the file if there is none. `read` can't change anything (query_only). */
export type SqliteMode = 'create' | 'write' | 'read';

const busyTimeoutMs = 2_000;
/** Readers lose what they hold with every commit of the writer; the writer keeps it. */
const cacheKibibytes = { read: 8 * 1024, write: 24 * 1024, create: 24 * 1024 } as const;
const walLimitBytes = 64 * 1024 * 1024;
/**
 * Of a new database. A decision changes a few rows here and there, and the log takes the whole page of each: half the usual
 * page is two fifths less to write for each decision, and reads cost the same.
 */
const pageBytes = 2048;
/** From so many pages of the write-ahead log on, whoever commits moves them into the database (checkpoint-thread.ts). */
const checkpointPages = walLimitBytes / pageBytes;

/**
 * A connection in WAL mode with `synchronous=FULL`, set on every open since a WAL file that is opened again starts at
 * NORMAL. The file and, by SQLite's rule, its -wal and -shm are readable by their owner alone (0600).
 * Throws an OperatorError when the file can't be opened or is not a database.
 *
 * Nobody may open and close the database file by other means in this process: POSIX would drop SQLite's locks.
 */
export function openSqliteConnection(file: string, mode: SqliteMode): SqliteConnection {
  let connection: SqliteConnection | undefined;
  try {
    if (mode === 'create') createPrivate(file);
    connection = new Database(file, { fileMustExist: true, timeout: busyTimeoutMs });
    if (mode === 'create') connection.pragma(`page_size = ${pageBytes}`);
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    connection.pragma(`cache_size = -${cacheKibibytes[mode]}`);
    // Not mapped: in WAL mode every commit of another connection takes the whole mapping away, to be faulted in again.
    connection.pragma('mmap_size = 0');
    connection.pragma(`journal_size_limit = ${walLimitBytes}`);
    connection.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    connection.pragma('temp_store = MEMORY');
    connection.pragma('trusted_schema = OFF');
    if (mode === 'read') connection.pragma('query_only = ON');
    return connection;
  } catch (cause) {
    connection?.close();
    const { code = '', message } = cause as { code?: string; message: string };
    throw new OperatorError(`the database ${file} can't be opened: ${message}`, {
      remedy: code.includes('NOTADB')
        ? 'name a Gatewarden database, or one that does not exist yet, in store.file'
        : `check that ${dirname(file)} exists and that this user may write there`,
      at: 'store.file',
    });
  }
}

/** Before SQLite sees the file, so that it is never readable by others, not even for a moment. */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  }
}
