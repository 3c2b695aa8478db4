// PostgreSQL's column kit: the same names as SQLite's, and cast once to its types.
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  pgTable,
  primaryKey,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Kit } from './columns.sqlite.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

// Without COLLATE "C" the order of names and the ranges of unit paths would depend on the server's locale.
const bytewiseText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text COLLATE "C"',
});

const kit: { [name in keyof Kit]: unknown } = {
  table: pgTable,
  id: () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  text: (name: string) => bytewiseText(name),
  choice: (name: string) => bytewiseText(name),
  integer: (name: string) => bigint(name, { mode: 'number' }),
  instant: (name: string) => bigint(name, { mode: 'number' }),
  boolean: (name: string) => boolean(name),
  bytes: (name: string) => bytea(name),
  index,
  uniqueIndex,
  primaryKey,
  check,
};

export const postgresqlKit = kit as unknown as Kit;
