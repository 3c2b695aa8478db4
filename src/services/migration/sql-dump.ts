// Rows out of a dump of MySQL/MariaDB, PostgreSQL or SQLite: what mysqldump, pg_dump and ".dump" write. No SQL is run.
import { OperatorError } from '../../base/errors.ts';

type SqlValue = string | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;
/** Rows by table, names in lower case without quotes and schema. */
export type SqlTables = ReadonlyMap<string, readonly SqlRow[]>;

const statement =
  /^\s*(CREATE TABLE|INSERT INTO|REPLACE INTO|COPY)\s+(?:IF NOT EXISTS\s+)?((?:[\w$]+|`[^`]+`|"[^"]+")(?:\.(?:[\w$]+|`[^`]+`|"[^"]+"))?)/gim;
const notColumns = /^(PRIMARY|UNIQUE|KEY|INDEX|FULLTEXT|SPATIAL|CONSTRAINT|FOREIGN|CHECK|EXCLUDE)\b/i;
const mysqlEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  Z: '\x1a',
  b: '\b',
};
const copyEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
};

const bare = (name: string): string => (name.split('.').at(-1) ?? name).replaceAll(/[`"]/g, '').toLowerCase();

/** Reads literals; `at` moves on. */
class Reader {
  readonly text: string;
  at: number;
  readonly #hasBackslashes: boolean;

  constructor(text: string, at: number, hasBackslashes: boolean) {
    this.text = text;
    this.at = at;
    this.#hasBackslashes = hasBackslashes;
  }

  /** @throws OperatorError that names the line and shows nothing of the values */
  fail(what: string): never {
    const line = this.text.slice(0, this.at).split('\n').length;
    throw new OperatorError(`line ${line}: ${what}.`, {
      at: `line ${line}`,
      remedy: 'Make the dump anew with mysqldump, pg_dump or ".dump", in plain SQL, and give the whole file.',
    });
  }

  skipSpace(): void {
    while (/\s/.test(this.text.charAt(this.at)) && this.at < this.text.length) this.at += 1;
  }

  take(sign: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  #string(): string {
    let value = '';
    for (;;) {
      const sign = this.text.charAt(this.at);
      if (sign === '') this.fail('a text is not closed: the file may have been cut');
      this.at += 1;
      if (sign === "'") {
        if (this.text.charAt(this.at) !== "'") return value;
        value += "'";
        this.at += 1;
      } else if (sign === '\\' && this.#hasBackslashes) {
        const next = this.text.charAt(this.at);
        value += mysqlEscapes[next] ?? next;
        this.at += 1;
      } else value += sign;
    }
  }

  value(): SqlValue {
    this.skipSpace();
    const rest = this.text.slice(this.at, this.at + 16);
    const prefix = /^(?:_binary\s+|E|X|B|N)?'/i.exec(rest)?.[0];
    if (prefix !== undefined) {
      this.at += prefix.length;
      const text = this.#string();
      return /^x/i.test(prefix) ? Buffer.from(text, 'hex').toString('utf8') : text;
    }
    const word = /^[^\s,()]+/.exec(this.text.slice(this.at, this.at + 4096))?.[0];
    if (word === undefined) this.fail('a value is missing');
    this.at += word.length;
    if (/^null$/i.test(word)) return null;
    return /^0x[0-9a-f]+$/i.test(word) ? Buffer.from(word.slice(2), 'hex').toString('utf8') : word;
  }

  /** `(a, b, c)`. */
  tuple(): SqlValue[] {
    if (!this.take('(')) this.fail('a row does not begin with a bracket');
    const values: SqlValue[] = [];
    do values.push(this.value());
    while (this.take(','));
    if (!this.take(')')) this.fail('a row is not closed');
    return values;
  }

  /** The text between brackets that belong together, literals and all. */
  bracketed(): string {
    if (!this.take('(')) return '';
    const from = this.at;
    for (let depth = 1; this.at < this.text.length; ) {
      const sign = this.text.charAt(this.at);
      this.at += 1;
      if (sign === "'") this.#string();
      else if (sign === '(') depth += 1;
      else if (sign === ')') {
        depth -= 1;
        if (depth === 0) return this.text.slice(from, this.at - 1);
      }
    }
    return this.fail('a bracket is not closed');
  }
}

/** Names in the body of CREATE TABLE. */
function columnsOf(whole: string): string[] {
  // Comments and defaults may hold commas and brackets.
  const body = whole.replaceAll(/'(?:[^'\\]|\\.|'')*'/gs, "''");
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const sign of `${body},`) {
    if (sign === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
      continue;
    }
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    part += sign;
  }
  return parts
    .filter((text) => text !== '' && !notColumns.test(text))
    .map((text) => bare(/^(?:`[^`]+`|"[^"]+"|\S+)/.exec(text)?.[0] ?? ''));
}

const namesIn = (list: string): string[] => list.split(',').map((name) => bare(name.trim()));

/**
 * Reads the rows of the tables that are wanted.
 * @throws OperatorError for a cut file or a row that does not fit its table; nothing of the values is shown
 */
export function readSqlDump(text: string, wanted: readonly string[]): SqlTables {
  const tables = new Map<string, SqlRow[]>();
  const columns = new Map<string, readonly string[]>();
  const hasBackslashes = text.includes('`');
  const add = (reader: Reader, table: string, names: readonly string[] | undefined, values: SqlValue[]) => {
    if (!wanted.includes(table)) return;
    if (names === undefined || names.length !== values.length) {
      reader.fail(
        `a row of ${table} has ${values.length} values, the table ${names?.length ?? 'no'} columns`,
      );
    }
    const row = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
    const rows = tables.get(table) ?? [];
    rows.push(row);
    tables.set(table, rows);
  };
  statement.lastIndex = 0;
  for (;;) {
    const found = statement.exec(text);
    if (found === null) break;
    const verb = (found[1] ?? '').toUpperCase();
    const table = bare(found[2] ?? '');
    const reader = new Reader(text, statement.lastIndex, hasBackslashes);
    if (verb === 'CREATE TABLE') {
      columns.set(table, columnsOf(reader.bracketed()));
      if (wanted.includes(table) && !tables.has(table)) tables.set(table, []);
    } else if (verb === 'COPY') readCopy(reader, (names, values) => add(reader, table, names, values));
    else {
      reader.skipSpace();
      const named = text.charAt(reader.at) === '(' ? namesIn(reader.bracketed()) : columns.get(table);
      reader.skipSpace();
      if (!/^VALUES\b/i.test(text.slice(reader.at, reader.at + 7))) continue;
      reader.at += 6;
      do add(reader, table, named, reader.tuple());
      while (reader.take(','));
    }
    statement.lastIndex = reader.at;
  }
  return tables;
}

/** `COPY table (a, b) FROM stdin;`, then lines of values up to `\.`. */
function readCopy(reader: Reader, add: (names: readonly string[], values: SqlValue[]) => void): void {
  const { text } = reader;
  const names = namesIn(reader.bracketed());
  const lineEnd = text.indexOf('\n', reader.at);
  if (!/^\s*FROM stdin/i.test(text.slice(reader.at, lineEnd === -1 ? undefined : lineEnd))) return;
  reader.at = lineEnd + 1;
  for (;;) {
    const end = text.indexOf('\n', reader.at);
    if (end === -1) reader.fail('the rows of a COPY do not end: the file may have been cut');
    const line = text.slice(reader.at, end).replace(/\r$/, '');
    reader.at = end + 1;
    if (line === '\\.') return;
    const values = line
      .split('\t')
      .map((value) =>
        value === '\\N'
          ? null
          : value.replaceAll(/\\(.)/g, (_all, sign: string) => copyEscapes[sign] ?? sign),
      );
    add(names, values);
  }
}
