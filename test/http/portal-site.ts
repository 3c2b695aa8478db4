// The portal's server over a small organisation in a real store, and phones that use it.
import type { WebConfig } from '../../src/config/web.ts';
import { createPortalServer, type PortalDeps } from '../../src/http/portal.ts';
import { noFirstFactors } from '../../src/services/first-factor/first-factors.ts';
import type { Store } from '../../src/store/store.ts';
import { createActs } from '../services/acts.ts';
import { captureLog } from '../services/captured-log.ts';
import type { TestClock } from '../services/clock.ts';
import { createPortalDeps } from '../services/portal-world.ts';
import { createWorld, type TestAccount } from '../services/world.ts';
import { type Method, plainConfig } from './console-site.ts';

export async function createPortalSite(
  open: (deps: { clock: TestClock }) => Promise<Store>,
  clock: TestClock,
  more: { readonly config?: Partial<WebConfig>; readonly refusalMs?: number } = {},
) {
  const world = await createWorld(await open({ clock }), clock);
  const log = captureLog();
  const deps: PortalDeps = {
    firstFactors: noFirstFactors,
    ...(await createPortalDeps(world, clock)),
    log,
    config: { ...plainConfig, activationFrom: ['127.0.0.0/8'], ...more.config },
    pagesDirectory: '/nowhere',
    isClockStable: () => true,
    refusalMs: more.refusalMs ?? 0,
  };
  const server = await createPortalServer(deps);
  let addresses = 1;

  /** A phone: keeps the cookie, sends what the pages send. */
  function phone() {
    addresses += 1;
    const remoteAddress = `127.0.1.${addresses}`;
    const self = {
      cookie: null as string | null,
      csrfToken: 'portal',
      async send(method: Method, url: string, body?: unknown, headers: Record<string, string> = {}) {
        const answer = await server.inject({
          method,
          url: `/portal/v1${url}`,
          remoteAddress,
          headers: {
            host: 'localhost:8082',
            'sec-fetch-site': 'same-origin',
            ...(method === 'GET' ? {} : { origin: 'http://localhost:8082', 'x-csrf-token': self.csrfToken }),
            ...(self.cookie === null ? {} : { cookie: self.cookie }),
            ...headers,
          },
          ...(body === undefined ? {} : { payload: body as object }),
        });
        for (const { name, value } of answer.cookies) self.cookie = value === '' ? null : `${name}=${value}`;
        return answer;
      },
      async signIn(account: TestAccount) {
        const { userName, password } = account;
        const answer = await self.send('POST', '/session', {
          userName,
          password,
          code: world.codeOf(account),
        });
        if (answer.statusCode !== 201) throw new Error(answer.body);
        self.csrfToken = (answer.json() as { csrfToken: string }).csrfToken;
        return self;
      },
    };
    return self;
  }

  return {
    world,
    acts: createActs(world, clock),
    server,
    log,
    phone,
    async close() {
      await server.close();
      await world.close();
    },
  };
}

export type PortalSite = Awaited<ReturnType<typeof createPortalSite>>;
