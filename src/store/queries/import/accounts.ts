// What an import reads and writes of accounts with their papers, workstations and authenticators, many at a time.
import { and, eq, sql } from 'drizzle-orm';
import type { Db, Tables } from '../../tables.ts';
import { among, insertRows } from '../many.ts';
import { markSessionsToJudge } from '../sessions.ts';

export type AccountRow = Tables['accounts']['$inferSelect'];

export async function findAccounts(
  db: Db,
  userNames: readonly string[],
): Promise<(AccountRow & { readonly staffCode: string })[]> {
  if (userNames.length === 0) return [];
  const { accounts: t, people } = db.tables;
  const rows = await db
    .select({ account: t, staffCode: people.staffCode })
    .from(t)
    .innerJoin(people, eq(people.id, t.personId))
    .where(among(t.userName, new Set(userNames)));
  return rows.map(({ account, staffCode }) => ({ ...account, staffCode }));
}

/** Password records of the accounts that have one, by user name. */
export async function findPasswordRecords(
  db: Db,
  userNames: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (userNames.length === 0) return new Map();
  const { accounts: t } = db.tables;
  const rows = await db
    .select({ userName: t.userName, phc: t.passwordPhc })
    .from(t)
    .where(among(t.userName, new Set(userNames)));
  return new Map(rows.flatMap(({ userName, phc }) => (phc === null ? [] : [[userName, phc] as const])));
}

export interface AssignmentLink {
  readonly accountId: number;
  readonly assignmentId: number;
  readonly number: string;
  readonly unit: string;
}

export async function findAssignmentLinks(db: Db, accountIds: readonly number[]): Promise<AssignmentLink[]> {
  if (accountIds.length === 0) return [];
  const { accountAssignments: l, assignments: t, units } = db.tables;
  return await db
    .select({ accountId: l.accountId, assignmentId: t.id, number: t.documentNumber, unit: units.code })
    .from(l)
    .innerJoin(t, eq(t.id, l.assignmentId))
    .innerJoin(units, eq(units.id, t.unitId))
    .where(among(l.accountId, accountIds));
}

export interface WorkstationLink {
  readonly accountId: number;
  readonly workstationId: number;
  readonly assetTag: string;
  readonly validFrom: number;
  readonly validUntil: number | null;
}

export async function findWorkstationLinks(
  db: Db,
  accountIds: readonly number[],
): Promise<WorkstationLink[]> {
  if (accountIds.length === 0) return [];
  const { accountWorkstations: l, workstations: t } = db.tables;
  return await db
    .select({
      accountId: l.accountId,
      workstationId: l.workstationId,
      assetTag: t.assetTag,
      validFrom: l.validFrom,
      validUntil: l.validUntil,
    })
    .from(l)
    .innerJoin(t, eq(t.id, l.workstationId))
    .where(among(l.accountId, accountIds));
}

export interface KnownAuthenticator {
  readonly id: number;
  readonly accountId: number;
  readonly kind: 'app' | 'token';
  readonly serialNumber: string | null;
  readonly state: 'pending' | 'active' | 'revoked';
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  readonly digits: 6 | 8;
  readonly periodSeconds: 30 | 60;
  readonly sealedSeed: Buffer;
}

export async function findAuthenticators(
  db: Db,
  accountIds: readonly number[],
): Promise<KnownAuthenticator[]> {
  if (accountIds.length === 0) return [];
  const { authenticators: t } = db.tables;
  return await db
    .select({
      id: t.id,
      accountId: t.accountId,
      kind: t.kind,
      serialNumber: t.serialNumber,
      state: t.state,
      algorithm: t.algorithm,
      digits: t.digits,
      periodSeconds: t.periodSeconds,
      sealedSeed: t.sealedSeed,
    })
    .from(t)
    .where(among(t.accountId, accountIds));
}

/** Who has the authenticators of these serial numbers. */
export async function findSerialNumberHolders(
  db: Db,
  serialNumbers: readonly string[],
): Promise<{ serialNumber: string; userName: string; accountId: number; sealedSeed: Buffer }[]> {
  if (serialNumbers.length === 0) return [];
  const { authenticators: t, accounts } = db.tables;
  const rows = await db
    .select({
      serialNumber: t.serialNumber,
      userName: accounts.userName,
      accountId: t.accountId,
      sealedSeed: t.sealedSeed,
    })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .where(among(t.serialNumber, new Set(serialNumbers)));
  return rows.flatMap(({ serialNumber, ...row }) =>
    serialNumber === null ? [] : [{ serialNumber, ...row }],
  );
}

/** Inserts accounts and returns their ids by user name. */
export async function insertAccounts(
  db: Db,
  rows: readonly Tables['accounts']['$inferInsert'][],
): Promise<ReadonlyMap<string, number>> {
  if (rows.length === 0) return new Map();
  const { accounts: t } = db.tables;
  const inserted = await insertRows(db, t, rows).returning({ id: t.id, userName: t.userName });
  return new Map(inserted.map(({ userName, id }) => [userName, id]));
}

/** Changes an account and bumps its revision, also when only its papers, workstations or authenticators changed. */
export async function updateAccount(
  db: Db,
  id: number,
  change: Partial<Omit<Tables['accounts']['$inferInsert'], 'id' | 'revision'>>,
): Promise<void> {
  const { accounts: t } = db.tables;
  await db
    .update(t)
    .set({ ...change, revision: sql`${t.revision} + 1` })
    .where(eq(t.id, id));
  await markSessionsToJudge(db, eq(t.id, id));
}

export async function insertAuthenticators(
  db: Db,
  rows: readonly Tables['authenticators']['$inferInsert'][],
): Promise<void> {
  if (rows.length === 0) return;
  await insertRows(db, db.tables.authenticators, rows);
}

export async function updateAuthenticator(
  db: Db,
  id: number,
  change: Partial<Omit<Tables['authenticators']['$inferInsert'], 'id'>>,
): Promise<void> {
  const { authenticators: t } = db.tables;
  await db.update(t).set(change).where(eq(t.id, id));
}

export async function insertAssignmentLinks(
  db: Db,
  rows: readonly Tables['accountAssignments']['$inferInsert'][],
): Promise<void> {
  if (rows.length === 0) return;
  await insertRows(db, db.tables.accountAssignments, rows);
}

export async function deleteAssignmentLinks(
  db: Db,
  accountId: number,
  assignmentIds: readonly number[],
): Promise<void> {
  if (assignmentIds.length === 0) return;
  const { accountAssignments: t } = db.tables;
  await db.delete(t).where(and(eq(t.accountId, accountId), among(t.assignmentId, assignmentIds)));
}

export async function insertWorkstationLinks(
  db: Db,
  rows: readonly Tables['accountWorkstations']['$inferInsert'][],
): Promise<void> {
  if (rows.length === 0) return;
  await insertRows(db, db.tables.accountWorkstations, rows);
}

export async function deleteWorkstationLink(
  db: Db,
  link: Pick<WorkstationLink, 'accountId' | 'workstationId' | 'validFrom'>,
): Promise<void> {
  const { accountWorkstations: t } = db.tables;
  await db
    .delete(t)
    .where(
      and(
        eq(t.accountId, link.accountId),
        eq(t.workstationId, link.workstationId),
        eq(t.validFrom, link.validFrom),
      ),
    );
}
