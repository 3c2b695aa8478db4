// Tokens for programs: their list, making one (shown once), revoking it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { idParams } from '../../../api/common.ts';
import { newTokenSchema, tokenBodySchema, tokensSchema } from '../../../api/operators.ts';
import { getUnit } from '../../../services/units.ts';
import {
  createToken,
  listTokens,
  revokeToken,
  type TokenScope,
  tokenScopes,
} from '../../../services/web/api-tokens.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';
import { HttpProblem } from '../../web/problem.ts';
import { actingFor } from './acts.ts';

const tags = ['tokens'];
const edit = { access: { permission: 'api-token.edit', of: 'organisation' } } as const;

export const apiTokenRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store } = deps;

  server.get(
    '/api/v1/tokens',
    {
      config: { access: { permission: 'api-token.read', of: 'organisation' } },
      schema: { tags, response: { 200: tokensSchema } },
    },
    async () => ({
      scopes: [...tokenScopes],
      items: (await listTokens(store)).map(({ createdBy: _, ...row }) => row),
    }),
  );

  server.post(
    '/api/v1/tokens',
    { config: edit, schema: { tags, body: tokenBodySchema, response: { 201: newTokenSchema } } },
    async (request, reply) => {
      const { unit, scopes, ...order } = request.body;
      const caller = callerOf(request);
      const made = await createToken(actingFor(deps, request), {
        ...order,
        scopes: scopes as TokenScope[],
        unitId: unit === undefined ? null : (await getUnit(store, unit, 'unit')).id,
        createdBy: caller.kind === 'operator' ? caller.operator.id : null,
      });
      return reply.code(201).send(made);
    },
  );

  server.delete(
    '/api/v1/tokens/:id',
    { config: edit, schema: { tags, params: idParams, response: { 204: Type.Null() } } },
    async (request, reply) => {
      if (!(await revokeToken(actingFor(deps, request), request.params.id)))
        throw new HttpProblem('not-found');
      return reply.code(204).send(null);
    },
  );
};
