// PATCH, RFC 7644 §3.5.2: operations on a resource, with the forms that clients really send. All of them or none.
import {
  type Attribute,
  type AttributePlace,
  findAttribute,
  findPlace,
  isObject,
  type ResourceType,
  type ScimValue,
} from './attribute.ts';
import { quoted, ScimError } from './error.ts';
import { type CompareValue, type Filter, matchesValue, parsePatchPath } from './filter.ts';
import { checkRequired, readOne, readValue, requireSchema, withoutTwins } from './resource.ts';

const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const mostOperations = 1_000;

type Op = 'add' | 'replace' | 'remove';
type Draft = Record<string, unknown>;

interface Operation {
  readonly op: Op;
  readonly path: string | null;
  readonly value: unknown;
}

function readOperations(body: unknown): Operation[] {
  if (!isObject(body)) throw new ScimError(400, 'invalidSyntax', 'the body is no JSON object');
  requireSchema(body, patchSchema);
  const key = Object.keys(body).find((name) => name.toLowerCase() === 'operations');
  const given = key === undefined ? undefined : body[key];
  if (!Array.isArray(given) || given.length === 0)
    throw new ScimError(400, 'invalidSyntax', 'Operations must be a list with at least one operation');
  if (given.length > mostOperations)
    throw new ScimError(413, null, `more than ${mostOperations} operations in one PATCH`);
  return given.map((one: unknown) => {
    if (!isObject(one)) throw new ScimError(400, 'invalidSyntax', 'an operation is no object');
    // Entra ID writes "Add", "Replace", "Remove".
    const op = typeof one['op'] === 'string' ? one['op'].toLowerCase() : '';
    if (op !== 'add' && op !== 'replace' && op !== 'remove')
      throw new ScimError(
        400,
        'invalidSyntax',
        `op must be add, replace or remove, not ${quoted(String(one['op']))}`,
      );
    const { path } = one;
    if (path !== undefined && path !== null && typeof path !== 'string')
      throw new ScimError(400, 'invalidPath', 'path must be text');
    if (op !== 'remove' && one['value'] === undefined)
      throw new ScimError(400, 'invalidValue', `${op} needs a value`);
    return {
      op,
      path: path === undefined || path === null || path === '' ? null : path,
      value: one['value'],
    };
  });
}

/**
 * The resource after the operations; the one given stays as it is.
 * @param resource as read by `readResource`
 * @throws ScimError with the scimType of RFC 7644 Table 9; nothing is changed then
 */
export function applyPatch(resource: ScimValue, body: unknown, type: ResourceType): ScimValue {
  const draft = structuredClone(resource) as Draft;
  for (const operation of readOperations(body)) applyOperation(draft, operation, type);
  checkRequired(draft, type);
  return draft;
}

function applyOperation(draft: Draft, { op, path, value }: Operation, type: ResourceType): void {
  if (path !== null) {
    applyAt(draft, op, path, value, type, 'named');
    return;
  }
  if (op === 'remove') throw new ScimError(400, 'noTarget', 'remove needs a path');
  if (!isObject(value)) throw new ScimError(400, 'invalidValue', `${op} without a path needs an object`);
  for (const [key, inner] of Object.entries(value)) applyAt(draft, op, key, inner, type, 'listed');
}

/** `named`: the client asks for this attribute. `listed`: it sends all it has, and what is not ours to change is left out. */
function applyAt(
  draft: Draft,
  op: Op,
  text: string,
  value: unknown,
  type: ResourceType,
  manner: 'named' | 'listed',
): void {
  const extension = type.extensions.find(({ id }) => id.toLowerCase() === text.toLowerCase());
  if (extension !== undefined) {
    if (op === 'remove') delete draft[extension.id];
    else if (!isObject(value)) throw new ScimError(400, 'invalidValue', `${extension.id} needs an object`);
    else
      for (const [key, inner] of Object.entries(value))
        applyAt(draft, op, `${extension.id}:${key}`, inner, type, 'listed');
    return;
  }
  if (manner === 'listed' && text.toLowerCase() === 'schemas') return;
  const { path, filter } = parsePatchPath(text);
  const place = findPlace(type, path);
  if (place === null) {
    if (manner === 'listed') return;
    throw new ScimError(400, 'invalidPath', `${type.name} has no attribute ${quoted(text)}`);
  }
  const { attribute, sub } = place;
  if (attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly') {
    if (manner === 'listed') return;
    throw new ScimError(400, 'mutability', `${quoted(text)} is set by the service`);
  }
  if (attribute.returned === 'never') return;
  const holder = holderOf(draft, place, op);
  if (holder === null) return;
  if (filter !== null) applyFiltered(holder, op, place, filter, value);
  else if (sub !== null) applySub(holder, op, attribute, sub, value);
  else applyWhole(holder, op, attribute, value);
  if (place.extension !== null && Object.keys(holder).length === 0) delete draft[place.extension.id];
}

/** The object that holds the attribute; null: there is none, and nothing to remove. */
function holderOf(draft: Draft, { extension }: AttributePlace, op: Op): Draft | null {
  if (extension === null) return draft;
  const there = draft[extension.id];
  if (isObject(there)) return there as Draft;
  if (op === 'remove') return null;
  const made: Draft = {};
  draft[extension.id] = made;
  return made;
}

function set(holder: Draft, attribute: Attribute, value: unknown): void {
  if (value === undefined) {
    if (attribute.required) throw new ScimError(400, 'mutability', `${attribute.name} cannot be removed`);
    delete holder[attribute.name];
    return;
  }
  const before = holder[attribute.name];
  if (attribute.mutability === 'immutable' && before !== undefined && before !== value)
    throw new ScimError(400, 'mutability', `${attribute.name} cannot be changed once it is set`);
  holder[attribute.name] = value;
}

function listOf(holder: Draft, { name }: Attribute): unknown[] {
  const value = holder[name];
  return Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
}

function put(holder: Draft, attribute: Attribute, values: readonly unknown[]): void {
  if (!attribute.multiValued) set(holder, attribute, values[0]);
  else set(holder, attribute, values.length === 0 ? undefined : withoutTwins(values));
}

const isPrimary = (value: unknown) => isObject(value) && value['primary'] === true;
const withoutPrimary = (value: unknown) =>
  isPrimary(value) ? { ...(value as ScimValue), primary: false } : value;

function applyWhole(holder: Draft, op: Op, attribute: Attribute, value: unknown): void {
  const { name, multiValued, type } = attribute;
  if (op === 'remove') {
    // `"path": "members", "value": [{"value": "…"}]`: those values, not all (Entra ID).
    if (multiValued && value !== undefined && value !== null) removeValues(holder, attribute, value);
    else set(holder, attribute, undefined);
    return;
  }
  const read = readValue(value, attribute, name);
  if (multiValued) {
    const given = read === undefined ? [] : (read as unknown[]);
    const before = op === 'replace' ? [] : listOf(holder, attribute);
    put(holder, attribute, [...(given.some(isPrimary) ? before.map(withoutPrimary) : before), ...given]);
    return;
  }
  const before = holder[name];
  if (type === 'complex' && isObject(read) && isObject(before))
    set(holder, attribute, { ...before, ...read });
  else set(holder, attribute, read);
}

function removeValues(holder: Draft, attribute: Attribute, value: unknown): void {
  const given = readValue(value, attribute, attribute.name);
  const key = (one: unknown) => (isObject(one) ? JSON.stringify(one['value']) : JSON.stringify(one));
  const gone = new Set(((given ?? []) as unknown[]).map(key));
  put(
    holder,
    attribute,
    listOf(holder, attribute).filter((one) => !gone.has(key(one))),
  );
}

function changedSub(value: unknown, op: Op, sub: Attribute, given: unknown): unknown {
  const changed: Draft = isObject(value) ? { ...value } : {};
  const read = op === 'remove' ? undefined : readValue(given, sub, sub.name);
  set(changed, sub, read);
  return Object.keys(changed).length === 0 ? undefined : changed;
}

function applySub(holder: Draft, op: Op, attribute: Attribute, sub: Attribute, value: unknown): void {
  if (!attribute.multiValued) {
    set(holder, attribute, changedSub(holder[attribute.name], op, sub, value));
    return;
  }
  const before = listOf(holder, attribute);
  if (before.length === 0 && op === 'remove') return;
  if (before.length === 0)
    throw new ScimError(400, 'noTarget', `there is no value of ${attribute.name} to change`);
  put(
    holder,
    attribute,
    before.map((one) => changedSub(one, op, sub, value)).filter((one) => one !== undefined),
  );
}

function applyFiltered(
  holder: Draft,
  op: Op,
  { attribute, sub }: AttributePlace,
  filter: Filter,
  value: unknown,
): void {
  if (attribute.type !== 'complex' && !attribute.multiValued)
    throw new ScimError(400, 'invalidPath', `${attribute.name} has no values to choose from`);
  const before = listOf(holder, attribute);
  const isMeant = (one: unknown) =>
    attribute.type === 'complex'
      ? matchesValue(filter, one, attribute)
      : matchesValue(filter, { value: one }, simpleAsComplex(attribute));
  if (!before.some(isMeant)) {
    if (op === 'remove') return;
    const seed = op === 'add' ? valueOfFilter(filter, attribute) : null;
    if (seed === null)
      throw new ScimError(400, 'noTarget', `no value of ${attribute.name} matches the path's filter`);
    const made =
      sub === null
        ? { ...seed, ...(readOne(value, attribute, attribute.name) as ScimValue | undefined) }
        : changedSub(seed, op, sub, value);
    put(holder, attribute, [...(isPrimary(made) ? before.map(withoutPrimary) : before), made]);
    return;
  }
  const change = (one: unknown): unknown => {
    if (op === 'remove') return sub === null ? undefined : changedSub(one, op, sub, value);
    if (sub !== null) return changedSub(one, op, sub, value);
    const read = readOne(value, attribute, attribute.name);
    return op === 'add' && isObject(read) && isObject(one) ? { ...one, ...read } : read;
  };
  const changed = before.map((one) =>
    isMeant(one) ? { value: change(one), isMeant: true } : { value: one, isMeant: false },
  );
  const takesPrimary = changed.some((one) => one.isMeant && isPrimary(one.value));
  const after = changed
    .map((one) => (takesPrimary && !one.isMeant ? withoutPrimary(one.value) : one.value))
    .filter((one) => one !== undefined);
  if (after.filter(isPrimary).length > 1)
    throw new ScimError(400, 'invalidValue', `${attribute.name}: only one value is the primary one`);
  put(holder, attribute, after);
}

function simpleAsComplex(attribute: Attribute): Attribute {
  return {
    ...attribute,
    type: 'complex',
    subAttributes: [{ ...attribute, name: 'value', multiValued: false }],
  };
}

/** `emails[type eq "work"].value` where there is none yet: what the filter says of the value that is meant; null: not enough. */
function valueOfFilter(filter: Filter, attribute: Attribute): ScimValue | null {
  if (filter.op === 'and') {
    const [left, right] = [valueOfFilter(filter.left, attribute), valueOfFilter(filter.right, attribute)];
    return left === null || right === null ? null : { ...left, ...right };
  }
  if (filter.op !== 'eq' || filter.path.sub !== null) return null;
  const inner = findAttribute(attribute.subAttributes, filter.path.name);
  const { value }: { readonly value: CompareValue } = filter;
  if (inner === undefined || value === null || inner.mutability === 'readOnly') return null;
  return { [inner.name]: readOne(value, inner, inner.name) };
}
