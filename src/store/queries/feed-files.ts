// Files that sources have put into watched folders, and what became of each.
import { and, desc, eq } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type FeedFileRow = Tables['feedFiles']['$inferSelect'];

export async function insertFeedFile(db: Db, row: Omit<FeedFileRow, 'id'>): Promise<void> {
  const { feedFiles: t } = db.tables;
  await db.insert(t).values(row);
}

/** Whether a file of this content was taken whole before. */
export async function isFeedFileDone(db: Db, source: string, sha256: string): Promise<boolean> {
  const { feedFiles: t } = db.tables;
  const [row] = await db
    .select({ id: t.id })
    .from(t)
    .where(and(eq(t.source, source), eq(t.sha256, sha256), eq(t.state, 'done')))
    .limit(1);
  return row !== undefined;
}

/** The newest first. */
export async function listFeedFiles(db: Db, source: string, limit: number): Promise<FeedFileRow[]> {
  const { feedFiles: t } = db.tables;
  return await db.select().from(t).where(eq(t.source, source)).orderBy(desc(t.id)).limit(limit);
}
