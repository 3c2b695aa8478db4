// Exceptions to the least evidence, and the accepted logins by which one sees what demanding more would deny.
import { and, asc, eq, gt, gte, isNull } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type EvidenceExceptionRow = Tables['evidenceExceptions']['$inferSelect'];

/** Those that nobody has ended, past ones too. */
export async function listOpenExceptions(db: Db): Promise<EvidenceExceptionRow[]> {
  const { evidenceExceptions: t } = db.tables;
  return await db.select().from(t).where(isNull(t.endedAt)).orderBy(asc(t.scope));
}

/** Puts an exception in the place of the scope's former one. */
export async function replaceException(
  db: Db,
  exception: Omit<Tables['evidenceExceptions']['$inferInsert'], 'id' | 'endedAt'>,
): Promise<void> {
  const { evidenceExceptions: t } = db.tables;
  await db
    .update(t)
    .set({ endedAt: exception.createdAt })
    .where(and(eq(t.scope, exception.scope), isNull(t.endedAt)));
  await db.insert(t).values(exception);
}

/** Ends the exception of a scope; whether there was one. */
export async function endException(db: Db, scope: string, at: number): Promise<boolean> {
  const { evidenceExceptions: t } = db.tables;
  const ended = await db
    .update(t)
    .set({ endedAt: at })
    .where(and(eq(t.scope, scope), isNull(t.endedAt)))
    .returning({ id: t.id });
  return ended.length === 1;
}

/** Accepted logins from an instant on, page by page of account ids: what evidence each had. */
export async function listAcceptedLogins(
  db: Db,
  query: { readonly since: number; readonly after: number; readonly limit: number },
) {
  const { audit: t } = db.tables;
  return await db
    .select({ at: t.at, accountId: t.accountId, gatewayId: t.gatewayId, body: t.body })
    .from(t)
    .where(
      and(gte(t.at, query.since), gt(t.at, query.after), eq(t.kind, 'decision'), eq(t.outcome, 'accept')),
    )
    .orderBy(asc(t.at))
    .limit(query.limit);
}
