// One RADIUS listener with all that it needs to decide, composed for one thread: store, keys, settings, passwords.
import { availableParallelism } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { systemTimers } from '../base/timers.ts';
import type { Config } from '../config/load.ts';
import { countDecisions, type DecisionCounts } from '../services/admission/decision-counts.ts';
import { latencyBounds } from '../services/admission/latency.ts';
import { createAuthenticator } from '../services/authenticate/authenticate.ts';
import { createChallenges } from '../services/challenge.ts';
import { createClockWatch } from '../services/clock-watch.ts';
import type { UpstreamNumbers } from '../services/first-factor/guarded.ts';
import { createPasswords } from '../services/passwords/passwords.ts';
import { openKeyring } from '../services/secrets/keyring.ts';
import { createAccounting } from '../services/sessions/accounting.ts';
import type { ConnectionDisconnector } from '../services/sessions/disconnector.ts';
import { openSettings } from '../services/settings/settings.ts';
import { openStore } from '../store/open.ts';
import { markMessageAuthenticatorSeen } from '../store/queries/gateways.ts';
import { bumpSettingsVersion } from '../store/queries/settings.ts';
import { codes } from '../wire/radius/packet.ts';
import type { Profile } from '../wire/radius/profile/parse.ts';
import { type AccountingCounters, createAccountingServer } from './accounting-server.ts';
import type { RadiusCounters } from './counters.ts';
import { openCertificate } from './eap/certificate.ts';
import type { EapCounters } from './eap/exchange.ts';
import type { GatewayObservation } from './observations.ts';
import { createRadiusServer } from './server.ts';
import { createTlsListener, type TlsCounters } from './tls-listener.ts';
import type { Endpoint } from './udp-listener.ts';
import { openUpstreams } from './upstreams.ts';

/** What metrics and the doctor want to know. */
export interface RadiusReport {
  readonly counters: RadiusCounters;
  readonly accounting: AccountingCounters;
  /** Null where EAP is not spoken. */
  readonly eap: EapCounters | null;
  readonly observations: Readonly<Record<string, GatewayObservation>>;
  readonly decisions: DecisionCounts;
  /** Null: no RADIUS/TLS. */
  readonly tls: TlsCounters | null;
  /** By name. */
  readonly upstreams: Readonly<Record<string, UpstreamNumbers>>;
  /** Upper bounds in seconds of every latency here. */
  readonly latencyBounds: readonly number[];
  /** How full the queue of passwords is, 0 to 1. */
  readonly passwordPressure: number;
  readonly settingsVersion: number;
}

export interface RadiusNode {
  readonly endpoints: readonly Endpoint[];
  readonly accountingEndpoints: readonly Endpoint[];
  readonly tlsEndpoints: readonly Endpoint[];
  report(): Promise<RadiusReport>;
  /** From outside this thread: the clock is (not) to be trusted, whatever it looks like from here. */
  setClockTrusted(trusted: boolean): void;
  /** A person says that the clock is right. */
  confirmClock(): void;
  /** Loads changed settings now instead of within a second. */
  refreshSettings(): Promise<void>;
  /** Gateways that have opened connections here, as they are told to end sessions. */
  readonly connections: ConnectionDisconnector;
  /** Takes no more requests, finishes those at work, closes. */
  stop(): Promise<void>;
}

/** Gateways give up after 3 to 30 s: an answer later than this is for nobody. */
const answerWithinMs = 4_000;
const settingsIntervalMs = 1_000;
const healthPingMs = 1_000;

/**
 * Composes and starts a listener. `writer` is a port of the writer thread on SQLite, null on PostgreSQL.
 * @throws OperatorError for keys or sockets that can't be used; StoreUnavailableError
 */
export async function startRadiusNode(
  config: Config,
  {
    profiles,
    writer,
  }: { readonly profiles: ReadonlyMap<string, Profile>; readonly writer: MessagePort | null },
  deps: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Promise<RadiusNode> {
  const { clock, random, log } = deps;
  const { node } = config;
  const target =
    config.store.dialect === 'sqlite' && writer !== null ? { ...config.store, writer } : config.store;
  const store = await openStore(target, { ...deps, node });
  let firstFactors: ReturnType<typeof openUpstreams> | null = null;
  try {
    const keyring = await openKeyring({ store, keyFile: config.keys.file, random });
    const settings = await openSettings({
      store,
      keyring,
      findProfile: (name) => profiles.get(name) ?? null,
      log,
    });
    const clockWatch = createClockWatch({ clock, log, lastInstant: 0 });
    let isClockTrusted = true;
    // Read before each decision: a jump must silence this thread at once, not at the next look of another one.
    const isClockStable = () => clockWatch.check().stable && isClockTrusted;
    const passwords = createPasswords({
      clock,
      random,
      log,
      concurrency: config.password.threads || availableParallelism(),
      queueLength: config.password.queue,
    });
    firstFactors = openUpstreams(config.upstreams, deps);
    const counted = countDecisions(store.decisions, clock);
    const { authenticate } = createAuthenticator({
      store: counted.store,
      keyring,
      passwords,
      firstFactors,
      challenges: createChallenges({ keyring, random, clock }),
      settings,
      clock,
      random,
      log,
      node,
      isClockStable,
      answerWithinMs,
    });
    const server = createRadiusServer({
      config: config.radius,
      settings,
      authenticate,
      ...(config.eap === null
        ? {}
        : {
            eap: {
              most: config.eap.maxConversations,
              mostPerGateway: config.eap.maxConversationsPerGateway,
              openTls: openCertificate(config.eap, { clock, log }),
            },
          }),
      isHealthy: async () => isClockStable() && (await store.ping(healthPingMs)),
      onMessageAuthenticatorSeen(clientId) {
        store
          .write(async (db) => {
            if (await markMessageAuthenticatorSeen(db, clientId)) await bumpSettingsVersion(db);
          })
          .catch((error: unknown) => log.warn({ err: error, clientId }, 'a client that signs was not noted'));
      },
      clock,
      random,
      log,
    });
    const accounting = createAccounting({ store, realms: () => settings.current().realms, clock, log });
    const accountingServer = createAccountingServer({
      config: { ...config.radius, listen: config.radius.accountingListen },
      settings,
      record: accounting.record,
      isHealthy: () => store.ping(healthPingMs),
      clock,
      log,
    });
    const tls =
      config.radius.tls === null
        ? null
        : createTlsListener({
            config: config.radius.tls,
            settings,
            // One port for all (RFC 6614 §2.2).
            onPacket(packet, exchange) {
              if (packet.code === codes.AccountingRequest) accountingServer.handle(exchange, packet);
              else server.handle(exchange, packet);
            },
            clock,
            random,
            log,
            timers: systemTimers,
          });
    const accountingEndpoints = await accountingServer.start();
    const stopAll = async () => {
      tls?.quiet();
      await Promise.all([server.stop(), accountingServer.stop()]);
      await tls?.stop();
    };
    const bound = await Promise.all([server.start(), tls?.start() ?? []]).catch(async (error: unknown) => {
      await stopAll();
      throw error;
    });
    const [endpoints, tlsEndpoints] = bound.map((sockets) =>
      sockets.map(({ address, port }) => ({ host: address, port })),
    ) as [Endpoint[], Endpoint[]];
    const stopWatching = settings.watch(settingsIntervalMs);
    return {
      endpoints,
      accountingEndpoints,
      tlsEndpoints,
      report: async () => ({
        counters: server.counters(),
        accounting: accountingServer.counters(),
        eap: server.eapCounters(),
        observations: server.observations(),
        decisions: counted.counts(),
        tls: tls?.counters() ?? null,
        upstreams: firstFactors?.numbers() ?? {},
        latencyBounds,
        passwordPressure: passwords.pressure(),
        settingsVersion: settings.current().version,
      }),
      setClockTrusted(trusted) {
        isClockTrusted = trusted;
      },
      confirmClock: () => clockWatch.confirm(),
      refreshSettings: () => settings.refresh(),
      connections: {
        connected: async () => new Set(tls?.connectedClients()),
        disconnect: async (clientId, attributes) => (await tls?.disconnect(clientId, attributes)) ?? null,
      },
      async stop() {
        stopWatching();
        await stopAll();
        await accounting.close();
        await firstFactors?.close();
        await store.close();
      },
    };
  } catch (error) {
    await firstFactors?.close();
    await store.close();
    throw error;
  }
}
