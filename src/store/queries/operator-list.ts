// Operators as administrators see them: who, which roles.
import { and, asc, desc, eq, gt, inArray, isNotNull, isNull, lte, or } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { findNamesOfPeople } from './people.ts';
import { type UnitsWithin, withinUnits } from './within.ts';

const mostOperators = 1_000;

export async function listOperators(db: Db, within: UnitsWithin) {
  const { operators: t, people, units } = db.tables;
  return await db
    .select({
      id: t.id,
      personId: t.personId,
      signInName: t.signInName,
      state: t.state,
      passwordPhc: t.passwordPhc,
      oidcSubject: t.oidcSubject,
      createdAt: t.createdAt,
      endedAt: t.endedAt,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitId: units.id,
      unitCode: units.code,
      unitName: units.name,
    })
    .from(t)
    .innerJoin(people, eq(people.id, t.personId))
    .innerJoin(units, eq(units.id, people.unitId))
    .where(withinUnits(db, within))
    .orderBy(asc(people.nameSortKey), asc(t.id))
    .limit(mostOperators);
}

/** Roles of operators that were not taken away, past and future ones included. */
export async function listRolesOf(db: Db, operatorIds: readonly number[]) {
  if (operatorIds.length === 0) return [];
  const { operatorRoles: t, units, people } = db.tables;
  return await db
    .select({
      id: t.id,
      operatorId: t.operatorId,
      delegatedByName: people.fullName,
      role: t.role,
      unitId: t.unitId,
      unitCode: units.code,
      unitName: units.name,
      validFrom: t.validFrom,
      validUntil: t.validUntil,
      acting: t.acting,
      delegatedByPersonId: t.delegatedByPersonId,
      documentNumber: t.documentNumber,
    })
    .from(t)
    .leftJoin(units, eq(units.id, t.unitId))
    .leftJoin(people, eq(people.id, t.delegatedByPersonId))
    .where(and(inArray(t.operatorId, [...operatorIds]), isNull(t.revokedAt)))
    .orderBy(asc(t.operatorId), asc(t.id));
}

/** Takes a role away; null when the operator has none such. */
export async function revokeOperatorRole(db: Db, operatorId: number, roleId: number, at: number) {
  const { operatorRoles: t } = db.tables;
  const [row] = await db
    .update(t)
    .set({ revokedAt: at })
    .where(and(eq(t.id, roleId), eq(t.operatorId, operatorId), isNull(t.revokedAt)))
    .returning();
  return row ?? null;
}

/** Operators that can sign in and hold the central administrator's role without end. */
export async function listLastingCentralAdministrators(db: Db, now: number): Promise<number[]> {
  const { operators, operatorRoles: t } = db.tables;
  const rows = await db
    .selectDistinct({ operatorId: operators.id })
    .from(t)
    .innerJoin(operators, eq(operators.id, t.operatorId))
    .where(
      and(
        eq(t.role, 'central-administrator'),
        eq(operators.state, 'active'),
        gt(operators.lastStep, -1),
        isNull(t.revokedAt),
        lte(t.validFrom, now),
        isNull(t.validUntil),
      ),
    );
  return rows.map(({ operatorId }) => operatorId);
}

/** Delegations that were not taken back and are not over, of units within reach; the newest first. */
export async function listDelegations(db: Db, within: UnitsWithin, now: number) {
  const { operatorRoles: t, operators, people, units } = db.tables;
  const rows = await db
    .select({
      id: t.id,
      operatorId: t.operatorId,
      delegateName: people.fullName,
      delegateStaffCode: people.staffCode,
      delegatorPersonId: t.delegatedByPersonId,
      unitId: units.id,
      unitName: units.name,
      unitPath: units.path,
      validFrom: t.validFrom,
      validUntil: t.validUntil,
      documentNumber: t.documentNumber,
    })
    .from(t)
    .innerJoin(operators, eq(operators.id, t.operatorId))
    .innerJoin(people, eq(people.id, operators.personId))
    .innerJoin(units, eq(units.id, t.unitId))
    .where(
      and(
        withinUnits(db, within),
        isNotNull(t.delegatedByPersonId),
        isNull(t.revokedAt),
        or(isNull(t.validUntil), gt(t.validUntil, now)),
      ),
    )
    .orderBy(desc(t.id))
    .limit(mostOperators);
  const names = await findNamesOfPeople(
    db,
    rows.flatMap(({ delegatorPersonId }) => delegatorPersonId ?? []),
  );
  return rows.map((row) => ({ ...row, delegatorName: names.get(row.delegatorPersonId ?? 0) ?? '' }));
}
