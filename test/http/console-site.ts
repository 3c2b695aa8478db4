// The console's server over a small organisation in a real store, and browsers that use it.
import { tmpdir } from 'node:os';
import { and, asc, eq } from 'drizzle-orm';
import { systemRandom } from '../../src/base/random.ts';
import type { WebConfig } from '../../src/config/web.ts';
import { hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import type { Role } from '../../src/core/permissions.ts';
import { type ConsoleDeps, createConsoleServer } from '../../src/http/console.ts';
import { checkClock } from '../../src/services/doctor/broker.ts';
import { ok } from '../../src/services/doctor/finding.ts';
import type { PolledSources } from '../../src/services/feeds/poll.ts';
import { createImportRuns } from '../../src/services/lifecycle/import-runs.ts';
import type { Oidc } from '../../src/services/operators/oidc/sign-in.ts';
import { createOrganisationRuns } from '../../src/services/organisation/import-runs.ts';
import { createPasswords } from '../../src/services/passwords/passwords.ts';
import { contextOf } from '../../src/services/secrets/keyring.ts';
import { openSettings } from '../../src/services/settings/settings.ts';
import { insertNameWords } from '../../src/store/queries/name-words.ts';
import { insertOperator, insertOperatorRole } from '../../src/store/queries/operators.ts';
import type { Store } from '../../src/store/store.ts';
import { captureLog } from '../services/captured-log.ts';
import type { TestClock } from '../services/clock.ts';
import { findProfile, profiles } from '../services/profiles.ts';
import { createWorld, day, type World } from '../services/world.ts';

export const origin = 'http://localhost:8081';
export const plainConfig: WebConfig = {
  listen: { host: '127.0.0.1', port: 8081 },
  hostName: null,
  tls: null,
  trustedProxies: [],
};

type Server = Awaited<ReturnType<typeof createConsoleServer>>;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface TestOperator {
  readonly operatorId: number;
  readonly personId: number;
  readonly signInName: string;
  readonly password: string;
  /** A code that was not used yet: the clock goes on by a step first. */
  nextCode(): string;
}

/** A browser: keeps the cookie, sends what pages of the site send. */
export interface Browser {
  cookie: string | null;
  csrfToken: string;
  send(
    method: Method,
    url: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Awaited<ReturnType<Server['inject']>>>;
  /** Changes a thing as it is now: with its ETag, as a page sends it that was just loaded. */
  change: Browser['send'];
}

interface Listed {
  readonly id?: number;
  readonly accountId?: number;
  readonly etag?: string;
  readonly slip?: { readonly etag: string } | null;
}

/** The ETag of the thing that a change at `url` is of, as the browser's operator sees it; one that fits nothing where it is not there. */
export async function etagOf(browser: Browser, url: string): Promise<string> {
  const [, noun = '', name = '', rest = ''] = /^\/api\/v1\/([\w-]+)\/([^/?]+)([^?]*)/.exec(url) ?? [];
  const itemOf = async (list: string, isIt: (item: Listed) => boolean) => {
    const answer = await browser.send('GET', list);
    const items = answer.statusCode === 200 ? (answer.json().items as Listed[]) : [];
    return items.find(isIt);
  };
  const none = '"none"';
  if (url.startsWith('/api/v1/calendar'))
    return String((await browser.send('GET', '/api/v1/calendar?year=2026')).headers.etag ?? none);
  if (rest === '/slip/hand-over') {
    const { units } = (await browser.send('GET', '/api/v1/rollout')).json() as {
      units: { unitId: number }[];
    };
    for (const { unitId } of units) {
      const isIt = ({ accountId }: Listed) => accountId === Number(name);
      const found = await itemOf(`/api/v1/rollout/people?unit=${unitId}`, isIt);
      if (found !== undefined) return found.slip?.etag ?? none;
    }
    return none;
  }
  if (['operators', 'hardware-tokens', 'units', 'requests'].includes(noun)) {
    const longest = noun === 'hardware-tokens' || noun === 'requests' ? '?limit=200' : '';
    return (await itemOf(`/api/v1/${noun}${longest}`, ({ id }) => id === Number(name)))?.etag ?? none;
  }
  return String((await browser.send('GET', `/api/v1/${noun}/${name}`)).headers.etag ?? none);
}

export async function createConsoleSite(
  open: (deps: { clock: TestClock }) => Promise<Store>,
  clock: TestClock,
  more: {
    readonly config?: WebConfig;
    readonly pagesDirectory?: string;
    readonly onCutsOrdered?: () => void;
    readonly polled?: PolledSources;
    readonly oidc?: Oidc;
  } = {},
) {
  const world: World = await createWorld(await open({ clock }), clock);
  const log = captureLog();
  const { store, keyring } = world;
  const random = systemRandom;
  const passwords = createPasswords({ clock, random, log, concurrency: 1, queueLength: 16 });
  const settings = await openSettings({
    store,
    keyring,
    findProfile,
    log,
  });
  const serverDeps: ConsoleDeps = {
    settings,
    profiles,
    readiness: async () => ({ ready: true, causes: [] }),
    polled: more.polled ?? { directories: [], folders: [] },
    importRuns: createImportRuns({ random, log }),
    upstreams: ['old-ad'],
    tlsAuthorities: () => null,
    organisationRuns: createOrganisationRuns({ directory: tmpdir(), log }),
    examineBroker: async () => [
      ok('http', 'HTTP is open to this host alone.', 'HTTP chỉ mở cho chính máy này.'),
      checkClock({ stable: false, fault: 'jumped', offsetMs: 7_000 }),
    ],
    radius: {
      ports: [1812],
      accountingPorts: [1813],
      rejectDelayMs: 1_000,
      httpPort: 8083,
      report: async () => ({ observations: {}, counters: { dropped: {} } }),
      refreshSettings: () => settings.refresh(),
    },
    store,
    keyring,
    clock,
    random,
    log,
    passwords,
    node: 'test',
    config: more.config ?? plainConfig,
    portalUrl: 'https://vpn.example.org',
    dataDirectory: tmpdir(),
    certificates: [{ name: 'console.tls', file: '/nowhere/console.pem' }],
    pagesDirectory: more.pagesDirectory ?? '/nowhere',
    refusalMs: 0,
    oidc: more.oidc ?? null,
    onCutsOrdered: more.onCutsOrdered ?? (() => {}),
  };
  const server = await createConsoleServer(serverDeps);
  const nodes = [server];
  let serial = 0;
  let browsers = 1;

  function browser(host = 'localhost:8081', site = `http://${host}`, node: Server = server): Browser {
    browsers += 1;
    const remoteAddress = `127.0.${browsers >> 8}.${browsers & 255}`;
    const self: Browser = {
      cookie: null,
      csrfToken: 'sign-in',
      async send(method, url, body, headers = {}) {
        const answer = await node.inject({
          method,
          url,
          remoteAddress,
          headers: {
            host,
            'accept-language': 'en',
            'sec-fetch-site': 'same-origin',
            ...(method === 'GET' ? {} : { origin: site, 'x-csrf-token': self.csrfToken }),
            ...(self.cookie === null ? {} : { cookie: self.cookie }),
            ...headers,
          },
          ...(body === undefined ? {} : { payload: body as object }),
        });
        for (const { name, value } of answer.cookies) self.cookie = value === '' ? null : `${name}=${value}`;
        return answer;
      },
      async change(method, url, body, headers = {}) {
        return self.send(method, url, body, { 'if-match': await etagOf(self, url), ...headers });
      },
    };
    return self;
  }

  /** An operator with a password and an app, employed in a unit. */
  async function addOperator(
    roles: readonly { readonly role: Role; readonly unitId: number | null }[],
    unitId: number = world.units.centre,
  ): Promise<TestOperator> {
    serial += 1;
    const signInName = `operator${serial}`;
    const password = 'bay con ngua go xanh';
    const seed = random.bytes(20);
    const passwordPhc = await passwords.hash(password);
    const now = clock.now();
    const { operatorId, personId } = await store.write(async (db) => {
      const { people, employmentEvents } = db.tables;
      const [person] = await db
        .insert(people)
        .values({
          staffCode: `OP-${serial}`,
          fullName: `Trần Thị Bình ${serial}`,
          nameSearchKey: `tran thi binh ${serial}`,
          nameSortKey: `binh tran thi ${serial}`,
          kind: 'public-employee',
          unitId,
          createdAt: now,
        })
        .returning({ id: people.id });
      if (person === undefined) throw new Error('no person');
      await insertNameWords(db, [{ personId: person.id, nameSearchKey: `tran thi binh ${serial}` }]);
      await db.insert(employmentEvents).values({
        personId: person.id,
        kind: 'hired',
        effectiveAt: now - 100 * day,
        source: 'test',
        sourceKey: `operator-${serial}`,
        recordedAt: now,
      });
      const id = await insertOperator(db, {
        personId: person.id,
        signInName,
        state: 'active',
        passwordPhc,
        sealedSeed: keyring.seal(seed, contextOf.operatorSeed(signInName)),
        createdAt: now,
      });
      for (const { role, unitId: scope } of roles) {
        await insertOperatorRole(db, {
          operatorId: id,
          role,
          unitId: scope,
          validFrom: now - day,
          createdAt: now,
        });
      }
      return { operatorId: id, personId: person.id };
    });
    return {
      operatorId,
      personId,
      signInName,
      password,
      nextCode() {
        clock.advance(30_000);
        return hotp(seedKey(seed), timeStepAt(clock.now(), 30), {
          algorithm: 'SHA1',
          digits: 6,
          periodSeconds: 30,
        });
      },
    };
  }

  async function signIn(operator: TestOperator, by: Browser = browser()): Promise<Browser> {
    const answer = await by.send('POST', '/api/v1/session', {
      name: operator.signInName,
      password: operator.password,
      code: operator.nextCode(),
    });
    if (answer.statusCode !== 201) throw new Error(`not signed in: ${answer.body}`);
    by.csrfToken = (answer.json() as { csrfToken: string }).csrfToken;
    return by;
  }

  /** Records of acts, the oldest first. */
  async function acts() {
    return store.read(async (db) => {
      const { audit, auditPersonal } = db.tables;
      const rows = await db
        .select()
        .from(audit)
        .leftJoin(auditPersonal, and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)))
        .where(eq(audit.kind, 'administration'))
        .orderBy(asc(audit.at), asc(audit.seq));
      return rows.map(({ audit: { outcome, detail, accountId, body }, audit_personal: personal }) => ({
        outcome,
        detail,
        accountId,
        body,
        personal: personal?.personalValues ?? '',
      }));
    });
  }

  return {
    world,
    server,
    acts,
    log,
    browser,
    addOperator,
    signIn,
    /** Another server over the same organisation. */
    async addNode(own: Partial<ConsoleDeps>): Promise<Server> {
      const node = await createConsoleServer({ ...serverDeps, ...own });
      nodes.push(node);
      return node;
    },
    async close() {
      for (const node of nodes) await node.close();
      await world.close();
    },
  };
}

export type ConsoleSite = Awaited<ReturnType<typeof createConsoleSite>>;
