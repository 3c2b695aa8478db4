// The invented organisation of the trial: what of it is in the store, what real data hangs on it, and taking it out.
import { and, eq, inArray, isNull, ne, notInArray, or } from 'drizzle-orm';
import type { AnySQLiteTable, SQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Db } from '../tables.ts';
import { deleteNameWords } from './name-words.ts';

/** By what the sample's things are found again. */
export interface SampleMark {
  /** Code of the unit that has none above it. */
  readonly root: string;
  readonly units: readonly string[];
  readonly people: readonly string[];
  readonly accounts: readonly string[];
  readonly workstations: readonly string[];
  readonly assignments: readonly string[];
  readonly clients: readonly string[];
  readonly gateways: readonly string[];
}

/** Ids of what is left of it. */
export interface SampleIds {
  /** Null: it is gone. */
  readonly root: number | null;
  /** All units but the root. */
  readonly units: readonly number[];
  readonly people: readonly number[];
  readonly accounts: readonly number[];
  readonly workstations: readonly number[];
  readonly assignments: readonly number[];
  readonly clients: readonly number[];
  readonly gateways: readonly number[];
}

async function idsOf(
  db: Db,
  table: AnySQLiteTable,
  id: SQLiteColumn,
  key: SQLiteColumn,
  values: readonly string[],
): Promise<number[]> {
  if (values.length === 0) return [];
  const rows = await db
    .select({ id })
    .from(table)
    .where(inArray(key, [...values]));
  return rows.map((row) => Number(row.id));
}

export async function findSampleIds(db: Db, mark: SampleMark): Promise<SampleIds> {
  const t = db.tables;
  const [root = null] = await idsOf(db, t.units, t.units.id, t.units.code, [mark.root]);
  const units = await idsOf(db, t.units, t.units.id, t.units.code, mark.units);
  // Another unit's paper may have the same number.
  const papers = await db
    .select({ id: t.assignments.id })
    .from(t.assignments)
    .where(
      and(
        inArray(t.assignments.documentNumber, [...mark.assignments]),
        inArray(t.assignments.unitId, [root ?? -1, ...units]),
      ),
    );
  return {
    root,
    units,
    people: await idsOf(db, t.people, t.people.id, t.people.staffCode, mark.people),
    accounts: await idsOf(db, t.accounts, t.accounts.id, t.accounts.userName, mark.accounts),
    workstations: await idsOf(
      db,
      t.workstations,
      t.workstations.id,
      t.workstations.assetTag,
      mark.workstations,
    ),
    assignments: papers.map(({ id }) => id),
    clients: await idsOf(db, t.radiusClients, t.radiusClients.id, t.radiusClients.name, mark.clients),
    gateways: await idsOf(db, t.gateways, t.gateways.id, t.gateways.name, mark.gateways),
  };
}

/** A real thing that hangs on the sample, so that it can't be taken out. */
export interface SampleHit {
  readonly kind: 'person' | 'unit' | 'account' | 'workstation' | 'assignment' | 'gateway' | 'role' | 'feed';
  readonly name: string;
}

const none = [-1];
const some = (ids: readonly number[]) => (ids.length === 0 ? none : [...ids]);
const mostHits = 20;

/** What of the organisation's own would be hit; no more than some of each kind. */
export async function findSampleHits(db: Db, ids: SampleIds): Promise<SampleHit[]> {
  const t = db.tables;
  const units = some(ids.units);
  const people = some(ids.people);
  const accounts = some(ids.accounts);
  const workstations = some(ids.workstations);
  const assignments = some(ids.assignments);
  const hits: SampleHit[] = [];
  const note = (kind: SampleHit['kind'], rows: readonly { readonly name: string }[]) =>
    hits.push(...rows.map(({ name }) => ({ kind, name })));

  note(
    'person',
    await db
      .select({ name: t.people.staffCode })
      .from(t.people)
      .where(and(inArray(t.people.unitId, units), notInArray(t.people.id, people)))
      .limit(mostHits),
  );
  note(
    'unit',
    await db
      .select({ name: t.units.code })
      .from(t.units)
      .where(and(inArray(t.units.parentId, units), notInArray(t.units.id, units)))
      .limit(mostHits),
  );
  note(
    'account',
    await db
      .selectDistinct({ name: t.accounts.userName })
      .from(t.accounts)
      .leftJoin(t.accountAssignments, eq(t.accountAssignments.accountId, t.accounts.id))
      .leftJoin(t.accountWorkstations, eq(t.accountWorkstations.accountId, t.accounts.id))
      .where(
        and(
          notInArray(t.accounts.id, accounts),
          or(
            inArray(t.accounts.personId, people),
            inArray(t.accountAssignments.assignmentId, assignments),
            inArray(t.accountWorkstations.workstationId, workstations),
          ),
        ),
      )
      .limit(mostHits),
  );
  note(
    'workstation',
    await db
      .select({ name: t.workstations.assetTag })
      .from(t.workstations)
      .where(
        and(
          notInArray(t.workstations.id, workstations),
          or(inArray(t.workstations.unitId, units), inArray(t.workstations.keeperPersonId, people)),
        ),
      )
      .limit(mostHits),
  );
  note(
    'assignment',
    await db
      .select({ name: t.assignments.documentNumber })
      .from(t.assignments)
      .where(and(inArray(t.assignments.unitId, units), notInArray(t.assignments.id, assignments)))
      .limit(mostHits),
  );
  note(
    'gateway',
    await db
      .select({ name: t.gateways.name })
      .from(t.gateways)
      .where(
        and(
          notInArray(t.gateways.id, some(ids.gateways)),
          or(inArray(t.gateways.clientId, some(ids.clients)), inArray(t.gateways.unitId, units)),
        ),
      )
      .limit(mostHits),
  );
  // Somebody real who is let in through a gateway of the sample just now.
  note(
    'account',
    await db
      .selectDistinct({ name: t.accounts.userName })
      .from(t.sessions)
      .innerJoin(t.accounts, eq(t.accounts.id, t.sessions.accountId))
      .where(
        and(
          inArray(t.sessions.gatewayId, some(ids.gateways)),
          notInArray(t.accounts.id, accounts),
          ne(t.sessions.state, 'ended'),
        ),
      )
      .limit(mostHits),
  );
  note(
    'role',
    await db
      .selectDistinct({ name: t.operators.signInName })
      .from(t.operatorRoles)
      .innerJoin(t.operators, eq(t.operators.id, t.operatorRoles.operatorId))
      .where(
        and(
          inArray(t.operatorRoles.unitId, units),
          isNull(t.operatorRoles.revokedAt),
          eq(t.operators.state, 'active'),
          notInArray(t.operators.personId, people),
        ),
      )
      .limit(mostHits),
  );
  note(
    'feed',
    await db
      .select({ name: t.feedUsers.userName })
      .from(t.feedUsers)
      .where(inArray(t.feedUsers.personId, people))
      .limit(mostHits),
  );
  note(
    'feed',
    await db
      .select({ name: t.feedGroups.resourceId })
      .from(t.feedGroups)
      .where(inArray(t.feedGroups.unitId, units))
      .limit(mostHits),
  );
  return hits;
}

/** Takes the sample out, with everything that hangs on it; its root unit stays. What was recorded of it stays too. */
export async function deleteSample(db: Db, ids: SampleIds): Promise<void> {
  const t = db.tables;
  const units = some(ids.units);
  const people = some(ids.people);
  const accounts = some(ids.accounts);
  const workstations = some(ids.workstations);
  const gateways = some(ids.gateways);
  const assignments = some(ids.assignments);
  const operators = (
    await db.select({ id: t.operators.id }).from(t.operators).where(inArray(t.operators.personId, people))
  ).map(({ id }) => id);

  const sessions = db
    .select({ id: t.sessions.id })
    .from(t.sessions)
    .where(or(inArray(t.sessions.accountId, accounts), inArray(t.sessions.gatewayId, gateways)));
  await db.delete(t.cuts).where(inArray(t.cuts.sessionId, sessions));
  await db
    .delete(t.sessions)
    .where(or(inArray(t.sessions.accountId, accounts), inArray(t.sessions.gatewayId, gateways)));
  await db.delete(t.deviceTickets).where(inArray(t.deviceTickets.accountId, accounts));
  await db.delete(t.deviceTickets).where(inArray(t.deviceTickets.workstationId, workstations));
  await db
    .update(t.tokens)
    .set({ state: 'stock', accountId: null, handedOverAt: null, handedOverBy: null })
    .where(inArray(t.tokens.accountId, accounts));
  await db.update(t.tokens).set({ unitId: null }).where(inArray(t.tokens.unitId, units));
  await db.delete(t.alerts).where(or(inArray(t.alerts.accountId, accounts), inArray(t.alerts.unitId, units)));
  for (const table of [
    t.authenticators,
    t.counters,
    t.accountAssignments,
    t.accountWorkstations,
    t.expiryWarnings,
    t.activationCodes,
    t.enrollmentTickets,
    t.recoveryCodes,
    t.rulesAcceptances,
    t.requests,
    t.webSessions,
  ]) {
    await db.delete(table).where(inArray(table.accountId, accounts));
  }
  await db.delete(t.accountAssignments).where(inArray(t.accountAssignments.assignmentId, assignments));
  await db.delete(t.accounts).where(inArray(t.accounts.id, accounts));
  await db.delete(t.assignments).where(inArray(t.assignments.id, assignments));
  for (const table of [t.workstationIdentifiers, t.workstationKeys, t.registrationCodes]) {
    await db.delete(table).where(inArray(table.workstationId, workstations));
  }
  await db.delete(t.workstations).where(inArray(t.workstations.id, workstations));

  for (const table of [
    t.operatorRoles,
    t.operatorCounters,
    t.passkeys,
    t.webSessions,
    t.savedViews,
    t.oneTimeLinks,
  ]) {
    await db.delete(table).where(inArray(table.operatorId, some(operators)));
  }
  await db
    .update(t.apiTokens)
    .set({ createdBy: null })
    .where(inArray(t.apiTokens.createdBy, some(operators)));
  await db
    .delete(t.apiTokens)
    .where(or(inArray(t.apiTokens.unitId, units), inArray(t.apiTokens.gatewayId, gateways)));
  await db.delete(t.operatorRoles).where(inArray(t.operatorRoles.unitId, units));
  await db
    .update(t.operatorRoles)
    .set({ delegatedByPersonId: null })
    .where(inArray(t.operatorRoles.delegatedByPersonId, people));
  await db.delete(t.operators).where(inArray(t.operators.id, some(operators)));

  await db
    .update(t.requests)
    .set({ filedByPersonId: null })
    .where(inArray(t.requests.filedByPersonId, people));
  await db
    .update(t.requests)
    .set({ decidedByPersonId: null })
    .where(inArray(t.requests.decidedByPersonId, people));
  for (const table of [t.employmentEvents, t.lifecycleEvents, t.formerUnits]) {
    await db.delete(table).where(or(inArray(table.personId, people), inArray(table.unitId, units)));
  }
  await db.delete(t.personFacts).where(inArray(t.personFacts.personId, people));
  await deleteNameWords(db, ids.people);
  await db.delete(t.people).where(inArray(t.people.id, people));

  const scopes = [...ids.gateways.map((id) => `gateway:${id}`), ...ids.units.map((id) => `unit:${id}`)];
  if (scopes.length > 0) {
    await db.delete(t.policies).where(inArray(t.policies.scope, scopes));
    await db.delete(t.evidenceExceptions).where(inArray(t.evidenceExceptions.scope, scopes));
  }
  await db.delete(t.gateways).where(inArray(t.gateways.id, gateways));
  await db.delete(t.radiusClients).where(inArray(t.radiusClients.id, some(ids.clients)));
  const events = db
    .select({ id: t.unitEvents.id })
    .from(t.unitEvents)
    .where(inArray(t.unitEvents.unitId, units));
  await db.update(t.formerUnits).set({ unitEventId: null }).where(inArray(t.formerUnits.unitEventId, events));
  await db.delete(t.unitEvents).where(inArray(t.unitEvents.unitId, units));
  await db.delete(t.formerUnitNames).where(inArray(t.formerUnitNames.unitId, units));
  await db.update(t.units).set({ parentId: null }).where(inArray(t.units.id, units));
  await db.delete(t.units).where(inArray(t.units.id, units));
}
