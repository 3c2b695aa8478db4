// Operators and their roles.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { idParams, reasonBody } from '../../../api/common.ts';
import {
  operatorBodySchema,
  operatorLinkSchema,
  operatorOrdersSchema,
  operatorsSchema,
  orderDecidedSchema,
  orderDecisionSchema,
  reasonQuery,
  roleBodySchema,
  roleParams,
  waitingOrderSchema,
} from '../../../api/operators.ts';
import {
  endOperator,
  type OperatorDeps,
  type OperatorLink,
  revokeRole,
  seenOfOperator,
} from '../../../services/operators/operators.ts';
import {
  addOperator,
  approveOrder,
  grantRole,
  listOrders,
  rejectOrder,
  renewLink,
  type WaitingOrder,
} from '../../../services/operators/orders.ts';
import { tagOf } from '../../../services/seen.ts';
import { listOperators, listRolesOf } from '../../../store/queries/operator-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, reachOfRequest } from '../../web/access.ts';
import { entityTag, readSeen } from '../../web/precondition.ts';
import { actingFor } from './acts.ts';

const tags = ['operators'];
const edit = { access: { permission: 'operator.edit', of: 'organisation' } } as const;
const change = { ...edit, precondition: true } as const;
const nothing = { 204: Type.Null() };

const linkAnswer = ({ operatorId, token, expiresAt }: OperatorLink) => ({
  operatorId,
  link: `/enrol#${token}`,
  expiresAt,
});

const waitingAnswer = ({ orderId, code, expiresAt }: WaitingOrder) => ({ orderId, code, expiresAt });

export const operatorRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store } = deps;

  function acting(request: FastifyRequest): OperatorDeps {
    const caller = callerOf(request);
    const actor =
      caller.kind === 'operator'
        ? { personId: caller.operator.personId, operatorId: caller.operator.id }
        : null;
    return { ...actingFor(deps, request), actor };
  }
  /** Acts on the operator as the caller has seen it. */
  const seeing = (request: FastifyRequest): OperatorDeps => ({
    ...acting(request),
    ifSeen: readSeen(request),
  });

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
        items: rows.map(({ unitId, unitCode, unitName, passwordPhc, oidcSubject, ...row }) => {
          const own = roles.filter(({ operatorId }) => operatorId === row.id);
          return {
            ...row,
            etag: entityTag(tagOf(seenOfOperator({ ...row, passwordPhc, oidcSubject }, own))),
            unit: { id: unitId, code: unitCode, name: unitName },
            isEnrolled: passwordPhc !== null,
            isLinked: oidcSubject !== null,
            roles: own.map(({ unitId: id, unitCode: code, unitName: name, ...role }) => ({
              id: role.id,
              role: role.role,
              unit: id === null ? null : { id, code: code ?? '', name: name ?? '' },
              validFrom: role.validFrom,
              validUntil: role.validUntil,
              acting: role.acting,
              onBehalfOf: role.delegatedByName,
              documentNumber: role.documentNumber,
            })),
          };
        }),
      };
    },
  );

  server.post(
    '/api/v1/operators',
    {
      config: edit,
      schema: {
        tags,
        body: operatorBodySchema,
        response: { 201: operatorLinkSchema, 202: waitingOrderSchema },
      },
    },
    async (request, reply) => {
      const made = await addOperator(acting(request), request.body);
      return made.kind === 'link'
        ? reply.code(201).send(linkAnswer(made))
        : reply.code(202).send(waitingAnswer(made));
    },
  );

  server.post(
    '/api/v1/operators/:id/link',
    {
      config: change,
      schema: {
        tags,
        params: idParams,
        body: reasonBody,
        response: { 200: operatorLinkSchema, 202: waitingOrderSchema },
      },
    },
    async (request, reply) => {
      const made = await renewLink(seeing(request), request.params.id, request.body.reason);
      return made.kind === 'link'
        ? reply.code(200).send(linkAnswer(made))
        : reply.code(202).send(waitingAnswer(made));
    },
  );

  server.post(
    '/api/v1/operators/:id/roles',
    {
      config: change,
      schema: {
        tags,
        params: idParams,
        body: roleBodySchema,
        response: { 201: Type.Object({ id: Type.Integer() }), 202: waitingOrderSchema },
      },
    },
    async (request, reply) => {
      const granted = await grantRole(seeing(request), request.params.id, request.body);
      return granted.kind === 'granted'
        ? reply.code(201).send({ id: granted.roleId })
        : reply.code(202).send(waitingAnswer(granted));
    },
  );

  server.get(
    '/api/v1/operator-orders',
    {
      config: { access: { permission: 'operator.read', of: 'organisation' } },
      schema: { tags, response: { 200: operatorOrdersSchema } },
    },
    async (request) => ({ items: await listOrders(acting(request)) }),
  );

  server.post(
    '/api/v1/operator-orders/:id/decision',
    {
      config: edit,
      schema: {
        tags,
        params: idParams,
        body: orderDecisionSchema,
        response: { 200: orderDecidedSchema },
      },
    },
    async (request) => {
      const { outcome, reason } = request.body;
      const order = { orderId: request.params.id, reason };
      if (outcome === 'rejected') {
        await rejectOrder(acting(request), order);
        return { link: null };
      }
      const link = await approveOrder(acting(request), order);
      return { link: link === null ? null : linkAnswer(link) };
    },
  );

  server.delete(
    '/api/v1/operators/:id/roles/:roleId',
    { config: change, schema: { tags, params: roleParams, querystring: reasonQuery, response: nothing } },
    async (request, reply) => {
      const { id: operatorId, roleId } = request.params;
      await revokeRole(seeing(request), { operatorId, roleId, reason: request.query.reason });
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/api/v1/operators/:id/end',
    { config: change, schema: { tags, params: idParams, body: reasonBody, response: nothing } },
    async (request, reply) => {
      await endOperator(seeing(request), { operatorId: request.params.id, reason: request.body.reason });
      return reply.code(204).send(null);
    },
  );
};
