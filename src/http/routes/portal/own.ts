// The signed-in holder's own account: where it stands, connections, requests, rules, password, locking.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  connectionsSchema,
  homeSchema,
  ownPasswordBody,
  portalSessionSchema,
  proofBody,
  recordBody,
  recoveryCodesSchema,
  requestBody,
  requestsSchema,
  resubmitBody,
  rulesSchema,
  sessionParameters,
  versionBody,
} from '../../../api/portal.ts';
import { asHolder } from '../../../services/portal/deps.ts';
import { chooseOwnPassword, renewOwnRecoveryCodes } from '../../../services/portal/enroll.ts';
import { attemptsOf, cutOwnSession, homeOf, ownSessions } from '../../../services/portal/home.ts';
import { denyDecision, lockOwn } from '../../../services/portal/lock.ts';
import { proveHolder } from '../../../services/portal/prove.ts';
import { acceptRules, currentRules } from '../../../services/portal/rules.ts';
import { cancelRequest, fileRequest, requestsOf, resubmitRequest } from '../../../services/requests/file.ts';
import { type AccountRow, findAccountById } from '../../../store/queries/accounts.ts';
import type { PortalRouteDeps } from '../../portal.ts';
import { sessionOf } from '../../web/access.ts';
import { HttpProblem, languageOf } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { clearSessionCookie, readSessionCookie } from '../../web/session-cookie.ts';
import { passwordProblem, refuseAt } from './refusals.ts';
import { portalSessionAnswer } from './session-answer.ts';

const holder = { access: { holder: true } } as const;
/** Rests on a code, which is good once. */
const guarded = { ...holder, rateLimit: secretLimit, repeatable: true } as const;
const done = { 204: Type.Null() };

const holderOf = ({ id, personId }: AccountRow) => ({ accountId: id, holderPersonId: personId });

export const portalOwnRoutes: FastifyPluginAsyncTypebox<PortalRouteDeps> = async (server, deps) => {
  const { store, clock, sessions } = deps;
  const idOf = (request: FastifyRequest): number => {
    const { accountId } = sessionOf(request);
    if (accountId === null) throw new HttpProblem('not-signed-in');
    return accountId;
  };
  const accountOf = async (request: FastifyRequest): Promise<AccountRow> => {
    const account = await store.read((db) => findAccountById(db, idOf(request)));
    if (account === null) throw new HttpProblem('not-signed-in');
    return account;
  };
  const endOthers = (request: FastifyRequest) =>
    store.write((db) => sessions.endAll(db, { accountId: idOf(request) }, sessionOf(request).id));

  /** Password and code once more, before what a thief at an open screen must not do. */
  async function prove(
    request: FastifyRequest,
    typed: { password: string; code: string },
    purpose: string,
  ): Promise<void> {
    const startedAt = clock.monotonic();
    const { userName } = await accountOf(request);
    const { password, code } = typed;
    const second = { kind: 'code', code } as const;
    const proof = await proveHolder(deps, {
      userName,
      password,
      second,
      purpose,
      source: request.ip,
      receivedAt: clock.now(),
    });
    if (proof.kind === 'undecided') throw new HttpProblem('unavailable');
    if (proof.kind === 'refused') await refuseAt(deps, startedAt, 'proof-refused');
  }

  server.get(
    '/portal/v1/session',
    { config: holder, schema: { response: { 200: portalSessionSchema } } },
    async (request) => portalSessionAnswer(deps, idOf(request), readSessionCookie(request, 'portal') ?? ''),
  );

  server.delete(
    '/portal/v1/session',
    { config: { ...holder, repeatable: true }, schema: { response: done } },
    async (request, reply) => {
      await sessions.end({ accountId: idOf(request) }, sessionOf(request).id);
      clearSessionCookie(request, reply, 'portal');
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/portal/v1/home',
    { config: holder, schema: { response: { 200: homeSchema } } },
    async (request) => {
      const home = await homeOf(deps, idOf(request), languageOf(request));
      const { standing } = home;
      const told =
        standing === null
          ? null
          : {
              ...standing,
              next: standing.next.filter(({ who }) => who === 'holder').map(({ text }) => text),
            };
      return { ...home, standing: told };
    },
  );

  server.get(
    '/portal/v1/connections',
    { config: holder, schema: { response: { 200: connectionsSchema } } },
    async (request) => {
      const { userName, id } = await accountOf(request);
      return {
        sessions: await ownSessions(deps, id),
        attempts: await attemptsOf(deps, userName, languageOf(request)),
      };
    },
  );

  server.post(
    '/portal/v1/sessions/:id/cut',
    { config: holder, schema: { params: sessionParameters, response: done } },
    async (request, reply) => {
      if (!(await cutOwnSession(deps, await accountOf(request), request.params.id)))
        throw new HttpProblem('not-found');
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/not-me',
    { config: holder, schema: { body: recordBody, response: done } },
    async (request, reply) => {
      if (!(await denyDecision(deps, idOf(request), request.body.record))) throw new HttpProblem('not-found');
      await endOthers(request);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/lock/own',
    { config: holder, schema: { response: done } },
    async (request, reply) => {
      await lockOwn(deps, idOf(request), { cause: 'own-wish' });
      await endOthers(request);
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/portal/v1/rules',
    { config: holder, schema: { response: { 200: rulesSchema } } },
    async (request) => {
      const rules = await currentRules(store);
      return { ...rules, isAccepted: (await accountOf(request)).rulesVersionAccepted >= rules.version };
    },
  );

  server.post(
    '/portal/v1/rules/accept',
    { config: holder, schema: { body: versionBody, response: done } },
    async (request, reply) => {
      if (!(await acceptRules(deps, await accountOf(request), request.body.version)))
        throw new HttpProblem('conflict');
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/portal/v1/requests',
    { config: holder, schema: { response: { 200: requestsSchema } } },
    async (request) => ({
      requests: await requestsOf(deps, holderOf(await accountOf(request))),
    }),
  );

  server.post(
    '/portal/v1/requests',
    { config: holder, schema: { body: requestBody, response: { 201: Type.Object({ id: Type.Integer() }) } } },
    async (request, reply) => {
      const account = await accountOf(request);
      const filer = { personId: account.personId };
      const order = { ...request.body, accountId: account.id };
      const { requestId } = await fileRequest({ ...asHolder(deps, account.userName), filer }, order);
      return reply.code(201).send({ id: requestId });
    },
  );

  server.post(
    '/portal/v1/requests/:id/resubmit',
    { config: holder, schema: { params: sessionParameters, body: resubmitBody, response: done } },
    async (request, reply) => {
      const account = await accountOf(request);
      const order = { ...request.body, ...holderOf(account), requestId: request.params.id };
      await resubmitRequest(asHolder(deps, account.userName), order);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/requests/:id/cancel',
    { config: holder, schema: { params: sessionParameters, response: done } },
    async (request, reply) => {
      const account = await accountOf(request);
      const order = { ...holderOf(account), requestId: request.params.id };
      await cancelRequest(asHolder(deps, account.userName), order);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/password',
    { config: guarded, schema: { body: ownPasswordBody, response: done } },
    async (request, reply) => {
      const { current, code, password } = request.body;
      await prove(request, { password: current, code }, 'change-password');
      const chosen = await chooseOwnPassword(deps, await accountOf(request), password);
      if (chosen.kind === 'undecided') throw new HttpProblem('unavailable');
      if (chosen.kind === 'refused') throw passwordProblem(chosen.fault);
      await endOthers(request);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/recovery-codes',
    { config: guarded, schema: { body: proofBody, response: { 201: recoveryCodesSchema } } },
    async (request, reply) => {
      await prove(request, request.body, 'recovery-codes');
      const recoveryCodes = await renewOwnRecoveryCodes(deps, await accountOf(request));
      return reply.code(201).send({ recoveryCodes });
    },
  );
};
