// Security headers of the web sites, after OWASP's Secure Headers: a strict policy for pages, a stricter one for data.
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Data: nothing in it is to be shown or run as a page. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";

/** Pages: own files only, no inline script. `nonce`: what style elements made by the page carry; null: the page has no place for one. */
export function pagePolicy(nonce: string | null): string {
  const style = nonce === null ? "'unsafe-inline'" : `'nonce-${nonce}'`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${style}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const always = {
  'content-security-policy': dataPolicy,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Those of every answer, also of one to a request that reaches no hook. */
export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(always).header('x-request-id', request.id);
  // Only where the request came by https: on the loopback it would lock the host's other sites out of http.
  if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
}

export async function addSecurityHeaders(server: FastifyInstance): Promise<void> {
  await server.register(helmet, {
    global: true,
    contentSecurityPolicy: false,
    crossOriginEmbedderPolicy: false,
    hsts: false,
  });
  server.addHook('onRequest', async (request, reply) => setSecurityHeaders(request, reply));
}
