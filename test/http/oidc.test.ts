// Signing in by the organisation's OpenID Connect provider, a real one on the loopback; and what is refused.
import { eq } from 'drizzle-orm';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import type { OidcConfig } from '../../src/config/oidc.ts';
import type { Role } from '../../src/core/permissions.ts';
import { createOidcProvider } from '../../src/services/operators/oidc/provider.ts';
import { endOperator } from '../../src/services/operators/operators.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { silentLog } from '../store/silent-log.ts';
import { type ConsoleSite, createConsoleSite, type Method, type TestOperator } from './console-site.ts';
import {
  clientId,
  followProvider,
  type PlayedProvider,
  playProvider,
  type Subject,
} from './played-provider.ts';

const host = 'localhost:8081';
const origin = `http://${host}`;
const callback = `${origin}/api/v1/sign-in/oidc/callback`;
const minute = 60_000;

/** A clock that provider and broker share: it stands until it is moved. */
function createSharedClock(): TestClock {
  vi.useFakeTimers({ toFake: ['Date'] });
  let monotonic = 0;
  return {
    now: () => Date.now(),
    monotonic: () => monotonic,
    advance(ms) {
      vi.setSystemTime(Date.now() + ms);
      monotonic += ms;
    },
    set: (instant) => vi.setSystemTime(instant),
  };
}

describeOnEachStore('signing in by the organisation’s provider', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let provider: PlayedProvider;
  /** Changed in place: the site keeps it. */
  let config: { -readonly [Key in keyof OidcConfig]: OidcConfig[Key] };
  let usual: OidcConfig;
  let serial = 0;

  beforeAll(async () => {
    clock = createSharedClock();
    provider = await playProvider([callback]);
    usual = provider.config();
    config = { ...usual };
    site = await createConsoleSite(open, clock, {
      oidc: { config, provider: createOidcProvider(config, { clock, log: silentLog }) },
    });
  });
  afterAll(async () => {
    await site.close();
    await provider.close();
    vi.useRealTimers();
  });
  beforeEach(() => {
    Object.assign(config, usual);
    Object.assign(provider, { person: null, onToken: null, onReturn: null, isDown: false });
    // The limits of a minute are this test's alone.
    clock.advance(2 * minute);
  });

  /** A browser with a jar of cookies. */
  function browse() {
    serial += 1;
    const jar = new Map<string, string>();
    const remoteAddress = `127.1.${serial >> 8}.${serial & 255}`;
    const self = {
      jar,
      csrfToken: 'sign-in',
      async send(method: Method, url: string, body?: unknown, headers: Record<string, string> = {}) {
        const answer = await site.server.inject({
          method,
          url,
          remoteAddress,
          headers: {
            host,
            'accept-language': 'en',
            'sec-fetch-site': 'same-origin',
            cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
            ...(method === 'GET' ? {} : { origin, 'x-csrf-token': self.csrfToken }),
            ...headers,
          },
          ...(body === undefined ? {} : { payload: body as object }),
        });
        for (const { name, value } of answer.cookies) {
          if (value === '') jar.delete(name);
          else jar.set(name, value);
        }
        return answer;
      },
      /** From the button to the address that the provider sends the browser back to. */
      async depart(person: Subject): Promise<URL> {
        provider.person = person;
        const answer = await self.send('GET', '/api/v1/sign-in/oidc');
        expect(answer.statusCode).toBe(303);
        return followProvider(String(answer.headers.location), provider.issuer);
      },
      async arrive(url: URL): Promise<string> {
        const answer = await self.send('GET', `${url.pathname}${url.search}`, undefined, {
          'sec-fetch-site': 'cross-site',
          'sec-fetch-mode': 'navigate',
        });
        expect(answer.statusCode).toBe(303);
        return String(answer.headers.location);
      },
      async signIn(person: Subject): Promise<string> {
        return self.arrive(await self.depart(person));
      },
      async session() {
        const answer = await self.send('GET', '/api/v1/session');
        if (answer.statusCode === 200) self.csrfToken = answer.json().csrfToken;
        return answer;
      },
    };
    return self;
  }
  type Browse = ReturnType<typeof browse>;

  const add = (role: Role = 'central-administrator') => site.addOperator([{ role, unitId: null }]);
  const subjectFor = (operator: TestOperator, more: Partial<Subject> = {}): Subject => ({
    sub: `sub-of-${operator.signInName}`,
    amr: ['pwd', 'mfa'],
    claims: { preferred_username: operator.signInName },
    ...more,
  });
  const lastActs = async (count: number) =>
    (await site.acts()).slice(-count).map(({ outcome, detail }) => [outcome, detail]);
  const refusedFor = async (detail: string) =>
    expect(await lastActs(1)).toEqual([['operator.sign-in-refused', detail]]);

  async function passwordSession(operator: TestOperator): Promise<Browse> {
    const browser = browse();
    const { signInName: name, password } = operator;
    const answer = await browser.send('POST', '/api/v1/session', {
      name,
      password,
      code: operator.nextCode(),
    });
    expect(answer.statusCode).toBe(201);
    await browser.session();
    return browser;
  }

  it('signs in whoever was added beforehand, links the subject the first time, and records both', async () => {
    const operator = await add();
    const browser = browse();
    expect((await browser.send('GET', '/api/v1/sign-in')).json().methods.oidc).toBe(true);
    const planted = 'A'.repeat(43);
    browser.jar.set('gatewarden-console', planted);
    expect(await browser.signIn(subjectFor(operator))).toBe('/');
    const session = await browser.session();
    expect(browser.jar.get('gatewarden-console')).not.toBe(planted);
    expect(session.json()).toMatchObject({
      operator: { signInName: operator.signInName },
      oidc: { isLinked: true, mayLink: false, signsOut: true },
    });
    expect(await lastActs(2)).toEqual([
      ['operator.link-provider', null],
      ['operator.sign-in', null],
    ]);
    // From then on the subject counts, whatever the claim says.
    const renamed = subjectFor(operator, { claims: { preferred_username: 'somebody-else' } });
    expect(await browse().signIn(renamed)).toBe('/');
    expect(await lastActs(1)).toEqual([['operator.sign-in', null]]);
  });

  it('ends the session that the browser had, though the provider sends it back without its cookie', async () => {
    const browser = await passwordSession(await add());
    const back = await browser.depart(subjectFor(await add()));
    const former = browse();
    former.jar.set('gatewarden-console', browser.jar.get('gatewarden-console') ?? '');
    browser.jar.delete('gatewarden-console');
    expect((await former.session()).statusCode).toBe(200);
    expect(await browser.arrive(back)).toBe('/');
    expect([(await former.session()).statusCode, (await browser.session()).statusCode]).toEqual([401, 200]);
  });

  it('sends PKCE, state, nonce, the age and the exact redirect URI; the cookie is Lax, unreadable and short', async () => {
    Object.assign(config, { secondFactor: { amr: ['mfa'], acr: ['urn:two'], acrs: ['c1'] } });
    const answer = await browse().send('GET', '/api/v1/sign-in/oidc');
    const sent = new URL(String(answer.headers.location)).searchParams;
    expect(Object.fromEntries(sent)).toMatchObject({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid profile email',
      code_challenge_method: 'S256',
      max_age: '43200',
      acr_values: 'urn:two',
      claims: '{"id_token":{"acrs":{"essential":true,"value":"c1"}}}',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(sent.get(name)).toMatch(/^[\w-]{43}$/);
    expect(answer.headers['set-cookie']).toMatch(
      /^gatewarden-oidc=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(answer.headers['set-cookie']).not.toContain(sent.get('state'));
  });

  it('makes nobody: an unknown name is refused, in words that say nothing of who exists', async () => {
    const before = await site.world.store.read((db) => db.select().from(db.tables.operators));
    const browser = browse();
    const stranger = { sub: 'stranger', amr: ['mfa'], claims: { preferred_username: 'stranger' } };
    expect(await browser.signIn(stranger)).toBe('/?oidc=refused');
    expect((await browser.session()).statusCode).toBe(401);
    await refusedFor('oidc-unknown');
    expect((await site.acts()).at(-1)?.personal).toContain('stranger');
    expect(await site.world.store.read((db) => db.select().from(db.tables.operators))).toEqual(before);
  });

  it('refuses a name that folds into another’s, and a claim that is no text', async () => {
    const operator = await add();
    const wide = operator.signInName.replace('o', '\uff4f');
    for (const name of [wide, ` ${operator.signInName}`, [operator.signInName], 7, '']) {
      const subject = subjectFor(operator, { claims: { preferred_username: name } });
      expect(await browse().signIn(subject)).toBe('/?oidc=refused');
      await refusedFor('oidc-unknown');
    }
  });

  it('refuses another subject under the name of an operator who is linked', async () => {
    const operator = await add();
    expect(await browse().signIn(subjectFor(operator))).toBe('/');
    const heir = subjectFor(operator, { sub: 'the-heir-of-the-name' });
    expect(await browse().signIn(heir)).toBe('/?oidc=refused');
    await refusedFor('oidc-other-subject');
  });

  it('takes a verified e-mail address of the right domain alone', async () => {
    const identity = { claim: 'email', matches: 'signInName', domain: 'example.org' } as const;
    Object.assign(config, { identity });
    const operator = await add();
    const mail = `${operator.signInName}@example.org`;
    const by = (claims: Record<string, unknown>) => browse().signIn(subjectFor(operator, { claims }));
    expect(await by({ email: mail })).toBe('/?oidc=refused');
    await refusedFor('oidc-email-unverified');
    expect(await by({ email: mail, email_verified: 'true' })).toBe('/?oidc=refused');
    await refusedFor('oidc-email-unverified');
    expect(await by({ email: `${operator.signInName}@evil.example`, email_verified: true })).toBe(
      '/?oidc=refused',
    );
    await refusedFor('oidc-unknown');
    expect(await by({ email: `${mail}@evil.example`, email_verified: true })).toBe('/?oidc=refused');
    expect(await by({ email: mail.replace('example.org', 'Example.ORG'), email_verified: true })).toBe('/');
  });

  it('finds an operator by the staff code', async () => {
    Object.assign(config, { identity: { claim: 'employee_number', matches: 'staffCode', domain: null } });
    const operator = await add();
    const code = operator.signInName.replace('operator', 'OP-');
    expect(await browse().signIn(subjectFor(operator, { claims: { employee_number: code } }))).toBe('/');
  });

  it('refuses an operator who has left, though the provider says yes', async () => {
    const operator = await add();
    const browser = browse();
    expect(await browser.signIn(subjectFor(operator))).toBe('/');
    await site.world.store.write((db) =>
      db.insert(db.tables.employmentEvents).values({
        personId: operator.personId,
        kind: 'ended',
        detail: 'resigned',
        effectiveAt: clock.now() - 1,
        source: 'test',
        sourceKey: `left-${operator.signInName}`,
        recordedAt: clock.now(),
      }),
    );
    expect((await browser.session()).statusCode).toBe(401);
    expect(await browse().signIn(subjectFor(operator))).toBe('/?oidc=refused');
    await refusedFor('oidc-left');
  });

  it('refuses an operator who was ended', async () => {
    const [operator, other] = [await add('auditor'), await add()];
    const { world } = site;
    await endOperator(
      {
        store: world.store,
        keyring: world.keyring,
        clock,
        random: systemRandom,
        by: { name: 'test', via: 'console' },
        actor: { personId: other.personId, operatorId: other.operatorId },
      },
      { operatorId: operator.operatorId, reason: 'không còn nhiệm vụ' },
    );
    expect(await browse().signIn(subjectFor(operator))).toBe('/?oidc=refused');
    await refusedFor('oidc-left');
  });

  it('asks for the local code where the provider proves no second factor, and counts wrong ones', async () => {
    const operator = await add();
    for (const more of [
      { amr: ['pwd'] },
      { amr: [] },
      { amr: ['mfa-not'] },
      { acr: 'urn:two', amr: ['pwd'] },
    ]) {
      const browser = browse();
      expect(await browser.signIn(subjectFor(operator, more))).toBe('/?oidc=code');
      expect((await browser.session()).statusCode).toBe(401);
    }
    const browser = browse();
    await browser.signIn(subjectFor(operator, { amr: ['pwd'] }));
    const wrong = await browser.send('POST', '/api/v1/sign-in/oidc/code', { code: '000000' });
    expect([wrong.statusCode, wrong.json().code]).toEqual([401, 'sign-in-refused']);
    await refusedFor('code-wrong');
    const sealed = browser.jar.get('gatewarden-oidc') ?? '';
    const right = await browser.send('POST', '/api/v1/sign-in/oidc/code', { code: operator.nextCode() });
    expect(right.statusCode).toBe(201);
    expect((await browser.session()).statusCode).toBe(200);
    // What the provider said counts once.
    const thief = browse();
    thief.jar.set('gatewarden-oidc', sealed);
    const again = await thief.send('POST', '/api/v1/sign-in/oidc/code', { code: operator.nextCode() });
    expect(again.statusCode).toBe(401);
    const empty = await browse().send('POST', '/api/v1/sign-in/oidc/code', { code: operator.nextCode() });
    expect(empty.statusCode).toBe(401);
  });

  it('gives the local code five minutes', async () => {
    const operator = await add();
    const browser = browse();
    await browser.signIn(subjectFor(operator, { amr: ['pwd'] }));
    clock.advance(5 * minute);
    const late = await browser.send('POST', '/api/v1/sign-in/oidc/code', { code: operator.nextCode() });
    expect(late.statusCode).toBe(401);
  });

  it('lets nobody in without a second factor from either side', async () => {
    const operator = await add();
    await site.world.store.write((db) =>
      db
        .update(db.tables.operators)
        .set({ sealedSeed: null, passwordPhc: null })
        .where(eq(db.tables.operators.id, operator.operatorId)),
    );
    expect(await browse().signIn(subjectFor(operator, { amr: ['pwd'] }))).toBe(
      '/?oidc=second-factor-missing',
    );
    await refusedFor('oidc-second-factor-missing');
    expect(await browse().signIn(subjectFor(operator))).toBe('/');
  });

  it('takes a class of authentication as proof where one is configured', async () => {
    Object.assign(config, { secondFactor: { amr: [], acr: ['urn:two'], acrs: [] } });
    const operator = await add();
    expect(await browse().signIn(subjectFor(operator, { acr: 'urn:one' }))).toBe('/?oidc=code');
    expect(await browse().signIn(subjectFor(operator, { acr: 'urn:two' }))).toBe('/');
  });

  it.each([
    ['a wrong state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (url: URL) => url.searchParams.delete('state')],
  ])('refuses %s', async (_what, change) => {
    const browser = browse();
    const url = await browser.depart(subjectFor(await add()));
    change(url);
    expect(await browser.arrive(url)).toBe('/?oidc=again');
    await refusedFor('oidc-state');
    expect(browser.jar.size).toBe(0);
  });

  it('refuses an answer in a browser that did not ask', async () => {
    const url = await browse().depart(subjectFor(await add()));
    expect(await browse().arrive(url)).toBe('/?oidc=again');
    await refusedFor('oidc-state');
    // Nor in one that asked for something else.
    const other = browse();
    await other.depart(subjectFor(await add()));
    expect(await other.arrive(url)).toBe('/?oidc=again');
    await refusedFor('oidc-state');
  });

  it('takes an answer once, and within ten minutes', async () => {
    const operator = await add();
    const browser = browse();
    const url = await browser.depart(subjectFor(operator));
    const sealed = browser.jar.get('gatewarden-oidc') ?? '';
    expect(await browser.arrive(url)).toBe('/');
    browser.jar.set('gatewarden-oidc', sealed);
    expect(await browser.arrive(url)).toBe('/?oidc=again');
    await refusedFor('oidc-state');
    const slow = browse();
    const late = await slow.depart(subjectFor(operator));
    clock.advance(10 * minute);
    expect(await slow.arrive(late)).toBe('/?oidc=again');
    await refusedFor('oidc-state');
  });

  it('refuses a code that was used in another browser', async () => {
    const operator = await add();
    const [first, second] = [browse(), browse()];
    const url = await first.depart(subjectFor(operator));
    const stolen = url.searchParams.get('code') ?? '';
    expect(await first.arrive(url)).toBe('/');
    const own = await second.depart(subjectFor(operator));
    own.searchParams.set('code', stolen);
    expect(await second.arrive(own)).toBe('/?oidc=again');
    await refusedFor('oidc-code');
  });

  it('refuses an unused code that was made for another browser (PKCE)', async () => {
    const operator = await add();
    const url = await browse().depart(subjectFor(operator));
    const second = browse();
    const own = await second.depart(subjectFor(operator));
    own.searchParams.set('code', url.searchParams.get('code') ?? '');
    expect(await second.arrive(own)).toBe('/?oidc=again');
    await refusedFor('oidc-code');
  });

  it.each([
    ['names another provider', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['names none, though the provider always does', (url: URL) => url.searchParams.delete('iss')],
  ])('refuses an answer that %s (mix-up, RFC 9207)', async (_what, change) => {
    const browser = browse();
    const url = await browser.depart(subjectFor(await add()));
    change(url);
    expect(await browser.arrive(url)).toBe('/?oidc=refused');
    await refusedFor('oidc-issuer');
  });

  it('tells of a sign-in that was cancelled at the provider', async () => {
    const browser = browse();
    const url = await browser.depart(subjectFor(await add()));
    url.searchParams.delete('code');
    url.searchParams.set('error', 'access_denied');
    expect(await browser.arrive(url)).toBe('/?oidc=cancelled');
    await refusedFor('oidc-provider-refused');
  });

  const unsigned = (claims: object, alg: string) =>
    [{ alg, typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
  const now = () => Math.floor(Date.now() / 1_000);
  const forged: [string, string, string, (claims: Record<string, unknown>) => Promise<string> | string][] = [
    ['another nonce', 'nonce', 'again', (claims) => provider.sign({ ...claims, nonce: 'another' })],
    ['no nonce', 'token', 'refused', ({ nonce: _, ...claims }) => provider.sign(claims)],
    [
      'a foreign issuer',
      'issuer',
      'refused',
      (claims) => provider.sign({ ...claims, iss: 'https://evil.example' }),
    ],
    ['another audience', 'token', 'refused', (claims) => provider.sign({ ...claims, aud: 'another' })],
    [
      'its end in the past',
      'token-expired',
      'again',
      (claims) => provider.sign({ ...claims, iat: now() - 3_600, exp: now() - 31 - 3_600 * 24 }),
    ],
    [
      'several audiences and no word on who asked for it (azp)',
      'token',
      'refused',
      (claims) => provider.sign({ ...claims, aud: [clientId, 'another'] }),
    ],
    [
      'another one who asked for it (azp)',
      'token',
      'refused',
      (claims) => provider.sign({ ...claims, azp: 'another' }),
    ],
    [
      'its end further back than clocks may differ',
      'token-expired',
      'again',
      (claims) => provider.sign({ ...claims, iat: now() - 300, exp: now() - 31 }),
    ],
    [
      'a beginning further ahead than clocks may differ',
      'token',
      'refused',
      (claims) => provider.sign({ ...claims, nbf: now() + 40 }),
    ],
    ['no signature (alg none)', 'token', 'refused', (claims) => `${unsigned(claims, 'none')}.`],
    [
      'a signature by the shared secret (HS256)',
      'token',
      'refused',
      async (claims) => `${unsigned(claims, 'HS256')}.${Buffer.alloc(32).toString('base64url')}`,
    ],
    [
      'a signature of other claims',
      'token',
      'refused',
      async (claims) => {
        const [header, , signature] = (await provider.sign(claims)).split('.');
        const other = Buffer.from(JSON.stringify({ ...claims, sub: 'other' })).toString('base64url');
        return `${header}.${other}.${signature}`;
      },
    ],
    [
      'an algorithm that is not taken (RS512)',
      'token',
      'refused',
      (claims) => provider.sign(claims, { alg: 'RS512' }),
    ],
    [
      'a word on when that is no number',
      'token',
      'refused',
      (claims) => provider.sign({ ...claims, auth_time: 'now' }),
    ],
    ['no word on when', 'stale', 'stale', ({ auth_time: _, ...claims }) => provider.sign(claims)],
    [
      'an old word on when',
      'stale',
      'stale',
      (claims) => provider.sign({ ...claims, auth_time: Math.floor(clock.now() / 1_000) - 43_200 - 31 }),
    ],
    [
      'a word on when from the future',
      'stale',
      'stale',
      (claims) => provider.sign({ ...claims, auth_time: Math.floor(clock.now() / 1_000) + 40 }),
    ],
  ];
  async function refuseForged(
    detail: string,
    outcome: string,
    forge: (typeof forged)[number][3],
  ): Promise<void> {
    const operator = await add();
    provider.onToken = async (body) => ({
      ...body,
      id_token: await forge({ ...decodeJwt(String(body['id_token'])), sub: `sub-of-${operator.signInName}` }),
    });
    const browser = browse();
    expect(await browser.signIn(subjectFor(operator))).toBe(`/?oidc=${outcome}`);
    expect((await browser.session()).statusCode).toBe(401);
    await refusedFor(`oidc-${detail}`);
  }

  it.each(forged)('refuses an ID token with %s', async (_what, detail, outcome, forge) => {
    await refuseForged(detail, outcome, forge);
  });

  it('takes the same token unchanged (what the refusals above differ from)', async () => {
    const operator = await add();
    provider.onToken = async (body) => ({
      ...body,
      id_token: await provider.sign(decodeJwt(String(body['id_token']))),
    });
    expect(await browse().signIn(subjectFor(operator))).toBe('/');
  });

  it('takes a token whose clock differs by less than half a minute', async () => {
    const operator = await add();
    for (const more of [{ exp: now() - 25 }, { nbf: now() + 25 }]) {
      provider.onToken = async (body) => ({
        ...body,
        id_token: await provider.sign({ ...decodeJwt(String(body['id_token'])), ...more }),
      });
      expect(await browse().signIn(subjectFor(operator))).toBe('/');
    }
  });

  describe.each(['ES256', 'PS256'] as const)('of a provider that signs with %s', (alg) => {
    let former: {
      readonly site: ConsoleSite;
      readonly provider: PlayedProvider;
      readonly config: typeof config;
      readonly usual: OidcConfig;
    };
    beforeAll(async () => {
      former = { site, provider, config, usual };
      provider = await playProvider([callback], { alg });
      usual = provider.config();
      config = { ...usual };
      site = await createConsoleSite(open, clock, {
        oidc: { config, provider: createOidcProvider(config, { clock, log: silentLog }) },
      });
    });
    afterAll(async () => {
      await site.close();
      await provider.close();
      ({ site, provider, config, usual } = former);
    });

    it('signs in, by new keys too', async () => {
      const operator = await add();
      let header: unknown;
      provider.onToken = (body) => {
        header = decodeProtectedHeader(String(body['id_token']));
        return body;
      };
      expect(await browse().signIn(subjectFor(operator))).toBe('/');
      expect(header).toMatchObject({ alg });
      await provider.rotate();
      expect(await browse().signIn(subjectFor(operator))).toBe('/');
    });

    // A key of an elliptic curve signs nothing of RSA's.
    const possible = forged.filter(([what]) => alg === 'PS256' || !what.includes('RS512'));
    it.each(possible)('refuses an ID token with %s', async (_what, detail, outcome, forge) => {
      await refuseForged(detail, outcome, forge);
    });

    it('refuses a token signed by a key that is gone', async () => {
      const operator = await add();
      const sign = await provider.signer();
      await provider.rotate();
      provider.onToken = async (body) => ({
        ...body,
        id_token: await sign(decodeJwt(String(body['id_token']))),
      });
      expect(await browse().signIn(subjectFor(operator))).toBe('/?oidc=refused');
      await refusedFor('oidc-token');
    });
  });

  it('takes new keys of the provider at once', async () => {
    const operator = await add();
    expect(await browse().signIn(subjectFor(operator))).toBe('/');
    await provider.rotate();
    expect(await browse().signIn(subjectFor(operator))).toBe('/');
  });

  it('says so when the provider is down, before and after its pages, and takes passwords meanwhile', async () => {
    const operator = await add();
    const waiting = browse();
    const url = await waiting.depart(subjectFor(operator));
    provider.isDown = true;
    expect(await waiting.arrive(url)).toBe('/?oidc=unavailable');
    await refusedFor('oidc-unavailable');
    // What is known of the provider is asked for anew after an hour.
    clock.advance(61 * minute);
    const answer = await browse().send('GET', '/api/v1/sign-in/oidc');
    expect(answer.headers.location).toBe('/?oidc=unavailable');
    await refusedFor('oidc-unavailable');
    await passwordSession(operator);
  });

  it('never sends a browser to a provider that names another issuer or speaks no safe algorithm', async () => {
    for (const change of [
      { issuer: 'https://evil.example' },
      { id_token_signing_alg_values_supported: ['none', 'HS256', 'RS512'] },
      { token_endpoint: 'http://evil.example/token' },
      { authorization_endpoint: 'javascript:alert(1)' },
    ]) {
      clock.advance(61 * minute);
      provider.onDiscovery = (body) => ({ ...body, ...change });
      const answer = await browse().send('GET', '/api/v1/sign-in/oidc');
      expect(answer.headers.location).toBe('/?oidc=unavailable');
    }
    provider.onDiscovery = null;
  });

  it('proves an operator once more, by a fresh sign-in of the same subject with two factors', async () => {
    const operator = await add();
    const browser = browse();
    await browser.signIn(subjectFor(operator));
    await browser.session();
    clock.advance(6 * minute);
    const dangerous = () =>
      browser.send('DELETE', '/api/v1/me/oidc').then((answer) => [answer.statusCode, answer.json().code]);
    expect(await dangerous()).toEqual([403, 'step-up-required']);
    const begun = await browser.send('POST', '/api/v1/session/step-up/oidc');
    const sent = new URL(begun.json().url);
    expect([sent.searchParams.get('prompt'), sent.searchParams.get('max_age')]).toEqual(['login', '0']);
    // A provider that shows what it knew already.
    provider.onToken = async (body) => {
      const claims = {
        ...decodeJwt(String(body['id_token'])),
        auth_time: Math.floor(clock.now() / 1_000) - 40,
      };
      return { ...body, id_token: await provider.sign(claims) };
    };
    const back = await followProvider(sent.href, provider.issuer);
    expect(await browser.arrive(back)).toBe('/oidc-proof?oidc=stale');
    await refusedFor('oidc-stale');
    expect(await dangerous()).toEqual([403, 'step-up-required']);
    provider.onToken = null;

    const prove = async (person: Subject) => {
      provider.person = person;
      const { url } = (await browser.send('POST', '/api/v1/session/step-up/oidc')).json();
      return browser.arrive(await followProvider(url, provider.issuer));
    };
    expect(await prove(subjectFor(operator, { sub: 'somebody-else' }))).toBe('/oidc-proof?oidc=refused');
    await refusedFor('oidc-other-subject');
    expect(await prove(subjectFor(operator, { amr: ['pwd'] }))).toBe(
      '/oidc-proof?oidc=second-factor-missing',
    );
    await refusedFor('oidc-second-factor-missing');
    expect(await dangerous()).toEqual([403, 'step-up-required']);
    const known = browser.jar.get('gatewarden-console');
    expect(await prove(subjectFor(operator))).toBe('/oidc-proof?oidc=done');
    const thief = browse();
    thief.jar.set('gatewarden-console', known ?? '');
    expect((await thief.session()).statusCode).toBe(401);
    expect((await browser.send('DELETE', '/api/v1/me/oidc')).statusCode).toBe(204);
    expect(await lastActs(1)).toEqual([['operator.unlink-provider', null]]);
  });

  it('proves nobody whose session ended on the way', async () => {
    const operator = await add();
    const browser = browse();
    await browser.signIn(subjectFor(operator));
    await browser.session();
    const { url } = (await browser.send('POST', '/api/v1/session/step-up/oidc')).json();
    const back = await followProvider(url, provider.issuer);
    await browser.send('DELETE', '/api/v1/session');
    expect(await browser.arrive(back)).toBe('/oidc-proof?oidc=again');
    await refusedFor('oidc-session');
  });

  it('links by the operator’s own act after a proof, where the subject alone counts', async () => {
    Object.assign(config, { identity: { claim: 'sub', matches: 'signInName', domain: null } });
    const operator = await add();
    const subject = subjectFor(operator);
    expect(await browse().signIn(subject)).toBe('/?oidc=refused');
    await refusedFor('oidc-unknown');
    const browser = await passwordSession(operator);
    const link = async (by: Browse) => {
      const { url } = (await by.send('POST', '/api/v1/me/oidc')).json();
      return by.arrive(await followProvider(url, provider.issuer));
    };
    clock.advance(6 * minute);
    expect((await browser.send('POST', '/api/v1/me/oidc')).json().code).toBe('step-up-required');
    await browser.send('POST', '/api/v1/session/step-up', { code: operator.nextCode() });
    expect(await link(browser)).toBe('/me?oidc=done');
    expect(await lastActs(1)).toEqual([['operator.link-provider', null]]);
    expect(await browse().signIn(subject)).toBe('/');
    // One subject, one operator; one operator, one subject.
    provider.person = subject;
    expect(await link(await passwordSession(await add()))).toBe('/me?oidc=refused');
    await refusedFor('oidc-linked-elsewhere');
    provider.person = { ...subject, sub: 'a-second-one' };
    expect(await link(await passwordSession(operator))).toBe('/me?oidc=refused');
    await refusedFor('oidc-other-subject');
  });

  it('lets nobody choose where a claim names the operators', async () => {
    const browser = await passwordSession(await add());
    expect((await browser.send('POST', '/api/v1/me/oidc')).statusCode).toBe(404);
    expect((await browser.send('POST', '/api/v1/session/step-up/oidc')).statusCode).toBe(404);
  });

  it('unlinks by an administrator, with a reason; the sessions end, and one’s own is not theirs to take', async () => {
    const [operator, administrator] = [await add('auditor'), await add()];
    const browser = browse();
    await browser.signIn(subjectFor(operator));
    const by = await passwordSession(administrator);
    const path = `/api/v1/operators/${operator.operatorId}/oidc`;
    expect((await by.send('DELETE', path)).statusCode).toBe(400);
    const reason = encodeURIComponent('tài khoản cũ đã bị thay');
    const remove = async (one: TestOperator) => {
      const items = (await by.send('GET', '/api/v1/operators')).json().items as {
        id: number;
        etag: string;
      }[];
      const etag = items.find(({ id }) => id === one.operatorId)?.etag ?? '';
      const url = `/api/v1/operators/${one.operatorId}/oidc?reason=${reason}`;
      return (await by.send('DELETE', url, undefined, { 'if-match': etag })).statusCode;
    };
    expect(await remove(operator)).toBe(204);
    expect((await browser.session()).statusCode).toBe(401);
    expect(await remove(operator)).toBe(404);
    expect(await remove(administrator)).toBe(422);
  });

  it('signs out at the provider too, and goes nowhere else', async () => {
    const operator = await add();
    const browser = browse();
    await browser.signIn(subjectFor(operator));
    await browser.session();
    expect((await browser.send('DELETE', '/api/v1/session')).statusCode).toBe(204);
    const answer = await browser.send('GET', '/api/v1/sign-in/oidc/sign-out?returnTo=https://evil.example');
    const url = new URL(String(answer.headers.location));
    expect([`${url.origin}${url.pathname}`, Object.fromEntries(url.searchParams)]).toEqual([
      `${provider.issuer}/session/end`,
      { client_id: clientId, post_logout_redirect_uri: `${origin}/` },
    ]);
    Object.assign(config, { signOutAtProvider: false });
    const here = await browser.send('GET', '/api/v1/sign-in/oidc/sign-out');
    expect(here.headers.location).toBe('/');
  });

  it('ends the operator’s sessions when the provider says so, by a token that is right and new', async () => {
    const operator = await add();
    const subject = subjectFor(operator);
    const browser = browse();
    await browser.signIn(subject);
    const at = Math.floor(clock.now() / 1_000);
    const claims = {
      iss: provider.issuer,
      aud: clientId,
      sub: subject.sub,
      iat: at,
      exp: at + 120,
      jti: 'token-1',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    };
    const post = async (token: string) =>
      (
        await site.server.inject({
          method: 'POST',
          url: '/api/v1/sign-in/oidc/back-channel-logout',
          remoteAddress: '127.0.9.9',
          headers: { host, 'content-type': 'application/x-www-form-urlencoded' },
          payload: new URLSearchParams({ logout_token: token }).toString(),
        })
      ).statusCode;
    const { events: _, ...eventless } = claims;
    for (const wrong of [
      { ...claims, aud: 'another' },
      { ...claims, iss: 'https://evil.example' },
      { ...claims, exp: at - 31 },
      { ...claims, nonce: 'an ID token has one' },
      { ...claims, events: { 'http://schemas.openid.net/event/other': {} } },
      eventless,
    ]) {
      expect(await post(await provider.sign(wrong))).toBe(400);
    }
    expect(await post(`${unsigned(claims, 'none')}.`)).toBe(400);
    expect((await browser.session()).statusCode).toBe(200);
    const token = await provider.sign(claims, { typ: 'logout+jwt' });
    expect(await post(token)).toBe(200);
    expect((await browser.session()).statusCode).toBe(401);
    expect(await lastActs(1)).toEqual([['operator.sign-out', 'oidc-back-channel']]);
    expect(await post(token)).toBe(400);
  });

  it('switches passwords off for those who are linked, but never for the last who could come in without', async () => {
    Object.assign(config, { passwordSignIn: 'refused' });
    // Others of this test are linked or have no authenticator: the two are the only ones left.
    await site.world.store.write((db) => db.update(db.tables.operators).set({ state: 'ended' }));
    const [first, second] = [await add(), await add()];
    for (const operator of [first, second]) await passwordSession(operator);
    expect(await browse().signIn(subjectFor(first))).toBe('/');
    const attempt = async ({ signInName: name, password, nextCode }: TestOperator) => {
      const answer = await browse().send('POST', '/api/v1/session', { name, password, code: nextCode() });
      return [answer.statusCode, answer.json().code];
    };
    expect(await attempt(first)).toEqual([403, 'password-off']);
    await refusedFor('password-off');
    const wrong = await browse().send('POST', '/api/v1/session', {
      name: first.signInName,
      password: 'another long password',
      code: first.nextCode(),
    });
    expect(wrong.json().code).toBe('sign-in-refused');
    expect((await attempt(second))[0]).toBe(201);
    expect(await browse().signIn(subjectFor(second))).toBe('/');
    expect((await attempt(first))[0]).toBe(201);
    expect((await attempt(second))[0]).toBe(201);
    // An ordinary operator is none of them.
    const auditor = await add('auditor');
    expect((await attempt(auditor))[0]).toBe(201);
    expect(await browse().signIn(subjectFor(auditor))).toBe('/');
    expect(await attempt(auditor)).toEqual([403, 'password-off']);
  });
});

describeOnEachStore('a console without a provider', (open) => {
  it('offers none and answers nothing of it', async () => {
    const site = await createConsoleSite(open, createTestClock(Date.now()));
    const browser = site.browser();
    expect((await browser.send('GET', '/api/v1/sign-in')).json().methods.oidc).toBe(false);
    for (const path of ['', '/callback?state=x&code=y', '/sign-out']) {
      expect((await browser.send('GET', `/api/v1/sign-in/oidc${path}`)).statusCode).toBe(404);
    }
    await site.close();
  });
});
