// What only PostgreSQL has: several hosts of which one is the primary, and connections that break.
import { createServer } from 'node:net';
import { asc, desc } from 'drizzle-orm';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { OperatorError, StoreUnavailableError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { openStore } from '../../../src/store/open.ts';
import { createPrimaryPool, parsePostgresqlUrl } from '../../../src/store/postgresql/pool.ts';
import { insertUnit } from '../../../src/store/queries/units.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Db } from '../../../src/store/tables.ts';
import { administer, type Cleanup, createEmptyPostgresqlDatabase } from '../each-store.ts';
import { insertPerson } from '../fixtures.ts';
import { startOwn } from '../postgresql-server.ts';
import { silentLog } from '../silent-log.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLog, node: 'test' };
const later = (cleanup: Cleanup) => onTestFinished(async () => void (await cleanup()));
const unit = (db: Db, code: string) => insertUnit(db, { code, name: code, nameSearchKey: code });

const unitCodes = (store: Store) =>
  store.read(async (db) => {
    const { units } = db.tables;
    const rows = await db.select({ code: units.code }).from(units).orderBy(asc(units.code));
    return rows.map(({ code }) => code);
  });

async function open(url: string): Promise<Store> {
  const store = await openStore({ dialect: 'postgresql', url, poolSize: 2 }, deps);
  later(() => store.close());
  return store;
}

const poolOf = (url: string) => {
  const pool = createPrimaryPool(parsePostgresqlUrl(url), {
    size: 1,
    readOnly: false,
    statementTimeoutMs: 5_000,
    log: silentLog,
  });
  later(() => pool.close());
  return pool;
};

/** A port where nobody listens. */
async function deadPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the address of PostgreSQL', () => {
  it('may name several hosts, ports, IPv6, a socket folder and TLS', () => {
    expect(parsePostgresqlUrl('postgresql://u:p%40ss@a:1,b,[::1]:3/db?sslmode=verify-full')).toEqual({
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: 5432 },
        { host: '::1', port: 3 },
      ],
      database: 'db',
      user: 'u',
      password: 'p@ss',
      ssl: { rejectUnauthorized: true },
    });
    expect(parsePostgresqlUrl('postgres://%2Frun%2Fpostgresql/gatewarden')).toEqual({
      hosts: [{ host: '/run/postgresql', port: 5432 }],
      database: 'gatewarden',
      user: undefined,
      password: undefined,
      ssl: false,
    });
    expect(parsePostgresqlUrl('postgresql:///db?host=/tmp&port=7').hosts).toEqual([
      { host: '/tmp', port: 7 },
    ]);
  });

  it('is refused when malformed, without repeating the password', () => {
    for (const url of [
      'mysql://u:hunter2@a/db',
      'postgresql://u:hunter2@a',
      'postgresql://u:hunter2%@a/db',
      'postgresql://u:hunter2@a:b:c/db',
      'postgresql://u:hunter2@a/db?sslmode=prefer',
      // Signs in a password that must be percent-encoded.
      'postgresql://u:pass@hunter2@a/db',
      'postgresql://u:1234/hunter2@a/db',
    ]) {
      const error = (() => {
        try {
          return parsePostgresqlUrl(url);
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(OperatorError);
      const { message, remedy } = error as OperatorError;
      expect(message + remedy).not.toContain('hunter2');
    }
  });
});

const server = inject('postgresqlUrl');
describe.skipIf(server === null)('a PostgreSQL store', () => {
  const create = () => createEmptyPostgresqlDatabase(server ?? '', later, inject('postgresqlTemplate'));

  it('goes to the next host when one does not answer', async () => {
    const url = new URL(await create());
    const hosts = `127.0.0.1:${await deadPort()},${url.host}`;
    const store = await open(url.href.replace(url.host, hosts));
    await store.write((db) => unit(db, 'A'));
    expect(await unitCodes(store)).toEqual(['A']);
  });

  it('is unavailable when no host answers, and names them without the password', async () => {
    const ports = [await deadPort(), await deadPort()];
    const url = `postgresql://u:hunter2@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}/db`;
    const error = await openStore({ dialect: 'postgresql', url }, deps).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    for (const port of ports) expect((error as Error).message).toContain(`127.0.0.1:${port}`);
    expect((error as Error).message).not.toContain('hunter2');
  });

  it('commits durably whatever the server has as its default, and leaves a stricter one', async () => {
    const url = await create();
    const database = new URL(url).pathname.slice(1);
    for (const [setting, used] of [
      ['off', 'on'],
      ['local', 'on'],
      ['remote_apply', 'remote_apply'],
    ] as const) {
      await administer(server ?? '', `ALTER DATABASE ${database} SET synchronous_commit = ${setting}`);
      const shown = await poolOf(url).use((client) => client.query('SHOW synchronous_commit'));
      expect(shown.rows).toEqual([{ synchronous_commit: used }]);
    }
  });

  it('is unavailable, not wrong, when its connections are cut in the middle, and recovers', async () => {
    const url = await create();
    const database = new URL(url).pathname.slice(1);
    const cut = () =>
      administer(
        server ?? '',
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
      );
    const store = await open(url);
    const broken = store.write(async (db) => {
      await unit(db, 'A');
      await cut();
      await unit(db, 'B');
    });
    await expect(broken).rejects.toBeInstanceOf(StoreUnavailableError);
    await store.write((db) => unit(db, 'C'));
    expect(await unitCodes(store)).toEqual(['C']);
  });

  it('is unavailable when its database is gone', async () => {
    const url = await create();
    const store = await open(url);
    expect(await store.ping(5_000)).toBe(true);
    await administer(server ?? '', `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
    const query = { userName: 'x', observedKeys: [] };
    await expect(store.decisions.loadFacts(query)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(unitCodes(store)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.write((db) => unit(db, 'A'))).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.ping(5_000)).toBe(false);
  });

  it('reads no table whole for each row that refers to it, also when it was small as the first came', async () => {
    const url = await create();
    const store = await openStore({ dialect: 'postgresql', url, poolSize: 1 }, deps);
    const addUnits = (prefix: string, count: number) =>
      store.write((db) =>
        db.insert(db.tables.units).values(
          Array.from({ length: count }, (_, i) => {
            const code = `${prefix}${i}`;
            return { code, name: code, nameSearchKey: code, path: `/${code}` };
          }),
        ),
      );
    const addPeople = (prefix: string) =>
      store.write(async (db) => {
        const [newest] = await db
          .select({ unitId: db.tables.units.id })
          .from(db.tables.units)
          .orderBy(desc(db.tables.units.id))
          .limit(1);
        for (let i = 0; i < 20; i++)
          await insertPerson(db, { staffCode: `${prefix}${i}`, unitId: newest?.unitId ?? 0 }, null);
      });
    await addUnits('A', 20);
    await administer(url, 'ANALYZE units');
    await addPeople('A');
    await addUnits('B', 3_000);
    // The plans are made anew now and then.
    for (let i = 0; i < 20; i++) await store.write(async () => {});
    await addPeople('B');
    // What a connection has counted is told when it ends.
    await store.close();
    const [row] = (
      await poolOf(url).use((client) =>
        client.query(`SELECT seq_tup_read AS rows FROM pg_stat_user_tables WHERE relname = 'units'`),
      )
    ).rows as { rows: number }[];
    expect(row?.rows).toBeLessThan(3_000);
  });

  it('takes no swallowed failure for a success', async () => {
    const store = await open(await create());
    await store.write((db) => unit(db, 'A'));
    const swallowing = store.write(async (db) => {
      await unit(db, 'B');
      await unit(db, 'A').catch(() => {});
    });
    await expect(swallowing).rejects.toThrow('the failure was swallowed');
    expect(await unitCodes(store)).toEqual(['A']);
  });
});

describe.skipIf(server === null || process.env['TEST_PG_URL'])('a standby', () => {
  it('is never used, also when it stands first in the list', async () => {
    const faults: string[] = [];
    const standby = await startOwn('standby', faults);
    if (standby === null) throw new Error(faults.join('; '));
    later(() => standby.stop());
    await expect(poolOf(standby.url).connect()).rejects.toThrow('the server is a standby');

    const primary = new URL(await createEmptyPostgresqlDatabase(server ?? '', later));
    // Both have the same user and password: they come from the same code.
    const both = `${new URL(standby.url).host},${primary.host}`;
    const { rows } = await poolOf(primary.href.replace(primary.host, both)).use((client) =>
      client.query('SELECT pg_is_in_recovery() AS standby'),
    );
    expect(rows).toEqual([{ standby: false }]);
  });
});
