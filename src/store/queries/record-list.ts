// Records of the audit log as they are searched, the newest first.
import { and, desc, eq, gte, like, lt, or, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

type AuditKind = Tables['audit']['$inferSelect']['kind'];

export interface RecordFilter {
  readonly kind: AuditKind | null;
  /** Beginning of the act's verb or the outcome: `account.` */
  readonly outcome: string | null;
  readonly accountId: number | null;
  readonly since: number | null;
  readonly before: number | null;
  readonly after: { readonly at: number; readonly chain: string; readonly seq: number } | null;
  readonly limit: number;
}

export async function listRecordPage(db: Db, filter: RecordFilter) {
  const { audit, auditPersonal, accounts } = db.tables;
  const { kind, outcome, accountId, since, before, after, limit } = filter;
  return await db
    .select({
      chain: audit.chain,
      seq: audit.seq,
      at: audit.at,
      kind: audit.kind,
      accountId: audit.accountId,
      gatewayId: audit.gatewayId,
      detail: audit.detail,
      lookupCode: audit.lookupCode,
      outcome: audit.outcome,
      reason: audit.reason,
      body: audit.body,
      personal: auditPersonal.personalValues,
      userName: accounts.userName,
    })
    .from(audit)
    .leftJoin(auditPersonal, and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)))
    .leftJoin(accounts, eq(accounts.id, audit.accountId))
    .where(
      and(
        kind === null ? undefined : eq(audit.kind, kind),
        outcome === null ? undefined : like(audit.outcome, `${outcome.replaceAll(/[%_\\]/g, '')}%`),
        accountId === null ? undefined : eq(audit.accountId, accountId),
        since === null ? undefined : gte(audit.at, since),
        before === null ? undefined : lt(audit.at, before),
        after === null
          ? undefined
          : or(
              lt(audit.at, after.at),
              and(
                eq(audit.at, after.at),
                or(
                  sql`${audit.chain} < ${after.chain}`,
                  and(eq(audit.chain, after.chain), lt(audit.seq, after.seq)),
                ),
              ),
            ),
      ),
    )
    .orderBy(desc(audit.at), desc(audit.chain), desc(audit.seq))
    .limit(limit);
}
