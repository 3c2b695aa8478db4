// The way into the web sites: host names, origins, transport, headers, pages, validation, and access by declaration.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPortalServer } from '../../src/http/portal.ts';
import { HttpProblem } from '../../src/http/web/problem.ts';
import { createWebServer } from '../../src/http/web/server.ts';
import { noFirstFactors } from '../../src/services/first-factor/first-factors.ts';
import { monday } from '../services/acts.ts';
import { captureLog } from '../services/captured-log.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite, plainConfig } from './console-site.ts';

const session = '/api/v1/session';
const proxied = {
  ...plainConfig,
  listen: { host: '192.0.2.1', port: 443 },
  hostName: 'console.example.org',
  trustedProxies: ['192.0.2.10', '2001:db8::/64'],
};

async function server(config = plainConfig) {
  const built = await createWebServer({
    site: 'console',
    config,
    log: captureLog(),
    authorise: async () => {},
  });
  built.get('/thing', { config: { access: { open: true } } }, async (request) => ({
    ip: request.ip,
    protocol: request.protocol,
  }));
  return built;
}

describe('the way in', () => {
  const local = { host: 'localhost:8081' };

  it.each(['localhost:8081', '127.0.0.1:8081', '[::1]:8081', '127.0.0.1'])(
    'answers to %s on the loopback',
    async (host) => {
      const answer = await (await server()).inject({ url: '/thing', headers: { host } });
      expect(answer.statusCode).toBe(200);
    },
  );

  it.each(['evil.example.org', 'localhost.example.org:8081', '192.0.2.1', 'user@localhost'])(
    'does not answer to the name %s, which somebody may have pointed here',
    async (host) => {
      const answer = await (await server()).inject({ url: '/thing', headers: { host } });
      expect([answer.statusCode, answer.json().code]).toEqual([421, 'misdirected']);
    },
  );

  it('answers to its own name only, where it has one', async () => {
    const built = await server({ ...plainConfig, hostName: 'console.example.org' });
    const codeOf = async (host: string) =>
      (await built.inject({ url: '/thing', headers: { host } })).statusCode;
    expect([
      await codeOf('console.example.org'),
      await codeOf('CONSOLE.example.org'),
      await codeOf('localhost'),
    ]).toEqual([200, 200, 421]);
  });

  it('takes plain HTTP from nobody but the host itself', async () => {
    const built = await server({ ...plainConfig, hostName: 'console.example.org' });
    const headers = { host: 'console.example.org' };
    const answer = await built.inject({ url: '/thing', headers, remoteAddress: '198.51.100.7' });
    expect([answer.statusCode, answer.json().code]).toEqual([403, 'insecure-transport']);
  });

  it('believes a named proxy, and only that, what it says of client and protocol', async () => {
    const built = await server(proxied);
    const ask = (remoteAddress: string, proto: string) =>
      built.inject({
        url: '/thing',
        remoteAddress,
        headers: {
          host: 'console.example.org',
          'x-forwarded-for': '203.0.113.9',
          'x-forwarded-proto': proto,
        },
      });
    const through = await ask('192.0.2.10', 'https');
    expect(through.json()).toEqual({ ip: '203.0.113.9', protocol: 'https' });
    expect(through.headers['strict-transport-security']).toBe('max-age=31536000');
    expect((await ask('2001:db8::5', 'https')).statusCode).toBe(200);
    expect((await ask('192.0.2.10', 'http')).json().code).toBe('insecure-transport');
    expect((await ask('192.0.2.11', 'https')).json().code).toBe('insecure-transport');
  });

  it('is closed to what another site makes a browser send', async () => {
    const built = await server();
    built.post('/thing', { config: { access: { open: true } } }, async () => ({ done: true }));
    const own = { ...local, origin: 'http://localhost:8081', 'x-csrf-token': 'x' };
    const post = async (headers: Record<string, string>) =>
      (await built.inject({ method: 'POST', url: '/thing', headers })).statusCode;
    expect(await post(own)).toBe(200);
    expect(await post({ ...own, 'sec-fetch-site': 'same-origin' })).toBe(200);
    const { origin: _, ...withoutOrigin } = own;
    const { 'x-csrf-token': __, ...withoutHeader } = own;
    for (const headers of [
      withoutOrigin,
      withoutHeader,
      { ...own, origin: 'null' },
      { ...own, origin: 'https://localhost:8081' },
      { ...own, origin: 'http://localhost:8082' },
      { ...own, origin: 'http://evil.example.org' },
      { ...own, 'sec-fetch-site': 'same-site' },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'none' },
    ]) {
      expect([JSON.stringify(headers), await post(headers)]).toEqual([JSON.stringify(headers), 403]);
    }
    const read = await built.inject({ url: '/thing', headers: { ...local, 'sec-fetch-site': 'cross-site' } });
    expect(read.statusCode).toBe(403);
  });

  it('is narrow for whoever asks too much', async () => {
    const built = await server();
    built.get(
      '/secret',
      { config: { access: { open: true }, rateLimit: { max: 2, timeWindow: 60_000 } } },
      async () => ({}),
    );
    const ask = (remoteAddress: string) => built.inject({ url: '/secret', headers: local, remoteAddress });
    expect([(await ask('127.0.0.1')).statusCode, (await ask('127.0.0.1')).statusCode]).toEqual([200, 200]);
    const third = await ask('127.0.0.1');
    expect([third.statusCode, third.json().code, Number(third.headers['retry-after']) > 0]).toEqual([
      429,
      'too-many-requests',
      true,
    ]);
    expect((await ask('127.0.0.2')).statusCode).toBe(200);
  });

  it('counts what it refuses: whoever is not let in asks no more often than others', async () => {
    const built = await createWebServer({
      site: 'console',
      config: plainConfig,
      log: captureLog(),
      authorise: async () => {
        throw new HttpProblem('not-signed-in');
      },
    });
    const config = { access: { known: true }, rateLimit: { max: 2, timeWindow: 60_000 } } as const;
    built.get('/closed', { config }, async () => ({}));
    const ask = async () => (await built.inject({ url: '/closed', headers: local })).statusCode;
    expect([await ask(), await ask(), await ask()]).toEqual([401, 401, 429]);
  });

  it('counts the addresses of one IPv6 network as one asker', async () => {
    const built = await server(proxied);
    const config = { access: { open: true }, rateLimit: { max: 2, timeWindow: 60_000 } } as const;
    built.get('/secret', { config }, async () => ({}));
    const statuses: number[] = [];
    for (const address of ['2001:db8:1::1', '2001:db8:1::2', '2001:db8:1::3', '2001:db8:1:1::1']) {
      const headers = {
        host: 'console.example.org',
        'x-forwarded-proto': 'https',
        'x-forwarded-for': address,
      };
      const answer = await built.inject({ url: '/secret', headers, remoteAddress: '192.0.2.10' });
      statuses.push(answer.statusCode);
    }
    expect(statuses).toEqual([200, 200, 429, 200]);
  });

  it('does not open for a route that declares no access', async () => {
    const built = await server();
    expect(() => built.get('/forgotten', async () => ({}))).toThrow(
      'GET /forgotten does not declare its access',
    );
  });
});

describe('a request', () => {
  it('is told which field is wrong and what to do, in the language asked for', async () => {
    const built = await server();
    const body = Type.Object(
      {
        name: Type.String({ minLength: 3 }),
        kind: Type.Optional(Type.Enum(['a', 'b'])),
        count: Type.Optional(Type.Integer({ maximum: 5 })),
      },
      { additionalProperties: false },
    );
    built.post(
      '/thing',
      { config: { access: { open: true } }, schema: { body } },
      async (request) => request.body,
    );
    const post = async (payload: unknown, language = 'en') => {
      const headers = {
        host: 'localhost:8081',
        origin: 'http://localhost:8081',
        'x-csrf-token': 'x',
        'accept-language': language,
        'content-type': 'application/json',
      };
      return built.inject({
        method: 'POST',
        url: '/thing',
        headers,
        payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
      });
    };
    const faults = async (payload: unknown, language = 'en') => {
      const answer = await post(payload, language);
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([400, 'application/problem+json']);
      return answer.json().errors as { field: string; message: string; remedy: string }[];
    };
    expect(await faults({})).toEqual([{ field: 'name', message: 'It is missing.', remedy: 'Give a value.' }]);
    expect(await faults({}, 'vi-VN,en;q=0.5')).toEqual([
      { field: 'name', message: 'Chưa nhập.', remedy: 'Nhập giá trị.' },
    ]);
    expect(await faults({ name: 'ab' })).toMatchObject([{ field: 'name', message: 'It is too short.' }]);
    expect(await faults({ name: 'abc', count: '4' })).toMatchObject([
      { field: 'count', message: 'The value has the wrong type.' },
    ]);
    expect(await faults({ name: 'abc', count: 6 })).toMatchObject([
      { field: 'count', remedy: 'Give 5 or less.' },
    ]);
    expect(await faults({ name: 'abc', kind: 'c' })).toMatchObject([
      { field: 'kind', remedy: 'Choose among a, b.' },
    ]);
    expect(await faults({ name: 'abc', role: 'central-administrator' })).toMatchObject([
      { field: 'role', message: 'There is no such field.' },
    ]);
    expect((await post('{"name":')).json().code).toBe('malformed');
    expect((await post('{"__proto__":{"a":1},"name":"abc"}')).statusCode).toBe(400);
    expect((await post({ name: 'abc' })).json()).toEqual({ name: 'abc' });
    expect((await post({ name: 'x'.repeat(300_000) })).json().code).toBe('too-large');
  });

  it('that breaks something is answered with its number, and the cause is in the log alone', async () => {
    const log = captureLog();
    const built = await createWebServer({
      site: 'console',
      config: plainConfig,
      log,
      authorise: async () => {},
    });
    built.get('/broken', { config: { access: { open: true } } }, async () => {
      throw new Error('table accounts is missing');
    });
    const answer = await built.inject({ url: '/broken', headers: { host: 'localhost' } });
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'internal']);
    expect(answer.body).not.toContain('accounts');
    expect(log.lines.join()).toContain('table accounts is missing');
    expect(log.lines.join()).toContain(answer.json().requestId);
  });
});

describe('the pages', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-pages-'));
  let site: Awaited<ReturnType<typeof createPortalServer>>;

  beforeAll(async () => {
    mkdirSync(join(directory, 'assets'));
    writeFileSync(join(directory, 'portal.html'), '<!doctype html><style nonce="__CSP_NONCE__"></style>');
    writeFileSync(join(directory, 'assets', 'main-abc123.js'), 'export {};');
    writeFileSync(join(directory, 'secret.txt'), 'not to be served');
    const clock = createTestClock(monday);
    site = await createPortalServer({
      firstFactors: noFirstFactors,
      store: {} as never,
      keyring: {} as never,
      passwords: {} as never,
      settings: {} as never,
      isClockStable: () => true,
      random: { bytes: () => Buffer.alloc(0) },
      clock,
      log: captureLog(),
      node: 'test',
      config: plainConfig,
      pagesDirectory: directory,
      refusalMs: 0,
    });
  });
  afterAll(async () => {
    await site.close();
    rmSync(directory, { recursive: true });
  });
  const get = (url: string) => site.inject({ url, headers: { host: 'localhost' } });

  it('carry a strict policy with a fresh nonce, and the headers that OWASP asks for', async () => {
    const [one, two] = [await get('/'), await get('/anywhere/below')];
    const nonce = /nonce="([^"]+)"/.exec(one.body)?.[1] ?? '';
    expect(nonce).toHaveLength(24);
    expect(two.body).not.toContain(nonce);
    const policy = String(one.headers['content-security-policy']);
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(one.headers).toMatchObject({
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(one.headers['x-powered-by']).toBeUndefined();
    expect(one.headers['permissions-policy']).toContain('camera=()');
  });

  it('have files that may be kept, and nothing else of the folder or outside it', async () => {
    const file = await get('/assets/main-abc123.js');
    expect([file.statusCode, file.headers['cache-control']]).toEqual([
      200,
      'public, max-age=31536000, immutable',
    ]);
    for (const url of [
      '/secret.txt',
      '/assets/../secret.txt',
      '/assets/..%2fsecret.txt',
      '/assets/%2e%2e/secret.txt',
      '/assets/....//secret.txt',
      '/assets/none.js',
      '/assets/',
      '/..%2f..%2fetc/passwd.txt',
      '/portal/v1/nothing',
      '/api/v1/nothing',
    ]) {
      const answer = await get(url);
      expect([url, answer.statusCode]).toEqual([url, 404]);
      expect(answer.body).not.toContain('not to be served');
    }
  });

  it('say what to run when they are not built; the API is there all the same', async () => {
    rmSync(join(directory, 'portal.html'));
    const answer = await site.inject({ url: '/', headers: { host: 'localhost', 'accept-language': 'en' } });
    expect([answer.statusCode, answer.body]).toEqual([503, expect.stringContaining('npm run build')]);
  });
});

describeOnEachStore('every route of the console', (open) => {
  const clock = createTestClock(monday);
  let site: ConsoleSite;
  beforeAll(async () => {
    site = await createConsoleSite(open, clock);
  });
  afterAll(() => site.close());

  it('refuses whoever is not signed in, unless it is open', async () => {
    const isOpen = new Set([
      '/api/v1/sign-in',
      '/api/v1/sign-in/passkey/begin',
      '/api/v1/sign-in/passkey',
      '/api/v1/sign-in/oidc',
      '/api/v1/sign-in/oidc/callback',
      '/api/v1/sign-in/oidc/code',
      '/api/v1/sign-in/oidc/sign-out',
      '/api/v1/sign-in/oidc/back-channel-logout',
      session,
      '/api/v1/enrolment/link',
      '/api/v1/enrolment/begin',
      '/api/v1/enrolment/finish',
      '/*',
      '/assets/*',
    ]);
    for (const { method, url, access } of site.server.declaredRoutes) {
      if ('open' in access) {
        expect(isOpen).toContain(url);
        continue;
      }
      if (method === 'HEAD') continue;
      const answer = await site.browser().send(method as 'GET', url.replaceAll(/:\w+/g, '1'));
      expect([method, url, answer.statusCode]).toEqual([method, url, 401]);
      const forged = site.browser();
      forged.cookie = `gatewarden-console=${'B'.repeat(43)}`;
      expect((await forged.send(method as 'GET', url.replaceAll(/:\w+/g, '1'))).statusCode).toBe(401);
    }
  });

  it('takes a change with the session’s own header only', async () => {
    const operator = await site.addOperator([{ role: 'auditor', unitId: null }]);
    const browser = await site.signIn(operator);
    const right = browser.csrfToken;
    for (const csrfToken of ['sign-in', '', right.slice(1), `${right}x`]) {
      browser.csrfToken = csrfToken;
      const answer = await browser.send('DELETE', session);
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'cross-site']);
    }
    browser.csrfToken = right;
    expect((await browser.send('DELETE', session)).statusCode).toBe(204);
  });
});
