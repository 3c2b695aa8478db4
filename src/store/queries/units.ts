// Units: a tree whose paths (`/1/7/`: ids from the root to the unit itself) are kept here and nowhere else.
import { asc, eq, inArray, isNull, like, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { bumpRevision } from './revision.ts';
import { bumpSettingsVersion } from './settings.ts';

export type UnitRow = Tables['units']['$inferSelect'];

/** Inserts a unit below its parent (null: a root) and returns its id. Throws when there is no such parent. */
export async function insertUnit(
  db: Db,
  unit: Omit<Tables['units']['$inferInsert'], 'id' | 'path'>,
): Promise<number> {
  const { units } = db.tables;
  const parentPath = await pathOf(db, unit.parentId ?? null);
  const [row] = await db.insert(units).values(unit).returning({ id: units.id });
  if (row === undefined) throw new Error('the unit was not inserted');
  await db
    .update(units)
    .set({ path: `${parentPath}${row.id}/` })
    .where(eq(units.id, row.id));
  return row.id;
}

export async function findUnitByCode(db: Db, code: string): Promise<UnitRow | null> {
  const { units } = db.tables;
  const [row] = await db.select().from(units).where(eq(units.code, code));
  return row ?? null;
}

/** Ids of units by their codes. */
export async function findUnitIds(db: Db, codes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (codes.length === 0) return new Map();
  const { units } = db.tables;
  const rows = await db
    .select({ id: units.id, code: units.code })
    .from(units)
    .where(inArray(units.code, [...new Set(codes)]));
  return new Map(rows.map(({ id, code }) => [code, id]));
}

/** Paths of units by their ids. */
export async function findUnitPaths(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0) return new Map();
  const { units } = db.tables;
  const rows = await db
    .select({ id: units.id, path: units.path })
    .from(units)
    .where(inArray(units.id, [...new Set(ids)]));
  return new Map(rows.map(({ id, path }) => [id, path]));
}

/** The first unit that has none above it; null when there are no units. */
export async function findRootUnit(db: Db): Promise<UnitRow | null> {
  const { units } = db.tables;
  const [row] = await db.select().from(units).where(isNull(units.parentId)).orderBy(asc(units.id)).limit(1);
  return row ?? null;
}

/** Units by id. */
export async function findUnits(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, UnitRow>> {
  if (ids.length === 0) return new Map();
  const { units } = db.tables;
  const rows = await db
    .select()
    .from(units)
    .where(inArray(units.id, [...new Set(ids)]));
  return new Map(rows.map((row) => [row.id, row]));
}

export async function findUnitById(db: Db, id: number): Promise<UnitRow | null> {
  const { units } = db.tables;
  const [row] = await db.select().from(units).where(eq(units.id, id));
  return row ?? null;
}

export async function listUnitCodes(db: Db): Promise<string[]> {
  const { units } = db.tables;
  const rows = await db.select({ code: units.code }).from(units);
  return rows.map((row) => row.code);
}

/**
 * Puts a unit with all below it under another parent, and makes decisions in flight see it.
 * @returns false when the new parent lies in the unit itself; nothing is changed then
 */
export async function moveUnit(db: Db, unitId: number, parentId: number | null): Promise<boolean> {
  const { units } = db.tables;
  const from = await pathOf(db, unitId);
  const parentPath = await pathOf(db, parentId);
  if (parentPath.startsWith(from)) return false;
  const to = `${parentPath}${unitId}/`;
  await db.update(units).set({ parentId }).where(eq(units.id, unitId));
  await db
    .update(units)
    .set({ path: sql`${to} || substr(${units.path}, ${from.length + 1})` })
    .where(like(units.path, `${from}%`));
  await bumpRevision(db, { unitPath: to });
  await bumpSettingsVersion(db);
  return true;
}

async function pathOf(db: Db, unitId: number | null): Promise<string> {
  if (unitId === null) return '/';
  const { units } = db.tables;
  const [row] = await db.select({ path: units.path }).from(units).where(eq(units.id, unitId));
  if (row === undefined) throw new Error(`no unit ${unitId}`);
  return row.path;
}
