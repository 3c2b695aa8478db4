// /api/v1/health: the installation as whoever looks after it sees it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { healthSchema } from '../../../api/health.ts';
import { reportHealth } from '../../../services/health-report.ts';
import type { ConsoleRouteDeps } from '../../console.ts';

export const consoleHealthRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  server.get(
    '/api/v1/health',
    {
      config: { access: { permission: 'health.read', of: 'organisation' } },
      schema: { tags: ['overview'], response: { 200: healthSchema } },
    },
    () => reportHealth(deps),
  );
};
