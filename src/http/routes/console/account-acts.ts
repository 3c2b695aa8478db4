// Acts on one account: term, suspension, withdrawal, locks, authenticators, workstations. Each rests on the state that was seen.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { assignWorkstationBodySchema, firstFactorBodySchema, termBodySchema } from '../../../api/accounts.ts';
import { askedSchema, closed, dayText, doneSchema, idParams, reasonBody } from '../../../api/common.ts';
import type { Permission } from '../../../core/permissions.ts';
import { reaches } from '../../../core/permissions.ts';
import { revokeAuthenticator } from '../../../services/accounts/enrollment.ts';
import { setFirstFactor } from '../../../services/accounts/first-factor.ts';
import { reinstate, setTerm, suspend, unlock, withdraw } from '../../../services/accounts/standing.ts';
import { assignWorkstation, endWorkstation } from '../../../services/accounts/workstations.ts';
import type { AdministrationDeps } from '../../../services/administration.ts';
import { fileRequest } from '../../../services/requests/file.ts';
import { isExtensionOfTwo, isReassignmentOfTwo, isResetOfTwo } from '../../../services/requests/four-eyes.ts';
import { type AccountRow, findAccountById } from '../../../store/queries/accounts.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import type { RequestKind } from '../../../store/queries/requests.ts';
import { findWorkstation } from '../../../store/queries/workstations.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { checkPrecondition, readPrecondition, setEntityTag } from '../../web/precondition.ts';
import { fieldProblem, HttpProblem } from '../../web/problem.ts';
import { actingFor, personBehind, refuseOwn } from './acts.ts';

const tags = ['accounts'];
const on = (permission: Permission) =>
  ({ access: { permission, of: 'account' }, precondition: true }) as const;
const answers = { 200: doneSchema, 202: askedSchema };
interface Asked {
  readonly kind: RequestKind;
  readonly terms: Readonly<Record<string, string>>;
  readonly reason: string;
}

const orderedByCentre: ReadonlySet<string> = new Set(['by-centre', 'case', 'leak']);

export const accountActRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store } = deps;

  /** Does an act on the account as it was seen, and tells its new revision; or asks a second person for it. */
  async function act(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (
      acting: AdministrationDeps,
      user: string,
      account: AccountRow,
    ) => Promise<{ readonly revision: number }>,
    options: {
      readonly mayBeOwn?: boolean;
      /** What is asked of a second person instead, where the policy says so; null: nothing. */
      readonly asks?: (account: AccountRow) => Promise<Asked | null>;
    } = {},
  ) {
    const expected = readPrecondition(request);
    const { id } = request.params as { id: number };
    const account = await store.read((db) => findAccountById(db, id));
    if (account === null) throw new HttpProblem('not-found');
    checkPrecondition(expected, account.revision);
    if (options.mayBeOwn !== true) refuseOwn(request, account.personId);
    const asked = (await options.asks?.(account)) ?? null;
    if (asked !== null) {
      const filer = { personId: await personBehind(deps, request) };
      const { requestId } = await fileRequest(
        { ...actingFor(deps, request), filer },
        { accountId: account.id, ...asked },
      );
      return reply.code(202).send({ requestId });
    }
    const { revision } = await work(
      { ...actingFor(deps, request), ifRevision: expected },
      account.userName,
      account,
    );
    setEntityTag(reply, revision);
    return { revision };
  }

  server.patch(
    '/api/v1/accounts/:id/term',
    {
      config: on('account.set-term'),
      schema: { tags, params: idParams, body: termBodySchema, response: answers },
    },
    (request, reply) => {
      const { validFrom, validUntil, reason } = request.body;
      return act(request, reply, (acting, user) => setTerm(acting, { user, ...request.body }), {
        asks: async (account) => {
          if (validUntil === undefined || !(await isExtensionOfTwo(deps, account, validUntil))) return null;
          if (validFrom !== undefined) {
            throw fieldProblem('validFrom', {
              vi: ['Gia hạn cần hai người cùng duyệt nên chỉ gửi ngày cuối.', 'Sửa ngày đầu riêng.'],
              en: ['An extension is asked for by its last day alone.', 'Change the first day by itself.'],
            });
          }
          return { kind: 'extension', terms: { validUntil }, reason };
        },
      });
    },
  );

  server.put(
    '/api/v1/accounts/:id/first-factor',
    {
      config: on('account.set-first-factor'),
      schema: { tags, params: idParams, body: firstFactorBodySchema, response: answers },
    },
    (request, reply) =>
      act(request, reply, (acting, user) =>
        setFirstFactor({ ...acting, upstreams: deps.upstreams }, { user, ...request.body }),
      ),
  );

  const reasoned = { params: idParams, body: reasonBody, response: answers };
  server.post(
    '/api/v1/accounts/:id/suspend',
    { config: on('account.suspend'), schema: { tags, ...reasoned } },
    (request, reply) =>
      act(
        request,
        reply,
        (acting, user) => {
          const detail = reachOfRequest(request) === 'everywhere' ? 'by-centre' : 'by-unit';
          return suspend(acting, { user, detail, reason: request.body.reason });
        },
        { mayBeOwn: true },
      ),
  );
  server.post(
    '/api/v1/accounts/:id/reinstate',
    { config: on('account.reinstate'), schema: { tags, ...reasoned } },
    (request, reply) =>
      act(request, reply, (acting, user, account) => {
        // The unit does not lift what the centre has ordered.
        if (orderedByCentre.has(account.suspendedDetail ?? '') && reachOfRequest(request) !== 'everywhere')
          throw new HttpProblem('forbidden');
        return reinstate(acting, { user, reason: request.body.reason });
      }),
  );
  server.post(
    '/api/v1/accounts/:id/withdraw',
    { config: on('account.withdraw'), schema: { tags, ...reasoned } },
    (request, reply) =>
      act(request, reply, (acting, user) => withdraw(acting, { user, reason: request.body.reason })),
  );
  server.post(
    '/api/v1/accounts/:id/unlock',
    { config: on('account.reinstate'), schema: { tags, ...reasoned } },
    (request, reply) =>
      act(request, reply, (acting, user) => unlock(acting, { user, reason: request.body.reason })),
  );

  server.post(
    '/api/v1/accounts/:id/authenticators/:authenticatorId/revoke',
    {
      config: on('account.reset-authenticator'),
      schema: {
        tags,
        params: Type.Object({
          id: Type.Integer({ minimum: 1 }),
          authenticatorId: Type.Integer({ minimum: 1 }),
        }),
        body: reasonBody,
        response: answers,
      },
    },
    (request, reply) => {
      const { reason } = request.body;
      const authenticator = String(request.params.authenticatorId);
      return act(
        request,
        reply,
        (acting, user) => revokeAuthenticator(acting, { user, authenticator, reason }),
        {
          asks: async (account) =>
            (await isResetOfTwo(deps, account))
              ? { kind: 'reset-authenticator', terms: { authenticator }, reason }
              : null,
        },
      );
    },
  );

  /** A workstation of another unit is not this operator's to hand out. */
  async function checkWorkstation(request: FastifyRequest, assetTag: string): Promise<void> {
    const reach = reachOfRequest(request);
    const path = await store.read(async (db) => {
      const workstation = await findWorkstation(db, assetTag.trim().normalize('NFC'));
      return workstation === null ? null : findUnitPathOf(db, 'workstation', workstation.id);
    });
    if (path !== null && reaches(reach, path)) return;
    throw fieldProblem('assetTag', {
      vi: ['Không có máy trạm này.', 'Nhập đúng số tài sản của máy thuộc phạm vi quản lý.'],
      en: ['There is no such workstation.', 'Give the asset tag of a workstation that you look after.'],
    });
  }

  server.post(
    '/api/v1/accounts/:id/workstations',
    {
      config: on('workstation.edit'),
      schema: { tags, params: idParams, body: assignWorkstationBodySchema, response: answers },
    },
    async (request, reply) => {
      await checkWorkstation(request, request.body.assetTag);
      const { assetTag, from, until, reason } = request.body;
      const order = {
        assetTag,
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      };
      return act(request, reply, (acting, user) => assignWorkstation(acting, { user, ...order }), {
        asks: async (account) => {
          if (!(await isReassignmentOfTwo(deps, account, assetTag))) return null;
          if (reason === undefined) {
            throw fieldProblem('reason', {
              vi: ['Giao lại máy trạm cần hai người cùng duyệt.', 'Ghi lý do để người phê duyệt xem.'],
              en: ['A second person approves this reassignment.', 'Say why, for whoever approves it.'],
            });
          }
          const validFrom = from === undefined ? {} : { validFrom: from };
          return until === undefined
            ? { kind: 'workstation-register', terms: { assetTag }, reason }
            : { kind: 'workstation-temporary', terms: { assetTag, validUntil: until, ...validFrom }, reason };
        },
      });
    },
  );
  server.post(
    '/api/v1/accounts/:id/workstations/end',
    {
      config: on('workstation.edit'),
      schema: {
        tags,
        params: idParams,
        body: Type.Object(
          { assetTag: Type.String({ minLength: 1, maxLength: 64 }), at: Type.Optional(dayText) },
          closed,
        ),
        response: answers,
      },
    },
    (request, reply) =>
      act(request, reply, (acting, user) => endWorkstation(acting, { user, ...request.body })),
  );
};
