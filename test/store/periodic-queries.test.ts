// What runs every second, five or sixty must not read a table whole that grows with accounts and years: the plans of its statements.
import Database from 'better-sqlite3';
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3';
import { drizzle as drizzlePostgresql } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { createHandle } from '../../src/store/handle.ts';
import type { StoreTarget } from '../../src/store/open.ts';
import {
  claimCuts,
  countSessionsAndCuts,
  listDueCuts,
  listOpenCuts,
  listOpenSessionsOf,
} from '../../src/store/queries/cuts.ts';
import { claimExpiryWarnings } from '../../src/store/queries/expiry-warnings.ts';
import {
  claimDueLifecycleEvents,
  countWithdrawnAround,
  countWithdrawnSince,
  isAnythingHeldSince,
  isLifecycleDue,
  listHeldIds,
} from '../../src/store/queries/lifecycle.ts';
import { countUndelivered, listDue, listUnsorted } from '../../src/store/queries/outbox.ts';
import { expireRequests } from '../../src/store/queries/requests.ts';
import {
  endSessionsOfGateway,
  listLapsedSessions,
  listSessionsToJudge,
} from '../../src/store/queries/sessions.ts';
import { findDueUnitEvent } from '../../src/store/queries/unit-events.ts';
import { deleteOldWebSessions } from '../../src/store/queries/web-sessions.ts';
import * as postgresqlTables from '../../src/store/schema.postgresql.ts';
import * as sqliteTables from '../../src/store/schema.sqlite.ts';
import type { Db } from '../../src/store/tables.ts';
import { describeOnEachStore } from './each-store.ts';

const now = Date.UTC(2026, 2, 1);
const oneDay = 86_400_000;
const newsForMs = 7 * oneDay;

/** By the job that asks. */
const periodic: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'session-watch: sessions to judge': (db) => listSessionsToJudge(db, now, 50),
  'session-watch: cuts that are due': (db) => listDueCuts(db, now, 100),
  'session-watch: cuts are claimed': (db) => claimCuts(db, [1, 2, 3], { now, until: now + 1 }),
  'session-watch: open sessions of accounts': (db) => listOpenSessionsOf(db, [1, 2, 3]),
  'lapsed-sessions': (db) => listLapsedSessions(db, now, 100),
  'sessions of a gateway that began anew': (db) => endSessionsOfGateway(db, 1, now),
  'lifecycle: is anything due': (db) => isLifecycleDue(db, now),
  'lifecycle: events that are due': (db) => claimDueLifecycleEvents(db, now, 50),
  'lifecycle: unit events that are due': (db) => findDueUnitEvent(db, now),
  'feeds: what the source has withdrawn': (db) => countWithdrawnSince(db, 'hr', now),
  'feeds: what it withdraws about that day': (db) => countWithdrawnAround(db, 'hr', now, oneDay),
  'feeds: what is held of it': (db) => isAnythingHeldSince(db, 'hr', now),
  'lifecycle: all held events': (db) => listHeldIds(db, null),
  ...Object.fromEntries(
    [0, 1, 7, 14, 30].map((days) => [
      `expiry-warnings: ${days} days before`,
      (db: Db) => claimExpiryWarnings(db, { days, now, newsForMs, limit: 100 }, 'look'),
    ]),
  ),
  'notices: unsorted messages': (db) => listUnsorted(db, 100),
  'notices: alerts to deliver': (db) => listDue(db, 'alert', now, 100),
  'notices: notices to deliver': (db) => listDue(db, 'notice', now, 100),
  'delivery: checkpoints to deliver': (db) => listDue(db, 'checkpoint', now, 100),
  'housekeeping: requests that nobody decided': (db) => expireRequests(db, now),
  'housekeeping: old web sessions': (db) => deleteOldWebSessions(db, now),
  'metrics: sessions and cuts': (db) => countSessionsAndCuts(db),
  'metrics: open cuts': (db) => listOpenCuts(db, 100),
  'health: undelivered messages': (db) => countUndelivered(db, 'alert'),
};

interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

interface Planner {
  readonly db: Db;
  /** What has been asked since the last call. */
  take(): Statement[];
  /** What of the plan reads a table or an index whole. */
  scansOf(statement: Statement): Promise<string[]>;
}

describeOnEachStore('what runs at an interval', (open, createDatabase) => {
  it.each(Object.keys(periodic))('%s: reads no table whole', async (name) => {
    const target = await createDatabase();
    await open({}, target);
    const planner = await createPlanner(target);
    await periodic[name]?.(planner.db);
    const statements = planner.take();
    expect(statements).not.toEqual([]);
    for (const statement of statements) expect(await planner.scansOf(statement), statement.sql).toEqual([]);
  });

  it('the plans tell a whole reading', async () => {
    const target = await createDatabase();
    await open({}, target);
    const planner = await createPlanner(target);
    const { accounts } = planner.db.tables;
    await planner.db.select().from(accounts);
    await planner.db.select({ name: accounts.userName }).from(accounts).orderBy(accounts.userName);
    const [whole, byIndex] = planner.take();
    expect(await planner.scansOf(whole as Statement)).toHaveLength(1);
    expect(await planner.scansOf(byIndex as Statement)).toHaveLength(1);
  });
});

async function createPlanner(target: StoreTarget): Promise<Planner> {
  return target.dialect === 'sqlite' ? createSqlitePlanner(target.file) : createPostgresqlPlanner(target.url);
}

function collector() {
  let statements: Statement[] = [];
  return {
    logger: { logQuery: (sql: string, params: unknown[]) => void statements.push({ sql, params }) },
    take() {
      const taken = statements;
      statements = [];
      return taken;
    },
  };
}

function createSqlitePlanner(file: string): Planner {
  const client = new Database(file);
  onTestFinished(() => void client.close());
  const { logger, take } = collector();
  const orm = drizzleSqlite({ client, logger }) as unknown as Omit<Db, 'tables'>;
  const partial = new Set(
    client
      .prepare("select name from sqlite_master where type = 'index' and sql like '% where %'")
      .pluck()
      .all() as string[],
  );
  return {
    db: createHandle(orm, sqliteTables as unknown as Db['tables'], () => {}),
    take,
    scansOf: async ({ sql, params }) => {
      const plan = client.prepare(`explain query plan ${sql}`).all(...params) as { detail: string }[];
      return plan
        .map(({ detail }) => detail)
        .filter((detail) => {
          // A partial index has what is open only.
          const index = /USING (?:COVERING )?INDEX (\S+)/.exec(detail)?.[1];
          return detail.startsWith('SCAN ') && !(index !== undefined && partial.has(index));
        });
    },
  };
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

async function createPostgresqlPlanner(url: string): Promise<Planner> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  const { logger, take } = collector();
  const orm = drizzlePostgresql({ client, logger }) as unknown as Omit<Db, 'tables'>;
  // An empty table is read whole by rights: only what can't be done by an index is left then.
  await client.query('set enable_seqscan = off; set enable_mergejoin = off; set enable_hashjoin = off');
  const { rows } = await client.query<{ name: string }>(
    'select indexrelid::regclass::text as name from pg_index where indpred is not null',
  );
  const partial = new Set(rows.map(({ name }) => name));
  const scansIn = (node: PlanNode): string[] => {
    const { 'Node Type': type, 'Relation Name': relation, 'Index Name': index } = node;
    const isWhole =
      type === 'Seq Scan' || (index !== undefined && node['Index Cond'] === undefined && !partial.has(index));
    return [
      ...(isWhole ? [`${type} of ${relation ?? ''} ${index ?? ''}`] : []),
      ...(node.Plans ?? []).flatMap(scansIn),
    ];
  };
  return {
    db: createHandle(orm, postgresqlTables as unknown as Db['tables'], () => {}),
    take,
    scansOf: async ({ sql, params }) => {
      const explained = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>({
        text: `explain (format json) ${sql}`,
        values: [...params],
      });
      return explained.rows.flatMap((row) => scansIn(row['QUERY PLAN'][0].Plan));
    },
  };
}
