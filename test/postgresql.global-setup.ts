// One PostgreSQL server for the whole test run, with a migrated database to copy.
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migratePostgresql } from '../src/store/migrate.ts';
import { createPrimaryPool, parsePostgresqlUrl } from '../src/store/postgresql/pool.ts';
import { rememberPristine } from './store/lent-database.ts';
import { startPostgresql } from './store/postgresql-server.ts';
import { silentLog } from './store/silent-log.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Null: no PostgreSQL here. */
    readonly postgresqlUrl: string | null;
    /** A migrated, empty database to copy. */
    readonly postgresqlTemplate: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const faults: string[] = [];
  const server = await startPostgresql(faults);
  const template = `gatewarden_template_${process.pid}`;
  project.provide('postgresqlUrl', server?.url ?? null);
  project.provide('postgresqlTemplate', template);
  if (server === null) {
    const message = `no PostgreSQL for the store's tests: ${faults.join('; ')}`;
    if (process.env['CI']) throw new Error(message);
    console.warn(
      `\n*** ${message}\n*** The tests on PostgreSQL are SKIPPED. Set TEST_PG_URL or install PostgreSQL.\n`,
    );
    return async () => {};
  }
  await runSql(server.url, `CREATE DATABASE ${template} LOCALE 'C' TEMPLATE template0`);
  const url = new URL(server.url);
  url.pathname = `/${template}`;
  const pool = createPrimaryPool(parsePostgresqlUrl(url.href), {
    size: 1,
    readOnly: false,
    statementTimeoutMs: 30_000,
    log: silentLog,
  });
  await migratePostgresql(pool, 0);
  await pool.use((client) => client.query(rememberPristine));
  await pool.close();
  return async () => {
    const copies = await runSql(
      server.url,
      `SELECT datname AS name FROM pg_database WHERE datname LIKE '${template}%'`,
    );
    for (const { name } of copies) await runSql(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
    await server.stop();
  };
}

async function runSql(url: string, sql: string): Promise<readonly { readonly name: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ name: string }>(sql)).rows;
  } finally {
    await client.end();
  }
}
