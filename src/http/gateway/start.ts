// The listener of gateways over HTTPS with all that it needs to decide: what a RADIUS thread has, for this way of asking.

import type { Server } from 'node:https';
import { availableParallelism } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Endpoint } from '../../config/endpoint.ts';
import type { GatewayHttpConfig } from '../../config/gateway-http.ts';
import { countDecisions, type DecisionCounts } from '../../services/admission/decision-counts.ts';
import { createAuthenticator } from '../../services/authenticate/authenticate.ts';
import { createChallenges } from '../../services/challenge.ts';
import type { GatewaySeen } from '../../services/doctor/gateway.ts';
import type { FirstFactors } from '../../services/first-factor/first-factors.ts';
import { createPasswords } from '../../services/passwords/passwords.ts';
import type { Keyring } from '../../services/secrets/keyring.ts';
import { createAccounting } from '../../services/sessions/accounting.ts';
import type { Settings } from '../../services/settings/settings.ts';
import { readTlsMaterial, type TlsMaterial } from '../../services/tls/material.ts';
import type { Store } from '../../store/store.ts';
import { listenAt } from '../listen.ts';
import { createDecisions, type Decisions } from './decisions.ts';
import { createIdentification, type Identification } from './identify.ts';
import { createHttpObservations } from './observations.ts';
import { createGatewayServer, secureOptions } from './server.ts';

/** Gateways give up after 3 to 30 s: an answer later than this is for nobody. */
const answerWithinMs = 4_000;
const lookMs = 5_000;
const writeMs = 50;

/** What metrics and the doctor want to know. */
export interface GatewayHttpReport {
  readonly counters: ReturnType<Decisions['counters']>;
  readonly refused: ReturnType<Identification['refused']>;
  readonly observations: Readonly<Record<string, GatewaySeen>>;
  readonly decisions: DecisionCounts;
}

export interface GatewayHttp {
  readonly endpoint: Endpoint;
  report(): GatewayHttpReport;
  /** Takes no more requests, answers those at work, closes. */
  stop(): Promise<void>;
}

export interface GatewayHttpDeps {
  readonly config: GatewayHttpConfig;
  readonly store: Store;
  readonly keyring: Keyring;
  /** Kept fresh by whoever hands them in. */
  readonly settings: Settings;
  readonly firstFactors: FirstFactors;
  readonly passwords: { readonly threads: number; readonly queue: number };
  readonly rejectDelayMs: number;
  readonly node: string;
  readonly isClockStable: () => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Reads the files anew while they change; a broken one leaves what was read before in force. The answer stops it. */
function watchFiles(
  server: Server,
  { config: { tls }, log }: Pick<GatewayHttpDeps, 'config' | 'log'>,
  first: TlsMaterial | null,
): () => void {
  if (tls === null || first === null) return () => undefined;
  let material = first;
  let lastFault = '';
  const timer = setInterval(() => {
    let next: TlsMaterial;
    try {
      next = readTlsMaterial(tls, 'gatewayHttp.tls');
    } catch (error) {
      const { message } = error as Error;
      if (message !== lastFault) {
        log.error(
          { err: error },
          'the files of gatewayHttp.tls cannot be read anew; the former ones stay in force',
        );
      }
      lastFault = message;
      return;
    }
    lastFault = '';
    if (next.digest === material.digest) return;
    const isTrustChanged = next.trustDigest !== material.trustDigest;
    material = next;
    server.setSecureContext({ ...next.options, secureOptions, minVersion: 'TLSv1.2' });
    // Whoever is still trusted comes back at once and proves it.
    if (isTrustChanged) server.closeAllConnections();
    log.info({ trust: isTrustChanged }, 'changed files of gatewayHttp.tls are in force');
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Composes, binds and serves. Rejects with OperatorError for files or an address that can't be used. */
export async function startGatewayHttp(deps: GatewayHttpDeps): Promise<GatewayHttp> {
  const { config, store, keyring, settings, clock, random, log } = deps;
  const counted = countDecisions(store.decisions, clock);
  const passwords = createPasswords({
    clock,
    random,
    log,
    concurrency: deps.passwords.threads || availableParallelism(),
    queueLength: deps.passwords.queue,
  });
  const { authenticate } = createAuthenticator({
    ...deps,
    store: counted.store,
    passwords,
    challenges: createChallenges({ keyring, random, clock }),
    answerWithinMs,
  });
  const realms = () => settings.current().realms;
  const observations = createHttpObservations();
  const decisions = createDecisions({
    authenticate,
    realms,
    rejectDelayMs: deps.rejectDelayMs,
    clock,
    random,
    onRetransmission: ({ name }, afterMs) => observations.retransmission(name, afterMs),
  });
  const accounting = createAccounting({ store, realms, clock, log });
  const identification = createIdentification({ store, settings, clock, log });
  const material = config.tls === null ? null : readTlsMaterial(config.tls, 'gatewayHttp.tls');
  const tls = material?.options ?? null;
  const server = createGatewayServer({
    tls,
    identification,
    decisions,
    observations,
    accounting,
    clock,
    log,
  });
  const endpoint = await listenAt(server, 'gatewayHttp', config.listen);
  const stopWatching = watchFiles(server.server as unknown as Server, deps, material);
  log.info({ ...endpoint, tls: tls !== null }, 'gateways are answered over HTTP');
  return {
    endpoint,
    report: () => ({
      counters: decisions.counters(),
      refused: identification.refused(),
      observations: observations.snapshot(),
      decisions: counted.counts(),
    }),
    async stop() {
      stopWatching();
      server.server.close();
      await decisions.settle();
      // Their answers are written in the turns that follow.
      await new Promise((resolve) => setTimeout(resolve, writeMs));
      await server.close();
      await accounting.close();
    },
  };
}
