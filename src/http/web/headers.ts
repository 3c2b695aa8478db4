// Security headers of the web sites, after OWASP's Secure Headers: a strict policy for pages, a stricter one for data.
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

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

export async function addSecurityHeaders(server: FastifyInstance): Promise<void> {
  await server.register(helmet, {
    global: true,
    contentSecurityPolicy: false,
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    // Only where the request came by https: on the loopback it would lock the host's other sites out of http.
    hsts: false,
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
  });
  server.addHook('onRequest', async (request, reply) => {
    reply
      .header('content-security-policy', dataPolicy)
      .header('cache-control', 'no-store')
      .header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()')
      .header('x-request-id', request.id);
    if (request.protocol === 'https') {
      reply.header('strict-transport-security', 'max-age=31536000');
    }
  });
}
