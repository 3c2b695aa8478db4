// Pages of workstations for the console: within units, by state, by the beginning of the asset tag.
import { and, asc, count, eq, gt, or, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { beginsWith } from './search.ts';
import { type UnitsWithin, withinUnits } from './within.ts';
import type { WorkstationRow } from './workstations.ts';

/** In the order of asset tags, with how many accounts each is assigned to at `now`. */
export async function listWorkstationsWithin(
  db: Db,
  filter: {
    readonly within: UnitsWithin;
    readonly state: WorkstationRow['state'] | null;
    /** Beginning of the asset tag, as it is written there or in small letters. */
    readonly beginning: string | null;
    readonly after: string | null;
    readonly now: number;
    readonly limit: number;
  },
) {
  const { workstations: t, units, accountWorkstations: l } = db.tables;
  const { within, state, beginning, after, now, limit } = filter;
  const users = db
    .select({ n: count() })
    .from(l)
    .where(
      and(
        eq(l.workstationId, t.id),
        sql`${l.validFrom} <= ${now}`,
        sql`(${l.validUntil} is null or ${l.validUntil} > ${now})`,
      ),
    );
  const rows = await db
    .select({
      id: t.id,
      assetTag: t.assetTag,
      name: t.name,
      kind: t.kind,
      state: t.state,
      unitName: units.name,
      users: sql<number>`(${users})`,
    })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(
      and(
        withinUnits(db, within),
        state === null ? undefined : eq(t.state, state),
        beginning === null
          ? undefined
          : or(beginsWith(t.assetTag, beginning), beginsWith(t.assetTag, beginning.toUpperCase())),
        after === null ? undefined : gt(t.assetTag, after),
      ),
    )
    .orderBy(asc(t.assetTag))
    .limit(limit);
  return rows.map((row) => ({ ...row, users: Number(row.users) }));
}

export async function findAssetTag(db: Db, id: number): Promise<string | null> {
  const { workstations: t } = db.tables;
  const [row] = await db.select({ assetTag: t.assetTag }).from(t).where(eq(t.id, id));
  return row?.assetTag ?? null;
}
