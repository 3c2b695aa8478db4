// The console's site: the administrators' web application, the API (/api/v1) and the interfaces of personnel systems (/scim/v2).
import Fastify, { type FastifyInstance } from 'fastify';
import type { Log } from '../base/log.ts';
import type { WebConfig } from '../config/web.ts';
import type { AdministrationDeps } from '../services/administration.ts';
import type { Finding } from '../services/doctor/finding.ts';
import type { GatewayObservations } from '../services/doctor/gateway-by-name.ts';
import type { PolledSources } from '../services/feeds/poll.ts';
import type { Readiness } from '../services/health.ts';
import type { CertificateFile } from '../services/health-report.ts';
import { lifecycleDeps } from '../services/lifecycle/deps.ts';
import type { ImportRuns } from '../services/lifecycle/import-runs.ts';
import type { Oidc } from '../services/operators/oidc/sign-in.ts';
import type { OrganisationRuns } from '../services/organisation/import-runs.ts';
import type { Passwords } from '../services/passwords/passwords.ts';
import type { Settings } from '../services/settings/settings.ts';
import { createSharedAnswers, type SharedAnswers } from '../services/shared-answers.ts';
import { createIdempotency } from '../services/web/idempotency.ts';
import { consoleLimits, createWebSessions, type WebSessions } from '../services/web/sessions.ts';
import type { Profile } from '../wire/radius/profile/parse.ts';
import { addDocumentation, describeRoutes, documentationPrefix } from './documentation.ts';
import { accountActRoutes } from './routes/console/account-acts.ts';
import { accountRoutes } from './routes/console/accounts.ts';
import { alertRoutes } from './routes/console/alerts.ts';
import { apiTokenRoutes } from './routes/console/api-tokens.ts';
import { assignmentRoutes } from './routes/console/assignments.ts';
import { auditRoutes } from './routes/console/audit.ts';
import { calendarRoutes } from './routes/console/calendar.ts';
import { decisionRoutes } from './routes/console/decisions.ts';
import { delegationRoutes } from './routes/console/delegations.ts';
import { gatewayRoutes } from './routes/console/gateways.ts';
import { hardwareTokenRoutes } from './routes/console/hardware-tokens.ts';
import { consoleHealthRoutes } from './routes/console/health.ts';
import { lifecycleRoutes } from './routes/console/lifecycle.ts';
import { meRoutes } from './routes/console/me.ts';
import { oidcRoutes } from './routes/console/oidc.ts';
import { operatorRoutes } from './routes/console/operators.ts';
import { organisationRoutes } from './routes/console/organisation.ts';
import { overviewRoutes } from './routes/console/overview.ts';
import { passkeyRoutes } from './routes/console/passkeys.ts';
import { peopleRoutes } from './routes/console/people.ts';
import { policyRoutes } from './routes/console/policies.ts';
import { requestRoutes } from './routes/console/requests.ts';
import { sampleRoutes } from './routes/console/sample.ts';
import { sessionRoutes } from './routes/console/sessions.ts';
import { signInRoutes } from './routes/console/sign-in.ts';
import { slipRoutes } from './routes/console/slips.ts';
import { unitRoutes } from './routes/console/units.ts';
import { workstationRoutes } from './routes/console/workstations.ts';
import { scimRoutes } from './routes/scim.ts';
import { createAuthorise } from './web/authorise.ts';
import { addIdempotency } from './web/idempotency.ts';
import { addPages } from './web/pages.ts';
import { createWebServer } from './web/server.ts';

/** The RADIUS listener as far as the console asks it. */
interface RadiusView {
  readonly ports: readonly number[];
  readonly accountingPorts: readonly number[];
  readonly rejectDelayMs: number;
  /** Where gateways ask over HTTPS; null: it is not switched on. */
  readonly httpPort: number | null;
  report(): Promise<GatewayObservations>;
  /** Makes the listener load changed clients, gateways and policies now. */
  refreshSettings(): Promise<void>;
}

/** What the console's routes work with. */
export interface ConsoleDeps extends Omit<AdministrationDeps, 'by'> {
  readonly log: Log;
  readonly node: string;
  readonly config: WebConfig;
  /** The portal's address, as it is printed on slips. */
  readonly portalUrl: string;
  /** Hashing apart from the listener's queue. */
  readonly passwords: Passwords;
  /** As this thread knows them: kept fresh by whoever hands them in. */
  readonly settings: Settings;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Names in the configuration. */
  readonly upstreams: readonly string[];
  /** As in `StagingDeps` (services/organisation/stage.ts). */
  readonly tlsAuthorities: () => readonly string[] | null;
  readonly radius: RadiusView;
  readonly readiness: () => Promise<Readiness>;
  /** The doctor's look at the broker itself. */
  readonly examineBroker: () => Promise<readonly Finding[]>;
  /** Whose disk is looked at. */
  readonly dataDirectory: string;
  /** Whose ends are watched. */
  readonly certificates: readonly CertificateFile[];
  /** Directories and folders that are read. */
  readonly polled: PolledSources;
  readonly importRuns: ImportRuns;
  readonly organisationRuns: OrganisationRuns;
  /** Where the built application lies; null: where `npm run build` puts it. */
  readonly pagesDirectory: string | null;
  /** The organisation's OpenID Connect provider; null: there is none. */
  readonly oidc: Oidc | null;
  /** Refused sign-ins are answered so long after they came, whatever was found. */
  readonly refusalMs: number;
  /** Called once the end of sessions is ordered and committed. */
  readonly onCutsOrdered: () => void;
}

/** Beside what the composition root hands in. */
export interface ConsoleRouteDeps extends ConsoleDeps {
  readonly sessions: WebSessions;
  /** Forgotten with each change that is made here. */
  readonly answers: SharedAnswers;
}

/** The routes of /api/v1. */
async function addRoutes(server: FastifyInstance, routeDeps: ConsoleRouteDeps): Promise<void> {
  await server.register(signInRoutes, routeDeps);
  await server.register(meRoutes, routeDeps);
  await server.register(passkeyRoutes, routeDeps);
  await server.register(oidcRoutes, routeDeps);
  for (const routes of [
    overviewRoutes,
    sessionRoutes,
    decisionRoutes,
    lifecycleRoutes,
    organisationRoutes,
    accountRoutes,
    accountActRoutes,
    apiTokenRoutes,
    operatorRoutes,
    auditRoutes,
    gatewayRoutes,
    requestRoutes,
    slipRoutes,
    alertRoutes,
    workstationRoutes,
    hardwareTokenRoutes,
    peopleRoutes,
    unitRoutes,
    assignmentRoutes,
    sampleRoutes,
    policyRoutes,
    calendarRoutes,
    delegationRoutes,
    consoleHealthRoutes,
  ]) {
    await server.register(routes, routeDeps);
  }
}

/** Builds the console's server without listening; tests use `inject`. */
export async function createConsoleServer(deps: ConsoleDeps) {
  const { store, clock, random, config, log } = deps;
  const sessions = createWebSessions({ store, clock, random, site: 'console', limits: consoleLimits });
  const authorise = createAuthorise({ store, clock, sessions });
  const idempotency = createIdempotency(deps);
  const server = await createWebServer({
    site: 'console',
    config,
    log,
    authorise,
    libraries: { [documentationPrefix]: { known: true } },
  });
  addIdempotency(server, { idempotency, prefix: '/api/v1/', log });
  const answers = createSharedAnswers(clock);
  // Before the answer leaves: whoever has changed something sees it.
  server.addHook('onSend', async ({ method }) => {
    if (method !== 'GET' && method !== 'HEAD') answers.forget();
  });
  await describeRoutes(server);
  await addRoutes(server, { ...deps, store: idempotency.store, sessions, answers });
  await server.register(scimRoutes, {
    prefix: '/scim/v2',
    random,
    log,
    publicUrl: null,
    lifecycle: (source) => lifecycleDeps({ ...deps, by: { name: source, via: 'source' } }),
    checkToken: async ({ principal }, source) => {
      if (principal?.kind !== 'token') return 'missing';
      return principal.token.sourceName === source ? 'accepted' : 'forbidden';
    },
  });
  await addDocumentation(server);
  await addPages(server, 'console', deps.pagesDirectory ?? undefined);
  return server;
}

/** The description of /api/v1. The routes are added and never asked: they need nothing to work with. */
export async function describeConsoleApi(): Promise<object> {
  const server = Fastify();
  await describeRoutes(server);
  await addRoutes(server, {} as ConsoleRouteDeps);
  await server.ready();
  const document = server.swagger();
  await server.close();
  return document;
}
