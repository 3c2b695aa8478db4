// /metrics in Prometheus' text format.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

export const metricsRoutes: FastifyPluginAsyncTypebox<{ metrics: () => Promise<string> }> = async (
  server,
  { metrics },
) => {
  server.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()),
  );
};
