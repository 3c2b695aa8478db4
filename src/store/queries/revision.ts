// accounts.revision: whatever a decision was based on has changed, so decisions in flight are made once more.
import { eq, inArray, like, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { among } from './many.ts';
import { markSessionsToJudge } from './sessions.ts';

/** Whose facts changed. */
export type Concerned =
  | { readonly accountIds: readonly number[] }
  /** Employment, unit or name of a person. */
  | { readonly personId: number }
  /** A workstation's state or identifiers: all accounts it is or was assigned to. */
  | { readonly workstationId: number }
  /** A written assignment. */
  | { readonly assignmentId: number }
  /** The place of a unit in the tree: everybody in it and below. */
  | { readonly unitPath: string };

/**
 * Bumps the revision of every account concerned, and has their open sessions judged anew. Call it in the same write as the change, after it; for a link that
 * is removed, with the account's id.
 */
export async function bumpRevision(db: Db, concerned: Concerned): Promise<void> {
  const { accounts, accountWorkstations, accountAssignments, people, units } = db.tables;
  const bump = async (which: SQL) => {
    await db
      .update(accounts)
      .set({ revision: sql`${accounts.revision} + 1` })
      .where(which);
    await markSessionsToJudge(db, which);
  };
  if ('accountIds' in concerned) {
    if (concerned.accountIds.length > 0) await bump(among(accounts.id, concerned.accountIds));
  } else if ('personId' in concerned) {
    await bump(eq(accounts.personId, concerned.personId));
  } else if ('workstationId' in concerned) {
    const users = db
      .select({ id: accountWorkstations.accountId })
      .from(accountWorkstations)
      .where(eq(accountWorkstations.workstationId, concerned.workstationId));
    await bump(inArray(accounts.id, users));
  } else if ('assignmentId' in concerned) {
    const covered = db
      .select({ id: accountAssignments.accountId })
      .from(accountAssignments)
      .where(eq(accountAssignments.assignmentId, concerned.assignmentId));
    await bump(inArray(accounts.id, covered));
  } else {
    const members = db
      .select({ id: people.id })
      .from(people)
      .innerJoin(units, eq(units.id, people.unitId))
      .where(like(units.path, `${concerned.unitPath}%`));
    await bump(inArray(accounts.personId, members));
  }
}
