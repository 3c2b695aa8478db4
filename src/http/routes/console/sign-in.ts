// Signing in, enrolling by a one-time link. Open to whoever reaches the console; every refusal reads alike.
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import {
  begunEnrolmentSchema,
  enrolmentBodySchema,
  finishEnrolmentBodySchema,
  linkBodySchema,
  linkSchema,
  sessionSchema,
  signInBodySchema,
  signInMethodsSchema,
} from '../../../api/session.ts';
import { readOrganisation } from '../../../services/administration.ts';
import { beginEnrolment, findLink, finishEnrolment } from '../../../services/operators/enrolment.ts';
import { signIn } from '../../../services/operators/sign-in.ts';
import { hasOperators } from '../../../store/queries/operators.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { fieldProblem, HttpProblem } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { readSessionCookie, setSessionCookie } from '../../web/session-cookie.ts';
import { relyingPartyOf } from './passkeys.ts';
import { sessionAnswer } from './session-answer.ts';

const open = { access: { open: true } } as const;
const guarded = { ...open, rateLimit: secretLimit };

export const signInRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock, sessions, refusalMs } = deps;
  const originOf = (request: FastifyRequest) => ({
    address: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    former: readSessionCookie(request, 'console'),
  });

  /** The operator as whom the browser is signed in, if it is. */
  async function signedInAs(request: FastifyRequest): Promise<number | null> {
    const cookie = readSessionCookie(request, 'console');
    return cookie === null ? null : ((await sessions.find(cookie))?.operatorId ?? null);
  }
  const readerOf = async (request: FastifyRequest) => ({
    address: request.ip,
    operatorId: await signedInAs(request),
  });

  async function refuse(startedAt: number, code: 'sign-in-refused' | 'link-refused'): Promise<never> {
    await delay(Math.max(0, startedAt + refusalMs - clock.monotonic()));
    throw new HttpProblem(code);
  }

  server.get(
    '/api/v1/sign-in',
    { config: open, schema: { tags: ['session'], response: { 200: signInMethodsSchema } } },
    async (request) => ({
      organisationName: (await readOrganisation(store)).name,
      csrfToken: 'sign-in',
      methods: { password: true, passkey: relyingPartyOf(request) !== null, oidc: deps.oidc !== null },
      needsFirstOperator: !(await store.read(hasOperators)),
    }),
  );

  server.post(
    '/api/v1/session',
    {
      config: guarded,
      schema: { tags: ['session'], body: signInBodySchema, response: { 201: sessionSchema } },
    },
    async (request, reply) => {
      const startedAt = clock.monotonic();
      const result = await signIn(deps, request.body, originOf(request));
      if (result.kind === 'overloaded') throw new HttpProblem('unavailable');
      if (result.kind === 'refused') return refuse(startedAt, 'sign-in-refused');
      if (result.kind === 'password-off') throw new HttpProblem('password-off');
      setSessionCookie(request, reply, 'console', result.token);
      return reply.code(201).send(await sessionAnswer(deps, result.token));
    },
  );

  server.post(
    '/api/v1/enrolment/link',
    { config: guarded, schema: { tags: ['session'], body: linkBodySchema, response: { 200: linkSchema } } },
    async (request) => {
      const found = await findLink(deps, request.body.link, await readerOf(request));
      if (found === null) throw new HttpProblem('link-refused');
      return found;
    },
  );

  server.post(
    '/api/v1/enrolment/begin',
    {
      config: guarded,
      schema: { tags: ['session'], body: enrolmentBodySchema, response: { 200: begunEnrolmentSchema } },
    },
    async (request) => {
      const { link, password, person, secondFact } = request.body;
      const order = {
        link,
        password,
        ...(secondFact === undefined ? {} : { secondFact }),
        person:
          person === undefined
            ? null
            : { ...person, position: person.position ?? null, unit: person.unit ?? null },
      };
      const begun = await beginEnrolment(deps, order, await readerOf(request));
      if (begun === null) throw new HttpProblem('link-refused');
      return begun;
    },
  );

  server.post(
    '/api/v1/enrolment/finish',
    {
      config: guarded,
      schema: { tags: ['session'], body: finishEnrolmentBodySchema, response: { 201: sessionSchema } },
    },
    async (request, reply) => {
      const result = await finishEnrolment(deps, request.body, {
        ...originOf(request),
        operatorId: await signedInAs(request),
      });
      if (result.kind === 'link-refused') throw new HttpProblem('link-refused');
      if (result.kind === 'code-wrong') {
        throw fieldProblem('code', {
          vi: ['Mã xác thực không đúng.', 'Kiểm tra giờ của điện thoại rồi nhập mã mới.'],
          en: ['The code is wrong.', "Check the phone's clock and give a new code."],
        });
      }
      setSessionCookie(request, reply, 'console', result.token);
      return reply.code(201).send(await sessionAnswer(deps, result.token));
    },
  );
};
