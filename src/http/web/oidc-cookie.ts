// The cookie of a sign-in under way at the organisation's provider. It must come back with the redirection from there, so it is Lax
// where the session's is Strict; what is in it is sealed, and good once.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowMs } from '../../services/operators/oidc/flow.ts';

const nameOf = ({ protocol }: FastifyRequest) =>
  protocol === 'https' ? '__Host-gatewarden-oidc' : 'gatewarden-oidc';

function attributes({ protocol }: FastifyRequest) {
  return { httpOnly: true, secure: protocol === 'https', sameSite: 'lax', path: '/' } as const;
}

export function readOidcCookie(request: FastifyRequest): string | null {
  const sealed = request.cookies[nameOf(request)];
  return sealed !== undefined && /^[A-Za-z0-9_-]{1,3500}$/.test(sealed) ? sealed : null;
}

export function setOidcCookie(request: FastifyRequest, reply: FastifyReply, sealed: string): void {
  reply.setCookie(nameOf(request), sealed, { ...attributes(request), maxAge: flowMs / 1_000 });
}

export function clearOidcCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(nameOf(request), attributes(request));
}
