// Rules of use: texts by version, and who accepted which when.
import { asc, desc, eq } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type RulesText = Tables['rulesTexts']['$inferSelect'];

export async function findRulesText(db: Db, version: number): Promise<RulesText | null> {
  const { rulesTexts: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.version, version));
  return row ?? null;
}

export async function insertRulesText(db: Db, text: RulesText): Promise<boolean> {
  const { rulesTexts: t } = db.tables;
  const rows = await db.insert(t).values(text).onConflictDoNothing().returning({ version: t.version });
  return rows.length === 1;
}

/** Every version with its texts, the newest first. */
export async function listRulesTexts(db: Db): Promise<RulesText[]> {
  const { rulesTexts: t } = db.tables;
  return await db.select().from(t).orderBy(desc(t.version));
}

/** Records an acceptance once; false when there was one already. */
export async function insertAcceptance(
  db: Db,
  acceptance: Tables['rulesAcceptances']['$inferInsert'],
): Promise<boolean> {
  const { rulesAcceptances: t } = db.tables;
  const rows = await db.insert(t).values(acceptance).onConflictDoNothing().returning({ version: t.version });
  return rows.length === 1;
}

export async function listAcceptances(db: Db, accountId: number) {
  const { rulesAcceptances: t } = db.tables;
  return await db
    .select({ version: t.version, acceptedAt: t.acceptedAt })
    .from(t)
    .where(eq(t.accountId, accountId))
    .orderBy(asc(t.version));
}
