// What an import reads and writes of written assignments, many at a time.
import { eq, sql } from 'drizzle-orm';
import type { Db, Tables } from '../../tables.ts';
import { among, insertRows } from '../many.ts';
import { bumpRevision } from '../revision.ts';

export type AssignmentRow = Tables['assignments']['$inferSelect'];

/** All assignments of these document numbers, whichever unit gave them, with the unit's code. */
export async function findAssignments(
  db: Db,
  numbers: readonly string[],
): Promise<(AssignmentRow & { readonly unit: string })[]> {
  if (numbers.length === 0) return [];
  const { assignments: t, units } = db.tables;
  const rows = await db
    .select({ assignment: t, unit: units.code })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(among(t.documentNumber, new Set(numbers)));
  return rows.map(({ assignment, unit }) => ({ ...assignment, unit }));
}

export async function insertAssignments(
  db: Db,
  rows: readonly Tables['assignments']['$inferInsert'][],
): Promise<void> {
  if (rows.length === 0) return;
  await insertRows(db, db.tables.assignments, rows);
}

export async function updateAssignment(
  db: Db,
  id: number,
  change: Partial<Omit<Tables['assignments']['$inferInsert'], 'id'>>,
): Promise<void> {
  const { assignments: t } = db.tables;
  await db
    .update(t)
    .set({ ...change, revision: sql`${t.revision} + 1` })
    .where(eq(t.id, id));
  await bumpRevision(db, { assignmentId: id });
}
