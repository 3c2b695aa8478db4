// The way into a web site: host name, transport, origin of the request. Checked before anything else is looked at.
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createAddressCheck, isLoopback, type WebConfig } from '../../config/web.ts';
import { csrfTokenOf } from '../../services/web/sessions.ts';
import { HttpProblem } from './problem.ts';

/** Whatever changes something must carry it: a form of another site can't. With a session it must be the session's own. */
const csrfHeader = 'x-csrf-token';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

function isLoopbackName(hostName: string): boolean {
  return isLoopback(hostName.replace(/^\[|\]$/g, ''));
}

/** Whether the request's Host is one that this site answers to: a DNS name rebound to this address is not. */
function isOwnHost(request: FastifyRequest, hostName: string | null): boolean {
  const { host, hostname } = request;
  return hostName === null ? isLoopbackName(hostname) : host.toLowerCase() === hostName;
}

/**
 * Whether the request says once, and in one voice, which host it means (RFC 9112 §3.2): of two Host fields, or of one beside another
 * authority in the target, a proxy in front may have read the other.
 */
function namesOneHost({ raw, headers }: FastifyRequest): boolean {
  const fields = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  if (fields.length > 1) return false;
  const target = raw.url ?? '';
  if (target.startsWith('/') || target === '*') return true;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
  return authority !== undefined && authority.toLowerCase() === headers.host?.toLowerCase();
}

/** A request with a cookie is the site's own only if the browser says so. */
function isSameOrigin(request: FastifyRequest): boolean {
  const { origin, 'sec-fetch-site': fetchSite } = request.headers;
  if (typeof fetchSite === 'string' && fetchSite !== 'same-origin') return false;
  return origin === `${request.protocol}://${request.host}`;
}

/** Refuses other hosts, plain HTTP from afar, and what another site makes a browser send. */
export function addGuard(server: FastifyInstance, config: WebConfig): void {
  const isTrustedProxy = createAddressCheck(config.trustedProxies);
  server.addHook('onRequest', async (request) => {
    if (!namesOneHost(request)) throw new HttpProblem('malformed');
    const peer = request.socket.remoteAddress ?? '';
    const isLocal = isLoopback(peer.replace(/^::ffff:/, ''));
    const isProxied = isTrustedProxy(peer);
    if (isProxied ? request.protocol !== 'https' : config.tls === null && !isLocal) {
      throw new HttpProblem('insecure-transport');
    }
    if (!isOwnHost(request, config.hostName)) throw new HttpProblem('misdirected');
    const hasToken = request.headers.authorization !== undefined;
    if (hasToken || request.routeOptions.config.crossSite === true) return;
    if (!safeMethods.has(request.method)) {
      if (!isSameOrigin(request) || request.headers[csrfHeader] === undefined) {
        throw new HttpProblem('cross-site');
      }
    } else if (
      request.headers['sec-fetch-site'] === 'cross-site' &&
      request.headers['sec-fetch-mode'] !== 'navigate'
    ) {
      throw new HttpProblem('cross-site');
    }
  });
}

/** Refuses a change whose header is not the session's own. @throws HttpProblem */
export function checkCsrf(request: FastifyRequest, sessionToken: string): void {
  if (safeMethods.has(request.method)) return;
  const given = Buffer.from(String(request.headers[csrfHeader] ?? ''));
  const expected = Buffer.from(csrfTokenOf(sessionToken));
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new HttpProblem('cross-site');
}
