// The operator's own session: what it may do, proving oneself again, the other sessions, the end.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { codeBodySchema, ownSessionsSchema, sessionSchema } from '../../../api/session.ts';
import { recordAct } from '../../../services/administration.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import { stepUpByCode } from '../../../services/operators/sign-in.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { operatorOf, sessionOf } from '../../web/access.ts';
import { fieldProblem, HttpProblem } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from '../../web/session-cookie.ts';
import { sessionAnswer } from './session-answer.ts';

const signedIn = { access: { signedIn: true } } as const;
const tags = ['session'];

export const meRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock, sessions } = deps;

  server.get(
    '/api/v1/session',
    { config: signedIn, schema: { tags, response: { 200: sessionSchema } } },
    async (request) => sessionAnswer(deps, readSessionCookie(request, 'console') ?? ''),
  );

  server.delete(
    '/api/v1/session',
    { config: { ...signedIn, repeatable: true }, schema: { tags, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { operator } = operatorOf(request);
      await sessions.end({ operatorId: operator.id }, sessionOf(request).id);
      await store.write((db) =>
        recordAct(db, administratorOf(operatorOf(request)), {
          verb: 'operator.sign-out',
          at: clock.now(),
          body: { operatorId: operator.id },
        }),
      );
      clearSessionCookie(request, reply, 'console');
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/api/v1/session/step-up',
    {
      config: { ...signedIn, rateLimit: secretLimit, repeatable: true },
      schema: { tags, body: codeBodySchema, response: { 200: sessionSchema } },
    },
    async (request, reply) => {
      const { id } = sessionOf(request);
      const former = readSessionCookie(request, 'console') ?? '';
      const operatorId = operatorOf(request).operator.id;
      const session = { id, operatorId, token: former };
      const token = await stepUpByCode(deps, session, request.body.code, request.ip);
      if (token === null) {
        throw fieldProblem('code', {
          vi: [
            'Mã xác thực không được chấp nhận.',
            'Đợi mã mới rồi nhập lại; nhập sai nhiều lần thì đợi ít phút.',
          ],
          en: [
            'The code was not accepted.',
            'Wait for a new one; after several wrong tries wait some minutes.',
          ],
        });
      }
      setSessionCookie(request, reply, 'console', token);
      return sessionAnswer(deps, token);
    },
  );

  server.get(
    '/api/v1/me/sessions',
    { config: signedIn, schema: { tags, response: { 200: ownSessionsSchema } } },
    async (request) => {
      const current = sessionOf(request).id;
      const rows = await sessions.list({ operatorId: operatorOf(request).operator.id });
      return {
        items: rows.map(({ id, method, address, userAgent, createdAt, lastSeenAt, expiresAt }) => ({
          id,
          isCurrent: id === current,
          method,
          address,
          userAgent,
          createdAt,
          lastSeenAt,
          expiresAt,
        })),
      };
    },
  );

  server.delete(
    '/api/v1/me/sessions/:sessionId',
    {
      config: signedIn,
      schema: {
        tags,
        params: Type.Object({ sessionId: Type.Integer({ minimum: 1 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const subject = { operatorId: operatorOf(request).operator.id };
      if (!(await sessions.end(subject, request.params.sessionId))) throw new HttpProblem('not-found');
      return reply.code(204).send(null);
    },
  );
};
