// Bulk requests, RFC 7644 §3.7: operations one after the other, each committed by itself, with references between them.
import { isObject, type ScimValue } from '../../wire/scim/attribute.ts';
import { errorBody, quoted, ScimError } from '../../wire/scim/error.ts';
import { requireSchema } from '../../wire/scim/resource.ts';
import { wavesOf } from './bulk-order.ts';
import type { ScimContext, Versioned } from './context.ts';
import { bulkLimits } from './discovery.ts';
import { createGroup, deleteGroup, patchGroup, replaceGroup } from './groups.ts';
import {
  createUser,
  createUsers,
  deleteUser,
  findUnchanged,
  patchUser,
  replaceUser,
  usersInOneWrite,
} from './users.ts';

const requestSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
const responseSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkResponse';

interface Operation {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly type: 'Users' | 'Groups';
  /** Null for POST; may be `bulkId:…`. */
  readonly id: string | null;
  readonly bulkId: string | null;
  readonly version: string | null;
  readonly data: unknown;
}

function wrong(detail: string): never {
  throw new ScimError(400, 'invalidSyntax', detail);
}

/** Null for what is no percent-encoded UTF-8. */
function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function readOperation(given: unknown, index: number): Operation {
  const at = `Operations[${index}]`;
  if (!isObject(given)) return wrong(`${at} is no object`);
  const method = String(given['method']).toUpperCase();
  if (method !== 'POST' && method !== 'PUT' && method !== 'PATCH' && method !== 'DELETE')
    return wrong(`${at}: method must be POST, PUT, PATCH or DELETE`);
  const path = typeof given['path'] === 'string' ? given['path'] : '';
  const [, type, id] = /^\/(Users|Groups)(?:\/([^/?#]+))?$/.exec(path) ?? [];
  if ((type !== 'Users' && type !== 'Groups') || (method === 'POST') !== (id === undefined))
    return wrong(`${at}: path ${quoted(path)} is none for ${method}`);
  const bulkId = given['bulkId'];
  if (bulkId !== undefined && typeof bulkId !== 'string') return wrong(`${at}: bulkId must be text`);
  if (method === 'POST' && (bulkId === undefined || bulkId === ''))
    return wrong(`${at}: POST needs a bulkId`);
  const version = given['version'];
  return {
    method,
    type,
    id:
      id === undefined
        ? null
        : (decoded(id) ?? wrong(`${at}: path ${quoted(path)} is not percent-encoded UTF-8`)),
    bulkId: bulkId ?? null,
    version: typeof version === 'string' ? version : null,
    data: given['data'],
  };
}

const reference = /^bulkId:(.+)$/;

/** The bulkIds that an operation refers to. */
function referencesOf(value: unknown): string[] {
  if (typeof value === 'string') {
    const [, bulkId] = reference.exec(value) ?? [];
    return bulkId === undefined ? [] : [bulkId];
  }
  if (Array.isArray(value)) return value.flatMap(referencesOf);
  return isObject(value) ? Object.values(value).flatMap(referencesOf) : [];
}

function resolved(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return ids.get(reference.exec(value)?.[1] ?? '') ?? value;
  if (Array.isArray(value)) return value.map((one) => resolved(one, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, ids)]));
}

async function carryOut(
  context: ScimContext,
  { method, type, version, data }: Operation,
  id: string,
): Promise<Versioned | null> {
  const isUser = type === 'Users';
  switch (method) {
    case 'POST':
      return isUser ? await createUser(context, data) : await createGroup(context, data);
    case 'PUT':
      return await (isUser ? replaceUser : replaceGroup)(context, id, data, version);
    case 'PATCH':
      return await (isUser ? patchUser : patchGroup)(context, id, data, version);
    case 'DELETE':
      await (isUser ? deleteUser : deleteGroup)(context, id, version);
      return null;
  }
}

const successStatus = { POST: '201', PUT: '200', PATCH: '200', DELETE: '204' } as const;

/**
 * Carries operations out and answers each. One that refers to another waits for it; a circle can't be: users refer to nobody.
 * @param render what an error that is no ScimError means to the client
 * @throws ScimError for a request that is none, or too large
 */
export async function runBulk(
  context: ScimContext,
  body: unknown,
  asScimError: (error: unknown) => ScimError,
): Promise<ScimValue> {
  if (!isObject(body)) return wrong('the body is no JSON object');
  requireSchema(body, requestSchema);
  const given = body['Operations'];
  if (!Array.isArray(given) || given.length === 0)
    return wrong('Operations must be a list with at least one');
  if (given.length > bulkLimits.maxOperations)
    throw new ScimError(413, null, `more than ${bulkLimits.maxOperations} operations in one request`);
  const { failOnErrors } = body;
  if (failOnErrors !== undefined && !(Number.isSafeInteger(failOnErrors) && Number(failOnErrors) > 0))
    throw new ScimError(400, 'invalidValue', 'failOnErrors must be a whole number from 1');
  const most = failOnErrors === undefined ? Number.POSITIVE_INFINITY : Number(failOnErrors);
  const operations = given.map(readOperation);
  const bulkIds = operations.flatMap(({ bulkId, method }) =>
    method === 'POST' && bulkId !== null ? [bulkId] : [],
  );
  if (new Set(bulkIds).size !== bulkIds.length) return wrong('a bulkId stands for two operations');

  const ids = new Map<string, string>();
  const results: { readonly index: number; readonly result: ScimValue }[] = [];
  let errors = 0;
  /** Users who are made, or replaced by what they are, and stand together, by their places. The others are tried one by one. */
  const doTogether = async (
    some: readonly { readonly operation: Operation; readonly index: number }[],
  ): Promise<(readonly [number, Versioned])[]> => {
    const areAll = (one: Operation['method']) =>
      some.every(({ operation: { method, type } }) => method === one && type === 'Users');
    const placed = (users: Iterable<readonly [number, Versioned]>) =>
      [...users].map(([at, user]) => [some[at]?.index ?? -1, user] as const);
    if (some.length === 1) return [];
    if (areAll('POST')) {
      const bodies = some.map(({ operation }) => resolved(operation.data, ids));
      return placed(((await createUsers(context, bodies)) ?? []).entries());
    }
    const targets = some.map(({ operation }) => String(resolved(operation.id ?? '', ids)));
    if (!areAll('PUT') || new Set(targets).size < some.length) return [];
    const wanted = some.map(({ operation: { data, version } }, at) => ({
      resourceId: targets[at] ?? '',
      body: resolved(data, ids),
      ifMatch: version,
    }));
    return placed(await findUnchanged(context, wanted));
  };
  const waves = wavesOf(
    operations.map(({ method, bulkId, data, id }) => ({
      bulkId: method === 'POST' ? bulkId : null,
      refersTo: [...referencesOf(data), ...referencesOf(id)],
    })),
  );
  for (const wave of waves) {
    const next = wave.flatMap((index) => {
      const operation = operations[index];
      return operation === undefined ? [] : [{ operation, index }];
    });
    const made = new Map<number, Versioned>();
    for (const [at, { operation, index }] of next.entries()) {
      if (errors >= most) break;
      const { method, type, bulkId } = operation;
      if (at % usersInOneWrite === 0)
        for (const [of, user] of await doTogether(next.slice(at, at + usersInOneWrite))) made.set(of, user);
      const id = String(resolved(operation.id ?? '', ids));
      const location = id === '' ? {} : { location: `${context.baseUrl}/${type}/${encodeURIComponent(id)}` };
      const about = { method, ...(bulkId === null ? {} : { bulkId }) };
      try {
        const data = resolved(operation.data, ids);
        const versioned = made.get(index) ?? (await carryOut(context, { ...operation, data }, id));
        const place = versioned === null ? location : { location: metaOf(versioned, 'location') };
        if (method === 'POST' && bulkId !== null && versioned !== null)
          ids.set(bulkId, String(versioned.resource['id']));
        const version = versioned === null ? {} : { version: versioned.etag };
        results.push({ index, result: { ...about, ...version, ...place, status: successStatus[method] } });
      } catch (error) {
        errors += 1;
        const failure = asScimError(error);
        const response = errorBody(failure);
        results.push({ index, result: { ...about, ...location, response, status: String(failure.status) } });
      }
    }
  }
  const ordered = results.sort((a, b) => a.index - b.index).map(({ result }) => result);
  return { schemas: [responseSchema], Operations: ordered };
}

function metaOf({ resource }: Versioned, name: string): unknown {
  const { meta } = resource;
  return isObject(meta) ? meta[name] : undefined;
}
