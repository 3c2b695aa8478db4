// Pages of alerts for the console, the newest first: of the units within reach; those of no unit for the whole organisation.
import { and, desc, eq, lt, or } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { inUnitsWithin, type UnitsWithin } from './within.ts';

export async function listAlerts(
  db: Db,
  filter: {
    readonly within: UnitsWithin;
    readonly rule: string | null;
    readonly after: { readonly at: number; readonly id: number } | null;
    readonly limit: number;
  },
) {
  const { alerts: t, accounts, people, units } = db.tables;
  const { within, rule, after, limit } = filter;
  return await db
    .select({
      id: t.id,
      rule: t.rule,
      at: t.at,
      accountId: t.accountId,
      userName: accounts.userName,
      fullName: people.fullName,
      unitName: units.name,
      evidence: t.evidence,
      chain: t.chain,
      seq: t.seq,
    })
    .from(t)
    .leftJoin(accounts, eq(accounts.id, t.accountId))
    .leftJoin(people, eq(people.id, accounts.personId))
    .leftJoin(units, eq(units.id, t.unitId))
    .where(
      and(
        inUnitsWithin(db, t.unitId, within),
        rule === null ? undefined : eq(t.rule, rule),
        after === null ? undefined : or(lt(t.at, after.at), and(eq(t.at, after.at), lt(t.id, after.id))),
      ),
    )
    .orderBy(desc(t.at), desc(t.id))
    .limit(limit);
}
