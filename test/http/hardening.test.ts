// What holds for every route of both web sites: headers, foreign sites, unknown fields, ways out. New routes are walked by themselves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWebServer } from '../../src/http/web/server.ts';
import { setSessionCookie } from '../../src/http/web/session-cookie.ts';
import { monday } from '../services/acts.ts';
import { captureLog } from '../services/captured-log.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite, type Method, plainConfig } from './console-site.ts';
import { createPortalSite, type PortalSite } from './portal-site.ts';

/** After OWASP's Secure Headers; what an answer holds is data, to be shown and kept by nobody. */
const headers = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': expect.stringMatching(/^default-src 'none'; (.+; )?frame-ancestors 'none'$/),
  'cache-control': 'no-store',
  'permissions-policy': expect.stringContaining('geolocation=()'),
};
/** Tokens and signed proofs alone: there is nothing that another site could misuse. */
const noCookieCounts = /^\/(scim|device)\/|\/back-channel-logout$/;
const telling = ['x-powered-by', 'server'];
/** What browsers (WebAuthn) and providers (OpenID Connect) may add to by their standards; nothing of it is kept by name. */
const openByStandard =
  /^POST \/api\/v1\/(sign-in\/passkey|session\/step-up\/passkey|me\/passkeys) body\.response|\/back-channel-logout body$/;
const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** Places in a schema that take fields nobody has thought of. */
function openPlaces(schema: Schema, place: string): string[] {
  const inner = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [['[]', schema.items] as const]),
    ...(schema.anyOf ?? []).map((one, index) => [`|${index}`, one] as const),
    ...(schema.allOf ?? []).map((one, index) => [`&${index}`, one] as const),
  ].flatMap(([name, one]) => openPlaces(one, `${place}.${name}`));
  const isOpen =
    schema.type === 'object' &&
    schema.patternProperties === undefined &&
    schema.additionalProperties !== false;
  return isOpen ? [place, ...inner] : inner;
}

describeOnEachStore('every route of the console and the portal', (open) => {
  const clock = createTestClock(monday);
  let console_: ConsoleSite;
  let portal: PortalSite;
  beforeAll(async () => {
    console_ = await createConsoleSite(open, clock);
    portal = await createPortalSite(open, clock);
  });
  afterAll(async () => {
    await console_.close();
    await portal.close();
  });

  const sites = () => [
    { server: console_.server, host: 'localhost:8081' },
    { server: portal.server, host: 'localhost:8082' },
  ];
  const at = (url: string) => url.replaceAll(/:\w+/g, '1').replace('*', 'none.js');

  it('answers with the headers of OWASP, also when it refuses, breaks or knows nothing', async () => {
    for (const { server, host } of sites()) {
      const asked: { method: Method; url: string; more?: Record<string, string> }[] = [
        ...server.declaredRoutes.map(({ method, url }) => ({ method: method as Method, url: at(url) })),
        { method: 'GET', url: '/%zz' },
        { method: 'GET', url: `/api/v1/accounts/${'x'.repeat(201)}` },
        { method: 'POST', url: '/nothing' },
        { method: 'GET', url: '/nothing.php' },
        { method: 'GET', url: '/', more: { host: 'evil.example.org' } },
        { method: 'GET', url: '/', more: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' } },
      ];
      for (const { method, url, more = {} } of asked) {
        const answer = await server.inject({ method, url, headers: { host, ...more } });
        const said = `${method} ${host}${url}: ${answer.statusCode}`;
        expect([said, answer.headers], said).toEqual([said, expect.objectContaining(headers)]);
        for (const name of telling) expect([said, answer.headers[name]]).toEqual([said, undefined]);
      }
    }
  });

  it('answers with them where it gives a file away', async () => {
    const admin = await console_.signIn(
      await console_.addOperator([{ role: 'central-administrator', unitId: null }]),
    );
    const account = await console_.world.addAccount({
      account: { status: 'pending', passwordPhc: null },
      authenticators: [],
    });
    const files = [
      await admin.send('GET', '/api/v1/rollout/missing'),
      await admin.send('POST', `/api/v1/accounts/${account.accountId}/slip`),
      await admin.send('POST', '/api/v1/audit/export'),
    ];
    for (const { statusCode, headers: sent } of files) {
      expect([statusCode, sent]).toEqual([200, expect.objectContaining(headers)]);
      expect(sent['content-disposition']).toMatch(/^attachment; filename="[\w.-]+"$/);
    }
  });

  it('is closed to what another site makes a browser send, though it has the cookie', async () => {
    const admin = await console_.signIn(
      await console_.addOperator([{ role: 'central-administrator', unitId: null }]),
    );
    const holder = await portal.phone().signIn(await portal.world.addAccount());
    const cookies = [admin.cookie, holder.cookie];
    for (const [index, { server, host }] of sites().entries()) {
      for (const { method, url } of server.declaredRoutes) {
        if (!changes.has(method) || noCookieCounts.test(url)) continue;
        const cookie = cookies[index] ?? '';
        const csrf = index === 0 ? admin.csrfToken : holder.csrfToken;
        const own = { host, cookie, origin: `http://${host}`, 'x-csrf-token': csrf };
        for (const foreign of [
          { ...own, origin: 'https://evil.example.org' },
          { ...own, 'sec-fetch-site': 'cross-site' },
          { host, cookie, 'x-csrf-token': csrf },
          { host, cookie, origin: own.origin },
        ]) {
          const answer = await server.inject({ method: method as Method, url: at(url), headers: foreign });
          expect([method, url, answer.statusCode, answer.json().code]).toEqual([
            method,
            url,
            403,
            'cross-site',
          ]);
        }
      }
    }
  });

  it('takes no field that nobody has thought of, in bodies and in queries', () => {
    const places: string[] = [];
    for (const { server } of sites()) {
      for (const { method, url, schema } of server.declaredRoutes) {
        for (const part of ['body', 'querystring'] as const) {
          const given = schema?.[part] as Schema | undefined;
          if (given !== undefined) places.push(...openPlaces(given, `${method} ${url} ${part}`));
        }
      }
    }
    expect(places.filter((place) => !openByStandard.test(place))).toEqual([]);
  });

  it('sends a browser nowhere else, whatever the address says', async () => {
    const evil = 'https://evil.example.org/';
    const names = [
      'next',
      'returnTo',
      'return_to',
      'redirect',
      'redirect_uri',
      'post_logout_redirect_uri',
      'url',
      'RelayState',
    ];
    const query = new URLSearchParams(Object.fromEntries(names.map((name) => [name, evil]))).toString();
    const ways = [
      '//evil.example.org',
      '//evil.example.org/%2e%2e',
      '/\\evil.example.org',
      '/%5cevil.example.org',
      '/%2fevil.example.org',
      '/api/docs//evil.example.org',
      '/assets//evil.example.org',
    ];
    for (const { server, host } of sites()) {
      const urls = [
        ...server.declaredRoutes.filter(({ method }) => method === 'GET').map(({ url }) => at(url)),
        ...ways,
      ];
      for (const url of urls) {
        const answer = await server.inject({ url: `${url}?${query}`, headers: { host } });
        const to = new URL(String(answer.headers.location ?? '/'), `http://${host}`);
        expect([url, to.origin]).toEqual([url, `http://${host}`]);
      }
    }
  });
});

describe('cookies', () => {
  it('of both sites are of this host, of https and of requests of the site alone, and no script reads them', async () => {
    for (const site of ['console', 'portal'] as const) {
      const config = { ...plainConfig, hostName: 'vpn.example.org', trustedProxies: ['192.0.2.10'] };
      const server = await createWebServer({ site, config, log: captureLog(), authorise: async () => {} });
      server.get('/in', { config: { access: { open: true } } }, async (request, reply) => {
        setSessionCookie(request, reply, site, 'A'.repeat(43));
        return {};
      });
      const answer = await server.inject({
        url: '/in',
        remoteAddress: '192.0.2.10',
        headers: { host: 'vpn.example.org', 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
      });
      expect(answer.headers['set-cookie']).toBe(
        `__Host-gatewarden-${site}=${'A'.repeat(43)}; Path=/; HttpOnly; Secure; SameSite=Strict`,
      );
      await server.close();
    }
  });
});
