// SQLite's column kit: what `defineTables` builds with. Its types are those of every query.
import {
  check,
  customType,
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

// Drizzle's own blob column also returns Buffers, but types them as unknown.
const blob = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'blob' });

export const sqliteKit = {
  table: sqliteTable,
  /** Primary key given by the database and never given twice. */
  id: () => integer('id').primaryKey({ autoIncrement: true }),
  /** Compared octet by octet. */
  text: (name: string) => text(name),
  choice: <const T extends readonly [string, ...string[]]>(name: string, values: T) =>
    text(name, { enum: values as unknown as [...T] }),
  integer: (name: string) => integer(name),
  /** Epoch milliseconds. */
  instant: (name: string) => integer(name),
  boolean: (name: string) => integer(name, { mode: 'boolean' }),
  bytes: (name: string) => blob(name),
  index,
  uniqueIndex,
  primaryKey,
  check,
};

export type Kit = typeof sqliteKit;
