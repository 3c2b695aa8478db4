// Many values in one statement: as one parameter, a JSON text. Drizzle builds its statements anew each time, value by value, which costs
// more than to run them; and a text that stays the same is compiled once.
import { type Column, getTableColumns, is, Param, type SQL, sql } from 'drizzle-orm';
import { SQLiteColumn, type SQLiteInsertBase, SQLiteTable } from 'drizzle-orm/sqlite-core';
import type { Db } from '../tables.ts';

/** Whether a column holds one of these numbers or texts: `inArray` for lists that may be long. */
export function among(column: Column, values: Iterable<number | string>): SQL {
  const list = [...values].map((value) => (typeof value === 'string' ? value.toWellFormed() : value));
  return is(column, SQLiteColumn)
    ? sql`${column} in (select value from json_each(${JSON.stringify(list)}))`
    : sql`${column} = any(${new Param(list)}::${sql.raw(column.dataType === 'number' ? 'bigint' : 'text')}[])`;
}

/** A value for each row of an update, by the row's id; every row of the update must have one. */
export function each(
  id: Column,
  values: ReadonlyMap<number, string | number | null>,
  type: 'text' | 'bigint',
): SQL {
  const json = JSON.stringify(Object.fromEntries(values));
  const of = is(id, SQLiteColumn) ? sql`${json}` : sql`${json}::jsonb`;
  return sql`cast(${of} ->> cast(${id} as text) as ${sql.raw(type)})`;
}

interface InsertForm {
  readonly columns: readonly (readonly [string, Column])[];
  /** Of the statement, round its rows. */
  readonly before: SQL;
  readonly after: SQL;
}

const forms = new WeakMap<SQLiteTable, InsertForm>();

/** What a column takes from its place in a row. */
function taken(column: Column, at: number): string {
  const value = `value ->> ${at}`;
  const type = column.getSQLType();
  if (is(column, SQLiteColumn)) return type === 'blob' ? `unhex(${value})` : value;
  if (type === 'bytea') return `decode(${value}, 'hex')`;
  return type.startsWith('text') ? value : `(${value})::${type}`;
}

function makeForm(table: SQLiteTable): InsertForm {
  const columns = Object.entries<Column>(getTableColumns(table));
  const values = columns.map(([, column], at) => taken(column, at)).join(', ');
  if (is(table, SQLiteTable))
    // Without a condition it would take "on conflict" for a join's.
    return { columns, before: sql.raw(`select ${values} from json_each(`), after: sql.raw(') where true') };
  return {
    columns,
    // Ids are generated, whatever is given for them.
    before: sql.raw(`overriding user value select ${values} from jsonb_array_elements(`),
    after: sql.raw('::jsonb)'),
  };
}

/** Rows of a table to insert, one at least; goes on as `db.insert(table).values(rows)` does. The ids are the database's, and defaults of columns plain values. */
export function insertRows<T extends SQLiteTable>(
  db: Db,
  table: T,
  rows: readonly T['$inferInsert'][],
): SQLiteInsertBase<T, 'async', unknown> {
  if (rows.length === 0) throw new Error('no rows to insert');
  const form = forms.get(table) ?? makeForm(table);
  forms.set(table, form);
  const lists = rows.map((row: Record<string, unknown>) =>
    form.columns.map(([key, column]) => {
      const value = row[key] === undefined ? column.default : row[key];
      const driven: unknown = value === null || value === undefined ? null : column.mapToDriverValue(value);
      if (typeof driven === 'string') return driven.toWellFormed();
      return Buffer.isBuffer(driven) ? driven.toString('hex') : driven;
    }),
  );
  return db.insert(table).select(sql`${form.before}${JSON.stringify(lists)}${form.after}`);
}
