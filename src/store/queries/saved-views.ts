// Filters of a list that an operator has kept under a name.
import { and, asc, eq } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export async function listSavedViews(db: Db, operatorId: number, page: string) {
  const { savedViews: t } = db.tables;
  return await db
    .select({ id: t.id, name: t.name, query: t.query })
    .from(t)
    .where(and(eq(t.operatorId, operatorId), eq(t.page, page)))
    .orderBy(asc(t.name));
}

/** Keeps a view; one of the same name on the same page is replaced. */
export async function putSavedView(
  db: Db,
  view: {
    readonly operatorId: number;
    readonly page: string;
    readonly name: string;
    readonly query: string;
    readonly createdAt: number;
  },
): Promise<number> {
  const { savedViews: t } = db.tables;
  const [row] = await db
    .insert(t)
    .values(view)
    .onConflictDoUpdate({ target: [t.operatorId, t.page, t.name], set: { query: view.query } })
    .returning({ id: t.id });
  if (row === undefined) throw new Error('the view was not kept');
  return row.id;
}

/** Whether there was such a view of this operator. */
export async function deleteSavedView(db: Db, operatorId: number, id: number): Promise<boolean> {
  const { savedViews: t } = db.tables;
  const rows = await db
    .delete(t)
    .where(and(eq(t.id, id), eq(t.operatorId, operatorId)))
    .returning({ id: t.id });
  return rows.length > 0;
}
