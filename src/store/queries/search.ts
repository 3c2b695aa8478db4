// The one search box: what a few letters may mean, each kind by its own index, within the units that somebody looks after.

import type { AnyColumn } from 'drizzle-orm';
import { and, asc, eq, gte, lt, or, type SQL } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

/** Rows whose column begins with a text, by its index. */
export function beginsWith(column: AnyColumn, text: string): SQL | undefined {
  return and(gte(column, text), lt(column, `${text}\uffff`));
}

/** Codes and numbers are written in capitals, and typed as it comes. */
export function beginsWithCode(column: AnyColumn, text: string): SQL | undefined {
  return or(beginsWith(column, text), beginsWith(column, text.toUpperCase()));
}

export interface SearchOf {
  readonly within: UnitsWithin;
  /** As typed, NFC, trimmed. */
  readonly text: string;
  readonly limit: number;
}

export async function searchWorkstations(db: Db, { within, text, limit }: SearchOf) {
  const { workstations: t, units } = db.tables;
  return await db
    .select({ id: t.id, assetTag: t.assetTag, name: t.name, unitName: units.name })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(and(withinUnits(db, within), beginsWithCode(t.assetTag, text)))
    .orderBy(asc(t.assetTag))
    .limit(limit);
}

export async function searchAssignments(db: Db, { within, text, limit }: SearchOf) {
  const { assignments: t, units } = db.tables;
  return await db
    .select({ id: t.id, documentNumber: t.documentNumber, purpose: t.purpose, unitName: units.name })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(and(withinUnits(db, within), beginsWithCode(t.documentNumber, text)))
    .orderBy(asc(t.documentNumber))
    .limit(limit);
}

/** Units within reach, the parents before their children. */
export async function listUnitsWithin(db: Db, within: UnitsWithin) {
  const { units } = db.tables;
  return await db
    .select({
      id: units.id,
      code: units.code,
      name: units.name,
      parentId: units.parentId,
      path: units.path,
      closedAt: units.closedAt,
    })
    .from(units)
    .where(withinUnits(db, within))
    .orderBy(asc(units.path));
}
