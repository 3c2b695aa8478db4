// /api/v1/requests: what holders and units ask for, decided by a second person.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  requestDecidedSchema,
  requestDecisionSchema,
  requestPageSchema,
  requestsQuerySchema,
} from '../../../api/requests.ts';
import { approveRequest, listRequestPage, refuseRequest } from '../../../services/requests/decide.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { operatorOf, reachOfRequest } from '../../web/access.ts';
import { entityTag, readSeen } from '../../web/precondition.ts';
import { actorOf } from './acts.ts';

const tags = ['requests'];

export const requestRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  server.get(
    '/api/v1/requests',
    {
      config: { access: { permission: 'request.read', of: 'list' } },
      schema: { tags, querystring: requestsQuerySchema, response: { 200: requestPageSchema } },
    },
    async (request) => {
      const { state, cursor, limit } = request.query;
      const reach = reachOfRequest(request);
      const { requests, next } = await listRequestPage(deps, {
        scope: reach === 'everywhere' ? null : reach,
        states: [state],
        limit,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      return {
        items: requests.map(({ tag, ...one }) => ({ ...one, etag: entityTag(tag), terms: { ...one.terms } })),
        next,
      };
    },
  );

  server.post(
    '/api/v1/requests/:id/decision',
    {
      config: { access: { permission: 'request.decide', of: 'request' }, precondition: true },
      schema: {
        tags,
        params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
        body: requestDecisionSchema,
        response: { 200: requestDecidedSchema },
      },
    },
    async (request) => {
      const caller = operatorOf(request);
      const acting = {
        ...deps,
        by: actorOf(request),
        ifSeen: readSeen(request),
        decider: { personId: caller.operator.personId },
      };
      const reach = reachOfRequest(request);
      const scope = reach === 'everywhere' ? null : reach;
      const { outcome, reason, code } = request.body;
      const order = { requestId: request.params.id, scope, reason };
      const { requestId, state } =
        outcome === 'approved'
          ? await approveRequest(acting, { ...order, ...(code === undefined ? {} : { code }) })
          : await refuseRequest(acting, { ...order, outcome });
      return { id: requestId, state };
    },
  );
};
