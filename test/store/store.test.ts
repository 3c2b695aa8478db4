// The contract of a store: what reads and writes promise, the same on both databases.
import { inspect } from 'node:util';
import { asc, eq, sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/base/errors.ts';
import { defaultPolicy } from '../../src/core/policy.ts';
import { appendRecord } from '../../src/store/audit/append.ts';
import { ConstraintError } from '../../src/store/errors.ts';
import { insertUnit } from '../../src/store/queries/units.ts';
import type { DecisionCommand, RecordDraft, Store } from '../../src/store/store.ts';
import type { Db } from '../../src/store/tables.ts';
import { describeOnEachStore } from './each-store.ts';
import { fixtureTime, insertAccount, insertClient, insertPerson, insertUnitTree } from './fixtures.ts';

const draft: RecordDraft = {
  kind: 'administration',
  at: fixtureTime,
  accountId: null,
  gatewayId: null,
  outcome: 'test',
  reason: null,
  detail: null,
  lookupCode: null,
  body: {},
  personal: { who: 'An' },
};

const recordOnly: DecisionCommand = {
  accountId: null,
  guard: null,
  lockout: defaultPolicy.lockout,
  claim: null,
  spend: null,
  issue: null,
  challengeClaim: null,
  failures: [],
  reset: [],
  session: null,
  endSessions: [],
  alert: null,
  record: { ...draft, kind: 'decision', outcome: 'deny' },
};

const unit = (code: string, db: Db) => insertUnit(db, { code, name: code, nameSearchKey: code });

const unitCodes = (store: Store) =>
  store.read(async (db) => {
    const { units } = db.tables;
    const rows = await db.select({ code: units.code }).from(units).orderBy(asc(units.code));
    return rows.map(({ code }) => code);
  });

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it did not reject');
    },
    (error: unknown) => error,
  );
}

describeOnEachStore('the store', (open, createDatabase, dialect) => {
  it('keeps what was written when it is opened again', async () => {
    const target = await createDatabase();
    const first = await open({}, target);
    await first.write((db) => unit('A', db));
    await first.close();
    expect(await unitCodes(await open({}, target))).toEqual(['A']);
  });

  it('describes its database', async () => {
    const { version, schema } = await (await open()).describe();
    expect(version).toMatch(dialect === 'sqlite' ? /^SQLite 3\.\d+/ : /^PostgreSQL \d+/);
    expect(schema).toMatch(/^\d{4}_[\w-]+$/);
  });

  it('refuses every change through a read handle', async () => {
    const store = await open();
    await store.write((db) => unit('A', db));
    const { units } = await store.read(async (db) => db.tables);
    for (const change of [
      (db: Db) => unit('B', db),
      (db: Db) => Promise.resolve(db.update(units).set({ name: 'changed' })),
      (db: Db) => Promise.resolve(db.delete(units)),
    ]) {
      await expect(store.read((db) => change(db))).rejects.toThrow(/read-?only/i);
    }
    expect(await unitCodes(store)).toEqual(['A']);
  });

  it('refuses a write inside a write, at any depth, and keeps the outer one whole', async () => {
    const store = await open();
    const deep = async () => {
      await Promise.resolve();
      return store.write((db) => unit('inner', db));
    };
    await store.write(async (db) => {
      await unit('outer', db);
      await expect(deep()).rejects.toThrow('a write inside a write');
    });
    expect(await unitCodes(store)).toEqual(['outer']);
  });

  it('refuses a decision inside a write, which it would wait for', async () => {
    const store = await open();
    await store.write(async () => {
      await expect(store.decisions.commit(recordOnly)).rejects.toThrow('a write inside a write');
    });
    expect((await store.decisions.commit(recordOnly)).kind).toBe('committed');
  });

  it('leaves nothing behind when a write throws, and goes on', async () => {
    const store = await open();
    const fault = new Error('the caller changed its mind');
    const failing = store.write(async (db) => {
      await unit('A', db);
      await appendRecord(db, draft);
      throw fault;
    });
    expect(await rejection(failing)).toBe(fault);
    expect(await unitCodes(store)).toEqual([]);
    expect(await store.read((db) => Promise.resolve(db.select().from(db.tables.auditPersonal)))).toEqual([]);
    await store.write((db) => unit('B', db));
    expect(await unitCodes(store)).toEqual(['B']);
  });

  it('shows a write to nobody before it is committed', async () => {
    const store = await open();
    await store.write(async (db) => {
      await unit('A', db);
      expect(await unitCodes(store)).toEqual([]);
      expect(await db.select({ code: db.tables.units.code }).from(db.tables.units)).toEqual([{ code: 'A' }]);
    });
    expect(await unitCodes(store)).toEqual(['A']);
  });

  it('takes writes of one process one after the other, in order', async () => {
    const store = await open();
    const order: string[] = [];
    const step = (name: string) =>
      store.write(async (db) => {
        order.push(`${name} begins`);
        await unit(name, db);
        await unitCodes(store);
        order.push(`${name} ends`);
      });
    await Promise.all([step('A'), step('B'), step('C')]);
    expect(order).toEqual(['A begins', 'A ends', 'B begins', 'B ends', 'C begins', 'C ends']);
  });

  it('lets no handle outlive its write', async () => {
    const store = await open();
    const kept = await store.write(async (db) => db);
    await expect((async () => unit('late', kept))()).rejects.toThrow('this write is over');
    expect(await unitCodes(store)).toEqual([]);
  });

  it('names the columns of a unique constraint and tells no value', async () => {
    const store = await open();
    const error = await rejection(
      store.write(async (db) => {
        const { root } = await insertUnitTree(db);
        const personId = await insertPerson(db, { unitId: root });
        await insertAccount(db, { personId, userName: 'secret-name' });
        await insertAccount(db, { personId, userName: 'secret-name' });
      }),
    );
    expect(error).toBeInstanceOf(ConstraintError);
    expect(error).toMatchObject({ kind: 'unique', table: 'accounts', columns: ['user_name'] });
    expect(JSON.stringify(error) + String(error)).not.toContain('secret-name');

    const composite = await rejection(
      store.write(async (db) => {
        const { root } = await insertUnitTree(db);
        const personId = await insertPerson(db, { unitId: root });
        const event = { personId, kind: 'hired', source: 'hr', sourceKey: '1' } as const;
        const row = { ...event, effectiveAt: 0, recordedAt: 0 };
        await db.insert(db.tables.employmentEvents).values([row, row]);
      }),
    );
    expect(composite).toMatchObject({
      kind: 'unique',
      table: 'employment_events',
      columns: ['source', 'source_key'],
    });
  });

  it('normalises the other constraints', async () => {
    const store = await open();
    const failing = async (insert: (db: Db, unitId: number) => Promise<unknown>) =>
      rejection(
        store.write(async (db) => {
          const { root } = await insertUnitTree(db);
          await insert(db, root);
        }),
      );
    const cases = {
      'foreign-key': (db: Db) => insertPerson(db, { unitId: 999 }),
      check: async (db: Db, unitId: number) => {
        const personId = await insertPerson(db, { unitId });
        return insertAccount(db, { personId, validFrom: 2, validUntil: 1 });
      },
      'not-null': (db: Db, unitId: number) =>
        insertPerson(db, { unitId, fullName: null as unknown as string }),
    };
    for (const [kind, insert] of Object.entries(cases)) {
      const error = await failing(insert);
      expect(error).toBeInstanceOf(ConstraintError);
      expect(error).toMatchObject({ kind });
    }
    const never = await rejection(
      store.write((db) => insertClient(db, { requireMessageAuthenticator: 'never', neverReason: null })),
    );
    expect(never).toMatchObject({ kind: 'check', constraint: 'radius_clients_never_reason_check' });
  });

  it('tells no value of a statement that failed', async () => {
    const store = await open();
    const calling = (db: Db) =>
      Promise.resolve(db.select({ x: sql`no_such_function(${'hunter2'})` }).from(db.tables.units));
    // PostgreSQL repeats what it can't take for a number; to SQLite the form of a cast is foreign.
    const casting = (db: Db) =>
      Promise.resolve(db.select({ x: sql`${'hunter2'}::bigint` }).from(db.tables.units));
    for (const [failing, said] of [
      [calling, /no_such_function/],
      [casting, /22P02|unrecognized token/],
    ] as const) {
      for (const attempt of [() => store.read(failing), () => store.write(failing)]) {
        const error = await rejection(attempt());
        expect(error).toBeInstanceOf(Error);
        const { message, stack, cause } = error as Error;
        expect(message).toMatch(said);
        expect(`${message} ${stack} ${inspect(cause)} ${JSON.stringify(error)}`).not.toContain('hunter2');
      }
    }
  });

  it('keeps every value of a row as it was given', async () => {
    const store = await open();
    const given = {
      name: 'Máy chủ “Đà Nẵng” \\ \'"',
      prefix: '2001:db8::/32',
      sealedSecret: Buffer.from([0, 255, 128, 10]),
      sealedNextSecret: null,
      requireMessageAuthenticator: 'auto',
      seenMessageAuthenticator: true,
      limitProxyState: false,
      createdAt: 253_402_300_799_999,
    } as const;
    await store.write((db) => insertClient(db, given));
    const [row] = await store.read((db) => Promise.resolve(db.select().from(db.tables.radiusClients)));
    expect(row).toEqual({ id: 1, neverReason: null, tlsRule: null, ...given });
    expect(Buffer.isBuffer(row?.sealedSecret)).toBe(true);
  });

  it('never gives an id twice', async () => {
    const store = await open();
    const first = await store.write((db) => unit('A', db));
    await store.write(async (db) => {
      await db.delete(db.tables.units).where(eq(db.tables.units.id, first));
    });
    expect(await store.write((db) => unit('B', db))).toBeGreaterThan(first);
  });

  it('orders and compares text octet by octet', async () => {
    const store = await open();
    const keys = [
      'b',
      'a',
      'B',
      'a b',
      'a-b',
      'á',
      'đ',
      'Z',
      '~',
      '',
      'ab',
      '\u0001',
      'ă',
      'zz',
      '😀',
      '\uff21',
    ];
    await store.write(async (db) => {
      const { root } = await insertUnitTree(db);
      for (const nameSortKey of keys) await insertPerson(db, { unitId: root, nameSortKey }, null);
    });
    const sorted = await store.read(async (db) => {
      const { people } = db.tables;
      return db.select({ key: people.nameSortKey }).from(people).orderBy(asc(people.nameSortKey));
    });
    const bytewise = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(sorted.map(({ key }) => key)).toEqual(bytewise);
  });

  it('is unavailable, not wrong, once it is gone', async () => {
    const store = await open();
    await store.write((db) => unit('A', db));
    await store.close();
    const attempts = {
      loadFacts: () => store.decisions.loadFacts({ userName: 'x', observedKeys: [] }),
      commit: () => store.decisions.commit(recordOnly),
      read: () => unitCodes(store),
      write: () => store.write((db) => unit('B', db)),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      const error = await rejection(attempt());
      expect([name, error instanceof Error && error.constructor.name]).toEqual([
        name,
        StoreUnavailableError.name,
      ]);
    }
    expect(await store.ping(500)).toBe(false);
  });

  it('chains a record to the write that it belongs to', async () => {
    const store = await open();
    const first = await store.write((db) => appendRecord(db, draft));
    const second = await store.write((db) => appendRecord(db, draft));
    expect(second).toEqual({ chain: first.chain, seq: first.seq + 1 });
  });
});
