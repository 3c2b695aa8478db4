// Roles of heads of units, as personnel events give and end them.
import { and, eq, inArray, isNull, or } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

type OperatorRow = Tables['operators']['$inferSelect'];
export type HeadRole = Pick<
  Tables['operatorRoles']['$inferSelect'],
  'id' | 'validFrom' | 'validUntil' | 'revokedAt'
>;

export async function findOperatorOfPerson(db: Db, personId: number): Promise<OperatorRow | null> {
  const { operators: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.personId, personId));
  return row ?? null;
}

/** Roles of a head that a person holds, or others by the person's delegation, in one unit or in all; those not revoked. */
export async function listHeadRoles(
  db: Db,
  of: { readonly personId: number; readonly unitId: number | null; readonly delegated: boolean },
): Promise<HeadRole[]> {
  const { operatorRoles: t, operators } = db.tables;
  const { personId, unitId, delegated } = of;
  const own = and(eq(operators.personId, personId), isNull(t.delegatedByPersonId));
  return await db
    .select({ id: t.id, validFrom: t.validFrom, validUntil: t.validUntil, revokedAt: t.revokedAt })
    .from(t)
    .innerJoin(operators, eq(operators.id, t.operatorId))
    .where(
      and(
        eq(t.role, 'head-of-unit'),
        isNull(t.revokedAt),
        unitId === null ? undefined : eq(t.unitId, unitId),
        delegated ? or(own, eq(t.delegatedByPersonId, personId)) : own,
      ),
    );
}

export async function setRoleEnd(
  db: Db,
  roleId: number,
  end: Pick<HeadRole, 'validUntil' | 'revokedAt'>,
): Promise<void> {
  const { operatorRoles: t } = db.tables;
  await db.update(t).set(end).where(eq(t.id, roleId));
}

export async function findRoles(db: Db, ids: readonly number[]): Promise<HeadRole[]> {
  const { operatorRoles: t } = db.tables;
  if (ids.length === 0) return [];
  return await db
    .select({ id: t.id, validFrom: t.validFrom, validUntil: t.validUntil, revokedAt: t.revokedAt })
    .from(t)
    .where(inArray(t.id, [...ids]));
}
