// The site of gateways that ask over HTTPS (/gateway/v1), on a listener of its own: no page, no cookie, no other caller.
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  answerSchema,
  gatewayPaths,
  newsKeptSchema,
  questionSchema,
  sessionNewsSchema,
} from '../../api/gateway.ts';
import type { Clock } from '../../base/clock.ts';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { createRareLog } from '../../base/rare-log.ts';
import type { Accounting } from '../../services/sessions/accounting.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import { fieldProblem, HttpProblem, sendProblem, showProblem } from '../web/problem.ts';
import { buildSerializer, createValidator } from '../web/validation.ts';
import type { Decisions } from './decisions.ts';
import type { Identification } from './identify.ts';
import { toAnswer } from './login.ts';
import { toNews } from './news.ts';
import type { HttpObservations } from './observations.ts';

const bodyLimit = 16_384;
const requestTimeoutMs = 10_000;
const handshakeMs = 10_000;
const mostConnections = 1_024;
/** As RADIUS/TLS: resumption would skip the look at the certificate, renegotiation could change it. */
export const secureOptions =
  constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

declare module 'fastify' {
  interface FastifyRequest {
    /** Which gateway asks; null before that is known, and on other sites. */
    gateway: Gateway | null;
  }
}

export interface GatewayServerDeps {
  /** Null: plain HTTP, on the loopback. */
  readonly tls: SecureContextOptions | null;
  readonly identification: Identification;
  readonly decisions: Decisions;
  readonly observations: HttpObservations;
  readonly accounting: Accounting;
  readonly clock: Clock;
  readonly log: Log;
}

function build(tls: SecureContextOptions | null): FastifyInstance {
  const options = {
    logger: false,
    forceCloseConnections: true,
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: requestTimeoutMs * 3,
    genReqId: () => crypto.randomUUID(),
    requestIdHeader: false,
    routerOptions: { caseSensitive: true },
    schemaController: { compilersFactory: { buildSerializer } },
  } as const;
  if (tls === null) return Fastify(options);
  const https = {
    ...tls,
    minVersion: 'TLSv1.2' as const,
    // Pins need no authority: judged after the handshake, before anything of a request counts.
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: handshakeMs,
    honorCipherOrder: true,
    secureOptions,
  };
  return Fastify({ ...options, https }) as unknown as FastifyInstance;
}

const askingGateway = ({ gateway }: FastifyRequest): Gateway => {
  if (gateway === null) throw new Error('a route was reached before the gateway was known');
  return gateway;
};

/** The answer to a gateway when nothing can be decided or stored: it asks another node, or again. Its cause is in the log. */
function interrupted(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return showProblem(new HttpProblem('undecided', { headers: { 'retry-after': '1' } }), request, reply);
}

/** Builds the server without listening; tests use `inject`. */
export function createGatewayServer(deps: GatewayServerDeps) {
  const { identification, decisions, observations, accounting, clock, log } = deps;
  const server = build(deps.tls).withTypeProvider<TypeBoxTypeProvider>();
  server.server.maxConnections = mostConnections;
  server.setValidatorCompiler(createValidator());
  server.decorateRequest('gateway', null);
  const rareLog = createRareLog(log, clock);
  server.setErrorHandler((error, request, reply) => {
    if (!(error instanceof StoreUnavailableError)) return sendProblem(error, request, reply, log);
    rareLog.warn('store', { err: error }, 'the store is not there for gateways over HTTPS');
    return interrupted(request, reply);
  });
  server.setNotFoundHandler((request, reply) => showProblem(new HttpProblem('not-found'), request, reply));
  server.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    // Before the body is read, and whatever the path: nobody else learns what is here.
    request.gateway = await identification.identify(request);
  });

  server.post(
    gatewayPaths.decisions,
    { schema: { body: questionSchema, response: { 200: answerSchema } } },
    async (request, reply) => {
      const gateway = askingGateway(request);
      const question = request.body;
      if (question.password === undefined && question.code === undefined) {
        throw fieldProblem('password', {
          vi: ['Không có mật khẩu và mã xác thực.', 'Gửi password, code hoặc cả hai.'],
          en: ['Neither a password nor a code is given.', 'Send password, code or both.'],
        });
      }
      observations.request(gateway.name, clock.now(), question);
      const verdict = await decisions.decide(question, gateway, request.ip);
      if (verdict === 'reused') {
        throw fieldProblem(
          'requestId',
          {
            vi: ['Mã yêu cầu này đã dùng cho một câu hỏi khác.', 'Dùng mã mới cho mỗi lượt đăng nhập.'],
            en: ['This id was used for another question.', 'Use a new id for each login.'],
          },
          'conflict',
        );
      }
      if (verdict.kind === 'silent') return interrupted(request, reply);
      return toAnswer(gateway, verdict);
    },
  );

  server.post(
    gatewayPaths.sessions,
    { schema: { body: sessionNewsSchema, response: { 200: newsKeptSchema } } },
    async (request) => ({
      result: await accounting.record(toNews(request.body, askingGateway(request), clock.now())),
    }),
  );
  return server;
}
