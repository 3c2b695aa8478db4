// The lock that keeps a second process from writing the database: a transaction held open on a side file.
import { chmodSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OperatorError } from '../../base/errors.ts';

export interface ProcessLock {
  release(): void;
}

/** A connection that is garbage is closed, and its lock with it: callers may forget what they got. */
const locks = new Set<Database.Database>();

/**
 * Takes `<file>.lock` for as long as the process lives or until `release`; the kernel frees it at any death of the
 * process, kill -9 included. Throws an OperatorError, a conflict, when another process holds it.
 */
export function takeProcessLock(file: string): ProcessLock {
  const lockFile = `${file}.lock`;
  let side: Database.Database | undefined;
  try {
    side = new Database(lockFile, { timeout: 0 });
    // Whoever can read it can lock it, and so keep the broker from starting.
    if ((statSync(lockFile).mode & 0o077) !== 0) chmodSync(lockFile, 0o600);
    side.exec('PRAGMA synchronous = OFF');
    side.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)');
    side.exec('BEGIN IMMEDIATE; DELETE FROM holder');
    side.prepare('INSERT INTO holder VALUES (?)').run(process.pid);
    // The reserved lock comes back in the same breath and stays; readers may still see who holds it.
    side.exec('COMMIT; BEGIN IMMEDIATE');
  } catch (error) {
    const holder = side === undefined ? null : readHolder(side);
    side?.close();
    const { code = '', message } = error as { code?: string; message: string };
    if (code.startsWith('SQLITE_BUSY')) {
      const who = holder === null ? '' : ` (process ${holder})`;
      throw new OperatorError(`the broker is running${who} and holds the database ${file}; use its socket`, {
        remedy:
          'run the command with the same configuration as the broker, so that it goes through its control socket, or stop the broker first',
        fault: 'conflict',
      });
    }
    throw new OperatorError(`the lock file ${lockFile} can't be used: ${message}`, {
      remedy: 'check that this user may write in the data directory',
    });
  }
  const held = side;
  locks.add(held);
  return {
    release() {
      locks.delete(held);
      held.close();
    },
  };
}

function readHolder(side: Database.Database): number | null {
  try {
    return side.prepare<[], number>('SELECT pid FROM holder').pluck().get() ?? null;
  } catch {
    return null;
  }
}
