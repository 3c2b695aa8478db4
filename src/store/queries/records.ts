// Single records of the audit log, by what people have in hand: a lookup code, a place in a chain, an account.
import { and, desc, eq } from 'drizzle-orm';
import type { Db } from '../tables.ts';

function selectRecords(db: Db) {
  const { audit, auditPersonal } = db.tables;
  return db
    .select({
      chain: audit.chain,
      seq: audit.seq,
      at: audit.at,
      kind: audit.kind,
      accountId: audit.accountId,
      gatewayId: audit.gatewayId,
      outcome: audit.outcome,
      reason: audit.reason,
      detail: audit.detail,
      lookupCode: audit.lookupCode,
      body: audit.body,
      /** JSON of values and salts; null when there are none or they were erased. */
      personal: auditPersonal.personalValues,
    })
    .from(audit)
    .leftJoin(auditPersonal, and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)));
}

export type RecordRow = Awaited<ReturnType<typeof findRecord>> & object;

/** The record of a lookup code; should a code have come twice, the newer one. */
export async function findRecordByLookupCode(db: Db, lookupCode: string) {
  const { audit } = db.tables;
  const [row] = await selectRecords(db)
    .where(eq(audit.lookupCode, lookupCode))
    .orderBy(desc(audit.at))
    .limit(1);
  return row ?? null;
}

export async function findRecord(db: Db, chain: string, seq: number) {
  const { audit } = db.tables;
  const [row] = await selectRecords(db).where(and(eq(audit.chain, chain), eq(audit.seq, seq)));
  return row ?? null;
}

/** The newest decisions about an account, newest first. */
export async function listDecisionsOfAccount(db: Db, accountId: number, limit: number) {
  const { audit } = db.tables;
  return await selectRecords(db)
    .where(and(eq(audit.accountId, accountId), eq(audit.kind, 'decision')))
    .orderBy(desc(audit.at), desc(audit.seq))
    .limit(limit);
}
