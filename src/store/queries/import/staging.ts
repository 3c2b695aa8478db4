// Imports and their staging area: what was read of a file and is not applied yet.
import { and, asc, count, desc, eq, exists, gt, inArray, lt, lte, min, sql } from 'drizzle-orm';
import type { Db, Tables } from '../../tables.ts';
import { among, insertRows } from '../many.ts';

export type ImportRow = Tables['imports']['$inferSelect'];
export type StagedRow = Omit<Tables['importStaging']['$inferSelect'], 'importId'>;

export async function insertImport(
  db: Db,
  row: Pick<ImportRow, 'id' | 'digest' | 'totals' | 'createdAt'>,
): Promise<void> {
  await db.insert(db.tables.imports).values({ ...row, state: 'staging' });
}

/** Removes an import whose staging area is empty. */
export async function deleteImport(db: Db, id: string): Promise<void> {
  const { imports: t } = db.tables;
  await db.delete(t).where(eq(t.id, id));
}

/** Imports that were begun and neither finished nor given up, newest first. */
export async function listUnfinishedImports(db: Db): Promise<ImportRow[]> {
  const { imports: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(inArray(t.state, ['staging', 'applying']))
    .orderBy(desc(t.createdAt), desc(t.id));
}

/** Ids of imports that are over but have entries left in the staging area. */
export async function listImportsWithRemains(db: Db): Promise<string[]> {
  const { imports: t, importStaging: s } = db.tables;
  const rows = await db
    .select({ id: t.id })
    .from(t)
    .where(
      and(
        inArray(t.state, ['applied', 'abandoned']),
        exists(db.select({ seq: s.seq }).from(s).where(eq(s.importId, t.id))),
      ),
    );
  return rows.map(({ id }) => id);
}

/** Moves an import on, if it is still in that state; whether it was. */
export async function changeImportState(
  db: Db,
  id: string,
  from: ImportRow['state'],
  change: Pick<ImportRow, 'state'> & Partial<Pick<ImportRow, 'totals' | 'finishedAt'>>,
): Promise<boolean> {
  const { imports: t } = db.tables;
  const changed = await db
    .update(t)
    .set(change)
    .where(and(eq(t.id, id), eq(t.state, from)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Notes how far an import is applied, if nobody else moved it; whether nobody did. */
export async function advanceImport(
  db: Db,
  id: string,
  from: number,
  to: number,
  totals: string,
): Promise<boolean> {
  const { imports: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ appliedThrough: to, totals })
    .where(and(eq(t.id, id), eq(t.state, 'applying'), eq(t.appliedThrough, from)))
    .returning({ id: t.id });
  return changed.length === 1;
}

export async function insertStaged(db: Db, importId: string, rows: readonly StagedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await insertRows(
    db,
    db.tables.importStaging,
    rows.map((row) => ({ importId, ...row })),
  );
}

/** Entries after a sequence number and before another, in order. */
export async function listStaged(
  db: Db,
  importId: string,
  range: { readonly after: number; readonly before: number; readonly limit: number },
): Promise<StagedRow[]> {
  const { importStaging: t } = db.tables;
  return await db
    .select({ seq: t.seq, kind: t.kind, key: t.key, payload: t.payload })
    .from(t)
    .where(and(eq(t.importId, importId), gt(t.seq, range.after), lt(t.seq, range.before)))
    .orderBy(asc(t.seq))
    .limit(range.limit);
}

/** Of some keys of one kind, the entries staged; several when a key was given more than once. */
export async function findStaged(
  db: Db,
  importId: string,
  kind: string,
  keys: readonly string[],
): Promise<Pick<StagedRow, 'key' | 'payload'>[]> {
  if (keys.length === 0) return [];
  const { importStaging: t } = db.tables;
  return await db
    .select({ key: t.key, payload: t.payload })
    .from(t)
    .where(and(eq(t.importId, importId), eq(t.kind, kind), among(t.key, keys)));
}

/** Which of some keys of one kind are staged. */
export async function findStagedKeys(
  db: Db,
  importId: string,
  kind: string,
  keys: readonly string[],
): Promise<string[]> {
  if (keys.length === 0) return [];
  const { importStaging: t } = db.tables;
  const rows = await db
    .selectDistinct({ key: t.key })
    .from(t)
    .where(and(eq(t.importId, importId), eq(t.kind, kind), among(t.key, keys)));
  return rows.map(({ key }) => key);
}

/** Keys of one kind that stand in the file more than once, those that came first first. */
export async function listStagedTwice(
  db: Db,
  importId: string,
  kind: string,
  limit: number,
): Promise<string[]> {
  const { importStaging: t } = db.tables;
  const rows = await db
    .select({ key: t.key })
    .from(t)
    .where(and(eq(t.importId, importId), eq(t.kind, kind)))
    .groupBy(t.key)
    .having(gt(count(), 1))
    .orderBy(min(t.seq))
    .limit(limit);
  return rows.map(({ key }) => key);
}

/** Removes some of the entries of an import; false when none are left. */
export async function deleteSomeStaged(db: Db, importId: string, limit: number): Promise<boolean> {
  const { importStaging: t } = db.tables;
  const [last] = await db
    .select({ seq: sql<number | null>`max("seq")` })
    .from(
      db
        .select({ seq: t.seq })
        .from(t)
        .where(eq(t.importId, importId))
        .orderBy(asc(t.seq))
        .limit(limit)
        .as('first'),
    );
  const through = last?.seq ?? null;
  if (through === null) return false;
  await db.delete(t).where(and(eq(t.importId, importId), lte(t.seq, Number(through))));
  return true;
}
