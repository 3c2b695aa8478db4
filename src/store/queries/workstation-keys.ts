// Keys of workstations and the codes that let one register; every change of state is compare-and-set.
import { and, asc, desc, eq, gt, inArray, isNull, ne, or } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type WorkstationKeyRow = Tables['workstationKeys']['$inferSelect'];
export type KeyState = WorkstationKeyRow['state'];

export async function findKey(db: Db, id: number): Promise<WorkstationKeyRow | null> {
  const { workstationKeys: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** The key that waits or counts under an identifier, with its workstation; null: there is none. */
export async function findKeyInForce(db: Db, identifier: string) {
  const { workstationKeys: t, workstations } = db.tables;
  const [row] = await db
    .select({ key: t, assetTag: workstations.assetTag, workstationState: workstations.state })
    .from(t)
    .innerJoin(workstations, eq(workstations.id, t.workstationId))
    .where(and(eq(t.identifier, identifier), inArray(t.state, ['pending', 'active'])));
  return row ?? null;
}

/** The newest key under an identifier whatever its state: what a workstation asks that waits for approval. */
export async function findNewestKey(db: Db, identifier: string) {
  const { workstationKeys: t, workstations } = db.tables;
  const [row] = await db
    .select({ key: t, assetTag: workstations.assetTag })
    .from(t)
    .innerJoin(workstations, eq(workstations.id, t.workstationId))
    .where(eq(t.identifier, identifier))
    .orderBy(desc(t.id))
    .limit(1);
  return row ?? null;
}

/** The key of a workstation that counts and is known by this identifier; null: the identifier is no registered key's. */
export async function findActiveKeyOf(db: Db, workstationId: number, identifier: string) {
  const { workstationKeys: t } = db.tables;
  const [row] = await db
    .select({ id: t.id })
    .from(t)
    .where(
      and(
        eq(t.workstationId, workstationId),
        eq(t.state, 'active'),
        or(eq(t.identifier, identifier), eq(t.certificateIdentifier, identifier)),
      ),
    );
  return row ?? null;
}

export async function listKeysOfWorkstation(db: Db, workstationId: number): Promise<WorkstationKeyRow[]> {
  const { workstationKeys: t } = db.tables;
  return await db.select().from(t).where(eq(t.workstationId, workstationId)).orderBy(asc(t.id));
}

/** Keys that wait for approval, the oldest first, of units in these subtrees (null: of all). */
export async function listPendingKeys(
  db: Db,
  query: { readonly unitIds: readonly number[] | null; readonly after: number; readonly limit: number },
) {
  const { workstationKeys: t, workstations, units } = db.tables;
  return await db
    .select({
      id: t.id,
      assetTag: workstations.assetTag,
      unitCode: units.code,
      identifier: t.identifier,
      storage: t.storage,
      label: t.label,
      requestedAt: t.requestedAt,
    })
    .from(t)
    .innerJoin(workstations, eq(workstations.id, t.workstationId))
    .innerJoin(units, eq(units.id, workstations.unitId))
    .where(
      and(
        eq(t.state, 'pending'),
        gt(t.id, query.after),
        query.unitIds === null ? undefined : inArray(workstations.unitId, [...query.unitIds]),
      ),
    )
    .orderBy(asc(t.id))
    .limit(query.limit);
}

/** Adds a key unless its identifier waits or counts already; its id, or null. */
export async function insertKey(
  db: Db,
  key: Omit<Tables['workstationKeys']['$inferInsert'], 'id'>,
): Promise<number | null> {
  const { workstationKeys: t } = db.tables;
  const [row] = await db.insert(t).values(key).onConflictDoNothing().returning({ id: t.id });
  return row?.id ?? null;
}

/** Changes a key that is still in the state it was seen in; whether it was. */
export async function changeKey(
  db: Db,
  seen: { readonly id: number; readonly state: KeyState },
  change: Partial<
    Pick<
      WorkstationKeyRow,
      | 'state'
      | 'validUntil'
      | 'certificate'
      | 'certificateIdentifier'
      | 'decidedAt'
      | 'decidedBy'
      | 'revokedAt'
    >
  >,
): Promise<boolean> {
  const { workstationKeys: t } = db.tables;
  const changed = await db
    .update(t)
    .set(change)
    .where(and(eq(t.id, seen.id), eq(t.state, seen.state)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Lets the other active keys of a workstation run out at an instant, if they would go on for longer. */
export async function endOtherKeys(
  db: Db,
  change: { readonly workstationId: number; readonly except: number; readonly at: number },
): Promise<number> {
  const { workstationKeys: t } = db.tables;
  const ended = await db
    .update(t)
    .set({ validUntil: change.at })
    .where(
      and(
        eq(t.workstationId, change.workstationId),
        ne(t.id, change.except),
        eq(t.state, 'active'),
        or(isNull(t.validUntil), gt(t.validUntil, change.at)),
      ),
    )
    .returning({ id: t.id });
  return ended.length;
}

/** Puts a code in the place of those of the workstation that were not used. */
export async function replaceRegistrationCode(
  db: Db,
  code: Omit<Tables['registrationCodes']['$inferInsert'], 'id'>,
): Promise<void> {
  const { registrationCodes: t } = db.tables;
  await db.delete(t).where(and(eq(t.workstationId, code.workstationId), isNull(t.usedAt)));
  await db.insert(t).values(code);
}

/** Uses up a code that is still good; the workstation that it is for, or null. */
export async function claimRegistrationCode(
  db: Db,
  claim: { readonly codeHash: string; readonly at: number },
): Promise<{ readonly workstationId: number; readonly assetTag: string } | null> {
  const { registrationCodes: t, workstations } = db.tables;
  const [row] = await db
    .update(t)
    .set({ usedAt: claim.at })
    .where(and(eq(t.codeHash, claim.codeHash), isNull(t.usedAt), gt(t.expiresAt, claim.at)))
    .returning({ workstationId: t.workstationId });
  if (row === undefined) return null;
  const [workstation] = await db
    .select({ assetTag: workstations.assetTag })
    .from(workstations)
    .where(eq(workstations.id, row.workstationId));
  return { ...row, assetTag: workstation?.assetTag ?? '' };
}

/** Tickets of a workstation that were not spent are worth nothing any more. */
export async function withdrawTickets(db: Db, workstationId: number): Promise<void> {
  const { deviceTickets: t } = db.tables;
  await db.delete(t).where(and(eq(t.workstationId, workstationId), isNull(t.spentAt)));
}

/** A nonce among the challenges that were spent. */
export const nonceChallenge = (nonceId: string): string => `proof:${nonceId}`;

/** Uses up the nonce of a proof; false when it was used before. */
export async function claimNonce(
  db: Db,
  claim: { readonly nonceId: string; readonly expiresAt: number },
): Promise<boolean> {
  const { challengeClaims: t } = db.tables;
  const claimed = await db
    .insert(t)
    .values({ challengeId: nonceChallenge(claim.nonceId), expiresAt: claim.expiresAt })
    .onConflictDoNothing()
    .returning({ id: t.challengeId });
  return claimed.length === 1;
}
