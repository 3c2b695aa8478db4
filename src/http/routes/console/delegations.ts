// /api/v1/delegations: heads of units who let an operator act for them, by a document.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { reasonBody } from '../../../api/common.ts';
import { delegationParams, delegationsSchema, newDelegationSchema } from '../../../api/delegations.ts';
import {
  addDelegation,
  type DelegationDeps,
  endDelegation,
} from '../../../services/operators/delegations.ts';
import { listDelegations } from '../../../store/queries/operator-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { operatorOf, reachOfRequest } from '../../web/access.ts';
import { actingFor } from './acts.ts';

const tags = ['operators'];
const edit = { access: { permission: 'delegation.edit', of: 'list' } } as const;

export const delegationRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock } = deps;
  const acting = (request: FastifyRequest): DelegationDeps => ({
    ...actingFor(deps, request),
    reach: reachOfRequest(request),
    actorPersonId: operatorOf(request).operator.personId,
  });

  server.get(
    '/api/v1/delegations',
    {
      config: { access: { permission: 'operator.read', of: 'list' } },
      schema: { tags, response: { 200: delegationsSchema } },
    },
    async (request) => {
      const rows = await store.read((db) => listDelegations(db, reachOfRequest(request), clock.now()));
      return {
        items: rows.map(({ unitId, unitName, delegatorName, delegateName, ...row }) => ({
          id: row.id,
          head: delegatorName,
          delegate: delegateName,
          delegateStaffCode: row.delegateStaffCode,
          unit: { id: unitId, name: unitName },
          validFrom: row.validFrom,
          validUntil: row.validUntil,
          documentNumber: row.documentNumber,
        })),
      };
    },
  );

  server.post(
    '/api/v1/delegations',
    {
      config: edit,
      schema: { tags, body: newDelegationSchema, response: { 201: Type.Object({ id: Type.Integer() }) } },
    },
    async (request, reply) => reply.code(201).send(await addDelegation(acting(request), request.body)),
  );

  server.post(
    '/api/v1/delegations/:delegationId/end',
    {
      config: edit,
      schema: { tags, params: delegationParams, body: reasonBody, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      await endDelegation(acting(request), { id: request.params.delegationId, ...request.body });
      return reply.code(204).send(null);
    },
  );
};
