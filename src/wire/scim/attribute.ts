// Attributes of SCIM resources and how they are named, RFC 7643 §2 and §7.

export type AttributeType =
  | 'string'
  | 'boolean'
  | 'decimal'
  | 'integer'
  | 'dateTime'
  | 'reference'
  | 'binary'
  | 'complex';

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'never' | 'default' | 'request';
  readonly uniqueness: 'none' | 'server' | 'global';
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** A kind of resource with its schemas; `common` stands in every resource (RFC 7643 §3.1). */
export interface ResourceType {
  readonly name: string;
  /** `/Users`. */
  readonly endpoint: string;
  readonly description: string;
  readonly schema: Schema;
  readonly extensions: readonly Schema[];
}

/** A resource, or a complex value, with attributes by their names as the schema spells them. */
export type ScimValue = { readonly [name: string]: unknown };

type Options = Partial<Omit<Attribute, 'name' | 'type' | 'description' | 'subAttributes'>>;

const plain = {
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
} as const;

export function attribute(
  name: string,
  type: Exclude<AttributeType, 'complex'>,
  description: string,
  options: Options = {},
): Attribute {
  return { name, type, description, ...plain, ...options };
}

export function complex(
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  options: Options = {},
): Attribute {
  return { name, type: 'complex', description, ...plain, ...options, subAttributes };
}

/** In every resource; `schemas` is written by whoever renders it. */
export const commonAttributes: readonly Attribute[] = [
  attribute('schemas', 'reference', 'URIs of the schemas used', {
    multiValued: true,
    caseExact: true,
    returned: 'always',
  }),
  attribute('id', 'string', 'Identifier given by the service', {
    caseExact: true,
    mutability: 'readOnly',
    returned: 'always',
    uniqueness: 'server',
  }),
  attribute('externalId', 'string', 'Identifier given by the client', { caseExact: true }),
  complex(
    'meta',
    'Metadata',
    [
      attribute('resourceType', 'string', 'Kind of resource', { caseExact: true, mutability: 'readOnly' }),
      attribute('created', 'dateTime', 'When it was made', { mutability: 'readOnly' }),
      attribute('lastModified', 'dateTime', 'When it was changed', { mutability: 'readOnly' }),
      attribute('location', 'reference', 'Its URI', { caseExact: true, mutability: 'readOnly' }),
      attribute('version', 'string', 'Its version (ETag)', { caseExact: true, mutability: 'readOnly' }),
    ],
    { mutability: 'readOnly' },
  ),
];

/** Attribute names are read without regard to case (RFC 7643 §2.1). */
export function findAttribute(among: readonly Attribute[] | undefined, name: string): Attribute | undefined {
  const key = name.toLowerCase();
  return among?.find((one) => one.name.toLowerCase() === key);
}

/** Where an attribute stands in a resource: in an extension's object, or at the top. */
export interface AttributePlace {
  /** Null: at the top. */
  readonly extension: Schema | null;
  readonly attribute: Attribute;
  readonly sub: Attribute | null;
}

/**
 * The place that `[urn:]name[.sub]` names in a resource type; null: none. A value's sub-attribute `value` is implied nowhere
 * here: callers know what they want of a complex attribute.
 */
export function findPlace(
  type: ResourceType,
  path: { readonly schema: string | null; readonly name: string; readonly sub: string | null },
): AttributePlace | null {
  const { schema, name, sub } = path;
  const key = schema?.toLowerCase();
  const isCore = key === undefined || key === type.schema.id.toLowerCase();
  const extension = isCore ? null : type.extensions.find(({ id }) => id.toLowerCase() === key);
  if (extension === undefined) return null;
  const found = isCore
    ? (findAttribute(type.schema.attributes, name) ?? findAttribute(commonAttributes, name))
    : findAttribute(extension?.attributes, name);
  if (found === undefined) return null;
  if (sub === null) return { extension, attribute: found, sub: null };
  const inner = findAttribute(found.subAttributes, sub);
  return inner === undefined ? null : { extension, attribute: found, sub: inner };
}

/** Values at a place of a resource, flattened: those of a multi-valued attribute one by one. */
export function valuesAt(resource: ScimValue, place: AttributePlace): readonly unknown[] {
  const holder = place.extension === null ? resource : resource[place.extension.id];
  const value = isObject(holder) ? holder[place.attribute.name] : undefined;
  const all = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
  const { sub } = place;
  if (sub === null) return all;
  return all.flatMap((one) => {
    const inner = isObject(one) ? one[sub.name] : undefined;
    return Array.isArray(inner) ? (inner as unknown[]) : inner === undefined ? [] : [inner];
  });
}

export function isObject(value: unknown): value is ScimValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
