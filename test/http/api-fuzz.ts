// Requests made from the API's own description: right ones with one thing wrong, and things that no form sends.

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface FuzzedRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  readonly contentType: string | null;
  /** A field that no schema has: it must be refused by name. */
  readonly foreign: string | null;
}

/** Whole numbers below `limit`, the same for the same seed (mulberry32). */
export type Draw = (limit: number) => number;

export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i += 1) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

const hostileTexts = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  "' OR 1=1 --",
  '%',
  '_%\\',
  '=1+1',
  '<script>alert(1)</script>',
  '\u202eabc',
  'e\u0301'.repeat(50),
  'A\u0300'.repeat(300),
  'x'.repeat(100_000),
  'İıſK',
  '31/02/2026',
  '9999-99-99',
  '__proto__',
  'constructor',
  '\r\nset-cookie: a=b',
  '1e999',
  '9007199254740993',
];

const hostileValues: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  -1e308,
  [],
  {},
  [[]],
  [null],
  nested(500),
  Array.from({ length: 5_000 }, () => 'x'),
  ...hostileTexts,
];

const pick = <T>(draw: Draw, values: readonly T[]): T => values[draw(values.length)] as T;

/** A value that the schema takes, often at one of its bounds. */
function valid(schema: Schema, draw: Draw): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(draw, schema.enum);
  if (schema.anyOf !== undefined) return valid(pick(draw, schema.anyOf), draw);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, valid(inner, draw)]),
      );
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => valid(schema.items ?? {}, draw));
    case 'integer':
    case 'number':
      return pick(draw, [schema.minimum ?? 1, 1, schema.maximum ?? 2 ** 52]);
    case 'boolean':
      return draw(2) === 0;
    case 'null':
      return null;
    case 'string': {
      const longest = Math.min(schema.maxLength ?? 40, 4_000);
      const length = pick(draw, [Math.max(1, schema.minLength ?? 1), longest]);
      return pick(draw, ['á', 'Z', '7', 'x']).repeat(length);
    }
    default:
      return 'x';
  }
}

/** Every place in a value, as paths. */
function placesOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const inner = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([name, one]) => placesOf(one, [...path, name]))];
}

function withValueAt(value: unknown, [name, ...rest]: readonly string[], put: unknown): unknown {
  if (name === undefined) return put;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const holder = copy as Record<string, unknown>;
  holder[name] = withValueAt(holder[name], rest, put);
  return copy;
}

const foreignNames = ['isAdmin', 'revision', 'id', 'unitId', 'state', 'roles', 'passwordPhc'];

/** One request of an operation. `idOf` gives ids that exist, so that the request gets past the first lookup. */
export function fuzzedRequest(
  path: string,
  method: string,
  operation: Operation,
  draw: Draw,
  idOf: (parameter: string) => number,
): FuzzedRequest {
  // Headers that operations share are references.
  const parameters = (operation.parameters ?? []).filter((one) => 'schema' in one);
  let at = path;
  const query = new URLSearchParams();
  for (const one of parameters) {
    const isHostile = draw(6) === 0;
    const text = isHostile ? pick(draw, hostileTexts).slice(0, 1_000) : String(valid(one.schema, draw));
    if (one.in === 'path') {
      const value = isHostile || !/id$/i.test(one.name) ? text : String(idOf(one.name));
      at = at.replace(`{${one.name}}`, encodeURIComponent(value.toWellFormed()));
    } else if (one.in === 'query' && draw(3) > 0) query.set(one.name, text);
  }
  const search = query.toString();
  const url = search === '' ? at : `${at}?${search}`;
  const [content] = Object.entries(operation.requestBody?.content ?? {});
  const none = { method: method.toUpperCase(), url, foreign: null };
  if (content === undefined) return { ...none, body: undefined, contentType: null };
  const [contentType, { schema }] = content;
  if (contentType !== 'application/json') {
    return { ...none, body: pick(draw, ['', '\0\xff', 'a,b\n1,2\n', 'x'.repeat(50_000)]), contentType };
  }
  const body = valid(schema, draw);
  switch (draw(4)) {
    case 0:
      return { ...none, body, contentType };
    case 1: {
      const known = schema.properties ?? {};
      const foreign = foreignNames.find((name) => !(name in known)) ?? 'foreign';
      const isObject = schema.type === 'object';
      return isObject
        ? { ...none, body: { ...(body as object), [foreign]: 1 }, contentType, foreign }
        : { ...none, body, contentType };
    }
    default:
      return {
        ...none,
        body: withValueAt(body, pick(draw, placesOf(body)), pick(draw, hostileValues)),
        contentType,
      };
  }
}
