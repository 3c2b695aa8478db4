// What the two web sites have in common: a Fastify server with its guard, headers, limits, problems and access by declaration.
import { readFileSync } from 'node:fs';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchema,
  type RouteOptions,
} from 'fastify';
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { networkOf } from '../../base/network.ts';
import type { WebConfig } from '../../config/web.ts';
import { ScimError } from '../../wire/scim/error.ts';
import type { Access } from './access.ts';
import { addGuard } from './guard.ts';
import { addSecurityHeaders, setSecurityHeaders } from './headers.ts';
import { HttpProblem, sendProblem } from './problem.ts';
import { sendScimError } from './scim-error.ts';
import type { WebSite } from './session-cookie.ts';
import { buildSerializer, createValidator } from './validation.ts';

const bodyLimit = 262_144;
const requestTimeoutMs = 30_000;
/** Of one client's requests, whatever they are; signing in has a limit of its own. */
const requestsPerMinute = 1_200;

/** How many tries at a secret one client has. */
export const secretLimit = { max: 20, timeWindow: 60_000 } as const;

/** Decides whether a request may go on, by what its route declares. Throws HttpProblem. */
export type Authorise = (request: FastifyRequest, access: Access) => Promise<void>;

export interface WebServerOptions {
  readonly site: WebSite;
  readonly config: WebConfig;
  readonly log: Log;
  readonly authorise: Authorise;
  /** Of routes that a library adds, by the beginning of their path. */
  readonly libraries?: Readonly<Record<string, Access>>;
}

/** A declared route, for whoever walks all of them. */
interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
  /** It asks for the state that was seen. */
  readonly hasPrecondition: boolean;
  readonly schema: FastifySchema | undefined;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route with what it asks of its callers. */
    declaredRoutes: DeclaredRoute[];
  }
}

function readTls(site: WebSite, { tls }: WebConfig) {
  if (tls === null) return null;
  const read = (file: string, setting: string) => {
    try {
      return readFileSync(file);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      throw new OperatorError(`${site}.tls.${setting}: ${file} cannot be read (${code}).`, {
        at: `${site}.tls.${setting}`,
        remedy: 'Check the path, and give the service the right to read the file.',
        cause,
      });
    }
  };
  return {
    cert: read(tls.certificateFile, 'certificateFile'),
    key: read(tls.keyFile, 'keyFile'),
    minVersion: 'TLSv1.2' as const,
  };
}

function build({ site, config, log }: WebServerOptions): FastifyInstance {
  const options = {
    logger: false,
    forceCloseConnections: true,
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    genReqId: () => crypto.randomUUID(),
    requestIdHeader: false as const,
    routerOptions: { maxParamLength: 200, caseSensitive: true },
    schemaController: { compilersFactory: { buildSerializer } },
    // An address that can't be read reaches no route, and so no error handler.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      setSecurityHeaders(request, reply);
      if (request.url.startsWith('/scim/'))
        sendScimError(new ScimError(400, 'invalidSyntax', 'the address is no URL'), reply);
      else sendProblem(error, request, reply, log);
    },
  } as const;
  const tls = readTls(site, config);
  if (tls === null) return Fastify(options);
  try {
    return Fastify({ ...options, https: tls }) as unknown as FastifyInstance;
  } catch (cause) {
    throw new OperatorError(`${site}.tls: certificate and key cannot be used.`, {
      at: `${site}.tls.certificateFile`,
      remedy: 'Both are PEM; the key belongs to the first certificate of the file.',
      cause,
    });
  }
}

/** What a route declares, or what is declared here for a library's own routes, which can't. */
function withAccess(route: RouteOptions, { libraries = {} }: WebServerOptions): Access {
  const library = Object.keys(libraries).find((prefix) => `${route.url}/`.startsWith(`${prefix}/`));
  const access = route.config?.access ?? (library === undefined ? undefined : libraries[library]);
  if (access !== undefined) {
    route.config = { ...route.config, access };
    return access;
  }
  throw new Error(`${String(route.method)} ${route.url} does not declare its access`);
}

/** The server without routes. Those registered on it must declare `config.access`. */
export async function createWebServer(options: WebServerOptions) {
  const { log, config, authorise } = options;
  const server = build(options).withTypeProvider<TypeBoxTypeProvider>();
  server.setValidatorCompiler(createValidator());
  server.decorateRequest('principal', null);
  server.decorateRequest('webSession', null);
  server.decorateRequest('reach', null);
  server.decorateRequest('unitPath', null);
  const declaredRoutes: DeclaredRoute[] = [];
  server.decorate('declaredRoutes', declaredRoutes);
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, log));
  server.setNotFoundHandler((request, reply) =>
    sendProblem(new HttpProblem('not-found'), request, reply, log),
  );
  await server.register(cookie);
  await addSecurityHeaders(server);
  addGuard(server, config);
  await server.register(rateLimit, {
    global: true,
    max: requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => networkOf(request.ip),
    errorResponseBuilder: (_request, context) =>
      new HttpProblem('too-many-requests', {
        headers: { 'retry-after': String(Math.ceil(context.ttl / 1000)) },
      }),
  });
  server.addHook('onRoute', (route) => {
    const access = withAccess(route, options);
    const { url, schema } = route;
    const hasPrecondition = route.config?.precondition === true;
    for (const method of [route.method].flat())
      declaredRoutes.push({ method, url, access, hasPrecondition, schema });
    // After the limit, which is a hook of the route too, so that refused requests count.
    route.onRequest = [...[route.onRequest ?? []].flat(), (request) => authorise(request, access)];
  });
  return server;
}
