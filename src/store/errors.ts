// What a database driver threw, in the terms of the layers above. Driver errors are understood here and nowhere else.
import { OperatorError, StoreUnavailableError } from '../base/errors.ts';

/** A constraint of the schema refused a row. Holds names only, never the values. */
export class ConstraintError extends Error {
  override readonly name = 'ConstraintError';
  readonly kind: 'unique' | 'foreign-key' | 'check' | 'not-null';
  /** Table and columns in SQL's spelling; empty where the database does not say (SQLite: foreign keys, checks). */
  readonly table: string;
  readonly columns: readonly string[];
  /** Name of the constraint where the database says. */
  readonly constraint: string | null;

  constructor(fault: Pick<ConstraintError, 'kind' | 'table' | 'columns' | 'constraint'>) {
    super(
      `${fault.kind} constraint refused: ${fault.constraint ?? `${fault.table}(${fault.columns.join(', ')})`}`,
    );
    this.kind = fault.kind;
    this.table = fault.table;
    this.columns = fault.columns;
    this.constraint = fault.constraint;
  }
}

/** A statement failed although the database answers: a defect. Text without the statement's values. */
class StoreError extends Error {
  override readonly name = 'StoreError';
}

interface DriverError extends Error {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly table?: unknown;
  readonly column?: unknown;
  readonly constraint?: unknown;
  /** Function of the server that refused. */
  readonly routine?: unknown;
}

const sqliteConstraints: Record<string, ConstraintError['kind']> = {
  SQLITE_CONSTRAINT_UNIQUE: 'unique',
  SQLITE_CONSTRAINT_PRIMARYKEY: 'unique',
  SQLITE_CONSTRAINT_ROWID: 'unique',
  SQLITE_CONSTRAINT_FOREIGNKEY: 'foreign-key',
  SQLITE_CONSTRAINT_CHECK: 'check',
  SQLITE_CONSTRAINT_NOTNULL: 'not-null',
};

const sqliteUnavailable =
  /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|CORRUPT|NOTADB|PROTOCOL|NOMEM|PERM|INTERRUPT)/;

const postgresqlConstraints: Record<string, ConstraintError['kind']> = {
  '23505': 'unique',
  '23503': 'foreign-key',
  '23514': 'check',
  '23502': 'not-null',
};

// Connection, resources, operator intervention, system and internal errors; wrong role or database; a standby; lock and
// statement timeouts; serialisation and deadlocks: nothing was done, and asking again may help.
const postgresqlUnavailable = /^(08|53|57|58|XX|28|3D|25006|55P03|40001|40P01)/;

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EACCES',
]);

/** Messages of better-sqlite3 and pg that carry no code. */
const lostConnection =
  /database connection is not open|Connection terminated|Client has encountered a connection error|Client was closed|not queryable|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after calling end|server does not support SSL/i;

/**
 * The error to throw instead of what a driver or Drizzle threw: StoreUnavailableError, ConstraintError, or one that
 * names the fault without the values of the statement. Errors that are not a database's pass unchanged.
 */
export function normaliseStoreError(thrown: unknown): unknown {
  const error = withoutStatement(thrown);
  if (!(error instanceof Error)) return error;
  if (
    error instanceof StoreUnavailableError ||
    error instanceof ConstraintError ||
    error instanceof OperatorError ||
    error instanceof StoreError
  ) {
    return error;
  }
  const { code } = error as DriverError;
  if (lostConnection.test(error.message)) return unavailable(error.message);
  if (typeof code !== 'string') return error;
  if (code.startsWith('SQLITE_')) return fromSqlite(error, code);
  if (/^[0-9A-Z]{5}$/.test(code) && 'severity' in error) return fromPostgresql(error, code);
  // A file or socket error of something that runs inside a write is not the store's; pg's have a syscall of a socket.
  const { syscall } = error as { syscall?: unknown };
  if (
    networkCodes.has(code) &&
    typeof syscall === 'string' &&
    /^(connect|read|write|getaddrinfo)/.test(syscall)
  ) {
    return unavailable(error.message);
  }
  return error;
}

/** Drizzle's error text repeats the parameters, which may be personal or secret: its cause alone goes on. */
function withoutStatement(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.message.startsWith('Failed query:') ? thrown.cause : thrown;
}

function unavailable(message: string): StoreUnavailableError {
  return new StoreUnavailableError(`the database does not answer: ${message}`);
}

function fromSqlite(error: DriverError, code: string): Error {
  const kind = sqliteConstraints[code];
  if (kind !== undefined) {
    // "UNIQUE constraint failed: accounts.user_name" or "CHECK constraint failed: accounts_term_check".
    const said = /constraint failed: (.*)$/.exec(error.message)?.[1] ?? '';
    const named = /^(?:\w+\.\w+)(?:, \w+\.\w+)*$/.test(said);
    const columns = named ? said.split(', ').map((name) => name.replace(/^\w+\./, '')) : [];
    const table = named ? said.replace(/\..*$/s, '') : '';
    return new ConstraintError({ kind, table, columns, constraint: !named && said !== '' ? said : null });
  }
  if (sqliteUnavailable.test(code)) return unavailable(`${code}: ${error.message}`);
  return new StoreError(`${code}: ${error.message}`);
}

function fromPostgresql(error: DriverError, code: string): Error {
  const kind = postgresqlConstraints[code];
  if (kind !== undefined) {
    const table = typeof error.table === 'string' ? error.table : '';
    // "Key (user_name)=(…) already exists." The words depend on the server's language, the brackets do not.
    const key = typeof error.detail === 'string' ? /\(([^()]*)\)=\(/.exec(error.detail)?.[1] : undefined;
    const column = typeof error.column === 'string' ? [error.column] : [];
    const columns = kind === 'unique' && key !== undefined ? key.replaceAll('"', '').split(', ') : column;
    const constraint = typeof error.constraint === 'string' ? error.constraint : null;
    return new ConstraintError({ kind, table, columns, constraint });
  }
  if (postgresqlUnavailable.test(code)) return unavailable(`${code}: ${error.message}`);
  // Of data exceptions PostgreSQL repeats the value: "invalid input syntax for type bigint: …".
  if (code.startsWith('22'))
    return new StoreError(`${code}: the value of a statement cannot be taken (${error.routine})`);
  return new StoreError(`${code}: ${error.message}`);
}
