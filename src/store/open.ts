// Opening the store: composes a driver, the hot query, the audit lane of direct writes and the decision writer.
import type { MessagePort } from 'node:worker_threads';
import type pg from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { programVersion } from '../base/program.ts';
import type { Random } from '../base/random.ts';
import { bindRecordLane, createRecordLane } from './audit/append.ts';
import { type Committer, prepareCommand } from './decision-writer/committer.ts';
import { openPostgresqlWriter } from './decision-writer/postgresql.ts';
import { createRemoteCommitter } from './decision-writer/remote.ts';
import { openSqliteWriter } from './decision-writer/sqlite.ts';
import { createPostgresqlFacts, createSqliteFacts } from './facts.ts';
import type { NestingGuard } from './handle.ts';
import { checkSqliteVersion, migratePostgresql, migrateSqlite } from './migrate.ts';
import { createPrimaryPool, parsePostgresqlUrl } from './postgresql/pool.ts';
import { openPostgresqlAccess } from './postgresql/store.ts';
import { openSqliteConnection } from './sqlite/connection.ts';
import { type ProcessLock, takeProcessLock } from './sqlite/process-lock.ts';
import { createReadingThread } from './sqlite/reading-thread.ts';
import { openSqliteAccess } from './sqlite/store.ts';
import { createRemoteTurn } from './sqlite/turn.ts';
import type { DecisionStore, Store } from './store.ts';
import { createWriteProof } from './write-proof.ts';

export type StoreTarget =
  | {
      readonly dialect: 'sqlite';
      readonly file: string;
      /**
       * Client of the writer thread (its `connect()`): decisions and turns go through it, and the caller has called
       * `claimSqliteDatabase`. Without it this thread writes by itself, and takes and gives back the process lock.
       */
      readonly writer?: MessagePort;
      /**
       * The thread has long work of its own: it stands still until it may write, so that no decision waits for it, and leaves reads of
       * many rows to another.
       */
      readonly isBusyThread?: boolean;
    }
  | {
      readonly dialect: 'postgresql';
      readonly url: string;
      readonly poolSize?: number;
      /** Class of its connections; pg's own unless told. */
      readonly Client?: typeof pg.Client;
    };

export interface StoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Name of this node, for the chains that it writes. */
  readonly node: string;
}

const defaultPoolSize = 8;
/** A gateway has given up by then. */
const factsTimeoutMs = 3_000;
/** Another node may be migrating a large database. */
const migrationTimeoutMs = 3_600_000;

/**
 * Opens the store, brought up to date where this caller may do so. Throws an OperatorError when the database is newer
 * than the program, can't be opened or is held by another process; StoreUnavailableError when no server answers.
 */
export function openStore(target: StoreTarget, deps: StoreDeps): Promise<Store> {
  if (target.dialect === 'postgresql') return openPostgresql(target, deps);
  const { file, writer, isBusyThread = false } = target;
  return writer === undefined
    ? openSqliteAlone(file, deps)
    : openSqliteAsClient(file, writer, isBusyThread, deps);
}

/**
 * Takes the process lock of a SQLite database, makes the file if there is none and brings it up to date: what `serve`
 * does before it starts the writer thread. The lock lasts until released or the process ends.
 */
export function claimSqliteDatabase(file: string, deps: Pick<StoreDeps, 'clock' | 'log'>): ProcessLock {
  // The file first: SQLite would report a missing folder as one fault, its lock file as another.
  const connection = openSqliteConnection(file, 'create');
  let lock: ProcessLock | undefined;
  try {
    lock = takeProcessLock(file);
    logMigrations(migrateSqlite(connection, deps.clock.now()), deps.log);
    return lock;
  } catch (error) {
    lock?.release();
    throw error;
  } finally {
    connection.close();
  }
}

async function openSqliteAlone(file: string, deps: StoreDeps): Promise<Store> {
  const lock = claimSqliteDatabase(file, deps);
  const writer = openSqliteWriter(file, { ...deps, program: programVersion });
  const { access } = writer;
  return compose('sqlite', deps, access, writer, createSqliteFacts(access.reader), async () => {
    await writer.close();
    lock.release();
  });
}

async function openSqliteAsClient(
  file: string,
  port: MessagePort,
  isBusyThread: boolean,
  deps: StoreDeps,
): Promise<Store> {
  const access = openSqliteAccess(file, createRemoteTurn(port, { standsStill: isBusyThread }));
  const reading = isBusyThread ? createReadingThread(file, deps.log) : null;
  const committer = createRemoteCommitter(port);
  let writerGone = false;
  port.on('close', () => {
    writerGone = true;
  });
  const close = async () => {
    await Promise.all([committer.close(), reading?.stop()]);
    access.close();
  };
  try {
    checkSqliteVersion(access.reader);
  } catch (error) {
    await close();
    throw error;
  }
  const answering = {
    ...access,
    ...(reading === null ? {} : { aside: reading }),
    ping: async (ms: number) => !writerGone && (await access.ping(ms)),
  };
  return compose('sqlite', deps, answering, committer, createSqliteFacts(access.reader), close);
}

async function openPostgresql(
  { url, poolSize = defaultPoolSize, Client }: Extract<StoreTarget, { dialect: 'postgresql' }>,
  deps: StoreDeps,
): Promise<Store> {
  const { clock, log } = deps;
  const target = { ...parsePostgresqlUrl(url), ...(Client === undefined ? {} : { Client }) };
  const migrator = createPrimaryPool(target, {
    size: 1,
    readOnly: false,
    statementTimeoutMs: migrationTimeoutMs,
    log,
  });
  try {
    logMigrations(await migratePostgresql(migrator, clock.now()), log);
  } finally {
    await migrator.close();
  }
  const access = openPostgresqlAccess(target, { connections: poolSize, log });
  // Of its own, so that long lists in the console never keep a gateway waiting.
  const hot = createPrimaryPool(target, {
    size: poolSize,
    readOnly: true,
    statementTimeoutMs: factsTimeoutMs,
    log,
  });
  const committer = openPostgresqlWriter(target, access.write, { ...deps, program: programVersion });
  return compose('postgresql', deps, access, committer, createPostgresqlFacts(hot), async () => {
    await committer.close();
    await Promise.all([hot.close(), access.close()]);
  });
}

function compose(
  dialect: Store['dialect'],
  deps: StoreDeps,
  access: Pick<Store, 'read' | 'write' | 'ping' | 'describe'> &
    Partial<Pick<Store, 'aside'>> & { readonly nesting: NestingGuard },
  committer: Committer,
  loadFacts: DecisionStore['loadFacts'],
  close: () => Promise<void>,
): Store {
  const lane = createRecordLane({ node: deps.node, lane: 'administration', program: programVersion }, deps);
  const proof = createWriteProof({ clock: deps.clock, probe: committer.probe });
  let closed: Promise<void> | undefined;
  return {
    dialect,
    decisions: {
      loadFacts,
      async commit(command) {
        // Within a write it would wait for the turn that the write holds.
        access.nesting.refuseNested();
        return proof.watch(committer.commit(prepareCommand(command, deps.random)));
      },
    },
    read: access.read,
    aside: access.aside ?? { read: access.read },
    write: (fn) =>
      access.write((db) => {
        bindRecordLane(db, lane);
        return fn(db);
      }),
    ping: async (timeoutMs) => (await access.ping(timeoutMs)) && (await proof.holds(timeoutMs)),
    describe: access.describe,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function logMigrations(names: readonly string[], log: Log): void {
  if (names.length > 0) log.info({ migrations: names }, 'the database was brought up to date');
}
