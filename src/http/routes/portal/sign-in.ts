// Before there is a session: sign-in, activation, recovery, locking. Nothing is shown to who has proved nothing.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import qrcode from 'qrcode';
import { Type } from 'typebox';
import {
  activationBody,
  activationSchema,
  begunSchema,
  lockBody,
  newPhoneBody,
  newPhoneSchema,
  openedSchema,
  portalSessionSchema,
  portalStateSchema,
  recoveryBody,
  recoveryCodesSchema,
  rulesSchema,
  signInBody,
  ticketBody,
  ticketCodeBody,
  ticketPasswordBody,
  ticketRulesBody,
} from '../../../api/portal.ts';
import { createAddressCheck } from '../../../config/web.ts';
import { openActivation } from '../../../services/portal/activation.ts';
import { beginByTicket, chooseOwnPassword, finishByTicket } from '../../../services/portal/enroll.ts';
import { lockFromOutside } from '../../../services/portal/lock.ts';
import { proveHolder } from '../../../services/portal/prove.ts';
import { askForNewPhone, openRecovery } from '../../../services/portal/recovery.ts';
import { acceptRules, currentRules } from '../../../services/portal/rules.ts';
import { readTicket } from '../../../services/portal/tickets.ts';
import type { PortalRouteDeps } from '../../portal.ts';
import { HttpProblem } from '../../web/problem.ts';
import { secretLimit } from '../../web/server.ts';
import { readSessionCookie, setSessionCookie } from '../../web/session-cookie.ts';
import { codeProblem, passwordProblem, refuseAt } from './refusals.ts';
import { portalSessionAnswer } from './session-answer.ts';

const open = { access: { open: true } } as const;
const guarded = { ...open, rateLimit: secretLimit };
const steps = { ...open, rateLimit: { max: 60, timeWindow: 60_000 } };

export const portalSignInRoutes: FastifyPluginAsyncTypebox<PortalRouteDeps> = async (server, deps) => {
  const { store, clock, sessions, config } = deps;
  const prefixes = config.activationFrom ?? [];
  const isOffice = createAddressCheck(prefixes);
  const mayActivate = ({ ip }: FastifyRequest) => prefixes.length === 0 || isOffice(ip);

  /** Begins a session for a holder who has just proved themselves. */
  async function begin(
    request: FastifyRequest,
    reply: FastifyReply,
    accountId: number,
    method: 'password+code' | 'activation',
  ) {
    const origin = {
      method,
      address: request.ip,
      userAgent: request.headers['user-agent'] ?? '',
      former: readSessionCookie(request, 'portal'),
    };
    const { token } = await store.write((db) => sessions.begin(db, { accountId }, origin));
    setSessionCookie(request, reply, 'portal', token);
    return await portalSessionAnswer(deps, accountId, token);
  }

  const ticketOf = async (text: string) => {
    const found = await readTicket(deps, text);
    if (found === null) throw new HttpProblem('ticket-over');
    return found;
  };
  const typedOf = (request: FastifyRequest) => ({ source: request.ip, receivedAt: clock.now() });

  server.get(
    '/portal/v1/state',
    { config: open, schema: { response: { 200: portalStateSchema } } },
    async (request) => ({
      csrfToken: 'portal',
      mayActivate: mayActivate(request),
    }),
  );

  server.post(
    '/portal/v1/session',
    { config: guarded, schema: { body: signInBody, response: { 201: portalSessionSchema } } },
    async (request, reply) => {
      const startedAt = clock.monotonic();
      const { userName, password, code } = request.body;
      const proof = await proveHolder(deps, {
        userName,
        password,
        second: { kind: 'code', code },
        purpose: 'sign-in',
        ...typedOf(request),
      });
      if (proof.kind === 'undecided') throw new HttpProblem('unavailable');
      if (proof.kind === 'refused') return refuseAt(deps, startedAt, 'sign-in-refused');
      return reply.code(201).send(await begin(request, reply, proof.account.accountId, 'password+code'));
    },
  );

  server.post(
    '/portal/v1/activation',
    { config: guarded, schema: { body: activationBody, response: { 200: activationSchema } } },
    async (request) => {
      const startedAt = clock.monotonic();
      if (!mayActivate(request)) throw new HttpProblem('activation-elsewhere');
      const { code, birthDate } = request.body;
      const typed = { code, source: request.ip, ...(birthDate === undefined ? {} : { birthDate }) };
      const opened = await openActivation(deps, typed);
      switch (opened.kind) {
        case 'refused':
          return refuseAt(deps, startedAt, 'activation-refused');
        case 'throttled':
          return refuseAt(deps, startedAt, 'too-many-requests');
        case 'open': {
          const { ticket, userName, fullName, unitName } = opened;
          return { step: 'open', ticket, holder: { userName, fullName, unitName } } as const;
        }
        case 'not-ready':
          return { step: opened.reason, ticket: null, holder: null };
        default:
          return { step: opened.kind, ticket: null, holder: null };
      }
    },
  );

  server.post(
    '/portal/v1/enrolment/password',
    { config: steps, schema: { body: ticketPasswordBody, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { ticket, account } = await ticketOf(request.body.ticket);
      // A recovery rests on the password: it does not change it.
      if (ticket.kind !== 'activation') throw new HttpProblem('forbidden');
      const chosen = await chooseOwnPassword(deps, account, request.body.password);
      if (chosen.kind === 'undecided') throw new HttpProblem('unavailable');
      if (chosen.kind === 'refused') throw passwordProblem(chosen.fault);
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/enrolment/rules',
    { config: steps, schema: { body: ticketBody, response: { 200: rulesSchema } } },
    async (request) => {
      const { account } = await ticketOf(request.body.ticket);
      const rules = await currentRules(store);
      return { ...rules, isAccepted: account.rulesVersionAccepted >= rules.version };
    },
  );

  server.post(
    '/portal/v1/enrolment/rules/accept',
    { config: steps, schema: { body: ticketRulesBody, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const { account } = await ticketOf(request.body.ticket);
      if (!(await acceptRules(deps, account, request.body.version))) throw new HttpProblem('conflict');
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/portal/v1/enrolment/begin',
    { config: steps, schema: { body: ticketBody, response: { 200: begunSchema } } },
    async (request) => {
      const { uri, secret } = await beginByTicket(deps, await ticketOf(request.body.ticket));
      return { uri, secret, qr: await qrcode.toDataURL(uri, { margin: 2, width: 264 }) };
    },
  );

  server.post(
    '/portal/v1/enrolment/finish',
    {
      config: guarded,
      schema: {
        body: ticketCodeBody,
        response: { 201: Type.Object({ ...recoveryCodesSchema.properties, session: portalSessionSchema }) },
      },
    },
    async (request, reply) => {
      const found = await ticketOf(request.body.ticket);
      const finished = await finishByTicket(deps, found, request.body.code);
      switch (finished.kind) {
        case 'code-wrong':
          throw codeProblem(finished.clockSkewMinutes);
        case 'password-needed':
          throw new HttpProblem('conflict');
        case 'finished': {
          // Whoever was in with the former phone is out.
          await store.write((db) => sessions.endAll(db, { accountId: found.account.id }));
          const session = await begin(request, reply, found.account.id, 'activation');
          return reply.code(201).send({ recoveryCodes: [...finished.recoveryCodes], session });
        }
      }
    },
  );

  server.post(
    '/portal/v1/recovery',
    { config: guarded, schema: { body: recoveryBody, response: { 200: openedSchema } } },
    async (request) => {
      const startedAt = clock.monotonic();
      const opened = await openRecovery(deps, { ...request.body, ...typedOf(request) });
      if (opened.kind === 'undecided') throw new HttpProblem('unavailable');
      if (opened.kind === 'refused') return refuseAt(deps, startedAt, 'sign-in-refused');
      return { ticket: opened.ticket, userName: opened.userName };
    },
  );

  server.post(
    '/portal/v1/recovery/ask',
    { config: guarded, schema: { body: newPhoneBody, response: { 200: newPhoneSchema } } },
    async (request) => {
      const startedAt = clock.monotonic();
      const asked = await askForNewPhone(deps, { ...request.body, ...typedOf(request) });
      if (asked.kind === 'undecided') throw new HttpProblem('unavailable');
      await settle(startedAt);
      return { code: asked.code };
    },
  );

  /** A success that must look like a refusal leaves at the same instant. */
  async function settle(startedAt: number): Promise<void> {
    await refuseAt(deps, startedAt, 'not-found').catch(() => {});
  }

  server.post(
    '/portal/v1/lock',
    { config: guarded, schema: { body: lockBody, response: { 204: Type.Null() } } },
    async (request, reply) => {
      const startedAt = clock.monotonic();
      const { userName, kind, secret: text } = request.body;
      const locked = await lockFromOutside(deps, { userName, secret: { kind, text }, ...typedOf(request) });
      if (locked.kind === 'undecided') throw new HttpProblem('unavailable');
      if (locked.kind === 'refused') return refuseAt(deps, startedAt, 'lock-refused');
      await store.write((db) => sessions.endAll(db, { accountId: locked.accountId }));
      return reply.code(204).send(null);
    },
  );
};
