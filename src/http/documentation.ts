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
  if (route.config?.precondition !== undefined) for (const status of ['412', '428']) statuses.add(status);
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
  return route.config?.precondition === undefined ? described : { ...described, headers: ifMatchHeaders };
}

const ifMatchHeaders = {
  type: 'object',
  required: ['if-match'],
  properties: { 'if-match': { type: 'string', description: 'the ETag of the state that was seen' } },
};

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
