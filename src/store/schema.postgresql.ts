// PostgreSQL's tables, one export each since drizzle-kit reads exports.
import { postgresqlKit } from './columns.postgresql.ts';
import { defineTables } from './tables.ts';

export const {
  units,
  people,
  employmentEvents,
  lifecycleSources,
  lifecycleEvents,
  assignments,
  accounts,
  accountAssignments,
  workstations,
  workstationIdentifiers,
  accountWorkstations,
  authenticators,
  counters,
  radiusClients,
  gateways,
  policies,
  settings,
  dataKeys,
  sessions,
  cuts,
  challengeClaims,
  audit,
  auditPersonal,
  auditChains,
  outbox,
  alerts,
  imports,
  importStaging,
} = defineTables(postgresqlKit);
