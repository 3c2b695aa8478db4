// /scim/v2/:source: a SCIM 2.0 server for each source (RFC 7644). Every error is a body of §3.12.
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { OperatorError, StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { readOrganisation } from '../../services/administration.ts';
import { findFeedSource } from '../../services/feeds/settings.ts';
import type { LifecycleDeps } from '../../services/lifecycle/record.ts';
import { runBulk } from '../../services/scim/bulk.ts';
import { type IfMatch, isTagOf, type ScimContext, type Versioned } from '../../services/scim/context.ts';
import {
  bulkLimits,
  renderResourceType,
  renderSchema,
  resourceTypes,
  schemas,
  serviceProviderConfig,
} from '../../services/scim/discovery.ts';
import { createUserGatherer } from '../../services/scim/gather.ts';
import { createGroup, deleteGroup, getGroup, patchGroup, replaceGroup } from '../../services/scim/groups.ts';
import { type ListQuery, listGroups, listUsers } from '../../services/scim/list.ts';
import { deleteUser, getUser, patchUser, replaceUser } from '../../services/scim/users.ts';
import { shareReads } from '../../services/shared-reads.ts';
import { isObject, type ResourceType, type ScimValue } from '../../wire/scim/attribute.ts';
import { ScimError } from '../../wire/scim/error.ts';
import { isWanted, listResponse, project, readProjection } from '../../wire/scim/projection.ts';
import { requireSchema } from '../../wire/scim/resource.ts';
import { groupType, userType } from '../../wire/scim/schemas.ts';
import { HttpProblem } from '../web/problem.ts';
import { problemTexts } from '../web/problem-texts.ts';
import { scimMediaType, sendScimError } from '../web/scim-error.ts';

export type TokenVerdict = 'accepted' | 'missing' | 'refused' | 'forbidden';

export interface ScimRoutesDeps {
  /** What a source's changes are carried out with: as that source. */
  readonly lifecycle: (source: string) => LifecycleDeps;
  readonly random: Pick<Random, 'bytes'>;
  readonly log: Log;
  /** Whether the request bears a token for the source. */
  readonly checkToken: (request: FastifyRequest, source: string) => Promise<TokenVerdict>;
  /** `https://host` of this server as clients know it; null: as the request names it. */
  readonly publicUrl: string | null;
}

/** A whole organisation is told one by one, as fast as the client goes. */
const options = {
  config: { access: { token: 'scim' }, rateLimit: { max: 60_000, timeWindow: 60_000 } },
} as const;

const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

/** Whatever was thrown, as a client of SCIM is told. */
function asScimError(error: unknown, log: Log): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof HttpProblem)
    return new ScimError(problemTexts[error.code].status, null, problemTexts[error.code].en.join(' '));
  if (error instanceof OperatorError)
    return new ScimError(400, 'invalidValue', `${error.message} ${error.remedy}`);
  if (error instanceof StoreUnavailableError)
    return new ScimError(503, null, 'the service cannot store anything now: send it again later');
  const { statusCode = 500, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413)
    return new ScimError(413, null, `the body is larger than ${bulkLimits.maxPayloadSize} octets`);
  if (statusCode === 415) return new ScimError(415, null, 'send application/scim+json or application/json');
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return new ScimError(400, 'invalidSyntax', 'the body is empty');
  if (statusCode >= 400 && statusCode < 500) return new ScimError(statusCode, null, (error as Error).message);
  log.error({ err: error }, 'a SCIM request failed');
  return new ScimError(500, null, 'the service failed; nothing was changed');
}

function tellToken(verdict: Exclude<TokenVerdict, 'accepted'>, reply: FastifyReply): ScimError {
  if (verdict === 'forbidden') return new ScimError(403, null, 'the token is not one for this source');
  const error = verdict === 'refused' ? ', error="invalid_token"' : '';
  reply.header('www-authenticate', `Bearer realm="scim"${error}`);
  return new ScimError(
    401,
    null,
    verdict === 'missing' ? 'a bearer token is needed' : 'the token is unknown, expired or revoked',
  );
}

function headerOf(request: FastifyRequest, name: 'if-match' | 'if-none-match'): IfMatch {
  const value = request.headers[name];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

interface Endpoint {
  readonly type: ResourceType;
  get(context: ScimContext, id: string, query: ListQuery): Promise<Versioned>;
  list(context: ScimContext, query: ListQuery): Promise<ScimValue>;
  create(context: ScimContext, body: unknown): Promise<Versioned>;
  replace(context: ScimContext, id: string, body: unknown, ifMatch: IfMatch): Promise<Versioned>;
  patch(context: ScimContext, id: string, body: unknown, ifMatch: IfMatch): Promise<Versioned>;
  remove(context: ScimContext, id: string, ifMatch: IfMatch): Promise<void>;
}

const users: Omit<Endpoint, 'create'> = {
  type: userType,
  get: getUser,
  list: listUsers,
  replace: replaceUser,
  patch: patchUser,
  remove: deleteUser,
};

const groups: Endpoint = {
  type: groupType,
  get: (context, id, query) => getGroup(context, id, isWanted(readProjection(query, [groupType]), 'members')),
  list: listGroups,
  create: createGroup,
  replace: replaceGroup,
  patch: patchGroup,
  remove: deleteGroup,
};

/** Resources are three deep, in a bulk two more: far below what the stack of whoever walks through a body bears. */
const deepestBody = 50;

function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((one) => isDeeperThan(one, most - 1));
}

type Handler = (
  context: ScimContext,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<ScimValue | undefined>;

type Route = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** What may be asked of an address below a source; null: there is no such address. */
function methodsAt(path: string): string | null {
  const [first = '', second, ...more] = path.split('/');
  if (more.length > 0) return null;
  const isOfResources = [userType, groupType].some(({ endpoint }) => endpoint === `/${first}`);
  if (isOfResources && second === undefined) return 'GET, POST';
  if (isOfResources) return 'GET, PUT, PATCH, DELETE';
  if (first === 'Bulk' && second === undefined) return 'POST';
  if (first === 'ServiceProviderConfig' && second === undefined) return 'GET';
  return first === 'Schemas' || first === 'ResourceTypes' ? 'GET' : null;
}

export const scimRoutes: FastifyPluginAsync<ScimRoutesDeps> = async (server, deps) => {
  const { log, checkToken, random } = deps;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ['application/scim+json', 'application/json'],
    { parseAs: 'string', bodyLimit: bulkLimits.maxPayloadSize },
    (_request, text, done) => {
      let body: unknown;
      try {
        body = text === '' ? undefined : JSON.parse(text as string);
      } catch {
        return done(new ScimError(400, 'invalidSyntax', 'the body is no JSON'));
      }
      if (isDeeperThan(body, deepestBody))
        return done(new ScimError(400, 'invalidSyntax', 'the body is nested too deeply'));
      done(null, body);
    },
  );
  server.setErrorHandler((error, _request, reply) => {
    const told = asScimError(error, log);
    if (error instanceof HttpProblem) reply.headers(error.headers);
    if (told.status === 401)
      reply.header('www-authenticate', reply.getHeader('www-authenticate') ?? 'Bearer');
    return sendScimError(told, reply);
  });
  server.setNotFoundHandler((request, reply) => {
    const told = new ScimError(
      404,
      null,
      `there is nothing at ${request.method} ${request.url.slice(0, 200)}`,
    );
    return sendScimError(told, reply);
  });

  const knownOf = shareReads(async (source) => {
    const { store } = deps.lifecycle(source);
    const settings = await findFeedSource(store, source, 'scim');
    return settings === null ? null : { settings, timeZone: (await readOrganisation(store)).timeZone };
  });

  async function contextOf(request: FastifyRequest, reply: FastifyReply): Promise<ScimContext> {
    const { source } = request.params as { source: string };
    // Before anything is looked up: without a token nobody learns which sources there are.
    const verdict = await checkToken(request, source);
    if (verdict !== 'accepted') throw tellToken(verdict, reply);
    const known = await knownOf(source);
    if (known === null) throw new ScimError(404, null, 'there is no SCIM source of this name');
    const host = deps.publicUrl ?? `${request.protocol}://${request.host}`;
    const [prefix = ''] = (request.routeOptions.url ?? '').split('/:source');
    const baseUrl = `${host}${prefix}/${source}`;
    return { source, ...known, baseUrl, lifecycle: deps.lifecycle(source), random };
  }

  const on =
    (handler: Handler): Route =>
    async (request, reply) => {
      reply.type(scimMediaType).header('cache-control', 'no-store');
      const context = await contextOf(request, reply);
      const answer = await handler(context, request, reply);
      return answer === undefined ? reply.send() : reply.send(answer);
    };

  const endpoints = [{ ...users, create: createUserGatherer() }, groups];
  for (const endpoint of endpoints) addEndpoint(server, endpoint, on);
  addDiscovery(server, on);
  server.post(
    '/:source/Bulk',
    options,
    on((context, { body }) => runBulk(context, body, (error) => asScimError(error, log))),
  );
  server.all(
    '/:source/Me',
    options,
    on(async () => {
      throw new ScimError(501, null, 'a token is nobody: there is no /Me');
    }),
  );
  server.all(
    '/:source/*',
    options,
    on(async (_context, request, reply) => {
      const { method, url } = request;
      const allowed = methodsAt((request.params as { '*': string })['*']);
      if (allowed !== null) {
        reply.header('allow', allowed);
        throw new ScimError(405, null, `${method} is not for this address: use ${allowed}`);
      }
      throw new ScimError(404, null, `there is nothing at ${method} ${url.slice(0, 200)}`);
    }),
  );
};

function addEndpoint(server: FastifyInstance, endpoint: Endpoint, handle: (handler: Handler) => Route): void {
  const { type } = endpoint;
  const path = `/:source${type.endpoint}`;
  const idOf = (request: FastifyRequest) => (request.params as { id: string }).id;
  const queryOf = (request: FastifyRequest) => request.query as ListQuery;
  const shown = (reply: FastifyReply, { resource, etag }: Versioned, query: ListQuery): ScimValue => {
    reply.header('etag', etag);
    return project(resource, type, readProjection(query, [type]));
  };

  server.get(
    path,
    options,
    handle((context, request) => endpoint.list(context, queryOf(request))),
  );
  server.post(
    `${path}/.search`,
    options,
    handle((context, { body }) => {
      if (!isObject(body)) throw new ScimError(400, 'invalidSyntax', 'the body is no JSON object');
      requireSchema(body, searchSchema);
      return endpoint.list(context, body as ListQuery);
    }),
  );
  server.post(
    path,
    options,
    handle(async (context, request, reply) => {
      // Faults of the query are told before anything is done.
      readProjection(queryOf(request), [type]);
      const made = await endpoint.create(context, request.body);
      const { meta } = made.resource;
      reply.code(201);
      if (isObject(meta)) reply.header('location', String(meta['location']));
      return shown(reply, made, queryOf(request));
    }),
  );
  server.get(
    `${path}/:id`,
    options,
    handle(async (context, request, reply) => {
      const found = await endpoint.get(context, idOf(request), queryOf(request));
      const tag = headerOf(request, 'if-none-match');
      if (tag !== null && isTagOf(tag, Number(/\d+/.exec(found.etag)?.[0]))) {
        reply.code(304).header('etag', found.etag);
        return undefined;
      }
      return shown(reply, found, queryOf(request));
    }),
  );
  for (const [method, change] of [
    ['PUT', endpoint.replace],
    ['PATCH', endpoint.patch],
  ] as const)
    server.route({
      method,
      url: `${path}/:id`,
      ...options,
      handler: handle(async (context, request, reply) => {
        readProjection(queryOf(request), [type]);
        const ifMatch = headerOf(request, 'if-match');
        const changed = await change(context, idOf(request), request.body, ifMatch);
        return shown(reply, changed, queryOf(request));
      }),
    });
  server.delete(
    `${path}/:id`,
    options,
    handle(async (context, request, reply) => {
      await endpoint.remove(context, idOf(request), headerOf(request, 'if-match'));
      reply.code(204);
      return undefined;
    }),
  );
}

function addDiscovery(server: FastifyInstance, handle: (handler: Handler) => Route): void {
  const withoutFilter = (request: FastifyRequest) => {
    // RFC 7644 §4: a filter there is refused, so that nobody takes the answer for a filtered one.
    if ((request.query as ListQuery).filter !== undefined)
      throw new ScimError(403, null, 'this endpoint takes no filter');
  };
  const all = (resources: readonly ScimValue[]) =>
    listResponse(resources, { total: resources.length, startIndex: 1 });
  const missing = (what: string) => new ScimError(404, null, `there is no such ${what}`);
  const nameOf = (request: FastifyRequest) => (request.params as { name: string }).name;

  server.get(
    '/:source/ServiceProviderConfig',
    options,
    handle(async (context, request) => {
      withoutFilter(request);
      return serviceProviderConfig(context.baseUrl);
    }),
  );
  server.get(
    '/:source/ResourceTypes',
    options,
    handle(async ({ baseUrl }, request) => {
      withoutFilter(request);
      return all(resourceTypes.map((type) => renderResourceType(baseUrl, type)));
    }),
  );
  server.get(
    '/:source/ResourceTypes/:name',
    options,
    handle(async ({ baseUrl }, request) => {
      const type = resourceTypes.find(({ name }) => name === nameOf(request));
      if (type === undefined) throw missing('resource type');
      return renderResourceType(baseUrl, type);
    }),
  );
  server.get(
    '/:source/Schemas',
    options,
    handle(async ({ baseUrl }, request) => {
      withoutFilter(request);
      return all(schemas.map((schema) => renderSchema(baseUrl, schema)));
    }),
  );
  server.get(
    '/:source/Schemas/:name',
    options,
    handle(async ({ baseUrl }, request) => {
      const schema = schemas.find(({ id }) => id.toLowerCase() === nameOf(request).toLowerCase());
      if (schema === undefined) throw missing('schema');
      return renderSchema(baseUrl, schema);
    }),
  );
}
