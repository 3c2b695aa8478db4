import { and, desc, eq, gt } from 'drizzle-orm';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { expect, it } from 'vitest';
import { appendRecord, findOpenHeads } from '../../../src/store/audit/append.ts';
import { hashAfter, seedOf } from '../../../src/store/audit/chain.ts';
import { checkpointHash, signCheckpoint } from '../../../src/store/audit/checkpoint.ts';
import { exportAudit, readExport } from '../../../src/store/audit/export.ts';
import { erasePersonal, readAudit } from '../../../src/store/audit/read.ts';
import { type AuditEntry, type Verification, verifyAudit } from '../../../src/store/audit/verify.ts';
import type { RecordDraft, Store } from '../../../src/store/store.ts';
import type { Db } from '../../../src/store/tables.ts';
import {
  accept,
  addAccounts,
  denial,
  type TestAccount,
  tally,
  wrongCode,
} from '../decision-writer/people.ts';
import { describeOnEachStore } from '../each-store.ts';

const act: RecordDraft = {
  kind: 'administration',
  at: 1_700_000_000_000,
  accountId: 1,
  gatewayId: null,
  outcome: 'account.suspend',
  reason: null,
  detail: 'by-unit',
  lookupCode: null,
  body: { by: 'admin' },
  personal: { fullName: 'Nguyễn Văn An' },
};

async function keyPair(): Promise<{ privateKey: JWK; publicKey: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { extractable: true });
  return { privateKey: await exportJWK(privateKey), publicKey: await exportJWK(publicKey) };
}

function verify(store: Store, checkpoints: string[] = [], keys: JWK[] = []): Promise<Verification> {
  return verifyAudit(readAudit(store), { checkpoints, keys });
}

/** What the verification of an export says, which never sees the store. */
async function verifyExport(
  store: Store,
  checkpoints: string[] = [],
  keys: JWK[] = [],
): Promise<Verification> {
  const lines = await collect(exportAudit(readAudit(store), 5));
  return verifyAudit(readExport(asStream(lines)), { checkpoints, keys });
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

async function* asStream(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

async function sign(
  store: Store,
  key: JWK,
  instant = 1_700_000_000_000,
  previous: string | null = null,
): Promise<string> {
  return signCheckpoint({ instant, heads: await store.read(findOpenHeads), previous }, key);
}

/** A store with a chain of decisions and one of administrators' acts; returns the first's id. */
async function fill(store: Store, count = 10): Promise<{ chain: string; accounts: TestAccount[] }> {
  const accounts = await addAccounts(store, 2);
  await store.write((db) => appendRecord(db, act));
  let chain = '';
  for (let index = 0; index < count; index += 1) {
    const result = await store.decisions.commit(denial(accounts[index % 2] ?? null));
    if (result.kind === 'committed') chain = result.chain;
  }
  return { chain, accounts };
}

const at = (db: Db, chain: string, seq: number) =>
  and(eq(db.tables.audit.chain, chain), eq(db.tables.audit.seq, seq));

describeOnEachStore('verification of the audit log', (open, createDatabase, dialect) => {
  it('finds thousands of mixed records of several chains sound, live and exported', async () => {
    const target = await createDatabase();
    const store = await open({}, target);
    const other = dialect === 'postgresql' ? await open({ node: 'other' }, target) : store;
    const accounts = await addAccounts(store, 40);
    const commits = accounts.flatMap((account, index) => [
      ...Array.from({ length: 10 }, (_, step) =>
        (index % 2 === 0 ? store : other).decisions.commit(accept(account, step)),
      ),
      ...Array.from({ length: 45 }, (_, guess) =>
        (guess % 2 === 0 ? store : other).decisions.commit(wrongCode(account)),
      ),
      other.decisions.commit(denial(account)),
    ]);
    const acts = Array.from({ length: 20 }, (_, index) => {
      return (index % 2 === 0 ? store : other).write((db) => appendRecord(db, act));
    });
    const unknown = Array.from({ length: 1_500 }, (_, index) => {
      return (index % 2 === 0 ? store : other).decisions.commit(denial(null));
    });
    const results = await Promise.all([...commits, ...unknown]);
    await Promise.all(acts);
    const written = tally(results)['committed'] ?? 0;
    expect(written).toBeGreaterThan(1_900);
    const chains = dialect === 'postgresql' ? 6 : 2;
    for (const verdict of [await verify(store), await verifyExport(store)]) {
      expect(verdict.faults).toEqual([]);
      expect(verdict).toMatchObject({ sound: true, first: null, chains, erased: 0, provenUntil: null });
      expect(verdict.records).toBe(written + 20 + chains);
    }
  });

  it('ties the chains of an ended process in', async () => {
    const target = await createDatabase();
    const first = await open({ node: 'a' }, target);
    const { chain } = await fill(first);
    await first.close();
    const second = await open({ node: 'b' }, target);
    await second.decisions.commit(denial(null));
    const heads = await second.read(findOpenHeads);
    expect(heads.map((head) => head.chain)).not.toContain(chain);
    expect((await verify(second)).sound).toBe(true);
    await second.write(async (db) => {
      await db.delete(db.tables.audit).where(at(db, chain, 11));
      await db.delete(db.tables.auditPersonal).where(eq(db.tables.auditPersonal.seq, 11));
    });
    expect((await verify(second)).first).toMatchObject({ kind: 'truncated', chain, seq: 11 });
  });

  it('keeps the record of an act only if its write succeeds, and goes on with the next', async () => {
    const store = await open();
    const first = await store.write((db) => appendRecord(db, act));
    await expect(
      store.write(async (db) => {
        await appendRecord(db, act);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    const both = await store.write(async (db) => [await appendRecord(db, act), await appendRecord(db, act)]);
    expect([first, ...both]).toEqual([2, 3, 4].map((seq) => ({ chain: first.chain, seq })));
    expect(await verify(store)).toMatchObject({ sound: true, records: 4, chains: 1 });
  });

  it('takes no record outside a write', async () => {
    const store = await open();
    await expect(store.read((db) => appendRecord(db, act))).rejects.toThrow('within store.write');
  });

  it('names the column that was altered, whichever it is', async () => {
    const store = await open();
    const { chain } = await fill(store);
    const altered = {
      at: 1,
      kind: 'system' as const,
      accountId: 77,
      gatewayId: 77,
      outcome: 'accept',
      reason: null,
      detail: 'x',
      lookupCode: 'ZZZZ2345',
    };
    for (const [column, value] of Object.entries(altered)) {
      const [before] = await store.read((db) =>
        db
          .select()
          .from(db.tables.audit)
          .where(at(db, chain, 5)),
      );
      await store.write(async (db) => {
        await db
          .update(db.tables.audit)
          .set({ [column]: value })
          .where(at(db, chain, 5));
      });
      expect((await verify(store)).faults).toEqual([
        { kind: 'column-altered', chain, seq: 5, detail: column },
      ]);
      // The export carries bodies only: what was altered is not in it.
      expect((await verifyExport(store)).sound).toBe(true);
      await store.write(async (db) => {
        if (before !== undefined)
          await db
            .update(db.tables.audit)
            .set(before)
            .where(at(db, chain, 5));
      });
    }
    expect((await verify(store)).sound).toBe(true);
  });

  it('names the record whose body or hash was altered', async () => {
    const store = await open();
    const { chain } = await fill(store);
    const [record] = await store.read((db) =>
      db
        .select()
        .from(db.tables.audit)
        .where(at(db, chain, 5)),
    );
    const body = record?.body.replace('"deny"', '"accept"') ?? '';
    await store.write(async (db) => {
      await db
        .update(db.tables.audit)
        .set({ body, outcome: 'accept' })
        .where(at(db, chain, 5));
    });
    for (const verdict of [await verify(store), await verifyExport(store)]) {
      expect(verdict).toMatchObject({
        sound: false,
        faultCount: 1,
        first: { kind: 'hash-mismatch', chain, seq: 5 },
      });
    }
    const [before] = await store.read((db) =>
      db
        .select()
        .from(db.tables.audit)
        .where(at(db, chain, 4)),
    );
    const hash = hashAfter({ seq: 4, hash: before?.hash ?? Buffer.alloc(0) }, body);
    await store.write(async (db) => {
      await db
        .update(db.tables.audit)
        .set({ hash })
        .where(at(db, chain, 5));
    });
    expect((await verify(store)).faults).toMatchObject([{ kind: 'hash-mismatch', chain, seq: 6 }]);
    await store.write(async (db) => {
      await db
        .update(db.tables.audit)
        .set({ body: '{}' })
        .where(at(db, chain, 5));
    });
    expect((await verify(store)).faults.map((fault) => fault.kind)).toContain('body-malformed');
  });

  it('names missing, moved and added records', async () => {
    const store = await open();
    const { chain } = await fill(store);
    await store.write(async (db) => {
      await db.delete(db.tables.audit).where(at(db, chain, 5));
      await db.delete(db.tables.audit).where(at(db, chain, 6));
    });
    for (const verdict of [await verify(store), await verifyExport(store)]) {
      expect(verdict.faults).toMatchObject([
        { kind: 'records-missing', chain, seq: 5, detail: '2 missing: 5 to 6' },
      ]);
    }
    await store.write(async (db) => {
      await db
        .update(db.tables.audit)
        .set({ seq: 6 })
        .where(at(db, chain, 9));
    });
    expect((await verify(store)).faults.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['records-missing', 5],
      ['personal-altered', 6],
      ['personal-altered', 6],
      ['hash-mismatch', 7],
      ['records-missing', 9],
    ]);
  });

  it('notices a whole chain that was taken out, in the list or in the records', async () => {
    const store = await open();
    const { chain } = await fill(store);
    await store.write(async (db) => {
      await db.delete(db.tables.auditChains).where(eq(db.tables.auditChains.chain, chain));
    });
    expect((await verify(store)).faults).toMatchObject([{ kind: 'chain-altered', chain, seq: 1 }]);
    await store.write(async (db) => {
      await db.update(db.tables.auditChains).set({ node: 'elsewhere' });
    });
    expect((await verify(store)).faults.map((fault) => fault.detail)).toContain('node');
    await store.write(async (db) => {
      await db.delete(db.tables.audit);
    });
    const verdict = await verify(store);
    expect(verdict.first).toMatchObject({ kind: 'chain-altered', detail: 'it has no record' });
  });

  it('finds erased personal values in order and names altered ones, without repeating them', async () => {
    const store = await open();
    const { chain } = await fill(store);
    const t = store.read(async (db) => db.tables.auditPersonal);
    const { chain: chainColumn, seq: seqColumn } = await t;
    const [row] = await store.read((db) =>
      db
        .select()
        .from(db.tables.auditPersonal)
        .where(and(eq(chainColumn, chain), eq(seqColumn, 5))),
    );
    const set = (personalValues: string) =>
      store.write(async (db) => {
        await db
          .update(db.tables.auditPersonal)
          .set({ personalValues })
          .where(and(eq(chainColumn, chain), eq(seqColumn, 5)));
      });
    const values = row?.personalValues ?? '';
    await set(values.replace('nguyễn.an', 'tran.binh'));
    for (const verdict of [await verify(store), await verifyExport(store)]) {
      expect(verdict.faults).toEqual([{ kind: 'personal-altered', chain, seq: 5, detail: 'userName' }]);
    }
    await set('nonsense');
    expect((await verify(store)).first).toMatchObject({ kind: 'personal-altered', chain, seq: 5 });
    expect((await verifyExport(store)).first).toMatchObject({ kind: 'personal-altered', chain, seq: 5 });
    // One field of two erased.
    const { station } = JSON.parse(values) as Record<string, unknown>;
    await set(JSON.stringify({ station }));
    expect(await verify(store)).toMatchObject({ sound: true, erased: 1 });
    const erase = (before: number) => store.write((db) => erasePersonal(db, before));
    expect(await erase(act.at)).toBe(0);
    expect([await erase(act.at + 1), await erase(act.at + 1), await erase(act.at + 1)].sort()).toEqual([
      0, 1, 10,
    ]);
    for (const verdict of [await verify(store), await verifyExport(store)]) {
      expect(verdict).toMatchObject({ sound: true, erased: 11 });
    }
  });

  it('cannot see that the end was cut off, unless a checkpoint names it', async () => {
    const store = await open();
    const { chain } = await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const checkpoint = await sign(store, privateKey);
    await store.decisions.commit(denial(null));
    expect(await verify(store, [checkpoint], [publicKey])).toMatchObject({
      sound: true,
      checkpoints: 1,
      provenUntil: 1_700_000_000_000,
    });
    await store.write(async (db) => {
      const { audit } = db.tables;
      await db.delete(audit).where(and(eq(audit.chain, chain), gt(audit.seq, 8)));
    });
    expect((await verify(store)).sound).toBe(true);
    for (const verdict of [
      await verify(store, [checkpoint], [publicKey]),
      await verifyExport(store, [checkpoint], [publicKey]),
    ]) {
      expect(verdict.faults).toMatchObject([{ kind: 'truncated', chain, seq: 9 }]);
      expect(verdict.provenUntil).toBeNull();
    }
  });

  it('is not deceived by an export whose checkpoints stand behind the records that they disown', async () => {
    const store = await open();
    const { chain } = await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const checkpoint = await sign(store, privateKey);
    // The last record is another one now, and everything in the export agrees with it, but for the checkpoint.
    const [last] = await store.read((db) => {
      const { audit } = db.tables;
      return db.select().from(audit).where(eq(audit.chain, chain)).orderBy(desc(audit.seq)).limit(1);
    });
    const [before] = await store.read((db) =>
      db
        .select()
        .from(db.tables.audit)
        .where(at(db, chain, (last?.seq ?? 0) - 1)),
    );
    if (last === undefined || before === undefined) throw new Error('no records');
    const body = last.body.replace('"deny"', '"accept"').replace('"lookupCode":"', '"lookupCode":"X');
    expect(body).not.toBe(last.body);
    await store.write(async (db) => {
      const hash = hashAfter(before, body);
      await db
        .update(db.tables.audit)
        .set({ body, hash })
        .where(at(db, chain, last.seq));
    });
    const lines = await collect(exportAudit(readAudit(store), 5));
    const jws = JSON.stringify({ type: 'checkpoint', jws: checkpoint });
    const ordered = [...lines.slice(0, 1), jws, ...lines.slice(1)];
    const moved = [...lines.slice(0, -1), jws, ...lines.slice(-1)];
    const verdictOf = (export_: readonly string[]) =>
      verifyAudit(readExport(asStream(export_)), { checkpoints: [], keys: [publicKey] });
    expect((await verdictOf(ordered)).first).toMatchObject({ kind: 'rewritten', chain, seq: last.seq });
    expect(await verdictOf(moved)).toMatchObject({
      sound: false,
      provenUntil: null,
      first: { kind: 'export-malformed' },
    });
  });

  it('cannot see that everything was rewritten, unless a checkpoint names what was there', async () => {
    const store = await open();
    const { chain } = await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const checkpoint = await sign(store, privateKey);
    const records = await store.read((db) => {
      const { audit } = db.tables;
      return db.select().from(audit).where(eq(audit.chain, chain)).orderBy(audit.seq);
    });
    let head = seedOf(chain);
    await store.write(async (db) => {
      for (const record of records) {
        const body = record.seq === 5 ? record.body.replace('"deny"', '"accept"') : record.body;
        head = { chain, seq: record.seq, hash: hashAfter(head, body) };
        const outcome = record.seq === 5 ? 'accept' : record.outcome;
        await db
          .update(db.tables.audit)
          .set({ body, outcome, hash: head.hash })
          .where(at(db, chain, record.seq));
      }
    });
    expect((await verify(store)).sound).toBe(true);
    for (const verdict of [
      await verify(store, [checkpoint], [publicKey]),
      await verifyExport(store, [checkpoint], [publicKey]),
    ]) {
      expect(verdict.faults).toMatchObject([{ kind: 'rewritten', chain, seq: 11 }]);
    }
  });

  it('trusts a checkpoint only when a key given signed it', async () => {
    const store = await open();
    await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const checkpoint = await sign(store, privateKey);
    expect(await verify(store, [checkpoint])).toMatchObject({
      sound: true,
      checkpoints: 0,
      checkpointsUnchecked: 1,
    });
    const stranger = await keyPair();
    expect((await verify(store, [checkpoint], [stranger.publicKey])).first?.kind).toBe('checkpoint-invalid');
    const both = [stranger.publicKey, publicKey];
    expect(await verify(store, [checkpoint, checkpoint], both)).toMatchObject({
      sound: true,
      checkpoints: 1,
    });
    const [header, payload, signature] = checkpoint.split('.');
    const forged = `${header}.${payload?.slice(0, -2)}AA.${signature}`;
    expect((await verify(store, [forged], [publicKey])).first?.kind).toBe('checkpoint-invalid');
    expect((await verify(store, ['nonsense'], [publicKey])).first?.kind).toBe('checkpoint-invalid');
  });

  it('notices two checkpoints after the same one: the store was set back', async () => {
    const store = await open();
    await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const first = await sign(store, privateKey, 1);
    const second = await sign(store, privateKey, 2, checkpointHash(first));
    expect((await verify(store, [first, second], [publicKey])).sound).toBe(true);
    // Some in between not being at hand is no fault.
    const later = await sign(store, privateKey, 3, 'unknown');
    expect((await verify(store, [first, second, later], [publicKey])).sound).toBe(true);
    const fork = await sign(store, privateKey, 3, checkpointHash(first));
    expect((await verify(store, [first, second, fork], [publicKey])).first?.kind).toBe('checkpoint-forked');
  });

  it('finds the checkpoints that the store keeps in its outbox, live and in the export', async () => {
    const store = await open();
    await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const jws = await sign(store, privateKey);
    await store.write(async (db) => {
      const payload = JSON.stringify({ target: null, instant: 1, jws });
      await db
        .insert(db.tables.outbox)
        .values([1, 2].map(() => ({ kind: 'checkpoint' as const, payload, createdAt: 1, nextAttemptAt: 1 })));
    });
    for (const verdict of [
      await verify(store, [], [publicKey]),
      await verifyExport(store, [], [publicKey]),
    ]) {
      expect(verdict).toMatchObject({ sound: true, checkpoints: 1 });
    }
  });

  it('names the line of an export that cannot be read, and an export that ends early', async () => {
    const store = await open();
    await fill(store);
    const lines = await collect(exportAudit(readAudit(store), 5));
    const check = (changed: string[]) =>
      verifyAudit(readExport(asStream(changed)), { checkpoints: [], keys: [] });
    expect((await check(lines.slice(0, -1))).faults.map((fault) => fault.kind)).toEqual(['export-malformed']);
    expect((await check(lines.slice(1))).first?.detail).toContain('line 1');
    expect((await check([])).sound).toBe(false);
    for (const broken of ['{', '[]', '{"type":"record"}', '{"type":"chain"}', '{"type":"other"}']) {
      const verdict = await check(lines.toSpliced(3, 0, broken));
      expect(verdict.faults).toEqual([
        { kind: 'export-malformed', chain: null, seq: null, detail: 'line 4' },
      ]);
    }
    const twice = await check(lines.toSpliced(6, 0, lines[5] ?? ''));
    expect(twice.faults.map((fault) => fault.kind)).toContain('out-of-order');
  });

  it('exports one line a record, whatever a user name holds', async () => {
    const store = await open();
    const command = denial(null);
    const userName = 'a\u2028b\u2029c\nd\re\u0000f\ud800g';
    await store.decisions.commit({ ...command, record: { ...command.record, personal: { userName } } });
    const lines = await collect(exportAudit(readAudit(store), 5));
    expect(lines.every((line) => !/[\u2028\u2029\n\r]/.test(line))).toBe(true);
    expect((await verifyAudit(readExport(asStream(lines)), { checkpoints: [], keys: [] })).sound).toBe(true);
    expect((await verify(store)).sound).toBe(true);
  });

  it('keeps reading while records are added', async () => {
    const store = await open();
    await fill(store);
    const { privateKey, publicKey } = await keyPair();
    const seen: AuditEntry[] = [];
    for await (const entry of readAudit(store)) {
      seen.push(entry);
      if (seen.length === 4) {
        await store.decisions.commit(denial(null));
        await store.write((db) => appendRecord(db, act));
        await sign(store, privateKey);
      }
    }
    async function* again(): AsyncGenerator<AuditEntry> {
      yield* seen;
    }
    expect((await verifyAudit(again(), { checkpoints: [], keys: [publicKey] })).sound).toBe(true);
  });
});
