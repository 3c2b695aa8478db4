// The built web application: its files as they are, its page for every address that is not the API's.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { programPath } from '../../base/program.ts';
import { pagePolicy } from './headers.ts';
import { HttpProblem, languageOf } from './problem.ts';
import type { WebSite } from './session-cookie.ts';

/** Where `npm run build` puts both applications. */
const built = programPath('dist/console');
/** In the page, replaced by a fresh nonce for each answer (Vite's html.cspNonce). */
const noncePlaceholder = '__CSP_NONCE__';
/** Addresses of interfaces: no page is given for them. */
const interfaces = /^\/(api|scim|device|portal\/v1)(\/|$)/;

const missing = {
  vi: 'Giao diện web chưa được dựng. Trong thư mục chương trình, chạy: npm run build',
  en: 'The web application is not built. In the program’s folder run: npm run build',
} as const;

async function sendPage(file: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!existsSync(file)) {
    return reply
      .code(503)
      .type('text/plain; charset=utf-8')
      .send(`${missing[languageOf(request)]}\n`);
  }
  const page = readFileSync(file, 'utf8');
  const nonce = randomBytes(16).toString('base64');
  return reply
    .header('content-security-policy', pagePolicy(page.includes(noncePlaceholder) ? nonce : null))
    .header('cache-control', 'no-cache')
    .type('text/html; charset=utf-8')
    .send(page.replaceAll(noncePlaceholder, nonce));
}

/**
 * Serves the application of a site from `directory` (as built). Files under /assets carry a hash in their names and may be kept
 * for good; the page is asked for each time.
 */
export async function addPages(
  server: FastifyInstance,
  site: WebSite,
  directory: string = built,
): Promise<void> {
  await server.register(fastifyStatic, { root: directory, serve: false });
  const page = join(directory, `${site}.html`);
  server.get('/assets/*', { config: { access: { open: true } } }, async (request, reply) => {
    const { '*': name } = request.params as { '*': string };
    if (!/^[\w][\w.-]*$/.test(name) || !existsSync(join(directory, 'assets', name))) {
      throw new HttpProblem('not-found');
    }
    return reply
      .sendFile(`assets/${name}`, { cacheControl: false })
      .header('cache-control', 'public, max-age=31536000, immutable');
  });
  server.get('/*', { config: { access: { open: true } } }, async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    const isFile = /\.[a-z0-9]{1,8}$/i.test(path);
    if (interfaces.test(path) || isFile) throw new HttpProblem('not-found');
    return sendPage(page, request, reply);
  });
}
