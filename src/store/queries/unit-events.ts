// Events of units, and the units that people have left: rows, and whole units moved in one statement each.
import { and, asc, count, desc, eq, gt, inArray, lte, ne, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type UnitEventRow = Tables['unitEvents']['$inferSelect'];

/** Null: this document has said so of this unit before. */
export async function insertUnitEvent(
  db: Db,
  row: Omit<Tables['unitEvents']['$inferInsert'], 'id'>,
): Promise<number | null> {
  const { unitEvents: t } = db.tables;
  const [inserted] = await db.insert(t).values(row).onConflictDoNothing().returning({ id: t.id });
  return inserted?.id ?? null;
}

export async function findUnitEvent(db: Db, id: number): Promise<UnitEventRow | null> {
  const { unitEvents: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** With the codes and names of their units, the newest first. */
export async function listUnitEvents(
  db: Db,
  limit: number,
): Promise<(UnitEventRow & { readonly unitCode: string; readonly unitName: string })[]> {
  const { unitEvents: t, units } = db.tables;
  const rows = await db
    .select({ event: t, unitCode: units.code, unitName: units.name })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .orderBy(desc(t.id))
    .limit(limit);
  return rows.map(({ event, ...unit }) => ({ ...event, ...unit }));
}

/** The earliest event that is due; null: none. */
export async function findDueUnitEvent(db: Db, now: number): Promise<UnitEventRow | null> {
  const { unitEvents: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(and(eq(t.state, 'scheduled'), lte(t.effectiveAt, now)))
    .orderBy(asc(t.effectiveAt), asc(t.id))
    .limit(1);
  return row ?? null;
}

/** Moves an event out of a state; false when somebody else has done so. */
export async function claimUnitEvent(
  db: Db,
  id: number,
  from: UnitEventRow['state'],
  set: Pick<UnitEventRow, 'state'> & { readonly changes?: string },
): Promise<boolean> {
  const { unitEvents: t } = db.tables;
  const claimed = await db
    .update(t)
    .set(set)
    .where(and(eq(t.id, id), eq(t.state, from)))
    .returning({ id: t.id });
  return claimed.length === 1;
}

/** Everybody in a unit itself, not below it; or those of them who are named. */
export async function listMembers(
  db: Db,
  unitId: number,
  named: readonly number[] | null,
): Promise<number[]> {
  const { people: t } = db.tables;
  const rows = await db
    .select({ id: t.id })
    .from(t)
    .where(and(eq(t.unitId, unitId), named === null ? undefined : inArray(t.id, [...named])))
    .orderBy(asc(t.id));
  return rows.map(({ id }) => id);
}

/** Accounts of the members that are in use. */
export async function countAccountsOfUnit(db: Db, unitId: number): Promise<number> {
  const { accounts, people } = db.tables;
  const [row] = await db
    .select({ total: count() })
    .from(accounts)
    .innerJoin(people, eq(people.id, accounts.personId))
    .where(and(eq(people.unitId, unitId), ne(accounts.status, 'withdrawn')));
  return row?.total ?? 0;
}

export async function listChildUnits(db: Db, unitId: number): Promise<number[]> {
  const { units: t } = db.tables;
  const rows = await db.select({ id: t.id }).from(t).where(eq(t.parentId, unitId)).orderBy(asc(t.id));
  return rows.map(({ id }) => id);
}

/** Remembers where people were, and puts them elsewhere. */
export async function moveMembers(
  db: Db,
  move: {
    readonly personIds: readonly number[];
    readonly from: number;
    readonly into: number;
    readonly at: number;
    readonly unitEventId: number;
  },
): Promise<void> {
  const { people, formerUnits } = db.tables;
  const { personIds, from, into, at, unitEventId } = move;
  for (let begin = 0; begin < personIds.length; begin += chunk) {
    const some = personIds.slice(begin, begin + chunk);
    await db
      .insert(formerUnits)
      .values(some.map((personId) => ({ personId, unitId: from, until: at, unitEventId })));
    await db.update(people).set({ unitId: into }).where(inArray(people.id, some));
  }
}

/** Whom an event has moved, with the unit that they are in now. */
export async function listMovedBy(
  db: Db,
  unitEventId: number,
): Promise<{ readonly personId: number; readonly former: number; readonly unitId: number }[]> {
  const { people, formerUnits: t } = db.tables;
  return await db
    .select({ personId: t.personId, former: t.unitId, unitId: people.unitId })
    .from(t)
    .innerJoin(people, eq(people.id, t.personId))
    .where(eq(t.unitEventId, unitEventId));
}

/** Puts people back, as if the event had not been. */
export async function moveMembersBack(
  db: Db,
  unitEventId: number,
  moved: readonly { readonly personId: number; readonly former: number }[],
): Promise<void> {
  const { people, formerUnits, employmentEvents } = db.tables;
  for (const [former, group] of Map.groupBy(moved, (one) => one.former)) {
    for (let begin = 0; begin < group.length; begin += chunk) {
      const ids = group.slice(begin, begin + chunk).map(({ personId }) => personId);
      await db.update(people).set({ unitId: former }).where(inArray(people.id, ids));
      await db.delete(employmentEvents).where(
        and(
          eq(employmentEvents.source, unitEventSource),
          inArray(
            employmentEvents.sourceKey,
            ids.map((personId) => unitEventKey(unitEventId, personId)),
          ),
        ),
      );
    }
  }
  await db.delete(formerUnits).where(eq(formerUnits.unitEventId, unitEventId));
}

export const unitEventSource = 'unit-event';
export const unitEventKey = (unitEventId: number, personId: number) => `${unitEventId}|${personId}`;

/** Well under the parameters that a statement may have. */
const chunk = 500;

/** Remembers a unit's name. */
export async function keepUnitName(
  db: Db,
  name: { readonly unitId: number; readonly code: string; readonly name: string; readonly until: number },
): Promise<void> {
  await db.insert(db.tables.formerUnitNames).values(name);
}

export async function forgetUnitName(db: Db, unitId: number, until: number): Promise<void> {
  const { formerUnitNames: t } = db.tables;
  await db.delete(t).where(and(eq(t.unitId, unitId), eq(t.until, until)));
}

export async function updateUnit(
  db: Db,
  unitId: number,
  set: Partial<Pick<Tables['units']['$inferInsert'], 'name' | 'nameSearchKey' | 'code' | 'closedAt'>>,
): Promise<void> {
  await db.update(db.tables.units).set(set).where(eq(db.tables.units.id, unitId));
}

/** Workstations and gateways of a unit become another's; the ids of those that did. */
export async function moveBelongings(
  db: Db,
  from: number,
  into: number,
): Promise<{ readonly workstationIds: number[]; readonly gatewayIds: number[] }> {
  const { workstations, gateways } = db.tables;
  const machines = await db
    .update(workstations)
    .set({ unitId: into })
    .where(eq(workstations.unitId, from))
    .returning({ id: workstations.id });
  const doors = await db
    .update(gateways)
    .set({ unitId: into })
    .where(eq(gateways.unitId, from))
    .returning({ id: gateways.id });
  return { workstationIds: machines.map(({ id }) => id), gatewayIds: doors.map(({ id }) => id) };
}

/** Puts them back, as far as nobody else has moved them since. */
export async function moveBelongingsBack(
  db: Db,
  back: { readonly workstationIds: readonly number[]; readonly gatewayIds: readonly number[] },
  to: { readonly from: number; readonly into: number },
): Promise<void> {
  const { workstations, gateways } = db.tables;
  for (const id of back.workstationIds)
    await db
      .update(workstations)
      .set({ unitId: to.into })
      .where(and(eq(workstations.id, id), eq(workstations.unitId, to.from)));
  for (const id of back.gatewayIds)
    await db
      .update(gateways)
      .set({ unitId: to.into })
      .where(and(eq(gateways.id, id), eq(gateways.unitId, to.from)));
}

/** In which unit people were at an instant, by what is remembered; those who are not known are missing. */
export async function findUnitsAt(
  db: Db,
  personIds: readonly number[],
  at: number,
): Promise<ReadonlyMap<number, number>> {
  const { people, formerUnits: t } = db.tables;
  const units = new Map<number, number>();
  for (let begin = 0; begin < personIds.length; begin += chunk) {
    const some = personIds.slice(begin, begin + chunk);
    const present = await db
      .select({ id: people.id, unitId: people.unitId })
      .from(people)
      .where(inArray(people.id, some));
    for (const { id, unitId } of present) units.set(id, unitId);
    const former = await db
      .select({ personId: t.personId, unitId: t.unitId })
      .from(t)
      .where(and(inArray(t.personId, some), gt(t.until, at)))
      .orderBy(desc(t.until), desc(t.id));
    // The earliest end after the instant comes last.
    for (const { personId, unitId } of former) units.set(personId, unitId);
  }
  return units;
}

/** What a unit was called at an instant. */
export async function findUnitNameAt(
  db: Db,
  unitId: number,
  at: number,
): Promise<{ readonly code: string; readonly name: string } | null> {
  const { units, formerUnitNames: t } = db.tables;
  const [former] = await db
    .select({ code: t.code, name: t.name })
    .from(t)
    .where(and(eq(t.unitId, unitId), gt(t.until, at)))
    .orderBy(asc(t.until))
    .limit(1);
  if (former !== undefined) return former;
  const [unit] = await db
    .select({ code: units.code, name: units.name })
    .from(units)
    .where(eq(units.id, unitId));
  return unit ?? null;
}

/** Whether something else with this code is there. */
export async function isCodeTaken(db: Db, code: string, except: number): Promise<boolean> {
  const { units: t } = db.tables;
  const [row] = await db
    .select({ id: t.id })
    .from(t)
    .where(and(eq(t.code, code), sql`${t.id} <> ${except}`));
  return row !== undefined;
}
