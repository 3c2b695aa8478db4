// Statements kept by their text: to compile one costs more than most take to run.
import type { Statement } from 'better-sqlite3';
import type { SqliteConnection } from './connection.ts';

/** Of a connection; whatever a request asks again and again is among them. */
const mostKept = 128;
/** Longer ones hold lists of values, and hardly come twice. */
const longestKept = 4_000;

const clients = new WeakMap<SqliteConnection, SqliteConnection>();

/** The connection, with a `prepare` that hands out again what it has compiled. For statements that run to their end at once. */
export function withStatements(connection: SqliteConnection): SqliteConnection {
  const known = clients.get(connection);
  if (known !== undefined) return known;
  const kept = new Map<string, Statement>();
  const prepare = (text: string): Statement => {
    if (text.length > longestKept) return connection.prepare(text);
    const statement = kept.get(text) ?? connection.prepare(text);
    // As it was when it was new: who had it before may have asked for rows as lists.
    if (statement.reader) statement.raw(false);
    kept.delete(text);
    kept.set(text, statement);
    const [eldest] = kept.keys();
    if (kept.size > mostKept && eldest !== undefined) kept.delete(eldest);
    return statement;
  };
  const client = new Proxy(connection, {
    get(target, name) {
      if (name === 'prepare') return prepare;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  clients.set(connection, client);
  return client;
}
