// Queries of Users and Groups, RFC 7644 §3.4.2 and §3.4.3: filter, sorting, pages, attributes.
import {
  countFeedUsers,
  type FeedUserFilter,
  findFeedUsersByResource,
  listFeedGroups,
  listFeedUsers,
} from '../../store/queries/feeds.ts';
import {
  findPlace,
  isObject,
  type ResourceType,
  type ScimValue,
  valuesAt,
} from '../../wire/scim/attribute.ts';
import { quoted, ScimError } from '../../wire/scim/error.ts';
import {
  checkFilter,
  type Filter,
  matches,
  parseAttributePath,
  parseFilter,
  requiredEquals,
} from '../../wire/scim/filter.ts';
import {
  isWanted,
  listResponse,
  type Page,
  type Projection,
  project,
  readPage,
  readProjection,
} from '../../wire/scim/projection.ts';
import { groupType, userType } from '../../wire/scim/schemas.ts';
import type { ScimContext } from './context.ts';
import { renderGroups } from './groups.ts';
import { renderUsers } from './users.ts';

/** Resources in one answer. */
export const mostResults = 1_000;
const rowsInOneRead = 1_000;
/** A filter that no index helps looks at every resource: beyond this many it is refused. */
const mostLookedAt = 250_000;

/** Parameters as they come, from the URL or from the body of `.search`. */
export interface ListQuery {
  readonly filter?: unknown;
  readonly sortBy?: unknown;
  readonly sortOrder?: unknown;
  readonly startIndex?: unknown;
  readonly count?: unknown;
  readonly attributes?: string | readonly string[] | undefined;
  readonly excludedAttributes?: string | readonly string[] | undefined;
}

interface Order {
  readonly keyOf: (resource: ScimValue) => string | null;
  readonly descending: boolean;
}

interface Read {
  readonly page: Page;
  readonly filter: Filter | null;
  readonly order: Order | null;
  readonly projection: Projection;
}

function textOf(value: unknown, name: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  throw new ScimError(400, 'invalidSyntax', `${name} must be text, given once`);
}

function readOrder(query: ListQuery, type: ResourceType): Order | null {
  const sortBy = textOf(query.sortBy, 'sortBy');
  const sortOrder = textOf(query.sortOrder, 'sortOrder')?.toLowerCase() ?? 'ascending';
  if (sortOrder !== 'ascending' && sortOrder !== 'descending')
    throw new ScimError(400, 'invalidValue', 'sortOrder must be ascending or descending');
  if (sortBy === null) return null;
  const place = findPlace(type, parseAttributePath(sortBy));
  if (place === null)
    throw new ScimError(400, 'invalidPath', `${type.name} has no attribute ${quoted(sortBy)}`);
  const attribute = place.sub ?? place.attribute;
  return {
    descending: sortOrder === 'descending',
    keyOf(resource) {
      const values = valuesAt(resource, place);
      // Of many values the primary one, or the first (RFC 7644 §3.4.2.3).
      const chosen = values.find((one) => isObject(one) && one['primary'] === true) ?? values[0];
      const value = isObject(chosen) ? chosen['value'] : chosen;
      if (value === undefined || value === null) return null;
      return attribute.caseExact ? String(value) : String(value).toLowerCase();
    },
  };
}

function readQuery(query: ListQuery, type: ResourceType): Read {
  const text = textOf(query.filter, 'filter');
  const filter = text === null ? null : parseFilter(text);
  if (filter !== null) checkFilter(filter, type);
  return {
    page: readPage(query, mostResults),
    filter,
    order: readOrder(query, type),
    projection: readProjection(query, [type]),
  };
}

/** Resources without the attribute come last, first when descending (RFC 7644 §3.4.2.3). */
function sorted<T extends { readonly key: string | null }>(all: readonly T[], { descending }: Order): T[] {
  const compare = (a: string | null, b: string | null) => {
    if (a === b) return 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    return a < b ? -1 : 1;
  };
  return [...all].sort((a, b) => (descending ? compare(b.key, a.key) : compare(a.key, b.key)));
}

/** What an index can find of a filter. */
function indexed(filter: Filter | null): FeedUserFilter {
  if (filter === null) return {};
  const id = requiredEquals(filter, 'id');
  const userName = requiredEquals(filter, 'userName');
  const externalId = requiredEquals(filter, 'externalId');
  return {
    ...(id === null ? {} : { resourceId: id }),
    ...(userName === null ? {} : { userNameKey: userName.normalize('NFC').toLowerCase() }),
    ...(externalId === null ? {} : { externalId: externalId.normalize('NFC') }),
  };
}

/** @throws ScimError for a query that means nothing, or would look at too many */
export async function listUsers(context: ScimContext, query: ListQuery): Promise<ScimValue> {
  const { page, filter, order, projection } = readQuery(query, userType);
  const { source } = context;
  const { store } = context.lifecycle;
  const withGroups = isWanted(projection, 'groups');
  const answer = (resources: readonly ScimValue[], total: number) =>
    listResponse(
      resources.map((one) => project(one, userType, projection)),
      { total, startIndex: page.startIndex },
    );
  if (filter === null && order === null) {
    return await store.read(async (db) => {
      const total = await countFeedUsers(db, source);
      const rows =
        page.count === 0
          ? []
          : await listFeedUsers(db, source, { offset: page.startIndex - 1, limit: page.count });
      const rendered = await renderUsers(db, context, rows, withGroups);
      return answer(
        rendered.map(({ resource }) => resource),
        total,
      );
    });
  }
  const found: { readonly id: string; readonly key: string | null }[] = [];
  const where = indexed(filter);
  let after = 0;
  let lookedAt = 0;
  for (;;) {
    // In reads of their own, so that others get their turn.
    const some = await store.read(async (db) => {
      const rows = await listFeedUsers(db, source, { ...where, after, limit: rowsInOneRead });
      return { rows, rendered: await renderUsers(db, context, rows, filter !== null) };
    });
    for (const { resource } of some.rendered)
      if (filter === null || matches(filter, resource, userType))
        found.push({ id: String(resource['id']), key: order?.keyOf(resource) ?? null });
    after = some.rows.at(-1)?.id ?? after;
    lookedAt += some.rows.length;
    if (some.rows.length < rowsInOneRead) break;
    if (lookedAt >= mostLookedAt)
      throw new ScimError(400, 'tooMany', `the filter looks at more than ${mostLookedAt} Users: name one`);
  }
  const ordered = order === null ? found : sorted(found, order);
  const ids = ordered.slice(page.startIndex - 1, page.startIndex - 1 + page.count).map(({ id }) => id);
  return await store.read(async (db) => {
    const rows = await findFeedUsersByResource(db, source, ids);
    const rendered = await renderUsers(db, context, rows, withGroups);
    const byId = new Map(rendered.map(({ resource }) => [resource['id'], resource]));
    return answer(
      ids.map((id) => byId.get(id)).filter((one) => one !== undefined),
      found.length,
    );
  });
}

/** @throws ScimError for a query that means nothing */
export async function listGroups(context: ScimContext, query: ListQuery): Promise<ScimValue> {
  const { page, filter, order, projection } = readQuery(query, groupType);
  const isMembersAsked = filter !== null && JSON.stringify(filter).toLowerCase().includes('"members"');
  const { source } = context;
  return await context.lifecycle.store.read(async (db) => {
    const rows = await listFeedGroups(db, source);
    const all = await renderGroups(db, context, rows, isMembersAsked);
    const found = all
      .map(({ resource }, index) => ({ row: rows[index], resource, key: order?.keyOf(resource) ?? null }))
      .filter(({ resource }) => filter === null || matches(filter, resource, groupType));
    const ordered = order === null ? found : sorted(found, order);
    const shown = ordered
      .slice(page.startIndex - 1, page.startIndex - 1 + page.count)
      .flatMap(({ row }) => row ?? []);
    const rendered = await renderGroups(db, context, shown, isWanted(projection, 'members'));
    return listResponse(
      rendered.map(({ resource }) => project(resource, groupType, projection)),
      { total: found.length, startIndex: page.startIndex },
    );
  });
}
