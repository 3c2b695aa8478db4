// Plans of the statements that a query sends: what of them reads a table or an index whole.
import Database from 'better-sqlite3';
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3';
import { drizzle as drizzlePostgresql } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { createHandle } from '../../src/store/handle.ts';
import type { StoreTarget } from '../../src/store/open.ts';
import * as postgresqlTables from '../../src/store/schema.postgresql.ts';
import * as sqliteTables from '../../src/store/schema.sqlite.ts';
import type { Db } from '../../src/store/tables.ts';

export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

interface Planner {
  readonly db: Db;
  /** What has been asked since the last call. */
  take(): Statement[];
  /** What of the plan reads a table or an index whole; an index of what is open counts only where that may be much: of sessions. */
  scansOf(statement: Statement): Promise<string[]>;
  /** The indexes of which a part is read. */
  searchesOf(statement: Statement): Promise<string[]>;
}

export async function createPlanner(target: StoreTarget): Promise<Planner> {
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
      .prepare(
        "select name from sqlite_master where type = 'index' and sql like '% where %' and tbl_name <> 'sessions'",
      )
      .pluck()
      .all() as string[],
  );
  const planOf = ({ sql, params }: Statement) => {
    const plan = client.prepare(`explain query plan ${sql}`).all(...params) as { detail: string }[];
    return plan.map(({ detail }) => ({
      detail,
      // The list of values that was given is no table.
      isWhole: detail.startsWith('SCAN ') && !detail.startsWith('SCAN json_each '),
      index: /USING (?:COVERING )?INDEX (\S+)/.exec(detail)?.[1],
    }));
  };
  return {
    db: createHandle(orm, sqliteTables as unknown as Db['tables'], () => {}),
    take,
    scansOf: async (statement) =>
      planOf(statement)
        // A partial index has what is open only.
        .filter(({ isWhole, index }) => isWhole && !(index !== undefined && partial.has(index)))
        .map(({ detail }) => detail),
    searchesOf: async (statement) =>
      planOf(statement).flatMap(({ isWhole, index }) => (isWhole || index === undefined ? [] : [index])),
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
    'select indexrelid::regclass::text as name from pg_index where indpred is not null and indrelid <> $1::regclass',
    ['sessions'],
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
  const searchesIn = ({ 'Index Name': index, 'Index Cond': condition, Plans }: PlanNode): string[] => [
    ...(index === undefined || condition === undefined ? [] : [index]),
    ...(Plans ?? []).flatMap(searchesIn),
  ];
  const planOf = async ({ sql, params }: Statement) => {
    const explained = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>({
      text: `explain (format json) ${sql}`,
      values: [...params],
    });
    return explained.rows.map((row) => row['QUERY PLAN'][0].Plan);
  };
  return {
    db: createHandle(orm, postgresqlTables as unknown as Db['tables'], () => {}),
    take,
    scansOf: async (statement) => (await planOf(statement)).flatMap(scansIn),
    searchesOf: async (statement) => (await planOf(statement)).flatMap(searchesIn),
  };
}
