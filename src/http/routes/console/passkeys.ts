// Passkeys: an operator's own, signing in with one, proving oneself once more by one.
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  ceremonySchema,
  newPasskeySchema,
  passkeyParams,
  passkeyProofSchema,
  passkeysSchema,
} from '../../../api/passkeys.ts';
import { sessionSchema } from '../../../api/session.ts';
import {
  beginRegistration,
  beginSignIn,
  beginStepUp,
  finishRegistration,
  listPasskeys,
  type RelyingParty,
  removePasskey,
  signInByPasskey,
  stepUpByPasskey,
} from '../../../services/operators/passkeys.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { operatorOf, sessionOf } from '../../web/access.ts';
import { fieldProblem, HttpProblem } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { readSessionCookie, setSessionCookie } from '../../web/session-cookie.ts';
import { sessionAnswer } from './session-answer.ts';

const tags = ['session'];
const signedIn = { access: { signedIn: true } } as const;
/** Each challenge is good once. */
const ceremony = { ...signedIn, repeatable: true } as const;
const guarded = { access: { open: true }, rateLimit: secretLimit } as const;

/** The site under the name it was asked by, which the guard has found to be its own; null: an address is no name (WebAuthn §5.1.2). */
export function relyingPartyOf({ hostname, host, protocol }: FastifyRequest): RelyingParty | null {
  const id = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return isIP(id) === 0 ? { id, origin: `${protocol}://${host.toLowerCase()}` } : null;
}

function partyOf(request: FastifyRequest): RelyingParty {
  const party = relyingPartyOf(request);
  if (party !== null) return party;
  throw fieldProblem('passkey', {
    vi: ['Không dùng được khóa truy cập khi mở trang bằng địa chỉ IP.', 'Mở trang bằng tên máy chủ.'],
    en: ['A passkey needs a host name.', 'Open the console by its host name, not by an address.'],
  });
}

export const passkeyRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { clock, refusalMs, sessions } = deps;

  /** Who adds or removes a key proves who they are first: an open screen is not enough. */
  function requireProof(request: FastifyRequest): void {
    if (!sessions.isProved(sessionOf(request))) throw new HttpProblem('step-up-required');
  }

  server.post(
    '/api/v1/sign-in/passkey/begin',
    { config: guarded, schema: { tags, response: { 200: ceremonySchema } } },
    async (request) => {
      const { options, ticket } = await beginSignIn(deps, partyOf(request));
      return { options: { ...options }, ticket };
    },
  );

  server.post(
    '/api/v1/sign-in/passkey',
    { config: guarded, schema: { tags, body: passkeyProofSchema, response: { 201: sessionSchema } } },
    async (request, reply) => {
      const startedAt = clock.monotonic();
      const origin = {
        address: request.ip,
        userAgent: request.headers['user-agent'] ?? '',
        former: readSessionCookie(request, 'console'),
      };
      const token = await signInByPasskey(deps, partyOf(request), request.body, origin);
      if (token === null) {
        await delay(Math.max(0, startedAt + refusalMs - clock.monotonic()));
        throw new HttpProblem('sign-in-refused');
      }
      setSessionCookie(request, reply, 'console', token);
      return reply.code(201).send(await sessionAnswer(deps, token));
    },
  );

  server.post(
    '/api/v1/session/step-up/passkey/begin',
    { config: ceremony, schema: { tags, response: { 200: ceremonySchema } } },
    async (request) => {
      const { id } = operatorOf(request).operator;
      const { options, ticket } = await beginStepUp(deps, partyOf(request), id);
      return { options: { ...options }, ticket };
    },
  );

  server.post(
    '/api/v1/session/step-up/passkey',
    {
      config: { ...ceremony, rateLimit: secretLimit },
      schema: { tags, body: passkeyProofSchema, response: { 200: sessionSchema } },
    },
    async (request, reply) => {
      const session = {
        id: sessionOf(request).id,
        operatorId: operatorOf(request).operator.id,
        token: readSessionCookie(request, 'console') ?? '',
      };
      const token = await stepUpByPasskey(deps, partyOf(request), session, request.body);
      if (token === null) {
        throw fieldProblem('passkey', {
          vi: ['Khóa truy cập không được chấp nhận.', 'Làm lại, hoặc nhập mã xác thực.'],
          en: ['The passkey was not accepted.', 'Try again, or give a code.'],
        });
      }
      setSessionCookie(request, reply, 'console', token);
      return sessionAnswer(deps, token);
    },
  );

  server.get(
    '/api/v1/me/passkeys',
    { config: signedIn, schema: { tags, response: { 200: passkeysSchema } } },
    async (request) => ({
      isPossible: relyingPartyOf(request) !== null,
      items: await listPasskeys(deps, operatorOf(request).operator.id),
    }),
  );

  server.post(
    '/api/v1/me/passkeys/begin',
    { config: ceremony, schema: { tags, response: { 200: ceremonySchema } } },
    async (request) => {
      requireProof(request);
      const { id } = operatorOf(request).operator;
      const { options, ticket } = await beginRegistration(deps, partyOf(request), id);
      return { options: { ...options }, ticket };
    },
  );

  server.post(
    '/api/v1/me/passkeys',
    { config: signedIn, schema: { tags, body: newPasskeySchema, response: { 204: Type.Null() } } },
    async (request, reply) => {
      requireProof(request);
      const caller = operatorOf(request);
      const order = { operatorId: caller.operator.id, ...request.body };
      await finishRegistration({ ...deps, by: administratorOf(caller) }, partyOf(request), order);
      return reply.code(204).send(null);
    },
  );

  server.delete(
    '/api/v1/me/passkeys/:passkeyId',
    { config: signedIn, schema: { tags, params: passkeyParams, response: { 204: Type.Null() } } },
    async (request, reply) => {
      requireProof(request);
      const caller = operatorOf(request);
      const by = administratorOf(caller);
      await removePasskey({ ...deps, by }, caller.operator.id, request.params.passkeyId);
      return reply.code(204).send(null);
    },
  );
};
