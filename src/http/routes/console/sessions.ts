// /api/v1/sessions: who is in now, and ending it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  cutSchema,
  sessionDetailSchema,
  sessionPageSchema,
  sessionsQuerySchema,
} from '../../../api/sessions.ts';
import { listSessionPage, showSession } from '../../../services/sessions/list.ts';
import { cutSessions } from '../../../services/sessions/sessions.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { actorOf } from './acts.ts';

const tags = ['sessions'];
const params = Type.Object({ id: Type.Integer({ minimum: 1 }) });

export const sessionRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  server.get(
    '/api/v1/sessions',
    {
      config: { access: { permission: 'session.read', of: 'list' } },
      schema: { tags, querystring: sessionsQuerySchema, response: { 200: sessionPageSchema } },
    },
    async (request) => {
      const { q = null, account = null, gateway = null, cut, right, cursor, limit } = request.query;
      const page = await listSessionPage(
        { store: deps.store.aside },
        {
          within: reachOfRequest(request),
          q,
          accountId: account,
          gateway,
          isBeingCut: cut !== undefined,
          withoutRightAt: right === undefined ? null : deps.clock.now(),
          cursor,
          limit,
        },
      );
      return { items: [...page.items], next: page.next };
    },
  );

  server.get(
    '/api/v1/sessions/:id',
    {
      config: { access: { permission: 'session.read', of: 'session' } },
      schema: { tags, params, response: { 200: sessionDetailSchema } },
    },
    async (request) => showSession(deps, request.params.id),
  );

  server.post(
    '/api/v1/sessions/:id/cut',
    {
      config: { access: { permission: 'session.cut', of: 'session' } },
      schema: { tags, params, body: cutSchema, response: { 202: sessionDetailSchema } },
    },
    async (request, reply) => {
      const { id } = request.params;
      await cutSessions({ ...deps, by: actorOf(request) }, { session: id, reason: request.body.reason });
      return reply.code(202).send(await showSession(deps, id));
    },
  );
};
