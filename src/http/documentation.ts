// The API described by OpenAPI 3.1, from the schemas that its routes validate and serialise by; shown under /api/docs.
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { problemSchema } from '../api/problem.ts';
import { programVersion } from '../base/program.ts';
import { needsStepUp } from '../core/permissions.ts';
import type { Access } from './web/access.ts';

export const documentationPrefix = '/api/docs';
const documented = '/api/v1/';

/** Own files alone, as the console's pages have it, and no style element either. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** What a caller needs, in words. */
function needOf(access: Access): string {
  if ('open' in access) return 'Anybody may ask.';
  if ('signedIn' in access) return 'For operators who are signed in, about themselves.';
  if ('known' in access) return 'For every operator and every token.';
  if ('token' in access) return `For tokens with the scope \`${access.token}\`.`;
  if ('holder' in access) return 'For the holder of an account.';
  const { permission, of } = access;
  const where =
    of === 'organisation'
      ? 'for the whole organisation'
      : of === 'list'
        ? 'and shows what lies within its units'
        : `for the unit of the ${of} named by \`id\``;
  const again = needsStepUp(permission) ? ' The operator must have proved again who it is.' : '';
  return `Needs the permission \`${permission}\` ${where}.${again}`;
}

function securityOf(access: Access, method: string): Record<string, string[]>[] {
  if ('open' in access) return [];
  const session = { session: [], ...(changes.has(method) ? { csrf: [] } : {}) };
  if ('signedIn' in access) return [session];
  if ('token' in access) return [{ token: [] }];
  return [session, { token: [] }];
}

/** Whoever is known may send a change again (src/http/web/idempotency.ts). */
function takesIdempotencyKey(access: Access, method: string, isRepeatable: boolean): boolean {
  return changes.has(method) && !('open' in access) && !isRepeatable;
}

/** The same text for the same part, in whatever order its members were written. */
function canonical(part: unknown): string {
  return JSON.stringify(part, (_, value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** A name for programs made from a description: `getAccountsByIdTimeline`. */
function operationIdOf(method: string, url: string): string {
  const words = url.slice(documented.length).split(/[/-]/);
  const camel = words.map((word) => {
    const name = word.startsWith(':') ? `By-${word.slice(1)}` : word;
    return name
      .split('-')
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join('');
  });
  return method.toLowerCase() + camel.join('');
}

const problem = {
  description: 'It was not done: why, and what to do.',
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** Routes without a schema of their answer give files. */
const file = { description: 'The file.', content: { '*/*': { schema: { type: 'string' } } } };

function describe(schema: FastifySchema | undefined, route: RouteOptions): FastifySchema {
  const method = String(route.method);
  const access = route.config?.access ?? { open: true as const };
  const given = schema ?? {};
  const statuses = new Set(['400', '422', '429', '500', '503']);
  if (!('open' in access)) for (const status of ['401', '403']) statuses.add(status);
  if (route.url.includes(':')) statuses.add('404');
  const headers: Record<string, object> = {};
  if (route.config?.precondition !== undefined) {
    for (const status of ['412', '428']) statuses.add(status);
    headers['if-match'] = ifMatch;
  }
  if (takesIdempotencyKey(access, method, route.config?.repeatable === true)) {
    statuses.add('409');
    headers['idempotency-key'] = idempotencyKey;
  }
  const problems = Object.fromEntries([...statuses].map((status) => [status, problem]));
  const answers = (given.response ?? {}) as Record<string, unknown>;
  const isFile = !Object.keys(answers).some((status) => /^[23]/.test(status));
  const need = needOf(access);
  const described = {
    ...given,
    operationId: operationIdOf(method, route.url),
    description: given.description === undefined ? need : `${given.description} ${need}`,
    security: securityOf(access, method),
    response: { ...problems, ...(isFile ? { 200: file } : {}), ...answers },
  };
  if (Object.keys(headers).length === 0) return described;
  const required = 'if-match' in headers ? ['if-match'] : [];
  return { ...described, headers: { type: 'object', required, properties: headers } };
}

const ifMatch = { type: 'string', description: 'the ETag of the state that was seen' };
const idempotencyKey = {
  type: 'string',
  maxLength: 210,
  description:
    'a string in quotation marks, drawn for this request alone: sent again with the same key within 24 hours it is answered as ' +
    'before and done once. 422: the key is that of another request; 409: still at work, or done and its answer (a file) is not kept',
};

/** What operations share is said once. */
const shared = {
  responses: { Problem: problem },
  parameters: {
    IfMatch: {
      schema: { type: 'string' },
      in: 'header',
      name: 'if-match',
      required: true,
      description: ifMatch.description,
    },
    IdempotencyKey: {
      schema: { type: 'string', maxLength: idempotencyKey.maxLength },
      in: 'header',
      name: 'idempotency-key',
      required: false,
      description: idempotencyKey.description,
    },
  },
};

interface Operation {
  responses?: Record<string, object>;
  parameters?: readonly object[];
}

/** Puts a reference in the place of whatever is shared. */
function refer<Document extends { readonly paths?: unknown; readonly components?: object }>(
  document: Document,
): Document {
  const refs = new Map(
    Object.entries(shared).flatMap(([section, parts]) =>
      Object.entries(parts).map(
        ([name, part]) => [canonical(part), `#/components/${section}/${name}`] as const,
      ),
    ),
  );
  const put = (part: object) => {
    const $ref = refs.get(canonical(part));
    return $ref === undefined ? part : { $ref };
  };
  const operation = (one: Operation): Operation => ({
    ...one,
    ...(one.parameters === undefined ? {} : { parameters: one.parameters.map(put) }),
    responses: Object.fromEntries(
      Object.entries(one.responses ?? {}).map(([status, answer]) => [status, put(answer)]),
    ),
  });
  const paths = Object.entries(document.paths ?? {}).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods as Record<string, Operation>).map(([method, one]) => [method, operation(one)]),
    ),
  ]);
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { ...document.components, ...shared },
  };
}

/** Before the routes: each is described as it is added. */
export async function describeRoutes(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gatewarden',
        description:
          'All that the console does. Instants are epoch milliseconds, errors are problem+json (RFC 9457) in the language of ' +
          '`Accept-Language`, lists go on with `next` as `cursor`, and unknown fields are refused.',
        version: programVersion,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-gatewarden-console',
            description: 'after signing in; without TLS on the loopback it is called gatewarden-console',
          },
          csrf: {
            type: 'apiKey',
            in: 'header',
            name: 'X-CSRF-Token',
            description: 'of the session, with whatever changes something',
          },
          token: { type: 'http', scheme: 'bearer', description: '`gatewarden token create`' },
        },
      },
    },
    transformObject: (given) => ('openapiObject' in given ? refer(given.openapiObject) : given.swaggerObject),
    transform: ({ schema, url, route }) =>
      url.startsWith(documented) ? { schema: describe(schema, route), url } : { schema: { hide: true }, url },
  });
}

/** After the routes: the description itself (`/json`, `/yaml`) and the pages that show it. */
export async function addDocumentation(server: FastifyInstance): Promise<void> {
  await server.register(swaggerUi, {
    routePrefix: documentationPrefix,
    staticCSP: policy,
    uiConfig: {
      docExpansion: 'none',
      filter: true,
      // What changes something carries a header of the session's own, which this page does not know.
      supportedSubmitMethods: ['get'],
      validatorUrl: null,
    },
  });
}
