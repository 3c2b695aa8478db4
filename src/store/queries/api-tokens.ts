// Tokens of the HTTP interfaces: found by their hash alone.
import { and, asc, desc, eq, gt, isNull, lt, or } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type ApiTokenRow = Tables['apiTokens']['$inferSelect'];

/** The token of a hash that is neither revoked nor over, with the path of its unit. */
export async function findApiToken(
  db: Db,
  tokenHash: Buffer,
  now: number,
): Promise<(ApiTokenRow & { readonly unitPath: string | null }) | null> {
  const { apiTokens: t, units } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .leftJoin(units, eq(units.id, t.unitId))
    .where(and(eq(t.tokenHash, tokenHash), isNull(t.revokedAt), gt(t.expiresAt, now)));
  return row === undefined ? null : { ...row.api_tokens, unitPath: row.units?.path ?? null };
}

export async function insertApiToken(db: Db, row: Tables['apiTokens']['$inferInsert']): Promise<number> {
  const { apiTokens: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).returning({ id: t.id });
  if (inserted === undefined) throw new Error('the token was not inserted');
  return inserted.id;
}

export async function touchApiToken(db: Db, id: number, at: number): Promise<void> {
  const { apiTokens: t } = db.tables;
  await db
    .update(t)
    .set({ lastUsedAt: at })
    .where(and(eq(t.id, id), or(isNull(t.lastUsedAt), lt(t.lastUsedAt, at))));
}

export async function listApiTokens(db: Db): Promise<ApiTokenRow[]> {
  const { apiTokens: t } = db.tables;
  return await db.select().from(t).orderBy(desc(t.id));
}

const mostEnding = 200;

/** In force, with an end before `until`, the next first. */
export async function listTokensThatEnd(db: Db, now: number, until: number) {
  const { apiTokens: t } = db.tables;
  return await db
    .select({ id: t.id, name: t.name, expiresAt: t.expiresAt, lastUsedAt: t.lastUsedAt })
    .from(t)
    .where(and(isNull(t.revokedAt), gt(t.expiresAt, now), lt(t.expiresAt, until)))
    .orderBy(asc(t.expiresAt), asc(t.id))
    .limit(mostEnding);
}

/** Of a gateway, in force, the newest first. */
export async function listTokensOfGateway(db: Db, gatewayId: number, now: number) {
  const { apiTokens: t } = db.tables;
  return await db
    .select({ id: t.id, createdAt: t.createdAt, expiresAt: t.expiresAt, lastUsedAt: t.lastUsedAt })
    .from(t)
    .where(and(eq(t.gatewayId, gatewayId), isNull(t.revokedAt), gt(t.expiresAt, now)))
    .orderBy(desc(t.id));
}

/** Whether it was in force. */
export async function revokeApiTokenRow(db: Db, id: number, at: number): Promise<ApiTokenRow | null> {
  const { apiTokens: t } = db.tables;
  const [row] = await db
    .update(t)
    .set({ revokedAt: at })
    .where(and(eq(t.id, id), isNull(t.revokedAt)))
    .returning();
  return row ?? null;
}

/** Which of the named source and gateway is not there; null: neither. */
export async function findMissingOwner(
  db: Db,
  of: { readonly sourceName: string | null; readonly gatewayId: number | null },
): Promise<'sourceName' | 'gatewayId' | null> {
  const { lifecycleSources, gateways } = db.tables;
  if (of.sourceName !== null) {
    const rows = await db
      .select({ name: lifecycleSources.name })
      .from(lifecycleSources)
      .where(eq(lifecycleSources.name, of.sourceName));
    if (rows.length === 0) return 'sourceName';
  }
  if (of.gatewayId !== null) {
    const rows = await db.select({ id: gateways.id }).from(gateways).where(eq(gateways.id, of.gatewayId));
    if (rows.length === 0) return 'gatewayId';
  }
  return null;
}

/** The person who made a token; null: it was made on the command line. */
export async function findMakerOfToken(db: Db, id: number): Promise<number | null> {
  const { apiTokens: t, operators } = db.tables;
  const [row] = await db
    .select({ personId: operators.personId })
    .from(t)
    .innerJoin(operators, eq(operators.id, t.createdBy))
    .where(eq(t.id, id));
  return row?.personId ?? null;
}
