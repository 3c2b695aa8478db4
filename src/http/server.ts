// The HTTP server: every plugin registered by name. Listening and closing is the composition root's part.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Log } from '../base/log.ts';
import type { Health } from '../services/health.ts';
import { healthRoutes } from './routes/health.ts';
import { metricsRoutes } from './routes/metrics.ts';

export interface HttpDeps {
  readonly log: Log;
  readonly health: Health;
  /** The metrics of all threads in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
}

/** Builds the server without listening; tests use `inject`. */
export async function createHttpServer(deps: HttpDeps): Promise<FastifyInstance> {
  const { log } = deps;
  const server = Fastify({
    // Requests are health checks and scrapes: one log line for each would be noise.
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 65_536,
    requestTimeout: 10_000,
  }).withTypeProvider<TypeBoxTypeProvider>();

  server.setErrorHandler((error, request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status >= 500) log.error({ err: error, url: request.url }, 'an HTTP request failed');
    return reply
      .code(status)
      .type('application/problem+json')
      .send({ title: status >= 500 ? 'Internal error' : (error as Error).message, status });
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('application/problem+json').send({ title: 'Not found', status: 404 }),
  );

  await server.register(healthRoutes, { health: deps.health });
  await server.register(metricsRoutes, { metrics: deps.metrics });
  return server;
}
