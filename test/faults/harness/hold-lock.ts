// A process that holds the write lock of a SQLite database until its standard input ends: node hold-lock.ts FILE
import { once } from 'node:events';
import Database from 'better-sqlite3';

const database = new Database(process.argv[2] ?? '');
database.pragma('busy_timeout = 20000');
database.exec('BEGIN IMMEDIATE');
process.stdout.write('held\n');
process.stdin.resume();
await once(process.stdin, 'end');
database.exec('ROLLBACK');
database.close();
