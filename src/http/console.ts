// The console's site: the administrators' web application, the API (/api/v1) and the interfaces of personnel systems (/scim/v2).
import type { Log } from '../base/log.ts';
import type { WebConfig } from '../config/web.ts';
import type { AdministrationDeps } from '../services/administration.ts';
import type { Passwords } from '../services/passwords/passwords.ts';
import { consoleLimits, createWebSessions, type WebSessions } from '../services/web/sessions.ts';
import { meRoutes } from './routes/console/me.ts';
import { signInRoutes } from './routes/console/sign-in.ts';
import { createAuthorise } from './web/authorise.ts';
import { addPages } from './web/pages.ts';
import { createWebServer } from './web/server.ts';

/** What the console's routes work with. */
export interface ConsoleDeps extends Omit<AdministrationDeps, 'by'> {
  readonly log: Log;
  readonly node: string;
  readonly config: WebConfig;
  /** Hashing apart from the listener's queue. */
  readonly passwords: Passwords;
  /** Where the built application lies; null: where `npm run build` puts it. */
  readonly pagesDirectory: string | null;
  /** Refused sign-ins are answered so long after they came, whatever was found. */
  readonly refusalMs: number;
}

/** Beside what the composition root hands in. */
export interface ConsoleRouteDeps extends ConsoleDeps {
  readonly sessions: WebSessions;
}

/** Builds the console's server without listening; tests use `inject`. */
export async function createConsoleServer(deps: ConsoleDeps) {
  const { store, clock, random, config, log } = deps;
  const sessions = createWebSessions({ store, clock, random, site: 'console', limits: consoleLimits });
  const authorise = createAuthorise({ store, clock, sessions });
  const server = await createWebServer({ site: 'console', config, log, authorise });
  const routeDeps: ConsoleRouteDeps = { ...deps, sessions };
  await server.register(signInRoutes, routeDeps);
  await server.register(meRoutes, routeDeps);
  await addPages(server, 'console', deps.pagesDirectory ?? undefined);
  return server;
}
