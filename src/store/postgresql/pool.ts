// Connections to PostgreSQL: a list of hosts, and only a server that is the primary and commits durably is used.
import pg from 'pg';
import { OperatorError, StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { normaliseStoreError } from '../errors.ts';

interface PostgresqlHost {
  readonly host: string;
  readonly port: number;
}

/** What a connection string says; `hosts` in the order of preference. */
export interface PostgresqlTarget {
  readonly hosts: readonly PostgresqlHost[];
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly ssl: boolean | { readonly rejectUnauthorized: boolean };
  /** Class of its connections; pg's own unless told. */
  readonly Client?: typeof pg.Client;
}

export interface PoolOptions {
  readonly size: number;
  /** Connections refuse any change. */
  readonly readOnly: boolean;
  /** The server gives a statement up after this long. */
  readonly statementTimeoutMs: number;
  readonly log: Log;
}

export interface PrimaryPool {
  /** A connection to the primary; release it (with `true` to discard it). Rejects with StoreUnavailableError. */
  connect(): Promise<pg.PoolClient>;
  /** Runs `fn` with a connection, which is discarded when the connection itself failed. Errors are normalised. */
  use<T>(fn: (client: pg.PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const connectTimeoutMs = 3_000;
const answerGraceMs = 2_000;
const idleTimeoutMs = 60_000;
const lockTimeoutMs = 5_000;
const idleInTransactionMs = 60_000;

/**
 * Parses `postgresql://user:password@host1:5432,host2/database?sslmode=…`. A host may be `[::1]`, or a directory for a
 * Unix socket, percent-encoded. An OperatorError never repeats the string: it may hold a password. No part may hold an @ as it is: what
 * follows one in a password would be taken for a host, looked up and named in errors.
 */
export function parsePostgresqlUrl(url: string): PostgresqlTarget {
  const match = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^@/?]*)\/([^@?]+)(?:\?(.*))?$/.exec(
    url.trim(),
  );
  const [, user, password, list = '', database = '', query = ''] = match ?? refuseUrl('its form is wrong');
  const parameters = new URLSearchParams(query);
  const hosts = (list === '' ? (parameters.get('host') ?? 'localhost') : list).split(',').map((entry) => {
    const parts =
      /^(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::(\d{1,5}))?$/.exec(entry) ?? refuseUrl('a host is malformed');
    const host = decode(parts[1] ?? '').replace(/^\[|\]$/g, '');
    return {
      host: host === '' ? 'localhost' : host,
      port: Number(parts[2] ?? parameters.get('port') ?? 5432),
    };
  });
  const mode = parameters.get('sslmode') ?? 'disable';
  if (!['disable', 'require', 'verify-full'].includes(mode))
    refuseUrl('sslmode is none of disable, require, verify-full');
  return {
    hosts,
    database: decode(database),
    user: user === undefined || user === '' ? undefined : decode(user),
    password: password === undefined ? undefined : decode(password),
    ssl: mode === 'disable' ? false : { rejectUnauthorized: mode === 'verify-full' },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuseUrl('a percent sign is not followed by two hexadecimal digits');
  }
}

function refuseUrl(fault: string): never {
  throw new OperatorError(`the PostgreSQL address can't be used: ${fault}`, {
    remedy:
      'write postgresql://USER:PASSWORD@HOST:5432,OTHERHOST:5432/DATABASE, special characters percent-encoded',
    at: 'store.url',
  });
}

/**
 * A pool over all hosts. Every new connection must reach a server that is not in recovery and gets
 * `synchronous_commit` of at least `on`; otherwise the next host is tried. The host that worked last is asked first.
 */
export function createPrimaryPool(target: PostgresqlTarget, options: PoolOptions): PrimaryPool {
  const pools = target.hosts.map((host) => createHostPool(target, host, options));
  let preferred = 0;

  const connect = async (): Promise<pg.PoolClient> => {
    const faults: string[] = [];
    for (let tried = 0; tried < pools.length; tried++) {
      const index = (preferred + tried) % pools.length;
      const pool = pools[index];
      if (pool === undefined) break;
      try {
        const client = await pool.connect();
        preferred = index;
        return client;
      } catch (error) {
        const host = target.hosts[index];
        const fault = normaliseStoreError(error);
        faults.push(`${host?.host}:${host?.port}: ${fault instanceof Error ? fault.message : String(fault)}`);
      }
    }
    throw new StoreUnavailableError(`no PostgreSQL primary answers (${faults.join('; ')})`);
  };

  return {
    connect,
    async use(fn) {
      const client = await connect();
      let broken = false;
      try {
        return await fn(client);
      } catch (error) {
        const fault = normaliseStoreError(error);
        broken = fault instanceof StoreUnavailableError;
        throw fault;
      } finally {
        client.release(broken);
      }
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

function createHostPool(target: PostgresqlTarget, host: PostgresqlHost, options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    host: host.host,
    port: host.port,
    database: target.database,
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ssl: target.ssl,
    ...(target.Client === undefined ? {} : { Client: target.Client }),
    application_name: 'gatewarden',
    max: options.size,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    // The client gives up a little after the server should have: a server that hangs is noticed too.
    query_timeout: options.statementTimeoutMs + answerGraceMs,
    keepAlive: true,
    types: { getTypeParser },
    onConnect: (client) => prepareConnection(client, options) as unknown as undefined,
  });
  // A connection that breaks in use makes its statement fail; unheard, the event that tells of it would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  // An idle connection that breaks must not end the process; the next use finds out by itself.
  pool.on('error', (error) => {
    options.log.warn(
      { host: host.host, port: host.port, error: error.message },
      'PostgreSQL closed a connection',
    );
  });
  return pool;
}

/** Awaited by the pool; a rejection makes it drop the connection and fail the request for one. */
async function prepareConnection(client: pg.ClientBase, options: PoolOptions): Promise<void> {
  const { rows } = await client.query<{ standby: boolean }>(
    `SELECT pg_is_in_recovery() AS standby,
       set_config('synchronous_commit',
         CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
       set_config('default_transaction_read_only', $1, false),
       set_config('statement_timeout', $2, false),
       set_config('lock_timeout', $3, false),
       set_config('idle_in_transaction_session_timeout', $4, false),
       set_config('client_encoding', 'UTF8', false),
       set_config('jit', 'off', false)`,
    [
      options.readOnly ? 'on' : 'off',
      String(options.statementTimeoutMs),
      String(lockTimeoutMs),
      String(idleInTransactionMs),
    ],
  );
  if (rows[0]?.standby !== false) throw new StoreUnavailableError('the server is a standby');
}

const int8 = 20;

/** bigint as a number: ids and instants stay below 2^53. */
const getTypeParser = ((oid: number, format?: 'text' | 'binary') =>
  oid === int8 && format !== 'binary'
    ? Number
    : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;
