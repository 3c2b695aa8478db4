// Reading resources as clients send them (RFC 7644 §3.3, §3.5.1): names by the schema, values by their types, nothing unknown.
import {
  type Attribute,
  commonAttributes,
  findAttribute,
  isObject,
  type ResourceType,
  type ScimValue,
} from './attribute.ts';
import { quoted, ScimError } from './error.ts';

/** Characters of one value; a photo is a URL. */
const longestValue = 8_192;
const dateTimePattern = /^-?\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/;

function wrong(name: string, what: string): never {
  throw new ScimError(400, 'invalidValue', `${name}: ${what}`);
}

/** Some clients write booleans as text: "True", "False" (Entra ID). */
function readBoolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  if (word === 'true' || word === 'false') return word === 'true';
  return wrong(name, 'true or false is wanted');
}

function readText(value: unknown, name: string): string {
  if (typeof value !== 'string') return wrong(name, 'text is wanted');
  if (value.length > longestValue) return wrong(name, `longer than ${longestValue} characters`);
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(value))
    return wrong(name, 'control characters are not taken');
  return value.normalize('NFC');
}

function readSimple(value: unknown, attribute: Attribute, name: string): unknown {
  switch (attribute.type) {
    case 'boolean':
      return readBoolean(value, name);
    case 'integer':
      return Number.isSafeInteger(value) ? value : wrong(name, 'a whole number is wanted');
    case 'decimal':
      return Number.isFinite(value) ? value : wrong(name, 'a number is wanted');
    case 'dateTime': {
      const text = readText(value, name);
      return dateTimePattern.test(text) && !Number.isNaN(Date.parse(text))
        ? text
        : wrong(name, 'a date and time is wanted, such as 2026-03-02T05:00:00Z');
    }
    case 'binary': {
      const text = readText(value, name);
      return /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? text : wrong(name, 'Base64 is wanted');
    }
    default:
      return readText(value, name);
  }
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

function readComplex(value: unknown, attribute: Attribute, name: string): ScimValue | undefined {
  // `"manager": "id"`, `"members": ["id"]`: the value is meant.
  const given =
    !isObject(value) && findAttribute(attribute.subAttributes, 'value') !== undefined ? { value } : value;
  if (!isObject(given)) return wrong(name, 'an object is wanted');
  const read = readAttributes(given, attribute.subAttributes ?? [], `${name}.`);
  return Object.keys(read).length === 0 ? undefined : read;
}

/** One value by its attribute; undefined: it says nothing. @throws ScimError `invalidValue` */
export function readOne(value: unknown, attribute: Attribute, name: string): unknown {
  if (isNothing(value)) return undefined;
  return attribute.type === 'complex'
    ? readComplex(value, attribute, name)
    : readSimple(value, attribute, name);
}

/** The value of an attribute, many or one; undefined: unassigned. @throws ScimError `invalidValue` */
export function readValue(value: unknown, attribute: Attribute, name: string): unknown {
  if (isNothing(value)) return undefined;
  if (!attribute.multiValued) {
    // A list of one, where one is wanted.
    const single = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
    return Array.isArray(single) ? wrong(name, 'one value is wanted') : readOne(single, attribute, name);
  }
  const all = (Array.isArray(value) ? (value as unknown[]) : [value])
    .map((one) => readOne(one, attribute, name))
    .filter((one) => one !== undefined);
  if (all.filter((one) => isObject(one) && one['primary'] === true).length > 1)
    return wrong(name, 'only one value is the primary one');
  return all.length === 0 ? undefined : withoutTwins(all);
}

/** Values once each: members by their ids, others whole. */
export function withoutTwins(values: readonly unknown[]): unknown[] {
  const seen = new Set<string>();
  return values.filter((value) => {
    const key = twinKey(value);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function twinKey(value: unknown): string {
  if (!isObject(value)) return JSON.stringify(value);
  const sorted = Object.entries(value)
    .filter(([name]) => !['display', '$ref', 'primary'].includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted);
}

function readAttributes(given: ScimValue, known: readonly Attribute[], prefix: string): ScimValue {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const attribute = findAttribute(known, key);
    // What the client may not set is left out, as RFC 7644 §3.3 says; a password is never kept.
    if (attribute === undefined || attribute.mutability === 'readOnly' || attribute.returned === 'never')
      continue;
    if (Object.hasOwn(read, attribute.name)) wrong(`${prefix}${attribute.name}`, 'it is given twice');
    const found = readValue(value, attribute, `${prefix}${attribute.name}`);
    if (found !== undefined) read[attribute.name] = found;
  }
  return read;
}

/** What must be there is there. @throws ScimError `invalidValue` */
export function checkRequired(resource: ScimValue, type: ResourceType): void {
  for (const { name, required } of type.schema.attributes)
    if (required && (resource[name] === undefined || resource[name] === ''))
      throw new ScimError(400, 'invalidValue', `${name} is missing: every ${type.name} needs it`);
}

/**
 * The attributes that a client gives a resource: without `id`, `meta` and `schemas`, which are the service's.
 * @throws ScimError `invalidSyntax` for what is no such resource, `invalidValue` for a value of the wrong type
 */
export function readResource(body: unknown, type: ResourceType): ScimValue {
  if (!isObject(body)) throw new ScimError(400, 'invalidSyntax', 'the body is no JSON object');
  requireSchema(body, type.schema.id);
  const external = commonAttributes.filter(({ name }) => name === 'externalId');
  const core = readAttributes(body, [...type.schema.attributes, ...external], '');
  const read: Record<string, unknown> = { ...core };
  for (const [key, value] of Object.entries(body)) {
    const extension = type.extensions.find(({ id }) => id.toLowerCase() === key.toLowerCase());
    if (extension === undefined || isNothing(value)) continue;
    if (!isObject(value)) wrong(key, 'an object is wanted');
    const inner = readAttributes(value as ScimValue, extension.attributes, `${extension.id}:`);
    if (Object.keys(inner).length > 0) read[extension.id] = inner;
  }
  checkRequired(read, type);
  return read;
}

/** A message says by which schema it is meant. @throws ScimError `invalidSyntax` */
export function requireSchema(body: ScimValue, id: string): void {
  const { schemas } = body;
  const isNamed =
    Array.isArray(schemas) &&
    schemas.some((one) => typeof one === 'string' && one.toLowerCase() === id.toLowerCase());
  if (!isNamed)
    throw new ScimError(
      400,
      'invalidSyntax',
      `schemas must name ${id}, not ${quoted(JSON.stringify(schemas) ?? 'nothing')}`,
    );
}
