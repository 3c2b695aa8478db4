// Written assignments for whoever looks after them: pages of them, one, the accounts each covers.
import { and, asc, count, desc, eq, gt, isNull, lt, lte, or, type SQL, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { bumpRevision } from './revision.ts';
import { beginsWithCode } from './search.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

export type AssignmentState = 'in-force' | 'not-begun' | 'ended';

function inState(db: Db, state: AssignmentState | null, now: number): SQL | undefined {
  const { assignments: t } = db.tables;
  switch (state) {
    case null:
      return undefined;
    case 'in-force':
      return and(lte(t.validFrom, now), or(isNull(t.validUntil), gt(t.validUntil, now)));
    case 'not-begun':
      return gt(t.validFrom, now);
    case 'ended':
      return lte(t.validUntil, now);
  }
}

function selectAssignments(db: Db) {
  const { assignments: t, units, accountAssignments: l } = db.tables;
  const accounts = db.select({ n: count() }).from(l).where(eq(l.assignmentId, t.id));
  return db
    .select({
      id: t.id,
      documentNumber: t.documentNumber,
      documentDate: t.documentDate,
      signatory: t.signatory,
      purpose: t.purpose,
      dataScope: t.dataScope,
      validFrom: t.validFrom,
      validUntil: t.validUntil,
      revision: t.revision,
      unitId: units.id,
      unitCode: units.code,
      unitName: units.name,
      unitPath: units.path,
      accounts: sql<number>`(${accounts})`,
    })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId));
}

/** The newest papers first, with how many accounts each covers. */
export async function listAssignmentsWithin(
  db: Db,
  filter: {
    readonly within: UnitsWithin;
    readonly state: AssignmentState | null;
    /** Beginning of the document number, in any case. */
    readonly beginning: string | null;
    readonly after: { readonly documentDate: number; readonly id: number } | null;
    readonly now: number;
    readonly limit: number;
  },
) {
  const { assignments: t } = db.tables;
  const { within, state, beginning, after, now, limit } = filter;
  const rows = await selectAssignments(db)
    .where(
      and(
        withinUnits(db, within),
        inState(db, state, now),
        beginning === null ? undefined : beginsWithCode(t.documentNumber, beginning),
        after === null
          ? undefined
          : or(
              lt(t.documentDate, after.documentDate),
              and(eq(t.documentDate, after.documentDate), gt(t.id, after.id)),
            ),
      ),
    )
    .orderBy(desc(t.documentDate), asc(t.id))
    .limit(limit);
  return rows.map((row) => ({ ...row, accounts: Number(row.accounts) }));
}

export async function findAssignment(db: Db, id: number) {
  const [row] = await selectAssignments(db).where(eq(db.tables.assignments.id, id));
  return row === undefined ? null : { ...row, accounts: Number(row.accounts) };
}

const mostShown = 1_000;

/** The accounts that a paper covers, in the order of staff lists; no more than a thousand of them. */
export async function listAccountsOfAssignment(db: Db, assignmentId: number, within: UnitsWithin) {
  const { accountAssignments: l, accounts, people, units } = db.tables;
  return await db
    .select({
      id: accounts.id,
      userName: accounts.userName,
      status: accounts.status,
      validUntil: accounts.validUntil,
      personId: people.id,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitName: units.name,
    })
    .from(l)
    .innerJoin(accounts, eq(accounts.id, l.accountId))
    .innerJoin(people, eq(people.id, accounts.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(and(eq(l.assignmentId, assignmentId), withinUnits(db, within)))
    .orderBy(asc(people.nameSortKey), asc(accounts.id))
    .limit(mostShown);
}

/** The id of the new paper; null when the unit has one of that number already. */
export async function insertAssignment(
  db: Db,
  row: Tables['assignments']['$inferInsert'],
): Promise<number | null> {
  const { assignments: t } = db.tables;
  const [inserted] = await db
    .insert(t)
    .values(row)
    .onConflictDoNothing({ target: [t.documentNumber, t.unitId] })
    .returning({ id: t.id });
  return inserted?.id ?? null;
}

/** Gives a paper that is still as it was read another end, and judges the accounts that it covers anew; whether it was. */
export async function setAssignmentEnd(
  db: Db,
  assignment: { readonly id: number; readonly revision: number },
  validUntil: number | null,
): Promise<boolean> {
  const { assignments: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ validUntil, revision: assignment.revision + 1 })
    .where(and(eq(t.id, assignment.id), eq(t.revision, assignment.revision)))
    .returning({ id: t.id });
  if (changed.length !== 1) return false;
  await bumpRevision(db, { assignmentId: assignment.id });
  return true;
}

/** What a paper covers is part of it: whoever looked at it before has looked at another one. */
async function bumpAssignment(db: Db, id: number): Promise<void> {
  const { assignments: t } = db.tables;
  await db
    .update(t)
    .set({ revision: sql`${t.revision} + 1` })
    .where(eq(t.id, id));
}

/** Whether an account of the person is under a paper. */
export async function coversPerson(db: Db, assignmentId: number, personId: number): Promise<boolean> {
  const { accountAssignments: t, accounts } = db.tables;
  const [found] = await db
    .select({ id: accounts.id })
    .from(t)
    .innerJoin(accounts, eq(accounts.id, t.accountId))
    .where(and(eq(t.assignmentId, assignmentId), eq(accounts.personId, personId)))
    .limit(1);
  return found !== undefined;
}

/** Puts accounts under a paper; the ids of those that were not under it before. */
export async function coverAccounts(
  db: Db,
  assignmentId: number,
  accountIds: readonly number[],
): Promise<number[]> {
  const { accountAssignments: t } = db.tables;
  const inserted = await db
    .insert(t)
    .values(accountIds.map((accountId) => ({ accountId, assignmentId })))
    .onConflictDoNothing()
    .returning({ accountId: t.accountId });
  const ids = inserted.map(({ accountId }) => accountId);
  if (ids.length > 0) await bumpAssignment(db, assignmentId);
  await bumpRevision(db, { accountIds: ids });
  return ids;
}

/** Takes an account off a paper; false when it was not on it. */
export async function uncoverAccount(db: Db, assignmentId: number, accountId: number): Promise<boolean> {
  const { accountAssignments: t } = db.tables;
  const gone = await db
    .delete(t)
    .where(and(eq(t.assignmentId, assignmentId), eq(t.accountId, accountId)))
    .returning({ accountId: t.accountId });
  if (gone.length !== 1) return false;
  await bumpAssignment(db, assignmentId);
  await bumpRevision(db, { accountIds: [accountId] });
  return true;
}
