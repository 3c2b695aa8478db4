// /api/v1/organisation/imports: an organisation file checked or applied, with progress.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  lastOrganisationRunSchema,
  organisationQuerySchema,
  organisationRunSchema,
} from '../../../api/organisation.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import type { OrganisationRun } from '../../../services/organisation/import-runs.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';
import { HttpProblem } from '../../web/problem.ts';

const tags = ['organisation'];
const largestFile = 64 * 1024 * 1024;

function answer(run: OrganisationRun) {
  const { report, faults, ...rest } = run;
  return {
    ...rest,
    counts: Object.entries(report?.counts ?? {}).map(([kind, counts]) => ({ kind, ...counts })),
    warnings: [...(report?.warnings ?? [])],
    faults: faults.map(({ place, message, remedy }) => ({
      place: place.replace(/^.*\//, ''),
      message,
      remedy,
    })),
  };
}

export const organisationRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { organisationRuns, radius } = deps;

  server.get(
    '/api/v1/organisation/imports/last',
    {
      config: { access: { permission: 'import.read', of: 'organisation' } },
      schema: { tags, response: { 200: lastOrganisationRunSchema } },
    },
    async () => {
      const run = organisationRuns.last();
      return { run: run === null ? null : answer(run) };
    },
  );

  await server.register(async (upload) => {
    upload.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: largestFile },
      (_request, body, done) => done(null, body),
    );
    upload.post(
      '/api/v1/organisation/imports',
      {
        config: { access: { permission: 'import.run', of: 'organisation' } },
        bodyLimit: largestFile,
        schema: {
          tags,
          querystring: organisationQuerySchema,
          consumes: ['application/octet-stream'],
          response: { 202: organisationRunSchema },
        },
      },
      async (request, reply) => {
        const { fileName, dryRun } = request.query as { fileName: string; dryRun: boolean };
        const { body } = request;
        if (!Buffer.isBuffer(body)) throw new HttpProblem('unsupported-media-type');
        const by = administratorOf(callerOf(request));
        const run = organisationRuns.start({ ...deps, by }, { content: body, fileName, dryRun });
        await radius.refreshSettings();
        return reply.code(202).send(answer(run));
      },
    );
  });
};
