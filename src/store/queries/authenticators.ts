// Authenticators: enrolment, confirmation and revocation. Claims of time steps are the decision writer's.
import { and, asc, eq, ne } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type AuthenticatorRow = Tables['authenticators']['$inferSelect'];

/** All of an account's, revoked ones included, oldest first. */
export async function listAuthenticators(db: Db, accountId: number): Promise<AuthenticatorRow[]> {
  const { authenticators: t } = db.tables;
  return await db.select().from(t).where(eq(t.accountId, accountId)).orderBy(asc(t.id));
}

/** The token of a serial number, and whose it is. */
export async function findToken(
  db: Db,
  serialNumber: string,
): Promise<{ readonly id: number; readonly accountId: number; readonly userName: string } | null> {
  const { authenticators: t, accounts } = db.tables;
  const [row] = await db
    .select({ id: t.id, accountId: t.accountId, userName: accounts.userName })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .where(eq(t.serialNumber, serialNumber));
  return row ?? null;
}

/** Adds an authenticator that yields nothing until it is confirmed. */
export async function insertPendingAuthenticator(
  db: Db,
  authenticator: Pick<
    Tables['authenticators']['$inferInsert'],
    | 'accountId'
    | 'kind'
    | 'serialNumber'
    | 'algorithm'
    | 'digits'
    | 'periodSeconds'
    | 'sealedSeed'
    | 'createdAt'
  >,
): Promise<number> {
  const { authenticators: t } = db.tables;
  const [row] = await db
    .insert(t)
    .values({ ...authenticator, state: 'pending' })
    .returning({ id: t.id });
  if (row === undefined) throw new Error('the authenticator was not inserted');
  return row.id;
}

/** Makes a pending authenticator active and spends the time step of the code that confirmed it; false if it was not pending. */
export async function activateAuthenticator(
  db: Db,
  confirmed: {
    readonly id: number;
    readonly timeStep: number;
    readonly node: string;
    readonly at: number;
    readonly driftSteps: number;
  },
): Promise<boolean> {
  const { authenticators: t } = db.tables;
  const { id, timeStep, node, at, driftSteps } = confirmed;
  const changed = await db
    .update(t)
    .set({ state: 'active', lastStep: timeStep, driftSteps, lastClaimNode: node, lastClaimAt: at })
    .where(and(eq(t.id, id), eq(t.state, 'pending')))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Revokes one that is not revoked yet; whether it did. */
export async function revokeAuthenticatorRow(db: Db, id: number): Promise<boolean> {
  const { authenticators: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ state: 'revoked' })
    .where(and(eq(t.id, id), ne(t.state, 'revoked')))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Takes away enrolments that were begun and never confirmed; how many. */
export async function deletePendingAuthenticators(db: Db, accountId: number): Promise<number> {
  const { authenticators: t } = db.tables;
  const gone = await db
    .delete(t)
    .where(and(eq(t.accountId, accountId), eq(t.state, 'pending')))
    .returning({ id: t.id });
  return gone.length;
}
