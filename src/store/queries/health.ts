// What the store itself knows of the installation's health.
import { and, asc, count, desc, eq, isNull, max, min } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { findSetting } from './settings.ts';

const mostNodes = 50;

export async function readHealthFacts(db: Db) {
  const { auditChains, audit, leases, outbox } = db.tables;
  const nodes = await db
    .select({ node: auditChains.node, startedAt: max(auditChains.startedAt) })
    .from(auditChains)
    .groupBy(auditChains.node)
    .orderBy(desc(max(auditChains.startedAt)))
    .limit(mostNodes);
  const jobs = await db
    .select({ name: leases.name, holder: leases.holder, until: leases.until })
    .from(leases)
    .orderBy(asc(leases.name));
  const [waiting] = await db
    .select({ count: count(), oldestAt: min(outbox.createdAt), attempts: max(outbox.attempts) })
    .from(outbox)
    .where(isNull(outbox.deliveredAt));
  const [backup] = await db
    .select({ at: max(audit.at) })
    .from(audit)
    .where(and(eq(audit.kind, 'administration'), eq(audit.outcome, 'store.backup')));
  const number = (value: unknown) => (value === null || value === undefined ? null : Number(value));
  return {
    nodes: nodes.map(({ node, startedAt }) => ({ node, startedAt: Number(startedAt) })),
    jobs,
    messages: {
      waiting: Number(waiting?.count ?? 0),
      oldestAt: number(waiting?.oldestAt),
      attempts: Number(waiting?.attempts ?? 0),
    },
    backupAt: number(backup?.at),
    checkpoint: await findSetting(db, 'lastCheckpoint'),
  };
}
