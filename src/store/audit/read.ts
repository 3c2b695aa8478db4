// The audit log of the live store as entries, for verification and export; and the erasure of personal values.
import { and, asc, eq, exists, gt, inArray, isNull } from 'drizzle-orm';
import type { Store } from '../store.ts';
import type { Db } from '../tables.ts';
import type { AuditEntry } from './verify.ts';

const pageSize = 1_000;

/**
 * Everything that is in the log when reading begins, and perhaps some of what is written meanwhile: never a piece without
 * the ones before it. Reads page by page, so that no transaction stays open.
 */
export async function* readAudit(store: Pick<Store, 'read'>): AsyncGenerator<AuditEntry> {
  // Before the chains: a checkpoint must not name one that began after the list was read.
  const checkpoints = await store.read(listCheckpoints);
  const chains = await store.read(listChains);
  for (const { startBody, ...chain } of chains) yield { type: 'chain', chain, startBody };
  for (const jws of checkpoints) yield { type: 'checkpoint', jws };
  let records = 0;
  // Records whose chain was taken off the list are still there to be complained of.
  for (const chain of [...chains.map((entry) => entry.chain), ...(await store.read(listStrayChains))]) {
    let after = 0;
    for (;;) {
      const page = await store.read((db) => listRecords(db, chain, after));
      for (const { chain: _, seq, body, hash, personal, ...columns } of page) {
        yield { type: 'record', record: { chain, seq, body, hash, personal, columns } };
        after = seq;
      }
      records += page.length;
      if (page.length < pageSize) break;
    }
  }
  yield { type: 'end', records };
}

/**
 * Erases personal values of records made before an instant, a page at a time; their commitments stay, so the chain holds.
 * @returns how many records lost them; 0: none are left
 */
export async function erasePersonal(db: Db, before: number): Promise<number> {
  const { audit, auditChains, auditPersonal } = db.tables;
  const kept = db.select({ seq: auditPersonal.seq }).from(auditPersonal);
  const chains = await db
    .select({ chain: auditChains.chain })
    .from(auditChains)
    .where(exists(kept.where(eq(auditPersonal.chain, auditChains.chain))));
  for (const { chain } of chains) {
    // A chain's records are as good as in order of time, so its first ones are due before all others.
    const first = await db
      .select({ seq: auditPersonal.seq, at: audit.at })
      .from(auditPersonal)
      .innerJoin(audit, and(eq(audit.chain, auditPersonal.chain), eq(audit.seq, auditPersonal.seq)))
      .where(eq(auditPersonal.chain, chain))
      .orderBy(asc(auditPersonal.seq))
      .limit(pageSize);
    const due = first.filter((record) => record.at < before).map((record) => record.seq);
    if (due.length === 0) continue;
    await db
      .delete(auditPersonal)
      .where(and(eq(auditPersonal.chain, chain), inArray(auditPersonal.seq, due)));
    return due.length;
  }
  return 0;
}

async function listCheckpoints(db: Db): Promise<string[]> {
  const { outbox } = db.tables;
  const rows = await db
    .select({ payload: outbox.payload })
    .from(outbox)
    .where(eq(outbox.kind, 'checkpoint'))
    .orderBy(asc(outbox.id));
  const found = rows.flatMap(({ payload }) => {
    const { jws } = JSON.parse(payload) as { jws?: unknown };
    return typeof jws === 'string' ? [jws] : [];
  });
  // One message for each place that they are sent to.
  return [...new Set(found)];
}

function listChains(db: Db) {
  const { audit, auditChains } = db.tables;
  return db
    .select({
      chain: auditChains.chain,
      node: auditChains.node,
      lane: auditChains.lane,
      startedAt: auditChains.startedAt,
      startHash: auditChains.startHash,
      startBody: audit.body,
    })
    .from(auditChains)
    .leftJoin(audit, and(eq(audit.chain, auditChains.chain), eq(audit.seq, 1)))
    .orderBy(asc(auditChains.startedAt), asc(auditChains.chain));
}

function listRecords(db: Db, chain: string, after: number) {
  const { audit, auditPersonal } = db.tables;
  return db
    .select({
      chain: audit.chain,
      seq: audit.seq,
      body: audit.body,
      hash: audit.hash,
      personal: auditPersonal.personalValues,
      at: audit.at,
      kind: audit.kind,
      accountId: audit.accountId,
      gatewayId: audit.gatewayId,
      outcome: audit.outcome,
      reason: audit.reason,
      detail: audit.detail,
      lookupCode: audit.lookupCode,
    })
    .from(audit)
    .leftJoin(auditPersonal, and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)))
    .where(and(eq(audit.chain, chain), gt(audit.seq, after)))
    .orderBy(asc(audit.seq))
    .limit(pageSize);
}

async function listStrayChains(db: Db): Promise<string[]> {
  const { audit, auditChains } = db.tables;
  const rows = await db
    .selectDistinct({ chain: audit.chain })
    .from(audit)
    .leftJoin(auditChains, eq(auditChains.chain, audit.chain))
    .where(isNull(auditChains.chain));
  return rows.map((row) => row.chain);
}
