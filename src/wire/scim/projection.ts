// Which attributes an answer holds: `attributes` and `excludedAttributes`, RFC 7644 §3.9 and RFC 7643 §7 (`returned`).
import {
  type Attribute,
  commonAttributes,
  findAttribute,
  findPlace,
  isObject,
  type ResourceType,
  type ScimValue,
} from './attribute.ts';
import { quoted, ScimError } from './error.ts';
import { parseAttributePath } from './filter.ts';

export interface Projection {
  /** Extensions, attributes (`urn|name`) and sub-attributes (`urn|name|sub`) that are named. */
  readonly named: ReadonlySet<string>;
  readonly mode: 'only' | 'without' | 'default';
}

const everything: Projection = { named: new Set(), mode: 'default' };
const key = (extension: string | null, name: string, sub?: string) =>
  [extension ?? '', name, ...(sub === undefined ? [] : [sub])].join('|');

function splitNames(given: string | readonly string[] | undefined): string[] {
  return [given ?? []]
    .flat()
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/**
 * Reads the two parameters. Attributes that the types have not are left out, as an answer that lacks them would be.
 * @throws ScimError when both are given, or one is no attribute's name
 */
export function readProjection(
  given: {
    readonly attributes?: string | readonly string[] | undefined;
    readonly excludedAttributes?: string | readonly string[] | undefined;
  },
  types: readonly ResourceType[],
): Projection {
  const only = splitNames(given.attributes);
  const without = splitNames(given.excludedAttributes);
  if (only.length > 0 && without.length > 0)
    throw new ScimError(400, 'invalidValue', 'give attributes or excludedAttributes, not both');
  if (only.length === 0 && without.length === 0) return everything;
  const named = new Set<string>();
  for (const text of [...only, ...without]) for (const type of types) addName(named, text, type);
  return { named, mode: only.length > 0 ? 'only' : 'without' };
}

function addName(named: Set<string>, text: string, type: ResourceType): void {
  const extension = type.extensions.find(({ id }) => id.toLowerCase() === text.toLowerCase());
  if (extension !== undefined) {
    named.add(extension.id);
    return;
  }
  if (text.toLowerCase() === type.schema.id.toLowerCase()) {
    for (const { name } of type.schema.attributes) named.add(key(null, name));
    return;
  }
  const path = parseAttributePath(text);
  const place = findPlace(type, path);
  if (place === null) return;
  named.add(key(place.extension?.id ?? null, place.attribute.name, place.sub?.name));
}

/** Whether an answer needs an attribute at all: it may cost a query. */
export function isWanted({ named, mode }: Projection, name: string): boolean {
  if (mode === 'default') return true;
  if (mode === 'without') return !named.has(key(null, name));
  return [...named].some((one) => one === key(null, name) || one.startsWith(`${key(null, name)}|`));
}

/** The resource as it leaves. */
export function project(resource: ScimValue, type: ResourceType, projection: Projection): ScimValue {
  const answer: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(resource)) {
    const extension = type.extensions.find(({ id }) => id === name);
    if (extension !== undefined) {
      if (!isObject(value)) continue;
      const inner = projectAttributes(value, extension.attributes, extension.id, projection);
      if (Object.keys(inner).length > 0) answer[name] = inner;
    }
  }
  const core = projectAttributes(
    resource,
    [...commonAttributes, ...type.schema.attributes],
    null,
    projection,
  );
  return { ...core, ...answer };
}

function projectAttributes(
  holder: ScimValue,
  known: readonly Attribute[],
  extension: string | null,
  projection: Projection,
): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(holder)) {
    const attribute = findAttribute(known, name);
    if (attribute === undefined) continue;
    const projected = projectOne(value, attribute, extension, projection);
    if (projected !== undefined) answer[name] = projected;
  }
  return answer;
}

function projectOne(
  value: unknown,
  attribute: Attribute,
  extension: string | null,
  { named, mode }: Projection,
): unknown {
  const { name, returned } = attribute;
  if (returned === 'never') return undefined;
  if (returned === 'always') return value;
  const whole = named.has(key(extension, name)) || (extension !== null && named.has(extension));
  if (mode === 'without' ? whole : mode === 'default' && returned === 'request') return undefined;
  if (mode === 'default' || (mode === 'only' && whole)) return value;
  const isNamed = (sub: string) => named.has(key(extension, name, sub));
  const subs = attribute.subAttributes?.filter((sub) => isNamed(sub.name)) ?? [];
  if (subs.length === 0) return mode === 'without' ? value : undefined;
  const keep = (one: unknown) =>
    isObject(one)
      ? Object.fromEntries(Object.entries(one).filter(([sub]) => isNamed(sub) === (mode === 'only')))
      : one;
  return Array.isArray(value) ? value.map(keep) : keep(value);
}

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** A page of resources, RFC 7644 §3.4.2. */
export function listResponse(
  resources: readonly unknown[],
  { total, startIndex }: { readonly total: number; readonly startIndex: number },
): ScimValue {
  return {
    schemas: [listSchema],
    totalResults: total,
    itemsPerPage: resources.length,
    startIndex,
    Resources: resources,
  };
}

export interface Page {
  /** From 1. */
  readonly startIndex: number;
  readonly count: number;
}

/** `startIndex` and `count`, RFC 7644 §3.4.2.4: what is below its least counts as it. @throws ScimError for no number */
export function readPage(
  given: { readonly startIndex?: unknown; readonly count?: unknown },
  most: number,
): Page {
  const read = (name: 'startIndex' | 'count', least: number, fallback: number) => {
    const value = given[name];
    if (value === undefined || value === null || value === '') return fallback;
    const number = typeof value === 'number' ? value : Number(value);
    if (!Number.isSafeInteger(number))
      throw new ScimError(400, 'invalidValue', `${name} is no whole number: ${quoted(String(value))}`);
    return Math.max(least, number);
  };
  return { startIndex: read('startIndex', 1, 1), count: Math.min(most, read('count', 0, most)) };
}
