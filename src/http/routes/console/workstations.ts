// /api/v1/workstations: the machines within reach, one with its users, registering, lost or retired.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { idParams } from '../../../api/common.ts';
import {
  newWorkstationSchema,
  workstationSchema,
  workstationStateSchema,
  workstationsQuerySchema,
  workstationsSchema,
} from '../../../api/workstations.ts';
import { reaches } from '../../../core/permissions.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import { tagOf } from '../../../services/seen.ts';
import { getUnit } from '../../../services/units.ts';
import {
  addWorkstation,
  seenOfWorkstation,
  setState,
  showWorkstation,
} from '../../../services/workstations.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import { findAssetTag, listWorkstationsWithin } from '../../../store/queries/workstation-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { readSeen, setEntityTag } from '../../web/precondition.ts';
import { HttpProblem } from '../../web/problem.ts';
import { actingFor } from './acts.ts';

const tags = ['workstations'];

export const workstationRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock } = deps;

  async function assetTagOf(id: number): Promise<string> {
    const assetTag = await store.read((db) => findAssetTag(db, id));
    if (assetTag === null) throw new HttpProblem('not-found');
    return assetTag;
  }

  server.get(
    '/api/v1/workstations',
    {
      config: { access: { permission: 'workstation.read', of: 'list' } },
      schema: { tags, querystring: workstationsQuerySchema, response: { 200: workstationsSchema } },
    },
    async (request) => {
      const { q, state = null, unit, cursor, limit } = request.query;
      const reach = reachOfRequest(request);
      const path = unit === undefined ? null : await store.read((db) => findUnitPathOf(db, 'unit', unit));
      if (unit !== undefined && (path === null || !reaches(reach, path))) throw new HttpProblem('not-found');
      const [after] = readCursor(cursor, ['string']) ?? [];
      const beginning = q?.trim().normalize('NFC') ?? '';
      const rows = await store.aside.read((db) =>
        listWorkstationsWithin(db, {
          within: path === null ? reach : [path],
          state,
          beginning: beginning === '' ? null : beginning,
          after: after === undefined ? null : String(after),
          now: clock.now(),
          limit: limit + 1,
        }),
      );
      const { items, next } = pageOf(rows, limit, ({ assetTag }) => [assetTag]);
      return { items: [...items], next };
    },
  );

  server.get(
    '/api/v1/workstations/:id',
    {
      config: { access: { permission: 'workstation.read', of: 'workstation' } },
      schema: { tags, params: idParams, response: { 200: workstationSchema } },
    },
    async (request, reply) => {
      const shown = await showWorkstation(store, await assetTagOf(request.params.id));
      setEntityTag(reply, tagOf(seenOfWorkstation(shown)));
      return shown;
    },
  );

  server.post(
    '/api/v1/workstations',
    {
      config: { access: { permission: 'workstation.edit', of: 'list' } },
      schema: {
        tags,
        body: newWorkstationSchema,
        response: { 201: Type.Object({ assetTag: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { path } = await getUnit(store, request.body.unit, 'unit');
      if (!reaches(reachOfRequest(request), path)) throw new HttpProblem('forbidden');
      return reply.code(201).send(await addWorkstation(actingFor(deps, request), request.body));
    },
  );

  server.post(
    '/api/v1/workstations/:id/state',
    {
      config: { access: { permission: 'workstation.revoke', of: 'workstation' }, precondition: true },
      schema: { tags, params: idParams, body: workstationStateSchema, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const assetTag = await assetTagOf(request.params.id);
      const ifSeen = readSeen(request);
      await setState({ ...actingFor(deps, request), ifSeen }, { assetTag, ...request.body });
      return reply.code(204).send(null);
    },
  );
};
