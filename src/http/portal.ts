// The portal's site: the staff's web application, its API (/portal/v1) and the devices' interface (/device/v1).
import type { Log } from '../base/log.ts';
import type { WebConfig } from '../config/web.ts';
import type { AdministrationDeps } from '../services/administration.ts';
import { createNonces } from '../services/device/nonces.ts';
import type { FirstFactors } from '../services/first-factor/first-factors.ts';
import type { Passwords } from '../services/passwords/passwords.ts';
import { groundAgainst } from '../services/portal/prove.ts';
import type { Settings } from '../services/settings/settings.ts';
import { createIdempotency } from '../services/web/idempotency.ts';
import { createWebSessions, portalLimits, type WebSessions } from '../services/web/sessions.ts';
import { findAccountById } from '../store/queries/accounts.ts';
import { deviceRoutes } from './routes/device.ts';
import { portalOwnRoutes } from './routes/portal/own.ts';
import { portalSignInRoutes } from './routes/portal/sign-in.ts';
import type { Access } from './web/access.ts';
import { checkCsrf } from './web/guard.ts';
import { addIdempotency } from './web/idempotency.ts';
import { addPages } from './web/pages.ts';
import { HttpProblem } from './web/problem.ts';
import { type Authorise, createWebServer } from './web/server.ts';
import { readSessionCookie } from './web/session-cookie.ts';

/** What the portal's routes work with. */
export interface PortalDeps extends Omit<AdministrationDeps, 'by'> {
  readonly log: Log;
  readonly node: string;
  readonly config: WebConfig;
  /** Hashing apart from the listener's queue. */
  readonly passwords: Passwords;
  /** Who else may know passwords: asked for the sale of tickets. */
  readonly firstFactors: FirstFactors;
  readonly settings: Settings;
  /** False while the wall clock can't be trusted. */
  readonly isClockStable: () => boolean;
  /** Where the built application lies; null: where `npm run build` puts it. */
  readonly pagesDirectory: string | null;
  /** Refusals are answered so long after the request came, whatever was found. */
  readonly refusalMs: number;
}

/** Beside what the composition root hands in. */
export interface PortalRouteDeps extends PortalDeps {
  readonly sessions: WebSessions;
}

/** The account's holder by the session's cookie. */
function createAuthorise({ store, clock, sessions }: PortalRouteDeps): Authorise {
  /** Withdrawn or gone meanwhile: the session is worth nothing any more. */
  async function isHolder(accountId: number): Promise<boolean> {
    const account = await store.read((db) => findAccountById(db, accountId));
    if (account === null) return false;
    const facts = await store.decisions.loadFacts({ userName: account.userName, observedKeys: [] });
    return facts.account !== null && groundAgainst(facts.account, clock.now()) === null;
  }
  return async (request, access: Access) => {
    if ('open' in access) return;
    if (!('holder' in access)) throw new HttpProblem('forbidden');
    const cookie = readSessionCookie(request, 'portal');
    const session = cookie === null ? null : await sessions.find(cookie);
    if (session?.accountId == null) throw new HttpProblem('not-signed-in');
    checkCsrf(request, cookie ?? '');
    if (!(await isHolder(session.accountId))) throw new HttpProblem('not-signed-in');
    request.webSession = session;
  };
}

/** Builds the portal's server without listening; tests use `inject`. */
export async function createPortalServer(deps: PortalDeps) {
  const { store, clock, random, config, log } = deps;
  const sessions = createWebSessions({ store, clock, random, site: 'portal', limits: portalLimits });
  const idempotency = createIdempotency(deps);
  const routeDeps: PortalRouteDeps = { ...deps, store: idempotency.store, sessions };
  const server = await createWebServer({
    site: 'portal',
    config,
    log,
    authorise: createAuthorise(routeDeps),
  });
  addIdempotency(server, { idempotency, prefix: '/portal/v1/', log });
  await server.register(portalSignInRoutes, routeDeps);
  await server.register(portalOwnRoutes, routeDeps);
  await server.register(deviceRoutes, { ...deps, nonces: createNonces(deps) });
  await addPages(server, 'portal', deps.pagesDirectory ?? undefined);
  return server;
}
