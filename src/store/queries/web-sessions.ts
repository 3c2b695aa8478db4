// Sessions of the two web sites: rows that are found by the hash of the token in the cookie.
import { and, desc, eq, gt, isNull, lt, ne, type SQL } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type WebSessionRow = Tables['webSessions']['$inferSelect'];

export async function insertWebSession(
  db: Db,
  session: Tables['webSessions']['$inferInsert'],
): Promise<number> {
  const { webSessions: t } = db.tables;
  const [row] = await db.insert(t).values(session).returning({ id: t.id });
  if (row === undefined) throw new Error('the session was not inserted');
  return row.id;
}

/** The session of a token, unless it has ended or run out. */
export async function findWebSession(
  db: Db,
  query: {
    readonly tokenHash: Buffer;
    readonly site: WebSessionRow['site'];
    readonly now: number;
    readonly seenAfter: number;
  },
): Promise<WebSessionRow | null> {
  const { webSessions: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(
      and(
        eq(t.tokenHash, query.tokenHash),
        eq(t.site, query.site),
        isNull(t.endedAt),
        gt(t.expiresAt, query.now),
        gt(t.lastSeenAt, query.seenAfter),
      ),
    );
  return row ?? null;
}

export async function touchWebSession(db: Db, id: number, at: number): Promise<void> {
  const { webSessions: t } = db.tables;
  await db
    .update(t)
    .set({ lastSeenAt: at })
    .where(and(eq(t.id, id), lt(t.lastSeenAt, at)));
}

/**
 * Notes that the holder has proved once more who it is, and puts another token in the place of the former; false when the session has
 * ended meanwhile, or `former` is its token no more. Both are hashes.
 */
export async function proveWebSession(
  db: Db,
  id: number,
  tokens: { readonly former: Buffer; readonly next: Buffer },
  at: number,
): Promise<boolean> {
  const { webSessions: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ provedAt: at, lastSeenAt: at, tokenHash: tokens.next })
    .where(and(eq(t.id, id), isNull(t.endedAt), eq(t.tokenHash, tokens.former)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Whose sessions: one operator's or one account's. */
export type WebSubject = { readonly operatorId: number } | { readonly accountId: number };

function ownedBy(db: Db, subject: WebSubject): SQL {
  const { webSessions: t } = db.tables;
  return 'operatorId' in subject ? eq(t.operatorId, subject.operatorId) : eq(t.accountId, subject.accountId);
}

/** Ends one session of a subject; whether it was open. */
export async function endWebSession(db: Db, subject: WebSubject, id: number, at: number): Promise<boolean> {
  const { webSessions: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ endedAt: at })
    .where(and(eq(t.id, id), ownedBy(db, subject), isNull(t.endedAt)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Ends the session of a token, whosever it is. */
export async function endWebSessionByToken(
  db: Db,
  { tokenHash, site }: Pick<WebSessionRow, 'tokenHash' | 'site'>,
  at: number,
): Promise<void> {
  const { webSessions: t } = db.tables;
  await db
    .update(t)
    .set({ endedAt: at })
    .where(and(eq(t.tokenHash, tokenHash), eq(t.site, site), isNull(t.endedAt)));
}

/** Ends all sessions of a subject, or all but one; how many. */
export async function endWebSessionsOf(
  db: Db,
  subject: WebSubject,
  at: number,
  exceptId: number | null = null,
): Promise<number> {
  const { webSessions: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ endedAt: at })
    .where(and(ownedBy(db, subject), isNull(t.endedAt), exceptId === null ? undefined : ne(t.id, exceptId)))
    .returning({ id: t.id });
  return changed.length;
}

/** The open ones of a subject, the latest used first. */
export async function listWebSessionsOf(
  db: Db,
  subject: WebSubject,
  query: { readonly now: number; readonly seenAfter: number },
): Promise<WebSessionRow[]> {
  const { webSessions: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(
      and(
        ownedBy(db, subject),
        isNull(t.endedAt),
        gt(t.expiresAt, query.now),
        gt(t.lastSeenAt, query.seenAfter),
      ),
    )
    .orderBy(desc(t.lastSeenAt), desc(t.id));
}

/** Where an operator has had sessions of the console from, those that ended in the last month included. */
export async function listAddressesOfOperator(db: Db, operatorId: number): Promise<string[]> {
  const { webSessions: t } = db.tables;
  const rows = await db
    .selectDistinct({ address: t.address })
    .from(t)
    .where(and(eq(t.operatorId, operatorId), eq(t.site, 'console')));
  return rows.map(({ address }) => address);
}

/** Removes those that have been over for long; how many. */
export async function deleteOldWebSessions(db: Db, before: number): Promise<number> {
  const { webSessions: t } = db.tables;
  const gone = await db.delete(t).where(lt(t.expiresAt, before)).returning({ id: t.id });
  return gone.length;
}
