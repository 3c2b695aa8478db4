// Changes of one account by an administrator: all of them compare-and-set on the revision, which they bump.
import { and, eq, gt, isNull, or } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { markSessionsToJudge } from './sessions.ts';

type AccountColumns = Tables['accounts']['$inferInsert'];

/** What an administrator sets on an account itself. */
export type AccountColumnsSet = Partial<
  Pick<
    AccountColumns,
    | 'status'
    | 'suspendedDetail'
    | 'suspendedAt'
    | 'suspendedBy'
    | 'validFrom'
    | 'validUntil'
    | 'passwordPhc'
    | 'passwordState'
    | 'firstFactor'
    | 'rulesVersionAccepted'
  >
>;

/**
 * Changes an account that is still as the caller saw it. With nothing to set it only bumps the revision: for a change
 * to what hangs on the account, in the same write.
 * @returns the new revision, or null when somebody else changed the account meanwhile
 */
export async function changeAccount(
  db: Db,
  seen: { readonly id: number; readonly revision: number },
  set: AccountColumnsSet,
  at: number,
): Promise<number | null> {
  const { accounts } = db.tables;
  const [row] = await db
    .update(accounts)
    .set({ ...set, updatedAt: at, revision: seen.revision + 1 })
    .where(and(eq(accounts.id, seen.id), eq(accounts.revision, seen.revision)))
    .returning({ revision: accounts.revision });
  if (row !== undefined) await markSessionsToJudge(db, eq(accounts.id, seen.id));
  return row?.revision ?? null;
}

/** Forgets all failure counters of an account; how many there were. */
export async function clearCounters(db: Db, accountId: number): Promise<number> {
  const { counters } = db.tables;
  const gone = await db
    .delete(counters)
    .where(eq(counters.accountId, accountId))
    .returning({ scope: counters.scope });
  return gone.length;
}

/** Assigns a workstation from one instant to another (null: no end). */
export async function insertAccountWorkstation(
  db: Db,
  link: Tables['accountWorkstations']['$inferInsert'],
): Promise<void> {
  await db.insert(db.tables.accountWorkstations).values(link);
}

/**
 * Ends what an account holds of a workstation at an instant; terms that would begin later are taken back.
 * @returns how many terms were changed
 */
export async function endAccountWorkstation(
  db: Db,
  link: { readonly accountId: number; readonly workstationId: number; readonly at: number },
): Promise<number> {
  const { accountWorkstations: t } = db.tables;
  const { accountId, workstationId, at } = link;
  const rows = await db
    .select({ validFrom: t.validFrom })
    .from(t)
    .where(
      and(
        eq(t.accountId, accountId),
        eq(t.workstationId, workstationId),
        or(isNull(t.validUntil), gt(t.validUntil, at)),
      ),
    );
  for (const { validFrom } of rows) {
    const one = and(
      eq(t.accountId, accountId),
      eq(t.workstationId, workstationId),
      eq(t.validFrom, validFrom),
    );
    if (validFrom >= at) await db.delete(t).where(one);
    else await db.update(t).set({ validUntil: at }).where(one);
  }
  return rows.length;
}

/**
 * Adds an employment fact.
 * @returns false when the source has sent it before (same source and key)
 */
export async function insertEmploymentEvent(
  db: Db,
  event: Tables['employmentEvents']['$inferInsert'],
): Promise<boolean> {
  const { employmentEvents: t } = db.tables;
  const inserted = await db.insert(t).values(event).onConflictDoNothing().returning({ id: t.id });
  return inserted.length === 1;
}
