// All tables, defined once for both dialects. Instants are epoch milliseconds, JSON is text, ids are integers.
import type { BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import type { Kit } from './columns.sqlite.ts';
import { accountsTables } from './tables/accounts.ts';
import { authenticatorsTables } from './tables/authenticators.ts';
import { gatewaysTables } from './tables/gateways.ts';
import { lifecycleTables } from './tables/lifecycle.ts';
import { operatorsTables } from './tables/operators.ts';
import { organisationTables } from './tables/organisation.ts';
import { recordsTables } from './tables/records.ts';
import { requestsTables } from './tables/requests.ts';
import { sessionsTables } from './tables/sessions.ts';
import { systemTables } from './tables/system.ts';
import { workstationsTables } from './tables/workstations.ts';

/** Builds the tables with a dialect's column kit; names in SQL are the keys in snake case. */
export function defineTables(kit: Kit) {
  const organisation = organisationTables(kit);
  const lifecycle = lifecycleTables(kit, organisation);
  const accounts = accountsTables(kit, organisation);
  const authenticators = authenticatorsTables(kit, organisation, accounts);
  const requests = requestsTables(kit, organisation, accounts);
  const workstations = workstationsTables(kit, organisation, accounts);
  const gateways = gatewaysTables(kit, organisation);
  const sessions = sessionsTables(kit, accounts, workstations, gateways);
  const records = recordsTables(kit, organisation, accounts);
  const operators = operatorsTables(kit, organisation, lifecycle, accounts, gateways);
  const system = systemTables(kit);
  return {
    ...organisation,
    ...lifecycle,
    ...accounts,
    ...authenticators,
    ...requests,
    ...workstations,
    ...gateways,
    ...sessions,
    ...records,
    ...operators,
    ...system,
  };
}

export type Tables = ReturnType<typeof defineTables>;

type Orm = BaseSQLiteDatabase<'async', unknown>;

/**
 * What query files work with, whichever database is behind it: Drizzle's builders and the dialect's tables.
 * Await the builders (`await db.select()…`); `.get()`, `.all()` and `.run()` exist on one dialect only.
 * A statement that failed ends the whole write: do not catch and go on (PostgreSQL can't).
 */
export type Db = Pick<Orm, 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete'> & {
  readonly tables: Tables;
};
