// /healthz: the process lives. /readyz: this node may be asked.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { aliveSchema, readySchema } from '../../api/health.ts';
import type { Health } from '../../services/health.ts';

export const healthRoutes: FastifyPluginAsyncTypebox<{ health: Health }> = async (server, { health }) => {
  server.get('/healthz', { schema: { response: { 200: aliveSchema } } }, async () => ({
    status: 'alive' as const,
  }));

  server.get(
    '/readyz',
    { schema: { response: { 200: readySchema, 503: readySchema } } },
    async (_request, reply) => {
      const { ready, causes } = await health.readiness();
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status: ready ? ('ready' as const) : ('unready' as const), causes: [...causes] });
    },
  );
};
