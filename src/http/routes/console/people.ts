// /api/v1/people: people to choose from, one entered by hand, and one with employment, events, accounts and workstations.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { idParams } from '../../../api/common.ts';
import {
  newPersonSchema,
  peopleQuerySchema,
  peopleSchema,
  personAddedSchema,
  personSchema,
} from '../../../api/people.ts';
import { wordsOf } from '../../../core/names.ts';
import { reaches } from '../../../core/permissions.ts';
import { lifecycleDeps } from '../../../services/lifecycle/deps.ts';
import { addPerson } from '../../../services/new-person.ts';
import { reachOfPrincipal } from '../../../services/operators/principal.ts';
import { showPerson } from '../../../services/people.ts';
import { findPeopleLike } from '../../../store/queries/people.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, reachOfRequest } from '../../web/access.ts';
import { actorOf } from './acts.ts';

const tags = ['people'];

export const peopleRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock } = deps;

  server.get(
    '/api/v1/people',
    {
      config: { access: { permission: 'person.read', of: 'list' } },
      schema: { tags, querystring: peopleQuerySchema, response: { 200: peopleSchema } },
    },
    async (request) => {
      const literal = request.query.q.trim().normalize('NFC');
      const words = wordsOf(literal).slice(0, 6);
      const within = reachOfRequest(request);
      const rows = await store.aside.read((db) =>
        findPeopleLike(db, { within, words, literal, limit: request.query.limit }),
      );
      return {
        items: rows.map(({ unitId, unitCode, unitName, ...row }) => ({
          ...row,
          unit: { id: unitId, code: unitCode, name: unitName },
        })),
      };
    },
  );

  server.post(
    '/api/v1/people',
    {
      config: { access: { permission: 'person.edit', of: 'list' } },
      schema: { tags, body: newPersonSchema, response: { 201: personAddedSchema } },
    },
    async (request, reply) => {
      const lifecycle = lifecycleDeps({ ...deps, by: actorOf(request) });
      const added = await addPerson({ ...lifecycle, reach: reachOfRequest(request) }, request.body);
      return reply.code(201).send(added);
    },
  );

  server.get(
    '/api/v1/people/:id',
    {
      config: { access: { permission: 'person.read', of: 'person' } },
      schema: { tags, params: idParams, response: { 200: personSchema } },
    },
    async (request) => {
      const { id } = request.params;
      const path = await store.read((db) => findUnitPathOf(db, 'person', id));
      const reach = reachOfPrincipal(callerOf(request), 'lifecycle.read');
      // The help desk sees the person, not the papers of personnel.
      const withEvents = reach !== null && path !== null && reaches(reach, path);
      return showPerson({ store, clock }, id, { withEvents });
    },
  );
};
