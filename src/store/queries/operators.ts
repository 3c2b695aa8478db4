// Operators of the console: people with dated roles. Their counters and passkeys are in operator-proofs.ts.
import { and, asc, eq, gt, isNull, lte, or, sql } from 'drizzle-orm';
import type { HeldRole, Role } from '../../core/permissions.ts';
import type { Db, Tables } from '../tables.ts';

export type OperatorRow = Tables['operators']['$inferSelect'];

/** An operator with the person behind it. */
export interface OperatorWithPerson extends OperatorRow {
  readonly fullName: string;
  readonly staffCode: string;
  readonly position: string | null;
  readonly unitId: number;
  readonly unitPath: string;
}

function selectOperators(db: Db) {
  const { operators: t, people, units } = db.tables;
  return db
    .select({
      id: t.id,
      personId: t.personId,
      signInName: t.signInName,
      state: t.state,
      passwordPhc: t.passwordPhc,
      sealedSeed: t.sealedSeed,
      lastStep: t.lastStep,
      oidcSubject: t.oidcSubject,
      revision: t.revision,
      createdAt: t.createdAt,
      endedAt: t.endedAt,
      fullName: people.fullName,
      staffCode: people.staffCode,
      position: people.position,
      unitId: people.unitId,
      unitPath: units.path,
    })
    .from(t)
    .innerJoin(people, eq(people.id, t.personId))
    .innerJoin(units, eq(units.id, people.unitId));
}

export async function findOperator(db: Db, id: number): Promise<OperatorWithPerson | null> {
  const [row] = await selectOperators(db).where(eq(db.tables.operators.id, id));
  return row ?? null;
}

export async function findOperatorByName(db: Db, signInName: string): Promise<OperatorWithPerson | null> {
  const [row] = await selectOperators(db).where(eq(db.tables.operators.signInName, signInName));
  return row ?? null;
}

export async function findOperatorOfPerson(db: Db, personId: number): Promise<OperatorWithPerson | null> {
  const [row] = await selectOperators(db).where(eq(db.tables.operators.personId, personId));
  return row ?? null;
}

/** By issuer and subject, as services/operators/oidc writes them. */
export async function findOperatorBySubject(db: Db, oidcSubject: string): Promise<OperatorWithPerson | null> {
  const [row] = await selectOperators(db).where(eq(db.tables.operators.oidcSubject, oidcSubject));
  return row ?? null;
}

export async function hasOperators(db: Db): Promise<boolean> {
  const rows = await db.select({ id: db.tables.operators.id }).from(db.tables.operators).limit(1);
  return rows.length === 1;
}

export async function insertOperator(db: Db, row: Tables['operators']['$inferInsert']): Promise<number> {
  const { operators: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).returning({ id: t.id });
  if (inserted === undefined) throw new Error('the operator was not inserted');
  return inserted.id;
}

/** Changes an operator that is still as it was read; false when somebody else was first. */
export async function changeOperator(
  db: Db,
  operator: Pick<OperatorRow, 'id' | 'revision'>,
  set: Partial<Tables['operators']['$inferInsert']>,
): Promise<boolean> {
  const { operators: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ ...set, revision: operator.revision + 1 })
    .where(and(eq(t.id, operator.id), eq(t.revision, operator.revision)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** A role in force, as who may do what depends on it. */
export interface RoleInForce extends HeldRole {
  readonly id: number;
  readonly role: Role;
  readonly unitId: number | null;
  readonly acting: boolean;
  readonly delegatedByPersonId: number | null;
  readonly delegatedByName: string | null;
  readonly documentNumber: string | null;
  readonly validFrom: number;
  readonly validUntil: number | null;
}

/** The operator's roles that hold at an instant. */
export async function listRolesInForce(db: Db, operatorId: number, now: number): Promise<RoleInForce[]> {
  const { operatorRoles: t, units, people } = db.tables;
  return await db
    .select({
      id: t.id,
      role: t.role,
      unitId: t.unitId,
      unitPath: units.path,
      delegatedByName: people.fullName,
      acting: t.acting,
      delegatedByPersonId: t.delegatedByPersonId,
      documentNumber: t.documentNumber,
      validFrom: t.validFrom,
      validUntil: t.validUntil,
    })
    .from(t)
    .leftJoin(units, eq(units.id, t.unitId))
    .leftJoin(people, eq(people.id, t.delegatedByPersonId))
    .where(
      and(
        eq(t.operatorId, operatorId),
        isNull(t.revokedAt),
        lte(t.validFrom, now),
        or(isNull(t.validUntil), gt(t.validUntil, now)),
      ),
    )
    .orderBy(asc(t.id));
}

export async function insertOperatorRole(
  db: Db,
  row: Tables['operatorRoles']['$inferInsert'],
): Promise<number> {
  const { operatorRoles: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).returning({ id: t.id });
  if (inserted === undefined) throw new Error('the role was not inserted');
  return inserted.id;
}

/** Spends a time step; false when this one or a later one was spent already. */
export async function claimOperatorStep(db: Db, operatorId: number, timeStep: number): Promise<boolean> {
  const { operators: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ lastStep: timeStep })
    .where(and(eq(t.id, operatorId), sql`${t.lastStep} < ${timeStep}`))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** Heads of units (acting and by delegation too) who can sign in, with the unit each is head of. */
export async function listHeadsInForce(db: Db, now: number) {
  const { operatorRoles: t, operators, units } = db.tables;
  return await db
    .select({ personId: operators.personId, unitPath: units.path, unitName: units.name })
    .from(t)
    .innerJoin(operators, eq(operators.id, t.operatorId))
    .innerJoin(units, eq(units.id, t.unitId))
    .where(
      and(
        eq(t.role, 'head-of-unit'),
        eq(operators.state, 'active'),
        isNull(t.revokedAt),
        lte(t.validFrom, now),
        or(isNull(t.validUntil), gt(t.validUntil, now)),
      ),
    );
}
