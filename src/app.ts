// The composition root: what a configuration becomes. Tests use it as `serve` does.
//
// The web and the feeds are loaded when they are started: they are most of the program, logins are answered before them, and
// commands need neither.

import { mkdirSync } from 'node:fs';
import type { JWK } from 'jose';
import type { Clock } from './base/clock.ts';
import { OperatorError } from './base/errors.ts';
import type { Log } from './base/log.ts';
import { programVersion } from './base/program.ts';
import { type Random, randomCode } from './base/random.ts';
import type { Endpoint } from './config/endpoint.ts';
import type { Config } from './config/load.ts';
import type { OidcConfig } from './config/oidc.ts';
import { siteUrlOf } from './config/web.ts';
import { openControl } from './gateway-control/open.ts';
import type { ConsoleDeps } from './http/console.ts';
import type { GatewayHttp, GatewayHttpReport } from './http/gateway/start.ts';
import { listenAt } from './http/listen.ts';
import type { PortalDeps } from './http/portal.ts';
import { startLeasedTimer } from './jobs/leased-timer.ts';
import { startLifecycleJob } from './jobs/lifecycle.ts';
import { startSessionJobs } from './jobs/sessions.ts';
import { startTimer, type Timer } from './jobs/timer.ts';
import { createNotifiers } from './notifiers/notifiers.ts';
import { createDisconnectClient } from './radius-server/disconnect-client.ts';
import type { RadiusReport } from './radius-server/node.ts';
import { type RadiusThread, startRadiusThread } from './radius-server/thread.ts';
import { openUpstreams } from './radius-server/upstreams.ts';
import { createLastUse } from './services/accounts/last-use.ts';
import { readOrganisation } from './services/administration.ts';
import { addDecisionCounts } from './services/admission/decision-counts.ts';
import { makeCheckpoint } from './services/checkpoints.ts';
import { type ClockWatch, createClockWatch } from './services/clock-watch.ts';
import { examineBroker } from './services/doctor/examine.ts';
import type { GatewaySeen } from './services/doctor/gateway.ts';
import { warnOfEndingCredentials } from './services/ending-credentials.ts';
import { warnOfExpiry } from './services/expiry-warnings.ts';
import { createLastSeen } from './services/gateways/last-seen.ts';
import { createHealth, type Readiness } from './services/health.ts';
import type { CertificateFile } from './services/health-report.ts';
import { keepLastInstant, readLastInstant } from './services/last-instant.ts';
import { lifecycleDeps, lifecycleJob } from './services/lifecycle/deps.ts';
import { sortNotices } from './services/notices.ts';
import type { Oidc } from './services/operators/oidc/sign-in.ts';
import { deliverDue } from './services/outbox.ts';
import { createPasswords } from './services/passwords/passwords.ts';
import { readProfiles } from './services/profiles.ts';
import { expireOldRequests } from './services/requests/decide.ts';
import { openCheckpointKey } from './services/secrets/checkpoint-key.ts';
import { type Keyring, openKeyring, prepareKeys } from './services/secrets/keyring.ts';
import { createTunnelEnder } from './services/sessions/control.ts';
import { type Cutter, createCutter } from './services/sessions/cut.ts';
import type { ConnectionDisconnector } from './services/sessions/disconnector.ts';
import { openSettings, type Settings } from './services/settings/settings.ts';
import { readTlsAuthorities } from './services/tls/material.ts';
import { deleteOldKeys } from './services/web/idempotency.ts';
import { deleteOldSessions } from './services/web/sessions.ts';
import { findOpenHeads } from './store/audit/append.ts';
import { startWriterThread, type WriterThread } from './store/decision-writer/thread.ts';
import { claimSqliteDatabase, openStore } from './store/open.ts';
import { readPostgresqlClock } from './store/queries/clock.ts';
import { countSessionsAndCuts } from './store/queries/cuts.ts';
import { startCheckpointThread } from './store/sqlite/checkpoint-thread.ts';
import type { Store } from './store/store.ts';

export interface AppDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What was counted and seen, whichever way the gateways ask. */
interface BrokerReport extends Omit<RadiusReport, 'observations'> {
  readonly observations: Readonly<Record<string, GatewaySeen>>;
}

function withGatewayHttp(radius: RadiusReport, http: GatewayHttpReport | null): BrokerReport {
  if (http === null) return radius;
  return {
    ...radius,
    observations: { ...radius.observations, ...http.observations },
    decisions: addDecisionCounts(radius.decisions, http.decisions),
  };
}

/** Certificates of the installation whose ends are watched. */
function certificateFilesOf(config: Config): CertificateFile[] {
  return [
    { name: 'console.tls', file: config.console.tls?.certificateFile },
    { name: 'portal.tls', file: config.portal.tls?.certificateFile },
    { name: 'radius.tls', file: config.radius.tls?.certificateFile },
    { name: 'gatewayHttp.tls', file: config.gatewayHttp?.tls?.certificateFile },
    { name: 'eap', file: config.eap?.certificateFile },
  ].flatMap(({ name, file }) => (file === undefined ? [] : [{ name, file }]));
}

/** What only a running broker can say or do. */
export interface RunningBroker {
  readonly radiusEndpoints: readonly Endpoint[];
  readonly accountingEndpoints: readonly Endpoint[];
  readonly radiusTlsEndpoints: readonly Endpoint[];
  readonly httpEndpoint: Endpoint;
  /** Null where gateways are not answered over HTTPS. */
  readonly gatewayHttpEndpoint: Endpoint | null;
  readonly consoleEndpoint: Endpoint;
  readonly portalEndpoint: Endpoint;
  readonly clockWatch: ClockWatch;
  readiness(): Promise<Readiness>;
  radiusReport(): Promise<BrokerReport>;
  /** A person says that the clock is right. */
  confirmClock(): Promise<void>;
  /** Makes the listener load changed clients, gateways and policies now. */
  refreshSettings(): Promise<void>;
  /** Gateways that have opened connections to this node, as they are told to end sessions. */
  readonly connections: ConnectionDisconnector;
  /** Carries out what was ordered to be cut, at once. */
  readonly onCutsOrdered: () => void;
}

/** The store opened for work: inside the broker, or by a command that found none running. */
export interface Services extends AppDeps {
  readonly config: Config;
  readonly store: Store;
  readonly keyring: Keyring;
  /** Null in a command that runs by itself. */
  readonly broker: RunningBroker | null;
  close(): Promise<void>;
}

export interface App {
  /** Resolves once requests are answered. Rejects with OperatorError for what the operator can correct; nothing is left open then. */
  start(): Promise<Services>;
  /** Finishes the requests at work and closes everything, once. */
  stop(): Promise<void>;
  /** Resolves when a thread has died: nothing more is decided, and the process should end. */
  readonly failed: Promise<Error>;
}

const clockIntervalMs = 1_000;
const databaseClockIntervalMs = 10_000;
const lastInstantIntervalMs = 10_000;
const deliveryIntervalMs = 5_000;
const lastSeenIntervalMs = 60_000;
const expiryWarningIntervalMs = 60_000;
const noticeIntervalMs = 5_000;
const housekeepingIntervalMs = 600_000;
const pingMs = 1_000;
const settingsIntervalMs = 1_000;
/** Later than any sign-in takes. */
const refusalMs = 800;
/** Beside the listener's own: signing in to a web site must not take its threads. */
const webHashing = { concurrency: 1, queueLength: 32 } as const;

function makeDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new OperatorError(`${directory}: the data directory cannot be made.`, {
      at: 'dataDir',
      remedy: 'Create it for the account that runs the broker, or name another in dataDir.',
      cause,
    });
  }
}

async function openKeys(config: Config, store: Store, deps: AppDeps): Promise<Keyring> {
  const keyFile = config.keys.file;
  const { clock, random, log } = deps;
  const { keyFileCreated } = await prepareKeys({ store, keyFile, mayCreateKeyFile: true, clock, random });
  if (keyFileCreated) {
    log.warn(
      { keyFile },
      'a new key file was made: keep a copy of it elsewhere, nothing can be read without it',
    );
  }
  return openKeyring({ store, keyFile, random });
}

/**
 * Opens the store for one command, under the process lock (SQLite), migrated, its keys prepared.
 * @throws OperatorError when a broker or another command holds it, or keys and database don't belong together
 */
export async function openServices(config: Config, deps: AppDeps): Promise<Services> {
  makeDataDirectory(config.dataDir);
  const store = await openStore(config.store, { ...deps, node: config.node });
  try {
    const keyring = await openKeys(config, store, deps);
    return { ...deps, config, store, keyring, broker: null, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Undone in reverse order; one that fails does not keep the others from being undone. */
function createClosers(log: Log) {
  const closers: { name: string; close: () => Promise<void> | void }[] = [];
  return {
    add(name: string, close: () => Promise<void> | void) {
      closers.push({ name, close });
    },
    async closeAll() {
      for (const { name, close } of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          log.error({ err: error, part: name }, 'a part of the broker did not close');
        }
      }
    },
  };
}

/** A broker by its configuration. Nothing is opened before `start`. */
export function createApp(config: Config, deps: AppDeps): App {
  const { clock, random, log } = deps;
  const { promise: failed, resolve: fail } = Promise.withResolvers<Error>();
  const closers = createClosers(log);
  let phase: 'starting' | 'up' | 'stopping' = 'starting';
  let stopping: Promise<void> | null = null;
  /** A node that starts again is another holder of leases. */
  const processName = `${config.node} ${randomCode(random, 8)}`;

  const watchThread = (ended: Promise<Error | null>) =>
    void ended.then((error) => {
      if (error !== null) fail(error);
    });

  async function openWriter(): Promise<{ store: Store; writer: WriterThread | null }> {
    const { store: target, node } = config;
    if (target.dialect === 'postgresql') {
      const store = await openStore(target, { ...deps, node });
      closers.add('store', () => store.close());
      return { store, writer: null };
    }
    const lock = claimSqliteDatabase(target.file, deps);
    closers.add('process lock', () => lock.release());
    const writer = await startWriterThread({ file: target.file, node, program: programVersion }, log);
    closers.add('writer', () => writer.stop());
    watchThread(writer.ended);
    const checkpoints = startCheckpointThread(target.file, writer.connect(), log);
    closers.add('write-ahead log', () => checkpoints.stop());
    const port = writer.connect();
    const store = await openStore({ ...target, writer: port, isBusyThread: true }, { ...deps, node });
    closers.add('store', () => store.close());
    return { store, writer };
  }

  async function startClock(store: Store): Promise<ClockWatch> {
    return createClockWatch({ clock, log, lastInstant: await readLastInstant(store) });
  }

  function addTimer(name: string, intervalMs: number, work: () => Promise<void>): void {
    const timer: Timer = startTimer({ name, intervalMs, log, work });
    closers.add(`job ${name}`, () => timer.stop());
  }

  /** On one node at a time. */
  function addLeasedTimer(
    store: Store,
    name: string,
    intervalMs: number,
    work: (signal: AbortSignal) => Promise<void>,
  ): void {
    const lease = { store, clock, name, holder: processName };
    const timer = startLeasedTimer({ name, intervalMs, lease, log, work });
    closers.add(`job ${name}`, () => timer.stop());
  }

  function startClockJobs(store: Store, clockWatch: ClockWatch, radius: RadiusThread): void {
    radius.setClockTrusted(clockWatch.state().stable);
    addTimer('clock', clockIntervalMs, async () => radius.setClockTrusted(clockWatch.check().stable));
    addTimer('last-instant', lastInstantIntervalMs, async () => {
      if (clockWatch.check().stable) await keepLastInstant(store, clock.now());
    });
    if (store.dialect !== 'postgresql') return;
    addTimer('database-clock', databaseClockIntervalMs, async () => {
      const asked = clock.now();
      const there = await store.read(readPostgresqlClock);
      if (there !== null) clockWatch.compareWithDatabase(there, asked, clock.now());
    });
  }

  function startCheckpoints(store: Store, key: JWK): void {
    const { intervalSeconds, targets } = config.audit.checkpoints;
    const notifiers = createNotifiers(targets, { clock, node: config.node });
    const intervalMs = intervalSeconds * 1_000;
    const names = notifiers.map(({ target }) => target);
    addTimer('checkpoint', intervalMs, async () => {
      await makeCheckpoint({ store, key, clock, targets: names, leastAgeMs: intervalMs / 2 });
    });
    if (notifiers.length > 0) {
      addTimer('delivery', Math.min(deliveryIntervalMs, intervalMs), async () => {
        await deliverDue({ kind: 'checkpoint', store, clock, log, notifiers });
      });
    }
  }

  /** Warnings of terms that end, and whatever else is to be told, to whom the configuration names. */
  async function startNotices(store: Store, clockWatch: ClockWatch): Promise<void> {
    const { createNoticeTargets } = await import('./notifiers/notice-targets.ts');
    const timeZone = async () => (await readOrganisation(store)).timeZone;
    const targets = createNoticeTargets(config.notices, { clock, node: config.node, timeZone });
    addLeasedTimer(store, 'expiry-warnings', expiryWarningIntervalMs, async (signal) => {
      if (!clockWatch.check().stable) return;
      while (!signal.aborted && (await warnOfExpiry({ store, clock })) > 0);
    });
    addLeasedTimer(store, 'notices', noticeIntervalMs, async (signal) => {
      while (!signal.aborted && (await sortNotices({ store, clock, targets })) > 0);
      for (const kind of ['alert', 'notice'] as const) {
        await deliverDue({ kind, store, clock, log, notifiers: targets });
      }
    });
  }

  /** What has had its time: requests nobody decided, web sessions long over, keys of requests a day old; what ends soon. */
  function startHousekeeping(store: Store, clockWatch: ClockWatch): void {
    const noteLastUse = createLastUse({ store, clock });
    addLeasedTimer(store, 'housekeeping', housekeepingIntervalMs, async (signal) => {
      if (!clockWatch.check().stable) return;
      await expireOldRequests({ store, clock, by: { name: 'housekeeping', via: 'job' } });
      await deleteOldSessions({ store, clock });
      await deleteOldKeys({ store, clock });
      await warnOfEndingCredentials({ store, clock, certificates: certificateFilesOf(config) });
      await noteLastUse(signal);
    });
  }

  /** In this thread, so that cutting a thousand sessions keeps no login waiting. */
  async function startSessions(
    store: Store,
    settings: Settings,
    radius: RadiusThread,
    clockWatch: ClockWatch,
  ): Promise<Cutter> {
    const { connections } = radius;
    const isAlone = config.store.dialect === 'sqlite';
    const disconnector = createDisconnectClient({ clock, random, log });
    const tunnels = createTunnelEnder(openControl);
    const cutter = createCutter({
      ...{ store, settings, disconnector, connections, isAlone },
      ...{ tunnels, clock, log },
    });
    closers.add('cuts', () => cutter.stop());
    // First, so that nobody waits for gateways any more.
    closers.add('Disconnect-Requests', () => {
      radius.giveUpDisconnects();
      return disconnector.close();
    });
    const isClockStable = () => clockWatch.check().stable;
    const jobs = startSessionJobs({ store, settings, cutter, clock, log, isClockStable });
    closers.add('session jobs', () => jobs.stop());
    return cutter;
  }

  function startLastSeen(store: Store, clockWatch: ClockWatch, report: () => Promise<BrokerReport>): void {
    const lastSeen = createLastSeen({
      store,
      lastRequests: async () => {
        const { observations } = await report();
        return new Map(
          Object.entries(observations).map(([name, { lastRequestAt }]) => [name, lastRequestAt]),
        );
      },
    });
    const keep = async () => {
      if (clockWatch.check().stable) await lastSeen.keep();
    };
    closers.add('last requests', keep);
    addTimer('last-requests', lastSeenIntervalMs, keep);
  }

  async function startLifecycle(
    store: Store,
    clockWatch: ClockWatch,
    onCutsOrdered: () => void,
  ): Promise<void> {
    const [{ startFeedJobs }, { createPollers }] = await Promise.all([
      import('./jobs/feeds.ts'),
      import('./services/feeds/poll.ts'),
    ]);
    const lease = (name: string) => ({ store, clock, name, holder: processName });
    const isClockStable = () => clockWatch.check().stable;
    const due = startLifecycleJob({
      lifecycle: lifecycleDeps({ store, clock, log, by: lifecycleJob, onCutsOrdered }),
      lease,
      isClockStable,
    });
    closers.add('job lifecycle', () => due.stop());
    const pollers = createPollers(config, {
      ...deps,
      store,
      lifecycle: (source) =>
        lifecycleDeps({ store, clock, log, by: { name: source, via: 'source' }, onCutsOrdered }),
    });
    const feeds = startFeedJobs({ pollers, lease, isClockStable, log });
    closers.add('sources', () => feeds.stop());
  }

  async function startHttp(
    store: Store,
    report: () => Promise<BrokerReport>,
    gatewayHttp: GatewayHttp | null,
    cutter: Cutter,
    readiness: () => Promise<Readiness>,
  ): Promise<Endpoint> {
    const [{ createHttpServer }, { createMetrics }] = await Promise.all([
      import('./http/server.ts'),
      import('./http/metrics.ts'),
    ]);
    const server = await createHttpServer({
      log,
      health: { readiness },
      metrics: createMetrics({
        version: programVersion,
        radius: report,
        gatewayHttp: () => gatewayHttp?.report() ?? null,
        causes: async () => (await readiness()).causes,
        auditHeads: () => store.read(findOpenHeads),
        sessions: () => store.read(countSessionsAndCuts),
        cutAttempts: () => cutter.counters().attempts,
      }),
    });
    const endpoint = await listenAt(server, 'http', config.http.listen);
    closers.add('http', () => server.close());
    return endpoint;
  }

  /** Gateways that ask over HTTPS, where that is configured. */
  async function startGateways(
    parts: Pick<ConsoleDeps, 'store' | 'keyring' | 'settings'> & Pick<PortalDeps, 'firstFactors'>,
    clockWatch: ClockWatch,
  ): Promise<GatewayHttp | null> {
    if (config.gatewayHttp === null) return null;
    const { startGatewayHttp } = await import('./http/gateway/start.ts');
    const gatewayHttp = await startGatewayHttp({
      ...deps,
      ...parts,
      config: config.gatewayHttp,
      passwords: config.password,
      rejectDelayMs: config.radius.rejectDelayMs,
      node: config.node,
      isClockStable: () => clockWatch.check().stable,
    });
    closers.add('gateways over HTTPS', () => gatewayHttp.stop());
    return gatewayHttp;
  }

  /** The organisation's own sign-in for operators. */
  async function openOidc(of: OidcConfig): Promise<Oidc> {
    const { createOidcProvider } = await import('./services/operators/oidc/provider.ts');
    const provider = createOidcProvider(of, { clock, log });
    closers.add('OpenID Connect provider', () => provider.close());
    return { config: of, provider };
  }

  /** Console and portal: the two web sites, each with a listener of its own. */
  async function startWeb(
    parts: Pick<ConsoleDeps, 'store' | 'keyring' | 'settings' | 'profiles' | 'readiness'> &
      Pick<PortalDeps, 'firstFactors'>,
    radius: RadiusThread,
    report: () => Promise<BrokerReport>,
    clockWatch: ClockWatch,
    {
      onCutsOrdered,
      refreshSettings,
      gatewayHttp,
    }: {
      readonly onCutsOrdered: () => void;
      readonly refreshSettings: () => Promise<void>;
      readonly gatewayHttp: GatewayHttp | null;
    },
  ): Promise<{ console: Endpoint; portal: Endpoint }> {
    const [
      { createConsoleServer },
      { createPortalServer },
      { createImportRuns },
      { createOrganisationRuns },
    ] = await Promise.all([
      import('./http/console.ts'),
      import('./http/portal.ts'),
      import('./services/lifecycle/import-runs.ts'),
      import('./services/organisation/import-runs.ts'),
    ]);
    const oidc = config.oidc === null ? null : await openOidc(config.oidc);
    const passwords = createPasswords({ ...deps, ...webHashing });
    const web = { ...deps, ...parts, passwords, node: config.node, pagesDirectory: null, refusalMs };
    const importRuns = createImportRuns(deps);
    closers.add('imports of events', () => importRuns.stop());
    const organisationRuns = createOrganisationRuns({ directory: config.dataDir, log });
    closers.add('imports of organisation files', () => organisationRuns.stop());
    const consoleServer = await createConsoleServer({
      ...web,
      polled: config,
      importRuns,
      organisationRuns,
      upstreams: config.upstreams.map(({ name }) => name),
      tlsAuthorities: () => readTlsAuthorities(config.radius.tls),
      config: config.console,
      portalUrl: siteUrlOf(config.portal),
      dataDirectory: config.dataDir,
      examineBroker: async () =>
        examineBroker({
          config,
          store: parts.store,
          clock,
          log,
          clockState: clockWatch.check(),
          unbound: [],
          report: await report(),
        }),
      certificates: certificateFilesOf(config),
      onCutsOrdered,
      oidc,
      radius: {
        ports: radius.endpoints.map(({ port }) => port),
        accountingPorts: radius.accountingEndpoints.map(({ port }) => port),
        rejectDelayMs: config.radius.rejectDelayMs,
        httpPort: gatewayHttp?.endpoint.port ?? null,
        report,
        refreshSettings,
      },
    });
    const consoleEndpoint = await listenAt(consoleServer, 'console', config.console.listen);
    closers.add('console', () => consoleServer.close());
    const isClockStable = () => clockWatch.check().stable;
    const portalServer = await createPortalServer({ ...web, isClockStable, config: config.portal });
    const portalEndpoint = await listenAt(portalServer, 'portal', config.portal.listen);
    closers.add('portal', () => portalServer.close());
    return { console: consoleEndpoint, portal: portalEndpoint };
  }

  async function start(): Promise<Services> {
    makeDataDirectory(config.dataDir);
    const { store, writer } = await openWriter();
    const keyring = await openKeys(config, store, deps);
    const clockWatch = await startClock(store);
    // What needs the store, before the first answer: a store that goes away later ends nothing.
    const profiles = readProfiles(config.profiles.directory);
    const findProfile = (name: string) => profiles.get(name) ?? null;
    const settings = await openSettings({ store, keyring, findProfile, log });
    const { privateKey: checkpointKey } = await openCheckpointKey({ store, keyring, random });
    const radius = await startRadiusThread(config, profiles, writer?.connect() ?? null);
    closers.add('radius', () => radius.stop());
    watchThread(radius.ended);
    let isRadiusUp = true;
    void radius.ended.then(() => {
      isRadiusUp = false;
    });
    let isWriterUp = true;
    void writer?.ended.then(() => {
      isWriterUp = false;
    });
    const health = createHealth([
      { cause: 'starting', ok: () => phase !== 'starting' },
      { cause: 'stopping', ok: () => phase !== 'stopping' },
      { cause: 'store-unavailable', ok: () => store.ping(pingMs) },
      { cause: 'writer-stopped', ok: () => isWriterUp },
      { cause: 'keys-closed', ok: () => keyring.clusterKeys('health').length > 0 },
      { cause: 'clock-unstable', ok: () => clockWatch.check().stable },
      { cause: 'sockets-unbound', ok: () => isRadiusUp && radius.endpoints.length > 0 },
    ]);
    closers.add('settings', settings.watch(settingsIntervalMs));
    const cutter = await startSessions(store, settings, radius, clockWatch);
    // At once, not at the watch's next look.
    const onCutsOrdered = () => {
      cutter.runDue().catch((error: unknown) => log.error({ err: error }, 'cuts could not be begun at once'));
    };
    await startLifecycle(store, clockWatch, onCutsOrdered);
    await startNotices(store, clockWatch);
    startHousekeeping(store, clockWatch);
    const firstFactors = openUpstreams(config.upstreams, deps);
    closers.add('upstreams of gateways and workstations over HTTPS', () => firstFactors.close());
    const gatewayHttp = await startGateways({ store, keyring, settings, firstFactors }, clockWatch);
    const report = async () => withGatewayHttp(await radius.report(), gatewayHttp?.report() ?? null);
    const httpEndpoint = await startHttp(store, report, gatewayHttp, cutter, () => health.readiness());
    const readiness = () => health.readiness();
    const refreshSettings = async () => {
      await Promise.all([radius.refreshSettings(), settings.refresh()]);
    };
    const parts = { store, keyring, settings, profiles, readiness, firstFactors };
    const web = await startWeb(parts, radius, report, clockWatch, {
      onCutsOrdered,
      refreshSettings,
      gatewayHttp,
    });
    startClockJobs(store, clockWatch, radius);
    startLastSeen(store, clockWatch, report);
    startCheckpoints(store, checkpointKey);
    closers.add('last instant', async () => {
      if (clockWatch.check().stable) await keepLastInstant(store, clock.now());
    });
    phase = 'up';
    const broker: RunningBroker = {
      radiusEndpoints: radius.endpoints,
      accountingEndpoints: radius.accountingEndpoints,
      radiusTlsEndpoints: radius.tlsEndpoints,
      httpEndpoint,
      gatewayHttpEndpoint: gatewayHttp?.endpoint ?? null,
      consoleEndpoint: web.console,
      portalEndpoint: web.portal,
      clockWatch,
      readiness: () => health.readiness(),
      radiusReport: report,
      refreshSettings,
      onCutsOrdered,
      connections: radius.connections,
      async confirmClock() {
        await keepLastInstant(store, clock.now(), { evenIfEarlier: true });
        clockWatch.confirm();
        radius.confirmClock();
        radius.setClockTrusted(true);
      },
    };
    return { ...deps, config, store, keyring, broker, close: stop };
  }

  function stop(): Promise<void> {
    phase = 'stopping';
    stopping ??= closers.closeAll();
    return stopping;
  }

  return {
    failed,
    stop,
    async start() {
      try {
        return await start();
      } catch (error) {
        await stop();
        throw error;
      }
    },
  };
}
