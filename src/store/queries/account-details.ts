// Everything that hangs on one account, for whoever looks after it. No secret is read.
import { and, asc, desc, eq, inArray, ne } from 'drizzle-orm';
import type { Db } from '../tables.ts';

/** The holder and the units above them, from the root down. */
export async function findHolder(db: Db, personId: number) {
  const { people, units } = db.tables;
  const [row] = await db
    .select({
      personId: people.id,
      staffCode: people.staffCode,
      fullName: people.fullName,
      kind: people.kind,
      position: people.position,
      unitId: people.unitId,
      unitCode: units.code,
      unitPath: units.path,
    })
    .from(people)
    .innerJoin(units, eq(units.id, people.unitId))
    .where(eq(people.id, personId));
  if (row === undefined) throw new Error('an account has no holder');
  const ids = row.unitPath.slice(1, -1).split('/').map(Number);
  const named = await db.select({ id: units.id, name: units.name }).from(units).where(inArray(units.id, ids));
  const names = new Map(named.map(({ id, name }) => [id, name]));
  return { ...row, unitIds: ids, unitNames: ids.map((id) => names.get(id) ?? '') };
}

/** Facts of employment in the order of their effect. */
export async function listEmploymentEvents(db: Db, personId: number) {
  const { employmentEvents: t } = db.tables;
  return await db
    .select({
      kind: t.kind,
      detail: t.detail,
      effectiveAt: t.effectiveAt,
      documentNumber: t.documentNumber,
      source: t.source,
    })
    .from(t)
    .where(eq(t.personId, personId))
    .orderBy(asc(t.effectiveAt), asc(t.id));
}

/** Written assignments that cover the account, the newest first. */
export async function listAssignmentsOfAccount(db: Db, accountId: number) {
  const { accountAssignments: l, assignments: t, units } = db.tables;
  return await db
    .select({
      assignmentId: t.id,
      documentNumber: t.documentNumber,
      documentDate: t.documentDate,
      signatory: t.signatory,
      purpose: t.purpose,
      dataScope: t.dataScope,
      unitCode: units.code,
      validFrom: t.validFrom,
      validUntil: t.validUntil,
    })
    .from(l)
    .innerJoin(t, eq(t.id, l.assignmentId))
    .innerJoin(units, eq(units.id, t.unitId))
    .where(eq(l.accountId, accountId))
    .orderBy(desc(t.validFrom), asc(t.id));
}

/** Workstations assigned to the account, ended assignments included. */
export async function listWorkstationsOfAccount(db: Db, accountId: number) {
  const { accountWorkstations: l, workstations: t } = db.tables;
  return await db
    .select({
      workstationId: t.id,
      assetTag: t.assetTag,
      name: t.name,
      kind: t.kind,
      state: t.state,
      assignmentKind: l.kind,
      validFrom: l.validFrom,
      validUntil: l.validUntil,
    })
    .from(l)
    .innerJoin(t, eq(t.id, l.workstationId))
    .where(eq(l.accountId, accountId))
    .orderBy(asc(l.validFrom), asc(t.id));
}

export async function listCounters(db: Db, accountId: number) {
  const { counters: t } = db.tables;
  return await db
    .select({
      scope: t.scope,
      failures: t.failures,
      lastFailureAt: t.lastFailureAt,
      lockedUntil: t.lockedUntil,
    })
    .from(t)
    .where(eq(t.accountId, accountId))
    .orderBy(asc(t.scope));
}

/** Sessions that are not known to have ended. */
export async function listOpenSessions(db: Db, accountId: number) {
  const { sessions: t, gateways } = db.tables;
  return await db
    .select({ state: t.state, gateway: gateways.name, startedAt: t.startedAt, until: t.until })
    .from(t)
    .innerJoin(gateways, eq(gateways.id, t.gatewayId))
    .where(and(eq(t.accountId, accountId), ne(t.state, 'ended')))
    .orderBy(desc(t.startedAt));
}

/** When an administrator last withdrew the account; null when no record says so. */
export async function findLastWithdrawal(db: Db, accountId: number): Promise<number | null> {
  const { audit } = db.tables;
  const [row] = await db
    .select({ at: audit.at })
    .from(audit)
    .where(
      and(
        eq(audit.accountId, accountId),
        eq(audit.kind, 'administration'),
        eq(audit.outcome, 'account.withdraw'),
      ),
    )
    .orderBy(desc(audit.at))
    .limit(1);
  return row?.at ?? null;
}

export async function listAccountIdsOfPerson(db: Db, personId: number): Promise<number[]> {
  const { accounts } = db.tables;
  const rows = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.personId, personId));
  return rows.map((row) => row.id);
}
