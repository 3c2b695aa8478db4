// /api/v1/overview, /checklist, /search, /saved-views: what every page of the console stands on.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  checklistSchema,
  newSavedViewSchema,
  overviewSchema,
  savedViewSchema,
  savedViewsQuerySchema,
  savedViewsSchema,
  searchQuerySchema,
  searchSchema,
} from '../../../api/overview.ts';
import { reachOfPrincipal } from '../../../services/operators/principal.ts';
import { readFirstSteps, readOverview, titleOfReason } from '../../../services/overview.ts';
import { isSampleIn } from '../../../services/sample.ts';
import { search } from '../../../services/search.ts';
import { deleteSavedView, listSavedViews, putSavedView } from '../../../store/queries/saved-views.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, operatorOf, reachOfRequest } from '../../web/access.ts';
import { HttpProblem, languageOf } from '../../web/problem.ts';

const signedIn = { access: { signedIn: true } } as const;

export const overviewRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock, readiness, answers } = deps;

  server.get(
    '/api/v1/overview',
    {
      config: { access: { permission: 'overview.read', of: 'list' } },
      schema: { tags: ['overview'], response: { 200: overviewSchema } },
    },
    async (request) => {
      const caller = callerOf(request);
      const seen = {
        within: reachOfRequest(request),
        withHeld: reachOfPrincipal(caller, 'lifecycle.read') === 'everywhere',
      };
      const overview = await answers.share(`overview ${JSON.stringify(seen)}`, () =>
        readOverview(store.aside, { ...seen, now: clock.now() }),
      );
      const language = languageOf(request);
      const maySeeHealth = reachOfPrincipal(caller, 'health.read') !== null;
      return {
        ...overview,
        denials: overview.denials.map((one) => ({ ...one, title: titleOfReason(one.reason, language) })),
        causes: maySeeHealth ? [...(await readiness()).causes] : null,
      };
    },
  );

  server.get(
    '/api/v1/checklist',
    { config: signedIn, schema: { tags: ['overview'], response: { 200: checklistSchema } } },
    async () => ({
      isSample: await isSampleIn(store),
      steps: await readFirstSteps(store),
    }),
  );

  server.get(
    '/api/v1/search',
    {
      config: { access: { permission: 'search.use', of: 'list' } },
      schema: { tags: ['search'], querystring: searchQuerySchema, response: { 200: searchSchema } },
    },
    async (request) => ({
      items: [...(await search(store.aside, { q: request.query.q, within: reachOfRequest(request) }))],
    }),
  );

  server.get(
    '/api/v1/saved-views',
    {
      config: signedIn,
      schema: { tags: ['search'], querystring: savedViewsQuerySchema, response: { 200: savedViewsSchema } },
    },
    async (request) => {
      const { id } = operatorOf(request).operator;
      const rows = await store.read((db) => listSavedViews(db, id, request.query.page));
      return {
        items: rows.map((row) => ({ ...row, query: JSON.parse(row.query) as Record<string, string> })),
      };
    },
  );

  server.post(
    '/api/v1/saved-views',
    {
      config: signedIn,
      schema: { tags: ['search'], body: newSavedViewSchema, response: { 201: savedViewSchema } },
    },
    async (request, reply) => {
      const { page, name, query } = request.body;
      const operatorId = operatorOf(request).operator.id;
      const id = await store.write((db) =>
        putSavedView(db, {
          operatorId,
          page,
          name: name.normalize('NFC'),
          query: JSON.stringify(query),
          createdAt: clock.now(),
        }),
      );
      return reply.code(201).send({ id, name, query });
    },
  );

  server.delete(
    '/api/v1/saved-views/:viewId',
    {
      config: signedIn,
      schema: {
        tags: ['search'],
        params: Type.Object({ viewId: Type.Integer({ minimum: 1 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = operatorOf(request).operator;
      const isGone = await store.write((db) => deleteSavedView(db, id, request.params.viewId));
      if (!isGone) throw new HttpProblem('not-found');
      return reply.code(204).send(null);
    },
  );
};
