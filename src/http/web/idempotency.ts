// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a change that is sent again is answered as the first time, and done once.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../../base/log.ts';
import type { Claim, Idempotency, KeptAnswer } from '../../services/web/idempotency.ts';
import { fieldProblem, HttpProblem } from './problem.ts';

/** On an answer that was given before. */
const replayedHeader = 'idempotency-replayed';
const keptHeaders = ['content-type', 'content-language', 'vary', 'etag', 'location'] as const;
const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

declare module 'fastify' {
  interface FastifyRequest {
    /** The key of this request, while it is at work. */
    idempotencyClaim: Claim | null;
  }
}

/** A string of Structured Fields (RFC 9651 §3.3.3), as the draft has it; without its quotation marks too, as many send it. */
function readKey(header: string | string[]): string {
  const text = String(header).trim();
  const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1');
  const key = quoted ?? (/^[\w.~:+/=-]+$/.test(text) ? text : '');
  if (key !== '' && key.length <= 200) return key;
  throw fieldProblem('idempotency-key', {
    vi: [
      'Idempotency-Key không đọc được.',
      'Gửi 1 đến 200 ký tự ASCII trong dấu nháy kép, chẳng hạn một UUID.',
    ],
    en: [
      'The Idempotency-Key cannot be read.',
      'Send 1 to 200 ASCII characters in quotation marks, a UUID say.',
    ],
  });
}

/** Who asks; null: the route lets anybody in. */
function callerKeyOf({ principal, webSession }: FastifyRequest): string | null {
  if (principal?.kind === 'operator') return `operator:${principal.operator.id}`;
  if (principal?.kind === 'token') return `token:${principal.token.id}`;
  return webSession?.accountId == null ? null : `account:${webSession.accountId}`;
}

function contentOf({ method, url, headers, body }: FastifyRequest): (string | Uint8Array)[] {
  const sent = body === undefined ? '' : Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return [method, url, headers['if-match'] ?? '', sent];
}

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): void {
  void reply.code(status).headers(headers).header(replayedHeader, 'true').send(body);
}

function keptHeadersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}

/** What may be kept of an answer; null: it is a file. */
function keptOf(reply: FastifyReply, payload: unknown): Omit<KeptAnswer, 'status'> | null {
  const isText = typeof payload === 'string' || payload == null;
  const isFile = reply.getHeader('content-disposition') !== undefined;
  return isText && !isFile ? { headers: keptHeadersOf(reply), body: payload ?? '' } : null;
}

/**
 * Takes the key on every route below `prefix` that changes something for a known caller, unless it is declared `repeatable`. Before the
 * routes. Their handlers must write through `idempotency.store`.
 */
export function addIdempotency(
  server: FastifyInstance,
  options: { readonly idempotency: Idempotency; readonly prefix: string; readonly log: Log },
): void {
  const { idempotency, prefix, log } = options;
  server.decorateRequest('idempotencyClaim', null);

  server.addHook('preHandler', (request, reply, done) => {
    const header = request.headers['idempotency-key'];
    const { config, url = '' } = request.routeOptions;
    const isTaken = changes.has(request.method) && url.startsWith(prefix) && config.repeatable !== true;
    const caller = header === undefined || !isTaken ? null : callerKeyOf(request);
    if (header === undefined || caller === null) return done();
    let key: string;
    try {
      key = readKey(header);
    } catch (error) {
      return done(error as Error);
    }
    idempotency.claim({ caller, key, content: contentOf(request) }).then((claimed) => {
      switch (claimed.kind) {
        case 'claimed':
          request.idempotencyClaim = claimed.claim;
          return idempotency.run(claimed.claim, done);
        case 'answered':
          return replay(reply, claimed.answer);
        case 'at-work':
          return done(new HttpProblem('in-progress', { headers: { 'retry-after': '2' } }));
        case 'other-request':
          return done(new HttpProblem('key-reused'));
        case 'done':
          return done(new HttpProblem('answer-not-kept', { headers: { [replayedHeader]: 'true' } }));
      }
    }, done);
  });

  // Before the answer leaves: whoever has it may count on having it again.
  server.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotencyClaim;
    if (claim === null) return;
    request.idempotencyClaim = null;
    try {
      await idempotency.settle(claim, reply.statusCode, keptOf(reply, payload));
    } catch (error) {
      // What was done stays done and is told; only whoever asks again is told less.
      log.warn(
        { err: error, requestId: request.id },
        'the answer to a request with an Idempotency-Key was not kept',
      );
    }
  });
}
