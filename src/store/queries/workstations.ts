// Workstations and their identifiers.
import { and, asc, eq, gt, like } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type WorkstationRow = Tables['workstations']['$inferSelect'];

export async function findWorkstation(db: Db, assetTag: string): Promise<WorkstationRow | null> {
  const { workstations: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.assetTag, assetTag));
  return row ?? null;
}

/** Page by page in the order of asset tags. */
export async function listWorkstations(
  db: Db,
  filter: {
    /** In this unit and below. */
    readonly unitPath: string | null;
    readonly state: WorkstationRow['state'] | null;
    readonly after: string | null;
    readonly limit: number;
  },
) {
  const { workstations: t, units } = db.tables;
  const { unitPath, state, after, limit } = filter;
  return await db
    .select({
      id: t.id,
      assetTag: t.assetTag,
      name: t.name,
      kind: t.kind,
      state: t.state,
      unitCode: units.code,
    })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .where(
      and(
        unitPath === null ? undefined : like(units.path, `${unitPath}%`),
        state === null ? undefined : eq(t.state, state),
        after === null ? undefined : gt(t.assetTag, after),
      ),
    )
    .orderBy(asc(t.assetTag))
    .limit(limit);
}

/** Asset tags that begin alike (two characters), to find the one that was meant. */
export async function listSimilarAssetTags(db: Db, assetTag: string): Promise<string[]> {
  const { workstations: t } = db.tables;
  const beginning = assetTag.slice(0, 2).replaceAll(/[%_\\]/g, '');
  const rows = await db
    .select({ assetTag: t.assetTag })
    .from(t)
    .where(like(t.assetTag, `${beginning}%`))
    .limit(5_000);
  return rows.map((row) => row.assetTag);
}

/** `type:value` keys, sorted. */
export async function listIdentifiers(db: Db, workstationId: number): Promise<string[]> {
  const { workstationIdentifiers: t } = db.tables;
  const rows = await db
    .select({ identifier: t.identifier })
    .from(t)
    .where(eq(t.workstationId, workstationId))
    .orderBy(asc(t.identifier));
  return rows.map((row) => row.identifier);
}

/** Asset tags of the workstations that have an identifier. */
export async function listOwnersOfIdentifier(db: Db, identifier: string) {
  const { workstationIdentifiers: l, workstations: t } = db.tables;
  return await db
    .select({ id: t.id, assetTag: t.assetTag })
    .from(l)
    .innerJoin(t, eq(t.id, l.workstationId))
    .where(eq(l.identifier, identifier))
    .orderBy(asc(t.id));
}

/** Accounts that a workstation is or was assigned to. */
export async function listUsersOfWorkstation(db: Db, workstationId: number) {
  const { accountWorkstations: l, accounts, people } = db.tables;
  return await db
    .select({
      userName: accounts.userName,
      personId: accounts.personId,
      fullName: people.fullName,
      kind: l.kind,
      validFrom: l.validFrom,
      validUntil: l.validUntil,
    })
    .from(l)
    .innerJoin(accounts, eq(accounts.id, l.accountId))
    .innerJoin(people, eq(people.id, accounts.personId))
    .where(eq(l.workstationId, workstationId))
    .orderBy(asc(l.validFrom), asc(accounts.userName));
}

export async function findPersonByStaffCode(
  db: Db,
  staffCode: string,
): Promise<{ readonly id: number; readonly fullName: string } | null> {
  const { people } = db.tables;
  const [row] = await db
    .select({ id: people.id, fullName: people.fullName })
    .from(people)
    .where(eq(people.staffCode, staffCode));
  return row ?? null;
}

export async function findPerson(
  db: Db,
  personId: number,
): Promise<{ readonly staffCode: string; readonly fullName: string } | null> {
  const { people } = db.tables;
  const [row] = await db
    .select({ staffCode: people.staffCode, fullName: people.fullName })
    .from(people)
    .where(eq(people.id, personId));
  return row ?? null;
}

/** Inserts a workstation unless its asset tag is taken; its id, or null. */
export async function insertWorkstation(
  db: Db,
  workstation: Omit<Tables['workstations']['$inferInsert'], 'id'>,
): Promise<number | null> {
  const { workstations: t } = db.tables;
  const [row] = await db.insert(t).values(workstation).onConflictDoNothing().returning({ id: t.id });
  return row?.id ?? null;
}

/** Sets the state if it is still the former one; whether it was. */
export async function setWorkstationState(
  db: Db,
  change: {
    readonly id: number;
    readonly former: WorkstationRow['state'];
    readonly state: WorkstationRow['state'];
  },
): Promise<boolean> {
  const { workstations: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ state: change.state })
    .where(and(eq(t.id, change.id), eq(t.state, change.former)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Adds an identifier; false when the workstation has it. */
export async function insertIdentifier(db: Db, workstationId: number, identifier: string): Promise<boolean> {
  const { workstationIdentifiers: t } = db.tables;
  const inserted = await db
    .insert(t)
    .values({ workstationId, identifier })
    .onConflictDoNothing()
    .returning({ identifier: t.identifier });
  return inserted.length === 1;
}

/** Takes an identifier away; whether the workstation had it. */
export async function deleteIdentifier(db: Db, workstationId: number, identifier: string): Promise<boolean> {
  const { workstationIdentifiers: t } = db.tables;
  const gone = await db
    .delete(t)
    .where(and(eq(t.workstationId, workstationId), eq(t.identifier, identifier)))
    .returning({ identifier: t.identifier });
  return gone.length === 1;
}
