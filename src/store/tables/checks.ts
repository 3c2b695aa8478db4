// CHECK constraints, as tables.ts's parts write them.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';

/** CHECK that a column, if not null, holds one of a closed list. */
export function oneOf(kit: Kit, table: string, column: string, values: readonly (string | number)[]) {
  const list = values.map((value) => (typeof value === 'number' ? value : `'${value}'`)).join(', ');
  return kit.check(`${table}_${column}_check`, sql.raw(`"${column}" in (${list})`));
}

export function holds(kit: Kit, name: string, condition: string) {
  return kit.check(name, sql.raw(condition));
}
