// Signing in, proving oneself once more, linking and signing out by the organisation's OpenID Connect provider.
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { idParams } from '../../../api/common.ts';
import {
  logoutTokenSchema,
  oidcCodeSchema,
  providerAddressSchema,
  redirectionSchema,
} from '../../../api/oidc.ts';
import { reasonQuery } from '../../../api/operators.ts';
import { sessionSchema } from '../../../api/session.ts';
import { oidcCallbackPath } from '../../../config/oidc.ts';
import type { Flow, OidcPurpose } from '../../../services/operators/oidc/flow.ts';
import { isLinked } from '../../../services/operators/oidc/identity.ts';
import { endByLogoutToken, unlinkOther, unlinkOwn } from '../../../services/operators/oidc/link.ts';
import { type OidcOutcome, outcomeOf } from '../../../services/operators/oidc/refusals.ts';
import {
  beginOidc,
  finishOidc,
  finishOidcWithCode,
  type OidcDeps,
  recordOidcRefusal,
} from '../../../services/operators/oidc/sign-in.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, operatorOf, sessionOf } from '../../web/access.ts';
import { clearOidcCookie, readOidcCookie, setOidcCookie } from '../../web/oidc-cookie.ts';
import { readSeen } from '../../web/precondition.ts';
import { HttpProblem } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { readSessionCookie, setSessionCookie } from '../../web/session-cookie.ts';
import { actingFor } from './acts.ts';
import { sessionAnswer } from './session-answer.ts';

const tags = ['session'];
const signedIn = { access: { signedIn: true } } as const;
const open = { access: { open: true }, rateLimit: secretLimit } as const;
/** The provider sends on behalf of many operators at a time. */
const logoutLimit = { max: 300, timeWindow: 60_000 } as const;

/** Where the browser is shown what came of it. */
function pageOf(purpose: OidcPurpose, outcome: OidcOutcome | 'code' | 'done'): string {
  switch (purpose) {
    case 'sign-in':
      return outcome === 'done' ? '/' : `/?oidc=${outcome}`;
    case 'step-up':
      return `/oidc-proof?oidc=${outcome}`;
    case 'link':
      return `/me?oidc=${outcome}`;
  }
}

export const oidcRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { clock, refusalMs, sessions } = deps;
  const fromOf = (request: FastifyRequest) => ({
    address: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    former: readSessionCookie(request, 'console'),
  });

  /** @throws HttpProblem where no provider is configured */
  function oidcDeps(): OidcDeps {
    const { store, keyring, random, oidc } = deps;
    if (oidc === null) throw new HttpProblem('not-found');
    return { store, keyring, clock, random, sessions, ...oidc };
  }

  /** The console's address as this browser has it, which the guard has found to be the console's own. */
  const addressOf = ({ protocol, host }: FastifyRequest) => `${protocol}://${host.toLowerCase()}`;

  async function begin(
    request: FastifyRequest,
    reply: FastifyReply,
    purpose: OidcPurpose,
    session: Flow['session'],
  ): Promise<URL | null> {
    const own = oidcDeps();
    const redirectUri = `${addressOf(request)}${oidcCallbackPath}`;
    const former = readSessionCookie(request, 'console');
    const begun = await beginOidc(own, { purpose, session, former, redirectUri });
    if (begun === null) {
      await recordOidcRefusal(own, purpose, { refusal: 'unavailable' }, request.ip);
      return null;
    }
    setOidcCookie(request, reply, begun.sealed);
    return begun.url;
  }

  function ownSession(request: FastifyRequest) {
    return {
      id: sessionOf(request).id,
      operatorId: operatorOf(request).operator.id,
      token: readSessionCookie(request, 'console') ?? '',
    };
  }

  /** Who links or unlinks proves who they are first: an open screen is not enough. */
  function requireProof(request: FastifyRequest): void {
    if (!sessions.isProved(sessionOf(request))) throw new HttpProblem('step-up-required');
  }

  server.get(
    '/api/v1/sign-in/oidc',
    { config: open, schema: { tags, response: { 303: redirectionSchema } } },
    async (request, reply) => {
      const url = await begin(request, reply, 'sign-in', null);
      return reply.redirect(url === null ? pageOf('sign-in', 'unavailable') : url.href, 303);
    },
  );

  server.get(
    oidcCallbackPath,
    { config: open, schema: { tags, response: { 303: redirectionSchema } } },
    async (request, reply) => {
      const query = request.url.split('?').slice(1).join('?');
      const given = { sealed: readOidcCookie(request), query };
      const result = await finishOidc(oidcDeps(), given, fromOf(request));
      clearOidcCookie(request, reply);
      switch (result.kind) {
        case 'signed-in':
          setSessionCookie(request, reply, 'console', result.token);
          return reply.redirect(pageOf('sign-in', 'done'), 303);
        case 'code-wanted':
          setOidcCookie(request, reply, result.sealed);
          return reply.redirect(pageOf('sign-in', 'code'), 303);
        case 'proved':
          setSessionCookie(request, reply, 'console', result.token);
          return reply.redirect(pageOf('step-up', 'done'), 303);
        case 'linked':
          return reply.redirect(pageOf('link', 'done'), 303);
        case 'refused':
          return reply.redirect(pageOf(result.purpose, outcomeOf(result.refusal)), 303);
      }
    },
  );

  server.post(
    '/api/v1/sign-in/oidc/code',
    { config: open, schema: { tags, body: oidcCodeSchema, response: { 201: sessionSchema } } },
    async (request, reply) => {
      const startedAt = clock.monotonic();
      const given = { sealed: readOidcCookie(request), code: request.body.code };
      const token = await finishOidcWithCode(oidcDeps(), given, fromOf(request));
      if (token === null) {
        await delay(Math.max(0, startedAt + refusalMs - clock.monotonic()));
        throw new HttpProblem('sign-in-refused');
      }
      clearOidcCookie(request, reply);
      setSessionCookie(request, reply, 'console', token);
      return reply.code(201).send(await sessionAnswer(deps, token));
    },
  );

  server.post(
    '/api/v1/session/step-up/oidc',
    {
      config: { ...signedIn, rateLimit: secretLimit },
      schema: { tags, response: { 200: providerAddressSchema } },
    },
    async (request, reply) => {
      if (!isLinked(operatorOf(request).operator, oidcDeps().config)) throw new HttpProblem('not-found');
      const url = await begin(request, reply, 'step-up', ownSession(request));
      if (url === null) throw new HttpProblem('provider-unavailable');
      return { url: url.href };
    },
  );

  server.post(
    '/api/v1/me/oidc',
    { config: signedIn, schema: { tags, response: { 200: providerAddressSchema } } },
    async (request, reply) => {
      // Where a claim names the operators, nobody chooses for themselves.
      if (oidcDeps().config.identity.claim !== 'sub') throw new HttpProblem('not-found');
      requireProof(request);
      const url = await begin(request, reply, 'link', ownSession(request));
      if (url === null) throw new HttpProblem('provider-unavailable');
      return { url: url.href };
    },
  );

  server.delete(
    '/api/v1/me/oidc',
    { config: signedIn, schema: { tags, response: { 204: Type.Null() } } },
    async (request, reply) => {
      requireProof(request);
      const by = administratorOf(operatorOf(request));
      const { id, operatorId } = ownSession(request);
      await unlinkOwn({ ...deps, by }, operatorId, id);
      return reply.code(204).send(null);
    },
  );

  server.delete(
    '/api/v1/operators/:id/oidc',
    {
      config: { access: { permission: 'operator.edit', of: 'organisation' }, precondition: true },
      schema: {
        tags: ['operators'],
        params: idParams,
        querystring: reasonQuery,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const actor =
        caller.kind === 'operator'
          ? { personId: caller.operator.personId, operatorId: caller.operator.id }
          : null;
      const order = { operatorId: request.params.id, reason: request.query.reason };
      const ifSeen = readSeen(request);
      await unlinkOther({ ...actingFor(deps, request), actor, ifSeen }, order);
      return reply.code(204).send(null);
    },
  );

  server.get(
    '/api/v1/sign-in/oidc/sign-out',
    { config: open, schema: { tags, response: { 303: redirectionSchema } } },
    async (request, reply) => {
      const { config, provider } = oidcDeps();
      const address = addressOf(request);
      const url = config.signOutAtProvider ? await provider.endSessionUrl(`${address}/`) : null;
      return reply.redirect(url?.href ?? '/', 303);
    },
  );

  await server.register(async (forms) => {
    forms.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 32_768 },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    forms.post(
      '/api/v1/sign-in/oidc/back-channel-logout',
      {
        // No cookie counts here: the token is the proof.
        config: { access: { open: true }, crossSite: true, rateLimit: logoutLimit },
        schema: {
          tags,
          consumes: ['application/x-www-form-urlencoded'],
          body: logoutTokenSchema,
          response: { 200: Type.Null() },
        },
      },
      async (request, reply) => {
        const { logout_token: token } = request.body as { logout_token: string };
        if (!(await endByLogoutToken(oidcDeps(), token, request.ip))) throw new HttpProblem('malformed');
        return reply.code(200).send(null);
      },
    );
  });
};
