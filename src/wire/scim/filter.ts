// Filters and attribute paths, RFC 7644 §3.4.2.2 and §3.5.2: the whole grammar, and its meaning for a resource.
import {
  type Attribute,
  findAttribute,
  findPlace,
  isObject,
  type ResourceType,
  type ScimValue,
  valuesAt,
} from './attribute.ts';
import { quoted, ScimError, type ScimType } from './error.ts';

const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'lt', 'ge', 'le'] as const;
type CompareOperator = (typeof operators)[number];

export interface AttributePath {
  readonly schema: string | null;
  readonly name: string;
  readonly sub: string | null;
}

export type CompareValue = string | number | boolean | null;

export type Filter =
  | { readonly op: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly op: 'not'; readonly of: Filter }
  | { readonly op: 'pr'; readonly path: AttributePath }
  | { readonly op: CompareOperator; readonly path: AttributePath; readonly value: CompareValue }
  /** `emails[…]`: the filter holds for one value. */
  | { readonly op: 'some'; readonly path: AttributePath; readonly of: Filter };

/** Path of a PATCH operation: `[urn:]name[filter].sub`. */
export interface PatchPath {
  readonly path: AttributePath;
  readonly filter: Filter | null;
}

const longestFilter = 4_096;
/** Far beyond what a client writes, far below what the stack bears. */
const deepest = 50;

type Token =
  | { readonly kind: '(' | ')' | '[' | ']' | 'end' }
  | { readonly kind: 'word' | 'sub'; readonly text: string }
  | { readonly kind: 'value'; readonly value: CompareValue };

const wordPattern = /[A-Za-z$][A-Za-z0-9_$.:-]*/y;
const stringPattern = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const numberPattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const keywords: Readonly<Record<string, CompareValue>> = { true: true, false: false, null: null };

function tokenize(text: string, fail: (what: string) => never): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) return null;
    at += found.length;
    return found;
  };
  while (at < text.length) {
    const sign = text.charAt(at);
    if (sign === ' ' || sign === '\t') at += 1;
    else if (sign === '(' || sign === ')' || sign === '[' || sign === ']') {
      tokens.push({ kind: sign });
      at += 1;
    } else if (sign === '"') {
      const literal = take(stringPattern) ?? fail('a string is not closed or holds a wrong escape');
      tokens.push({ kind: 'value', value: JSON.parse(literal) as string });
    } else if (sign === '.') {
      at += 1;
      tokens.push({ kind: 'sub', text: take(wordPattern) ?? fail('a name is missing after "."') });
    } else {
      const number = /[-0-9]/.test(sign) ? take(numberPattern) : null;
      if (number === null)
        tokens.push({ kind: 'word', text: take(wordPattern) ?? fail(`${quoted(sign)} means nothing here`) });
      else tokens.push({ kind: 'value', value: Number(number) });
    }
  }
  return [...tokens, { kind: 'end' }];
}

/** `[urn:…:]name[.sub]`; null: no name. The schema ends at the last colon: names hold none. */
function readPath(text: string): AttributePath | null {
  const colon = text.lastIndexOf(':');
  // `urn:…:2.0:User` has a dot in its version; the name's own dot comes after the last colon.
  const schema = colon === -1 ? null : text.slice(0, colon);
  const [name = '', sub, ...more] = text.slice(colon + 1).split('.');
  const isName = (part: string) => /^[A-Za-z$][A-Za-z0-9_$-]*$/.test(part);
  if (!isName(name) || (sub !== undefined && !isName(sub)) || more.length > 0) return null;
  return { schema, name, sub: sub ?? null };
}

function createParser(text: string, scimType: ScimType) {
  const fail = (what: string): never => {
    throw new ScimError(400, scimType, `${what}: ${quoted(text)}`);
  };
  if (text.length > longestFilter) fail(`longer than ${longestFilter} characters`);
  const tokens = tokenize(text, fail);
  let next = 0;
  const peek = (): Token => tokens[next] ?? { kind: 'end' };
  const take = (): Token => {
    const token = peek();
    next += 1;
    return token;
  };
  const isWord = (token: Token, word: string) => token.kind === 'word' && token.text.toLowerCase() === word;
  const expect = (kind: Token['kind']) => {
    if (take().kind !== kind)
      fail(kind === 'end' ? 'there is more than one expression' : `"${kind}" is missing`);
  };

  function parseOr(depth: number): Filter {
    let left = parseAnd(depth);
    while (isWord(peek(), 'or')) {
      take();
      left = { op: 'or', left, right: parseAnd(depth) };
    }
    return left;
  }

  function parseAnd(depth: number): Filter {
    let left = parseTerm(depth);
    while (isWord(peek(), 'and')) {
      take();
      left = { op: 'and', left, right: parseTerm(depth) };
    }
    return left;
  }

  function parseGroup(depth: number): Filter {
    expect('(');
    const inner = parseOr(depth + 1);
    expect(')');
    return inner;
  }

  function parseTerm(depth: number): Filter {
    if (depth > deepest) fail('nested too deeply');
    const token = peek();
    if (token.kind === '(') return parseGroup(depth);
    if (isWord(token, 'not') && tokens[next + 1]?.kind === '(') {
      take();
      return { op: 'not', of: parseGroup(depth) };
    }
    return parseComparison(depth);
  }

  function parseComparison(depth: number): Filter {
    const path = parseName();
    if (peek().kind === '[') {
      take();
      const of = parseOr(depth + 1);
      expect(']');
      // `emails[type eq "work"].value eq …` is what some clients write: the grammar has it in paths only.
      return { op: 'some', path, of };
    }
    const operator = take();
    const word = operator.kind === 'word' ? operator.text.toLowerCase() : '';
    if (word === 'pr') return { op: 'pr', path };
    const op = operators.find((one) => one === word) ?? fail(`an operator is missing after ${path.name}`);
    const token = take();
    if (token.kind === 'value') return { op, path, value: token.value };
    const keyword = token.kind === 'word' ? keywords[token.text.toLowerCase()] : undefined;
    if (token.kind !== 'word' || keyword === undefined) return fail(`a value is missing after ${op}`);
    return { op, path, value: keyword };
  }

  function parseName(): AttributePath {
    const token = take();
    if (token.kind !== 'word') return fail('the name of an attribute is missing');
    return readPath(token.text) ?? fail(`${quoted(token.text)} is no attribute`);
  }

  return {
    filter(): Filter {
      const filter = parseOr(0);
      expect('end');
      return filter;
    },
    patchPath(): PatchPath {
      const path = parseName();
      if (peek().kind !== '[') {
        expect('end');
        return { path, filter: null };
      }
      take();
      const filter = parseOr(1);
      expect(']');
      const sub = peek();
      if (sub.kind === 'sub') take();
      expect('end');
      if (sub.kind !== 'sub') return { path, filter };
      if (path.sub !== null || !/^[A-Za-z$][A-Za-z0-9_$-]*$/.test(sub.text))
        fail('a path has one sub-attribute');
      return { path: { ...path, sub: sub.text }, filter };
    },
    path(): AttributePath {
      const path = parseName();
      expect('end');
      return path;
    },
  };
}

/** @throws ScimError `invalidFilter` */
export function parseFilter(text: string): Filter {
  return createParser(text, 'invalidFilter').filter();
}

/** @throws ScimError `invalidPath` */
export function parsePatchPath(text: string): PatchPath {
  return createParser(text, 'invalidPath').patchPath();
}

/** A name as in `attributes` and `sortBy`. @throws ScimError `invalidPath` */
export function parseAttributePath(text: string): AttributePath {
  return createParser(text, 'invalidPath').path();
}

/** Whether a filter may be asked of a resource type. @throws ScimError `invalidFilter` for an attribute that it has not */
export function checkFilter(filter: Filter, type: ResourceType): void {
  walk(filter, (path) => {
    if (findPlace(type, path) === null)
      throw new ScimError(400, 'invalidFilter', `${type.name} has no attribute ${quoted(nameOf(path))}`);
  });
}

function nameOf({ schema, name, sub }: AttributePath): string {
  return `${schema === null ? '' : `${schema}:`}${name}${sub === null ? '' : `.${sub}`}`;
}

function walk(filter: Filter, visit: (path: AttributePath) => void): void {
  switch (filter.op) {
    case 'and':
    case 'or':
      walk(filter.left, visit);
      walk(filter.right, visit);
      return;
    case 'not':
      walk(filter.of, visit);
      return;
    default:
      visit(filter.path);
  }
}

/** Whether a resource matches. Attributes that the type has not match nothing. */
export function matches(filter: Filter, resource: ScimValue, type: ResourceType): boolean {
  switch (filter.op) {
    case 'and':
      return matches(filter.left, resource, type) && matches(filter.right, resource, type);
    case 'or':
      return matches(filter.left, resource, type) || matches(filter.right, resource, type);
    case 'not':
      return !matches(filter.of, resource, type);
    default: {
      const place = findPlace(type, filter.path);
      if (place === null) return false;
      const values = valuesAt(resource, place);
      if (filter.op === 'some')
        return values.some((value) => matchesValue(filter.of, value, place.attribute));
      return holds(filter, values, place.sub ?? place.attribute);
    }
  }
}

/** Whether one value of a multi-valued attribute matches: paths are those of its sub-attributes. */
export function matchesValue(filter: Filter, value: unknown, attribute: Attribute): boolean {
  switch (filter.op) {
    case 'and':
      return matchesValue(filter.left, value, attribute) && matchesValue(filter.right, value, attribute);
    case 'or':
      return matchesValue(filter.left, value, attribute) || matchesValue(filter.right, value, attribute);
    case 'not':
      return !matchesValue(filter.of, value, attribute);
    case 'some':
      return false;
    default: {
      const inner = findAttribute(attribute.subAttributes, filter.path.name);
      if (inner === undefined || filter.path.sub !== null) return false;
      const found = isObject(value) ? value[inner.name] : undefined;
      return holds(filter, found === undefined ? [] : [found].flat(), inner);
    }
  }
}

type Comparison = Extract<Filter, { readonly op: CompareOperator | 'pr' }>;

function isPresent(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return isObject(value) ? Object.values(value).some(isPresent) : true;
}

function holds(filter: Comparison, values: readonly unknown[], attribute: Attribute): boolean {
  const present = values.filter(isPresent);
  if (filter.op === 'pr') return present.length > 0;
  const { op, value } = filter;
  // A filter names a complex attribute for its `value` (RFC 7644 §3.4.2.2: emails co …).
  const inner = findAttribute(attribute.subAttributes, 'value');
  if (attribute.type === 'complex') {
    if (inner === undefined)
      throw new ScimError(400, 'invalidFilter', `${attribute.name} cannot be compared`);
    const innerValues = present.flatMap((one) => (isObject(one) ? [one[inner.name]].flat() : []));
    return holds(filter, innerValues, inner);
  }
  if (value === null) return op === 'eq' ? present.length === 0 : op === 'ne' && present.length > 0;
  if (op === 'ne') return !present.some((one) => compare('eq', one, value, attribute));
  return present.some((one) => compare(op, one, value, attribute));
}

function compare(op: CompareOperator, left: unknown, right: CompareValue, attribute: Attribute): boolean {
  if (attribute.type === 'boolean') {
    if (op !== 'eq')
      throw new ScimError(
        400,
        'invalidFilter',
        `${attribute.name} is true or false: only eq and ne compare it`,
      );
    // Entra ID asks for `active eq "True"`.
    return left === (typeof right === 'string' ? right.toLowerCase() === 'true' : right);
  }
  if (attribute.type === 'dateTime' && typeof left === 'string' && typeof right === 'string') {
    const [a, b] = [Date.parse(left), Date.parse(right)];
    if (Number.isNaN(b)) throw new ScimError(400, 'invalidFilter', `${quoted(right)} is no date and time`);
    return order(op, a, b);
  }
  if (typeof left === 'number' && typeof right === 'number') return order(op, left, right);
  if (typeof left !== 'string' || typeof right !== 'string') return false;
  const [a, b] = attribute.caseExact ? [left, right] : [left.toLowerCase(), right.toLowerCase()];
  if (op === 'co') return a.includes(b);
  if (op === 'sw') return a.startsWith(b);
  if (op === 'ew') return a.endsWith(b);
  return order(op, a, b);
}

function order<T extends string | number>(op: CompareOperator, a: T, b: T): boolean {
  switch (op) {
    case 'eq':
      return a === b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    default:
      return false;
  }
}

/** Values that `place eq` must have for the filter to match at all; null: none is certain. For looking up by an index. */
export function requiredEquals(filter: Filter, name: string): string | null {
  if (filter.op === 'and') return requiredEquals(filter.left, name) ?? requiredEquals(filter.right, name);
  if (filter.op !== 'eq' || typeof filter.value !== 'string') return null;
  const { path } = filter;
  return path.sub === null &&
    path.name.toLowerCase() === name.toLowerCase() &&
    !/extension/i.test(path.schema ?? '')
    ? filter.value
    : null;
}
