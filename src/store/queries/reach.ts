// To which unit a thing belongs: who may see it depends on that.
import { eq } from 'drizzle-orm';
import type { Db } from '../tables.ts';

export type UnitOwned =
  | 'account'
  | 'assignment'
  | 'operator'
  | 'person'
  | 'request'
  | 'session'
  | 'unit'
  | 'workstation';

/** Path of the unit that a thing belongs to; null when there is no such thing. */
export async function findUnitPathOf(db: Db, kind: UnitOwned, id: number): Promise<string | null> {
  const { accounts, assignments, operators, people, requests, sessions, units, workstations } = db.tables;
  const path = { path: units.path };
  const [row] = await (() => {
    switch (kind) {
      case 'unit':
        return db.select(path).from(units).where(eq(units.id, id));
      case 'person':
        return db
          .select(path)
          .from(people)
          .innerJoin(units, eq(units.id, people.unitId))
          .where(eq(people.id, id));
      case 'account':
        return db
          .select(path)
          .from(accounts)
          .innerJoin(people, eq(people.id, accounts.personId))
          .innerJoin(units, eq(units.id, people.unitId))
          .where(eq(accounts.id, id));
      case 'session':
        return db
          .select(path)
          .from(sessions)
          .innerJoin(accounts, eq(accounts.id, sessions.accountId))
          .innerJoin(people, eq(people.id, accounts.personId))
          .innerJoin(units, eq(units.id, people.unitId))
          .where(eq(sessions.id, id));
      case 'operator':
        return db
          .select(path)
          .from(operators)
          .innerJoin(people, eq(people.id, operators.personId))
          .innerJoin(units, eq(units.id, people.unitId))
          .where(eq(operators.id, id));
      case 'workstation':
        return db
          .select(path)
          .from(workstations)
          .innerJoin(units, eq(units.id, workstations.unitId))
          .where(eq(workstations.id, id));
      case 'assignment':
        return db
          .select(path)
          .from(assignments)
          .innerJoin(units, eq(units.id, assignments.unitId))
          .where(eq(assignments.id, id));
      case 'request':
        return db
          .select(path)
          .from(requests)
          .innerJoin(accounts, eq(accounts.id, requests.accountId))
          .innerJoin(people, eq(people.id, accounts.personId))
          .innerJoin(units, eq(units.id, people.unitId))
          .where(eq(requests.id, id));
    }
  })();
  return row?.path ?? null;
}
