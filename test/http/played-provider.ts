// An OpenID Connect provider on the loopback (oidc-provider), with pages to sign in on; and its evil twin, which answers what a right one
// never would.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import type { OidcConfig } from '../../src/config/oidc.ts';

export const clientId = 'gatewarden';
export const clientSecret = 'a-secret-of-the-test-alone';

/** Somebody whom the provider knows. */
export interface Subject {
  readonly sub: string;
  /** What the provider says that it asked for. */
  readonly amr?: readonly string[];
  readonly acr?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

type Body = Record<string, unknown>;

async function newKey(alg: 'RS256' | 'ES256' | 'PS256', kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' };
}

export interface PlayedProvider {
  readonly issuer: string;
  /** Who signs in on its pages at once; null: the page asks, as people see it. */
  person: Subject | null;
  /** Changes the answer of the token endpoint. */
  onToken: ((body: Body) => Promise<Body> | Body) | null;
  /** Changes the address that the browser is sent back to. */
  onReturn: ((url: URL) => void) | null;
  /** Changes what it says of itself. */
  onDiscovery: ((body: Body) => Body) | null;
  /** Answers nothing any more. */
  isDown: boolean;
  /** New keys, the old ones gone. */
  rotate(): Promise<void>;
  /** Signs claims with the provider's own key. */
  sign(claims: Body, header?: { readonly alg?: string; readonly typ?: string }): Promise<string>;
  /** Signs with the present key, also once that is gone. */
  signer(): Promise<(claims: Body) => Promise<string>>;
  /** How the broker is configured for it. */
  config(more?: Partial<OidcConfig>): OidcConfig;
  close(): Promise<void>;
}

const loginPage = (action: string) => `<!doctype html><html lang="en"><title>Sign-in</title>
<main><h1>The organisation's sign-in</h1>
<form method="post" action="${action}">
<label>User name <input name="login" autocomplete="username" required></label>
<label>Password <input name="password" type="password" required></label>
<button>Sign in</button></form></main></html>`;

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Lets an answer of JSON through a change before it leaves. */
function changeAnswer(response: ServerResponse, change: (body: Body) => Promise<Body> | Body): void {
  const end = response.end.bind(response) as (text: string) => void;
  response.end = ((text: unknown) => {
    void (async () => {
      const changed = response.statusCode === 200 ? await change(JSON.parse(String(text))) : null;
      const body = changed === null ? String(text) : JSON.stringify(changed);
      response.setHeader('content-length', Buffer.byteLength(body));
      end(body);
    })();
    return response;
  }) as typeof response.end;
}

export async function playProvider(
  redirectUris: readonly string[],
  more: {
    readonly people?: Readonly<Record<string, Subject>>;
    readonly alg?: 'RS256' | 'ES256' | 'PS256';
    readonly backChannel?: string;
  } = {},
): Promise<PlayedProvider> {
  const { people = {}, alg = 'RS256' } = more;
  const known = new Map<string, Subject>(Object.entries(people));
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let serial = 1;
  let key = await newKey(alg, 'key-1');

  function open(): Provider {
    const configuration: Configuration = {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [...redirectUris],
          post_logout_redirect_uris: redirectUris.map((uri) => `${new URL(uri).origin}/`),
          id_token_signed_response_alg: alg,
          ...(more.backChannel === undefined ? {} : { backchannel_logout_uri: more.backChannel }),
        },
      ],
      jwks: { keys: [key as never] },
      cookies: { keys: ['cookies of the test'] },
      conformIdTokenClaims: false,
      claims: {
        openid: ['sub', 'amr', 'acr', 'acrs'],
        profile: ['preferred_username', 'employee_number'],
        email: ['email', 'email_verified'],
      },
      acrValues: ['urn:two', 'urn:one'],
      features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
      findAccount: (_ctx, sub) => ({
        accountId: sub,
        claims: () => ({ sub, ...(known.get(sub)?.claims ?? {}) }),
      }),
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({
          clientId: oidc.client?.clientId ?? '',
          accountId: oidc.session?.accountId ?? '',
        });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
    };
    return new Provider(issuer, configuration);
  }

  let provider = open();
  const self: PlayedProvider = {
    issuer,
    person: null,
    onToken: null,
    onReturn: null,
    onDiscovery: null,
    isDown: false,
    async rotate() {
      serial += 1;
      key = await newKey(alg, `key-${serial}`);
      provider = open();
    },
    async sign(claims, { alg: other = alg, typ = 'JWT' } = {}) {
      const { alg: _, ...jwk } = key;
      return new SignJWT(claims)
        .setProtectedHeader({ alg: other, typ, kid: `key-${serial}` })
        .sign(await importJWK(jwk, other));
    },
    async signer() {
      const [signed, kid] = [await importJWK(key, alg), `key-${serial}`];
      return (claims) => new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', kid }).sign(signed);
    },
    config: (changes = {}) => ({
      issuer,
      clientId,
      secret: { text: clientSecret },
      clientAuthentication: 'client_secret_basic',
      caFile: null,
      scopes: ['profile', 'email'],
      identity: { claim: 'preferred_username', matches: 'signInName', domain: null },
      secondFactor: { amr: ['mfa'], acr: [], acrs: [] },
      maxAgeSeconds: 43_200,
      timeoutSeconds: 2,
      passwordSignIn: 'allowed',
      signOutAtProvider: true,
      allowHttpOnLoopback: true,
      ...changes,
    }),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => {
        server.close(done);
      });
    },
  };

  async function finish(request: IncomingMessage, response: ServerResponse, person: Subject): Promise<void> {
    known.set(person.sub, person);
    await provider.interactionFinished(request, response, {
      login: {
        accountId: person.sub,
        ...(person.amr === undefined ? {} : { amr: [...person.amr] }),
        ...(person.acr === undefined ? {} : { acr: person.acr }),
      },
    });
  }

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { person } = self;
    if (person !== null) return finish(request, response, person);
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(loginPage(request.url ?? ''));
      return;
    }
    const form = new URLSearchParams(await bodyOf(request));
    const found = people[form.get('login') ?? ''];
    if (found === undefined) {
      response.statusCode = 403;
      response.end('nobody');
      return;
    }
    await finish(request, response, found);
  }

  function changeReturn(response: ServerResponse): void {
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
    response.writeHead = ((...args: unknown[]) => {
      const location = response.getHeader('location');
      if (typeof location === 'string' && redirectUris.some((uri) => location.startsWith(uri))) {
        const url = new URL(location);
        self.onReturn?.(url);
        response.setHeader('location', url.href);
      }
      return writeHead(...args);
    }) as typeof response.writeHead;
  }

  server.on('request', (request, response) => {
    if (self.isDown) {
      request.socket.destroy();
      return;
    }
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path.startsWith('/interaction/')) {
      interact(request, response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      });
      return;
    }
    if (path === '/token' && self.onToken !== null) changeAnswer(response, self.onToken);
    if (path === '/.well-known/openid-configuration' && self.onDiscovery !== null) {
      changeAnswer(response, self.onDiscovery);
    }
    if (path.startsWith('/auth')) changeReturn(response);
    void provider.callback()(request, response);
  });
  return self;
}

/** A browser at the provider: follows it from page to page, and gives the address to which it is sent back. */
export async function followProvider(
  start: string,
  issuer: string,
  jar = new Map<string, string>(),
): Promise<URL> {
  let url = new URL(start);
  for (let step = 0; step < 12; step += 1) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`the provider stopped: ${answer.status} ${await answer.text()}`);
    url = new URL(location, url);
    if (url.origin !== issuer) return url;
  }
  throw new Error('the provider goes round in circles');
}
