// What an import reads of units: all of them, since the tree is checked as a whole.
import { eq } from 'drizzle-orm';
import type { Db } from '../../tables.ts';
import { among } from '../many.ts';

export interface KnownUnit {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  /** Null: a root. */
  readonly parent: string | null;
}

/** Every unit, with its parent's code. */
export async function listUnits(db: Db): Promise<KnownUnit[]> {
  const { units: t } = db.tables;
  const rows = await db.select({ id: t.id, code: t.code, name: t.name, parentId: t.parentId }).from(t);
  const codes = new Map(rows.map(({ id, code }) => [id, code]));
  return rows.map(({ parentId, ...unit }) => ({
    ...unit,
    parent: parentId === null ? null : (codes.get(parentId) ?? null),
  }));
}

/** Ids of units by their codes. */
export async function findUnitIds(db: Db, codes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (codes.length === 0) return new Map();
  const { units: t } = db.tables;
  const rows = await db
    .select({ id: t.id, code: t.code })
    .from(t)
    .where(among(t.code, new Set(codes)));
  return new Map(rows.map(({ code, id }) => [code, id]));
}

export async function renameUnit(
  db: Db,
  id: number,
  change: { readonly code?: string; readonly name: string; readonly nameSearchKey: string },
): Promise<void> {
  const { units: t } = db.tables;
  await db.update(t).set(change).where(eq(t.id, id));
}
