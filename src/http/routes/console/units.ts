// /api/v1/units, /unit-events: the tree, a new unit in it, and what happens to units by decision papers.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { idParams } from '../../../api/common.ts';
import {
  newUnitEventSchema,
  newUnitSchema,
  undoUnitEventSchema,
  unitAddedSchema,
  unitEventEnteredSchema,
  unitEventsSchema,
  unitsSchema,
} from '../../../api/units.ts';
import { lifecycleDeps } from '../../../services/lifecycle/deps.ts';
import {
  enterUnitEvent,
  seenOfUnit,
  showUnitEvents,
  undoUnitEvent,
} from '../../../services/lifecycle/unit-events.ts';
import { addUnit } from '../../../services/new-unit.ts';
import { tagOf } from '../../../services/seen.ts';
import { listUnitsWithin } from '../../../store/queries/search.ts';
import { findUnitById } from '../../../store/queries/units.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { entityTag, readSeen } from '../../web/precondition.ts';
import { HttpProblem } from '../../web/problem.ts';
import { actingFor, actorOf } from './acts.ts';

const tags = ['units'];
const edit = { access: { permission: 'unit.edit', of: 'organisation' } } as const;
const mostEvents = 200;

export const unitRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock, log, radius, onCutsOrdered } = deps;
  const lifecycle = (request: FastifyRequest) =>
    lifecycleDeps({ store, clock, log, by: actorOf(request), onCutsOrdered });

  server.get(
    '/api/v1/units',
    {
      config: { access: { permission: 'unit.read', of: 'list' } },
      schema: { tags, response: { 200: unitsSchema } },
    },
    async (request) => {
      const rows = await store.read((db) => listUnitsWithin(db, reachOfRequest(request)));
      return {
        items: rows
          .filter(({ closedAt }) => closedAt === null)
          .map(({ path, closedAt, ...unit }) => ({
            ...unit,
            etag: entityTag(tagOf(seenOfUnit({ ...unit, closedAt }))),
            depth: path.split('/').length - 3,
          })),
      };
    },
  );

  server.post(
    '/api/v1/units',
    { config: edit, schema: { tags, body: newUnitSchema, response: { 201: unitAddedSchema } } },
    async (request, reply) => {
      const added = await addUnit(actingFor(deps, request), request.body);
      await radius.refreshSettings();
      return reply.code(201).send(added);
    },
  );

  server.get(
    '/api/v1/unit-events',
    {
      config: { access: { permission: 'lifecycle.read', of: 'organisation' } },
      schema: { tags, response: { 200: unitEventsSchema } },
    },
    async () => {
      const rows = await showUnitEvents({ store }, mostEvents);
      return {
        items: rows.map(
          ({ id, kind, unitCode, unitName, effectiveAt, documentNumber, state, recordedBy }) => ({
            id,
            kind,
            unit: { code: unitCode, name: unitName },
            effectiveAt,
            documentNumber,
            state,
            recordedBy,
          }),
        ),
      };
    },
  );

  server.post(
    '/api/v1/units/:id/events',
    {
      config: { access: { permission: 'unit.edit', of: 'unit' }, precondition: true },
      schema: {
        tags,
        params: idParams,
        body: newUnitEventSchema,
        response: { 201: unitEventEnteredSchema },
      },
    },
    async (request, reply) => {
      const unit = await store.read((db) => findUnitById(db, request.params.id));
      if (unit === null) throw new HttpProblem('not-found');
      const order = { ...request.body, unit: unit.code, ifSeen: readSeen(request) };
      const entered = await enterUnitEvent(lifecycle(request), order);
      await radius.refreshSettings();
      return reply.code(201).send(entered);
    },
  );

  server.post(
    '/api/v1/unit-events/:eventId/undo',
    {
      config: { access: { permission: 'lifecycle.undo', of: 'organisation' } },
      schema: {
        tags,
        params: Type.Object({ eventId: Type.Integer({ minimum: 1 }) }),
        body: undoUnitEventSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { eventId } = request.params;
      await undoUnitEvent(lifecycle(request), { eventId, reason: request.body.reason });
      await radius.refreshSettings();
      return reply.code(204).send(null);
    },
  );
};
