// The session's cookie: `__Host-` with Secure wherever the browser came by https, never readable by scripts.
import type { FastifyReply, FastifyRequest } from 'fastify';

export type WebSite = 'console' | 'portal';

function nameOf(site: WebSite, isSecure: boolean): string {
  return isSecure ? `__Host-gatewarden-${site}` : `gatewarden-${site}`;
}

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https';
}

function attributes(request: FastifyRequest) {
  return { httpOnly: true, secure: isSecure(request), sameSite: 'strict', path: '/' } as const;
}

/** The token in the cookie; null when there is none that could be one. */
export function readSessionCookie(request: FastifyRequest, site: WebSite): string | null {
  const token = request.cookies[nameOf(site, isSecure(request))];
  return token !== undefined && /^[A-Za-z0-9_-]{43}$/.test(token) ? token : null;
}

/** No Max-Age: it goes with the browser, if the server does not end it first. */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  site: WebSite,
  token: string,
): void {
  reply.setCookie(nameOf(site, isSecure(request)), token, attributes(request));
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply, site: WebSite): void {
  reply.clearCookie(nameOf(site, isSecure(request)), attributes(request));
}
