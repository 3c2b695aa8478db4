// /api/v1/assignments: written assignments within reach, one with the accounts it covers, and the acts on it.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  assignmentEndSchema,
  assignmentSchema,
  assignmentsQuerySchema,
  assignmentsSchema,
  coverBodySchema,
  coverParams,
  newAssignmentSchema,
} from '../../../api/assignments.ts';
import { doneSchema, idParams, reasonBody } from '../../../api/common.ts';
import { reasonQuery } from '../../../api/operators.ts';
import { reaches } from '../../../core/permissions.ts';
import {
  type AssignmentDeps,
  addAssignment,
  addToAssignment,
  removeFromAssignment,
  setEndOfAssignment,
  withdrawAssignment,
} from '../../../services/assignments.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import {
  findAssignment,
  listAccountsOfAssignment,
  listAssignmentsWithin,
} from '../../../store/queries/assignments.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, reachOfRequest } from '../../web/access.ts';
import { readPrecondition, setEntityTag } from '../../web/precondition.ts';
import { HttpProblem } from '../../web/problem.ts';
import { actingFor } from './acts.ts';

const tags = ['assignments'];
const edit = { access: { permission: 'assignment.edit', of: 'assignment' } } as const;
const nothing = { 204: Type.Null() };

type Row = NonNullable<Awaited<ReturnType<typeof findAssignment>>>;

function paperOf({ unitId, unitCode, unitName, unitPath: _path, ...row }: Row, now: number) {
  const hasEnded = row.validUntil !== null && row.validUntil <= now;
  const state = hasEnded ? ('ended' as const) : row.validFrom > now ? 'not-begun' : 'in-force';
  return { ...row, state, unit: { id: unitId, code: unitCode, name: unitName } } as const;
}

export const assignmentRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock } = deps;

  function acting(request: FastifyRequest): AssignmentDeps {
    const caller = callerOf(request);
    return {
      ...actingFor(deps, request),
      reach: reachOfRequest(request),
      actorPersonId: caller.kind === 'operator' ? caller.operator.personId : null,
    };
  }

  server.get(
    '/api/v1/assignments',
    {
      config: { access: { permission: 'assignment.read', of: 'list' } },
      schema: { tags, querystring: assignmentsQuerySchema, response: { 200: assignmentsSchema } },
    },
    async (request) => {
      const { q, state = null, unit, cursor, limit } = request.query;
      const reach = reachOfRequest(request);
      const path = unit === undefined ? null : await store.read((db) => findUnitPathOf(db, 'unit', unit));
      if (unit !== undefined && (path === null || !reaches(reach, path))) throw new HttpProblem('not-found');
      const place = readCursor(cursor, ['number', 'number']);
      const beginning = q?.trim().normalize('NFC') ?? '';
      const now = clock.now();
      const rows = await store.aside.read((db) =>
        listAssignmentsWithin(db, {
          within: path === null ? reach : [path],
          state,
          beginning: beginning === '' ? null : beginning,
          after: place === null ? null : { documentDate: Number(place[0]), id: Number(place[1]) },
          now,
          limit: limit + 1,
        }),
      );
      const { items, next } = pageOf(rows, limit, ({ documentDate, id }) => [documentDate, id]);
      return { items: items.map((row) => paperOf(row, now)), next };
    },
  );

  server.post(
    '/api/v1/assignments',
    {
      config: { access: { permission: 'assignment.edit', of: 'list' } },
      schema: { tags, body: newAssignmentSchema, response: { 201: Type.Object({ id: Type.Integer() }) } },
    },
    async (request, reply) => reply.code(201).send(await addAssignment(acting(request), request.body)),
  );

  server.get(
    '/api/v1/assignments/:id',
    {
      config: { access: { permission: 'assignment.read', of: 'assignment' } },
      schema: { tags, params: idParams, response: { 200: assignmentSchema } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { row, covered } = await store.read(async (db) => ({
        row: await findAssignment(db, id),
        covered: await listAccountsOfAssignment(db, id, reachOfRequest(request)),
      }));
      if (row === null) throw new HttpProblem('not-found');
      setEntityTag(reply, row.revision);
      return { ...paperOf(row, clock.now()), covered };
    },
  );

  server.patch(
    '/api/v1/assignments/:id',
    {
      config: { ...edit, precondition: true },
      schema: { tags, params: idParams, body: assignmentEndSchema, response: { 200: doneSchema } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const ifRevision = readPrecondition(request);
      const { revision } = await setEndOfAssignment(
        { ...acting(request), ifRevision },
        { id, ...request.body },
      );
      setEntityTag(reply, revision);
      return { revision };
    },
  );

  server.post(
    '/api/v1/assignments/:id/withdraw',
    {
      config: { ...edit, precondition: true },
      schema: { tags, params: idParams, body: reasonBody, response: { 200: doneSchema } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const ifRevision = readPrecondition(request);
      const { revision } = await withdrawAssignment(
        { ...acting(request), ifRevision },
        { id, ...request.body },
      );
      setEntityTag(reply, revision);
      return { revision };
    },
  );

  server.post(
    '/api/v1/assignments/:id/accounts',
    {
      config: { ...edit, precondition: true },
      schema: { tags, params: idParams, body: coverBodySchema, response: nothing },
    },
    async (request, reply) => {
      const ifRevision = readPrecondition(request);
      const order = { id: request.params.id, ...request.body };
      const { revision } = await addToAssignment({ ...acting(request), ifRevision }, order);
      setEntityTag(reply, revision);
      return reply.code(204).send(null);
    },
  );

  server.delete(
    '/api/v1/assignments/:id/accounts/:accountId',
    {
      config: { ...edit, precondition: true },
      schema: { tags, params: coverParams, querystring: reasonQuery, response: nothing },
    },
    async (request, reply) => {
      const ifRevision = readPrecondition(request);
      const order = { ...request.params, reason: request.query.reason };
      const { revision } = await removeFromAssignment({ ...acting(request), ifRevision }, order);
      setEntityTag(reply, revision);
      return reply.code(204).send(null);
    },
  );
};
