// Keeping a list to the units that somebody looks after.
import { type AnyColumn, and, eq, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';

/** `everywhere`, or paths of units: those and all below them. */
export type UnitsWithin = 'everywhere' | readonly string[];

/** Condition on `units.path`; an empty list lets nothing through. */
export function withinUnits(db: Db, within: UnitsWithin): SQL | undefined {
  if (within === 'everywhere') return undefined;
  const { units } = db.tables;
  if (within.length === 0) return sql`1 = 0`;
  // Paths end with a slash, which the zero follows.
  return or(...within.map((path) => and(gte(units.path, path), lt(units.path, `${path.slice(0, -1)}0`))));
}

export async function isAccountWithin(db: Db, accountId: number, within: UnitsWithin): Promise<boolean> {
  const { accounts, people, units } = db.tables;
  const rows = await db
    .select({ id: accounts.id })
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(and(eq(accounts.id, accountId), withinUnits(db, within)));
  return rows.length > 0;
}

/** Condition that a column with a unit's id names one of them; for queries that join units for something else. */
export function inUnitsWithin(db: Db, unitId: AnyColumn, within: UnitsWithin): SQL | undefined {
  if (within === 'everywhere') return undefined;
  const { units } = db.tables;
  return inArray(unitId, db.select({ id: units.id }).from(units).where(withinUnits(db, within)));
}
