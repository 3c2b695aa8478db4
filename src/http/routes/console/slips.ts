// /api/v1/rollout and /api/v1/slips: how far each unit has got; slips printed as PDF, handed over, listed for signature.
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { idParams } from '../../../api/common.ts';
import {
  handOverBody,
  handOverListQuery,
  rolloutPeopleQuery,
  rolloutPeopleSchema,
  rolloutSchema,
  rolloutUnitQuery,
  slipsBody,
} from '../../../api/slips.ts';
import { OperatorError } from '../../../base/errors.ts';
import { reaches } from '../../../core/permissions.ts';
import { readOrganisation } from '../../../services/administration.ts';
import { tagOf } from '../../../services/seen.ts';
import { renderHandOverList } from '../../../services/slips/hand-over-paper.ts';
import { handOverSlip, issueSlips, type SlipOrder } from '../../../services/slips/issue.ts';
import { missingCsv, rolloutByUnit } from '../../../services/slips/rollout.ts';
import { renderSlips } from '../../../services/slips/slip-paper.ts';
import { type AccountRow, findAccountById } from '../../../store/queries/accounts.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import { listRollout, rolloutStates } from '../../../store/queries/slips.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, reachOfRequest } from '../../web/access.ts';
import { paced } from '../../web/paced.ts';
import { entityTag, readSeen } from '../../web/precondition.ts';
import { HttpProblem } from '../../web/problem.ts';
import { actingFor, refuseOwn } from './acts.ts';

const tags = ['slips'];
const listed = 500;

export const slipRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock, portalUrl, answers } = deps;

  /** Paths of units that are meant: the one named, within reach, or all within reach. Null: everywhere. */
  async function scopeOf(request: FastifyRequest, unit?: number): Promise<readonly string[] | null> {
    const reach = reachOfRequest(request);
    if (unit === undefined) return reach === 'everywhere' ? null : reach;
    const path = await store.read((db) => findUnitPathOf(db, 'unit', unit));
    if (path === null || !reaches(reach, path)) throw new HttpProblem('not-found');
    return [path];
  }

  async function accountOf(request: FastifyRequest): Promise<AccountRow> {
    const { id } = request.params as { id: number };
    const account = await store.read((db) => findAccountById(db, id));
    if (account === null) throw new HttpProblem('not-found');
    refuseOwn(request, account.personId);
    return account;
  }

  const file = (reply: FastifyReply, name: string, type: string, content: Buffer | Readable) =>
    reply
      .type(type)
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('cache-control', 'no-store')
      .send(content);

  async function print(request: FastifyRequest, reply: FastifyReply, order: SlipOrder) {
    const { name: organisationName, timeZone } = await readOrganisation(store);
    const caller = callerOf(request);
    const own = caller.kind === 'operator' ? { exceptPersonId: caller.operator.personId } : {};
    const slips = await issueSlips(actingFor(deps, request), { ...order, ...own });
    const frame = { organisationName, timeZone, activationUrl: `${portalUrl}/activate` };
    return file(reply, 'phieu-kich-hoat.pdf', 'application/pdf', await renderSlips(slips, frame));
  }

  server.get(
    '/api/v1/rollout',
    {
      config: { access: { permission: 'account.read', of: 'list' } },
      schema: { tags, response: { 200: rolloutSchema } },
    },
    async (request) => {
      const scope = await scopeOf(request);
      const units = await answers.share(`rollout ${JSON.stringify(scope)}`, () =>
        rolloutByUnit({ store: store.aside, now: clock.now() }, scope),
      );
      return { portalUrl, units };
    },
  );

  server.get(
    '/api/v1/rollout/people',
    {
      config: { access: { permission: 'account.read', of: 'list' } },
      schema: { tags, querystring: rolloutPeopleQuery, response: { 200: rolloutPeopleSchema } },
    },
    async (request) => {
      const { unit, state } = request.query;
      const unitPaths = await scopeOf(request, unit);
      const states = state === undefined ? rolloutStates : [state];
      const rows = await store.aside.read((db) =>
        listRollout(db, { unitPaths, states, limit: listed + 1, now: clock.now() }),
      );
      return {
        items: rows.slice(0, listed).map(({ slipId, ...row }) => ({
          ...row,
          slip: slipId === null ? null : { etag: entityTag(tagOf(slipId)) },
        })),
        isCapped: rows.length > listed,
      };
    },
  );

  server.get(
    '/api/v1/rollout/missing',
    {
      config: { access: { permission: 'account.read', of: 'list' } },
      schema: { tags, querystring: rolloutUnitQuery, response: {} },
    },
    async (request, reply) => {
      const scope = await scopeOf(request, request.query.unit);
      const csv = missingCsv({ store: store.aside, now: clock.now() }, scope);
      return file(reply, 'chua-dang-nhap.csv', 'text/csv; charset=utf-8', Readable.from(paced(csv)));
    },
  );

  server.post(
    '/api/v1/slips',
    {
      config: { access: { permission: 'account.print-slip', of: 'list' } },
      schema: { tags, body: slipsBody, response: {} },
    },
    async (request, reply) => print(request, reply, { scope: await scopeOf(request, request.body.unit) }),
  );

  server.get(
    '/api/v1/slips/hand-over-list',
    {
      config: { access: { permission: 'account.print-slip', of: 'list' } },
      schema: { tags, querystring: handOverListQuery, response: {} },
    },
    async (request, reply) => {
      const unitPaths = await scopeOf(request, request.query.unit);
      const { name: organisationName } = await readOrganisation(store);
      const slips = await store.read((db) =>
        listRollout(db, { unitPaths, states: ['printed'], limit: listed, now: clock.now() }),
      );
      if (slips.length === 0) {
        throw new OperatorError('No slip waits to be handed over.', {
          at: 'unit',
          remedy: 'Print slips first.',
          vi: ['Không có phiếu nào đang chờ giao.', 'In phiếu trước.'],
        });
      }
      const list = await renderHandOverList(slips, { organisationName });
      return file(reply, 'danh-sach-ky-nhan.pdf', 'application/pdf', list);
    },
  );

  server.post(
    '/api/v1/accounts/:id/slip',
    {
      config: { access: { permission: 'account.print-slip', of: 'account' } },
      schema: { tags, params: idParams, response: {} },
    },
    async (request, reply) => {
      const { userName } = await accountOf(request);
      return print(request, reply, { scope: await scopeOf(request), userNames: [userName] });
    },
  );

  server.post(
    '/api/v1/accounts/:id/slip/hand-over',
    {
      config: { access: { permission: 'account.print-slip', of: 'account' }, precondition: true },
      schema: { tags, params: idParams, body: handOverBody, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const { userName } = await accountOf(request);
      const order = { user: userName, scope: await scopeOf(request), ...request.body };
      await handOverSlip({ ...actingFor(deps, request), ifSeen: readSeen(request) }, order);
      return reply.code(204).send(null);
    },
  );
};
