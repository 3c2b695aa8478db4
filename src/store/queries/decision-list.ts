// Decisions as the console lists them, the newest first, within the units that an operator looks after.
import { and, desc, eq, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { inUnitsWithin, type UnitsWithin, withinUnits } from './within.ts';

interface DecisionPlace {
  readonly at: number;
  readonly chain: string;
  readonly seq: number;
}

export interface DecisionFilter {
  /** Attempts with unknown names belong to no unit: only who looks after everything sees them. */
  readonly within: UnitsWithin;
  readonly outcome: 'accept' | 'deny' | 'challenge' | null;
  readonly reason: string | null;
  readonly accountId: number | null;
  readonly gatewayId: number | null;
  readonly since: number | null;
  readonly before: number | null;
  readonly after: DecisionPlace | null;
  readonly limit: number;
}

function selectDecisions(db: Db) {
  const { audit, auditPersonal, accounts, people, units, gateways } = db.tables;
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
      personal: auditPersonal.personalValues,
      userName: accounts.userName,
      fullName: people.fullName,
      unitName: units.name,
      gateway: gateways.name,
    })
    .from(audit)
    .leftJoin(auditPersonal, and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)))
    .leftJoin(accounts, eq(accounts.id, audit.accountId))
    .leftJoin(people, eq(people.id, accounts.personId))
    .leftJoin(units, eq(units.id, people.unitId))
    .leftJoin(gateways, eq(gateways.id, audit.gatewayId));
}

export type DecisionRow = Awaited<ReturnType<typeof selectDecisions>>[number];

export async function findDecision(
  db: Db,
  chain: string,
  seq: number,
  within: UnitsWithin,
): Promise<DecisionRow | null> {
  const { audit } = db.tables;
  const [row] = await selectDecisions(db).where(
    and(eq(audit.chain, chain), eq(audit.seq, seq), eq(audit.kind, 'decision'), withinUnits(db, within)),
  );
  return row ?? null;
}

export async function listDecisionPage(db: Db, filter: DecisionFilter): Promise<DecisionRow[]> {
  const { audit } = db.tables;
  const { within, outcome, reason, accountId, gatewayId, since, before, after, limit } = filter;
  return await selectDecisions(db)
    .where(
      and(
        eq(audit.kind, 'decision'),
        withinUnits(db, within),
        outcome === null ? undefined : eq(audit.outcome, outcome),
        reason === null ? undefined : eq(audit.reason, reason),
        accountId === null ? undefined : eq(audit.accountId, accountId),
        gatewayId === null ? undefined : eq(audit.gatewayId, gatewayId),
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

/** Of decisions on accounts within reach; for whoever looks after everything those on unknown names too. */
function decidedWithin(db: Db, within: UnitsWithin, from: number): SQL | undefined {
  const { audit, accounts } = db.tables;
  const reached = db
    .select({ id: accounts.id })
    .from(accounts)
    .where(inUnitsWithin(db, accounts.unitId, within));
  return and(
    eq(audit.kind, 'decision'),
    gte(audit.at, from),
    within === 'everywhere' ? undefined : inArray(audit.accountId, reached),
  );
}

/**
 * How many decisions there were since an instant, by hour, outcome and reason, and how many denials within some time before it
 * (hour null), by reason: in one pass.
 */
export async function countDecisions(
  db: Db,
  within: UnitsWithin,
  {
    since,
    denialsSince,
    hourMs,
  }: { readonly since: number; readonly denialsSince: number; readonly hourMs: number },
) {
  const { audit } = db.tables;
  const hour = sql<
    number | null
  >`case when ${audit.at} >= ${since} then ${audit.at} / ${sql.raw(String(hourMs))} end`;
  const counted = db
    .select({ hour: hour.as('hour'), outcome: audit.outcome, reason: audit.reason })
    .from(audit)
    .where(and(decidedWithin(db, within, denialsSince), or(gte(audit.at, since), eq(audit.outcome, 'deny'))))
    .as('counted');
  const rows = await db
    .select({
      hour: counted.hour,
      outcome: counted.outcome,
      reason: counted.reason,
      count: sql<number>`count(*)`,
    })
    .from(counted)
    .groupBy(sql`${counted.hour}`, counted.outcome, counted.reason);
  return rows.map((row) => ({
    ...row,
    hour: row.hour === null ? null : Number(row.hour),
    count: Number(row.count),
  }));
}

/** The decision of a lookup code; should a code have come twice, the newer one. */
export async function findDecisionByLookupCode(
  db: Db,
  lookupCode: string,
  within: UnitsWithin,
): Promise<DecisionRow | null> {
  const { audit } = db.tables;
  const [row] = await selectDecisions(db)
    .where(and(eq(audit.lookupCode, lookupCode), eq(audit.kind, 'decision'), withinUnits(db, within)))
    .orderBy(desc(audit.at))
    .limit(1);
  return row ?? null;
}
