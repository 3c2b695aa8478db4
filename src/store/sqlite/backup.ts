// Copies of a SQLite database that is in use, and their return.
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../../base/errors.ts';
import { checkSqliteNotNewer } from '../migrate.ts';
import { openSqliteConnection, type SqliteConnection } from './connection.ts';

const pagesAStep = 2_000;

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isSound(connection: SqliteConnection): boolean {
  return connection.pragma('quick_check(1)', { simple: true }) === 'ok';
}

/**
 * Copies the database, as of one instant, into a file of its own (mode 0600) while others go on writing. The file appears
 * whole, checked and durable, or not at all; an existing one is replaced.
 * @throws OperatorError when the target can't be written
 */
export async function backupSqlite(
  file: string,
  target: string,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  const part = `${target}.part`;
  rmSync(part, { force: true });
  // Made by the same opener, so that the copy is never readable by others.
  openSqliteConnection(part, 'create').close();
  const source = openSqliteConnection(file, 'read');
  try {
    await source.backup(part, {
      progress: ({ totalPages, remainingPages }) => {
        onProgress(totalPages - remainingPages, totalPages);
        return pagesAStep;
      },
    });
  } finally {
    source.close();
  }
  const copy = openSqliteConnection(part, 'write');
  try {
    // One file, without a log beside it.
    copy.pragma('journal_mode = DELETE');
    if (!isSound(copy)) throw new Error(`the copy ${part} is damaged`);
  } finally {
    copy.close();
  }
  syncPath(part);
  renameSync(part, target);
  syncPath(dirname(target));
}

/** Whether a file begins as every SQLite database does (https://www.sqlite.org/fileformat.html §1.3). */
function isSqliteFile(file: string): boolean {
  if (!statSync(file).isFile()) return false;
  const head = Buffer.alloc(16);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return head.toString('latin1') === 'SQLite format 3\0';
}

/**
 * Copies a backup to a place beside the database, checked: a database, sound, not newer than this program.
 * @throws OperatorError naming what is wrong with the backup
 */
export function stageSqliteBackup(backup: string, staged: string): void {
  if (!existsSync(backup)) {
    throw new OperatorError(`${backup} does not exist.`, { at: backup, remedy: 'Check the path.' });
  }
  if (!isSqliteFile(backup)) {
    throw new OperatorError(`${backup} is no backup of Gatewarden.`, {
      at: backup,
      remedy: 'Name a file that "gatewarden backup" has written.',
    });
  }
  for (const suffix of ['', '-wal', '-shm']) rmSync(staged + suffix, { force: true });
  openSqliteConnection(staged, 'create').close();
  copyFileSync(backup, staged);
  const connection = openSqliteConnection(staged, 'write');
  try {
    if (!isSound(connection)) {
      throw new OperatorError(`${backup} is damaged.`, { at: backup, remedy: 'Take an older backup.' });
    }
    checkSqliteNotNewer(connection);
  } finally {
    connection.close();
  }
}

/**
 * Puts a staged database in the place of `file`; the former one stays beside it under `aside`. At every moment one whole
 * database has the name. The caller holds the process lock of `file`.
 */
export function replaceSqliteDatabase(file: string, staged: string, aside: string): void {
  syncPath(staged);
  if (existsSync(file)) {
    try {
      // Takes in the log, so that no old log lies beside the new database.
      const former = openSqliteConnection(file, 'write');
      former.pragma('wal_checkpoint(TRUNCATE)');
      former.close();
    } catch {
      // A damaged database may be the reason for the restore.
    }
    linkSync(file, aside);
    for (const suffix of ['-wal', '-shm'])
      if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  }
  renameSync(staged, file);
  syncPath(dirname(file));
}
