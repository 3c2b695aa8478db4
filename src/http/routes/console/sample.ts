// /api/v1/sample: the invented organisation of the trial, taken out by one act.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { sampleRemovalSchema, sampleRemovedSchema, sampleSchema } from '../../../api/sample.ts';
import { previewSampleRemoval, removeSample } from '../../../services/sample.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { actingFor } from './acts.ts';

const tags = ['sample'];

export const sampleRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  server.get(
    '/api/v1/sample',
    {
      config: { access: { permission: 'import.read', of: 'organisation' } },
      schema: { tags, response: { 200: sampleSchema } },
    },
    async () => previewSampleRemoval(deps.store),
  );

  server.post(
    '/api/v1/sample/remove',
    {
      config: { access: { permission: 'sample.remove', of: 'organisation' } },
      schema: { tags, body: sampleRemovalSchema, response: { 200: sampleRemovedSchema } },
    },
    async (request) => {
      const counts = await removeSample(actingFor(deps, request), request.body);
      await deps.radius.refreshSettings();
      return counts;
    },
  );
};
