// Operators and their roles.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { idParams, reasonBody } from '../../../api/common.ts';
import {
  operatorBodySchema,
  operatorLinkSchema,
  operatorsSchema,
  reasonQuery,
  roleBodySchema,
  roleParams,
} from '../../../api/operators.ts';
import {
  addOperator,
  endOperator,
  grantRole,
  type OperatorDeps,
  type OperatorLink,
  renewLink,
  revokeRole,
} from '../../../services/operators/operators.ts';
import { listOperators, listRolesOf } from '../../../store/queries/operator-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, reachOfRequest } from '../../web/access.ts';
import { actingFor } from './acts.ts';

const tags = ['operators'];
const edit = { access: { permission: 'operator.edit', of: 'organisation' } } as const;
const nothing = { 204: Type.Null() };

const linkAnswer = ({ operatorId, token, expiresAt }: OperatorLink) => ({
  operatorId,
  link: `/enrol#${token}`,
  expiresAt,
});

export const operatorRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store } = deps;

  function acting(request: FastifyRequest): OperatorDeps {
    const caller = callerOf(request);
    const actor = caller.kind === 'operator' ? { personId: caller.operator.personId } : null;
    return { ...actingFor(deps, request), actor };
  }

  server.get(
    '/api/v1/operators',
    {
      config: { access: { permission: 'operator.read', of: 'list' } },
      schema: { tags, response: { 200: operatorsSchema } },
    },
    async (request) => {
      const { rows, roles } = await store.read(async (db) => {
        const found = await listOperators(db, reachOfRequest(request));
        return {
          rows: found,
          roles: await listRolesOf(
            db,
            found.map(({ id }) => id),
          ),
        };
      });
      return {
        items: rows.map(({ unitId, unitCode, unitName, passwordPhc, ...row }) => ({
          ...row,
          unit: { id: unitId, code: unitCode, name: unitName },
          isEnrolled: passwordPhc !== null,
          roles: roles
            .filter(({ operatorId }) => operatorId === row.id)
            .map(({ unitId: id, unitCode: code, unitName: name, ...role }) => ({
              id: role.id,
              role: role.role,
              unit: id === null ? null : { id, code: code ?? '', name: name ?? '' },
              validFrom: role.validFrom,
              validUntil: role.validUntil,
              acting: role.acting,
              documentNumber: role.documentNumber,
            })),
        })),
      };
    },
  );

  server.post(
    '/api/v1/operators',
    { config: edit, schema: { tags, body: operatorBodySchema, response: { 201: operatorLinkSchema } } },
    async (request, reply) =>
      reply.code(201).send(linkAnswer(await addOperator(acting(request), request.body))),
  );

  server.post(
    '/api/v1/operators/:id/link',
    {
      config: edit,
      schema: { tags, params: idParams, body: reasonBody, response: { 200: operatorLinkSchema } },
    },
    async (request) => linkAnswer(await renewLink(acting(request), request.params.id, request.body.reason)),
  );

  server.post(
    '/api/v1/operators/:id/roles',
    {
      config: edit,
      schema: {
        tags,
        params: idParams,
        body: roleBodySchema,
        response: { 201: Type.Object({ id: Type.Integer() }) },
      },
    },
    async (request, reply) =>
      reply.code(201).send({ id: await grantRole(acting(request), request.params.id, request.body) }),
  );

  server.delete(
    '/api/v1/operators/:id/roles/:roleId',
    { config: edit, schema: { tags, params: roleParams, querystring: reasonQuery, response: nothing } },
    async (request, reply) => {
      const { id: operatorId, roleId } = request.params;
      await revokeRole(acting(request), { operatorId, roleId, reason: request.query.reason });
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/api/v1/operators/:id/end',
    { config: edit, schema: { tags, params: idParams, body: reasonBody, response: nothing } },
    async (request, reply) => {
      await endOperator(acting(request), { operatorId: request.params.id, reason: request.body.reason });
      return reply.code(204).send(null);
    },
  );
};
