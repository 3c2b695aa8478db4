// Many values as one parameter: each arrives as it would by itself, whatever it holds.
import { asc, eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { among, each, insertRows } from '../../src/store/queries/many.ts';
import { describeOnEachStore } from './each-store.ts';
import { insertAccount, insertPerson, insertUnitTree } from './fixtures.ts';

const texts = [
  '',
  ' ',
  'Nguyễn Thị Hường',
  `it's "quoted", \\ and {1,2} [3] $1 ? :a --`,
  '👩‍💻 \n\t',
  '12',
  '1e3',
  'true',
  'null',
  '007',
  '\u007f\u0001',
];

describeOnEachStore('many values', (open) => {
  it('are inserted as single ones are: texts, numbers, booleans, octets, nothing, and defaults', async () => {
    const store = await open();
    const [rows, alone] = await store.write(async (db) => {
      const { audit, auditChains } = db.tables;
      await db
        .insert(auditChains)
        .values({ chain: 'c', node: 'n', lane: 'main', startedAt: 1, startHash: Buffer.alloc(32) });
      const record = (seq: number, body: string) => ({
        ...{
          chain: 'c',
          seq,
          hash: Buffer.from([0, 255, seq, 128]),
          kind: 'system' as const,
          at: 2 ** 53 - 1 - seq,
        },
        ...{
          outcome: 'x',
          body,
          detail: body,
          reason: null,
          lookupCode: null,
          accountId: null,
          gatewayId: null,
        },
      });
      await insertRows(
        db,
        audit,
        texts.map((text, at) => record(at + 1, text)),
      );
      for (const [at, text] of texts.entries()) await db.insert(audit).values(record(at + 101, text));
      const all = await db.select().from(audit).where(eq(audit.chain, 'c')).orderBy(asc(audit.seq));
      return [all.slice(0, texts.length), all.slice(texts.length)] as const;
    });
    const shape = ({ seq: _, at: __, hash: ___, ...rest }: (typeof rows)[number]) => rest;
    expect(rows.map(shape)).toEqual(alone.map(shape));
    expect(rows.map(({ body }) => body)).toEqual(texts);
    expect(rows.map(({ at, seq }) => at + seq)).toEqual(texts.map(() => 2 ** 53 - 1));
    expect(rows.map(({ hash }) => [...hash])).toEqual(texts.map((_, at) => [0, 255, at + 1, 128]));
  });

  it('give what the database made, take defaults and booleans, and leave what is there on a conflict', async () => {
    const store = await open();
    await store.write(async (db) => {
      const { people, lifecycleEvents: t } = db.tables;
      const { district } = await insertUnitTree(db);
      const personId = await insertPerson(db, { unitId: district });
      const event = (sourceKey: string, byPerson: boolean) => ({
        ...{
          personId,
          kind: 'ended' as const,
          detail: 'retired',
          effectiveAt: -1,
          source: 'hr',
          sourceKey,
          byPerson,
        },
        ...{ state: 'held' as const, withdrawals: 0, changes: '{}', recordedAt: 3 },
      });
      const made = await insertRows(db, t, [event('a', true), event('b', false)]).returning({
        id: t.id,
        key: t.sourceKey,
      });
      expect(made.map(({ key }) => key)).toEqual(['a', 'b']);
      const rows = await db
        .select()
        .from(t)
        .where(
          among(
            t.id,
            made.map(({ id }) => id),
          ),
        )
        .orderBy(asc(t.id));
      expect(rows).toMatchObject([
        { byPerson: true, effectiveAt: -1, endsAt: null, unitId: null },
        { byPerson: false },
      ]);
      const again = await insertRows(db, t, [event('b', true), event('c', true)])
        .onConflictDoNothing()
        .returning({ key: t.sourceKey });
      expect(again).toEqual([{ key: 'c' }]);
      expect(() => insertRows(db, people, [])).toThrow('no rows');
    });
  });

  it('are found among texts and numbers alike; nothing is among none', async () => {
    const store = await open();
    await store.write(async (db) => {
      const { people } = db.tables;
      const { district } = await insertUnitTree(db);
      const codes = texts.filter((text) => text.trim() !== '');
      const ids: number[] = [];
      for (const staffCode of codes) ids.push(await insertPerson(db, { unitId: district, staffCode }));
      const found = async (which: ReturnType<typeof among>) =>
        (await db.select({ code: people.staffCode }).from(people).where(which).orderBy(asc(people.id))).map(
          ({ code }) => code,
        );
      expect(await found(among(people.staffCode, codes))).toEqual(codes);
      for (const code of codes)
        expect(await found(among(people.staffCode, [code, 'nobody']))).toEqual([code]);
      expect(await found(among(people.id, new Set(ids.slice(2, 4))))).toEqual(codes.slice(2, 4));
      expect(await found(among(people.id, []))).toEqual([]);
    });
  });

  it('are set each by its row', async () => {
    const store = await open();
    await store.write(async (db) => {
      const { accounts } = db.tables;
      const { district } = await insertUnitTree(db);
      const values = new Map<number, string>();
      for (const text of texts)
        values.set(
          await insertAccount(db, { personId: await insertPerson(db, { unitId: district }) }),
          `x${text}`,
        );
      const untouched = await insertAccount(db, { personId: await insertPerson(db, { unitId: district }) });
      const numbers = new Map([...values.keys()].map((id, at) => [id, 2 ** 52 + at] as const));
      await db
        .update(accounts)
        .set({
          userName: each(accounts.id, values, 'text'),
          validUntil: each(accounts.id, numbers, 'bigint'),
        } as never)
        .where(among(accounts.id, values.keys()));
      const rows = await db.select().from(accounts).orderBy(asc(accounts.id));
      expect(rows.filter(({ id }) => id !== untouched).map(({ id, userName }) => [id, userName])).toEqual([
        ...values,
      ]);
      expect(rows.find(({ id }) => id === untouched)?.userName).toMatch(/^user/);
    });
  });
});
