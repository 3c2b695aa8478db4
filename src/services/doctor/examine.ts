// The whole of the doctor's look at the broker, from wherever it is asked: the command line or the console.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Config } from '../../config/load.ts';
import type { PolicyLayer } from '../../core/policy.ts';
import { listFirstFactors } from '../../store/queries/accounts.ts';
import { listGatewayDetails } from '../../store/queries/gateway-changes.ts';
import { listPolicies } from '../../store/queries/gateways.ts';
import { countUndelivered } from '../../store/queries/outbox.ts';
import type { Store } from '../../store/store.ts';
import { readOrganisation } from '../administration.ts';
import type { ClockState } from '../clock-watch.ts';
import { findBreakGlass } from '../operators/oidc/password-off.ts';
import { readTlsMaterial } from '../tls/material.ts';
import {
  checkCheckpoints,
  checkClock,
  checkDatabase,
  checkDataDirectory,
  checkDisk,
  checkHttp,
  checkKeyFile,
  checkReceiveBuffer,
  checkSockets,
} from './broker.ts';
import type { Finding } from './finding.ts';
import { examineOidc } from './oidc.ts';
import { examineRadiusTls, examineUpstreams } from './radius-tls.ts';

interface BrokerCase {
  readonly config: Config;
  readonly store: Pick<Store, 'read' | 'describe'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly clockState: ClockState;
  /** Addresses for RADIUS that could not be bound; empty while the broker runs. */
  readonly unbound: Parameters<typeof checkSockets>[1];
  /** What the listener says; null: it does not run. */
  readonly report: {
    readonly tls: { readonly refused: NonNullable<Parameters<typeof examineRadiusTls>[0]['refused']> } | null;
    readonly upstreams: Readonly<Record<string, { readonly open: readonly string[] }>>;
  } | null;
}

export async function examineBroker(of: BrokerCase): Promise<Finding[]> {
  const { config, store } = of;
  return [
    await checkDataDirectory(config.dataDir),
    await checkKeyFile(config.keys.file),
    checkClock(of.clockState),
    checkSockets(config.radius.listen, of.unbound),
    await checkReceiveBuffer(config.radius.receiveBufferBytes),
    ...(await examineTlsAndUpstreams(of)),
    checkHttp(config.http.listen.host),
    ...(await examineProvider(of)),
    ...checkDatabase(await store.describe()),
    await checkDisk(config.dataDir),
    checkCheckpoints(
      config.audit.checkpoints.targets.length,
      await store.read((db) => countUndelivered(db, 'checkpoint')),
      (await readOrganisation(store)).timeZone,
    ),
  ];
}

/** The organisation's OpenID Connect provider, where one is configured. */
async function examineProvider({ config, store, clock, log }: BrokerCase): Promise<Finding[]> {
  if (config.oidc === null) return [];
  const { examineOidcProvider } = await import('../operators/oidc/provider.ts');
  return examineOidc({
    config: config.oidc,
    site: config.console,
    report: await examineOidcProvider(config.oidc, { clock, log }),
    breakGlass: (await findBreakGlass({ store, clock }, config.oidc)).length,
  });
}

async function examineTlsAndUpstreams({ config, store, clock, report }: BrokerCase): Promise<Finding[]> {
  const { tls } = config.radius;
  const clients = (await store.read(listGatewayDetails)).map(({ client }) => client);
  const onlyOverTls = clients.filter(({ prefix }) => prefix === null).map(({ name }) => name);
  const policies = await store.read(listPolicies);
  const ofAccounts = await store.read(listFirstFactors);
  const open = Object.entries(report?.upstreams ?? {}).map(
    ([name, numbers]) => [name, numbers.open] as const,
  );
  return [
    ...examineRadiusTls({
      readValidUntil: tls === null ? null : () => readTlsMaterial(tls, 'radius.tls').validUntil,
      onlyOverTls: [...new Set(onlyOverTls)],
      refused: report?.tls?.refused ?? null,
      now: clock.now(),
      timeZone: (await readOrganisation(store)).timeZone,
    }),
    ...examineUpstreams({
      configured: config.upstreams.map(({ name }) => name),
      named: policies.flatMap(({ scope, layer }) => {
        const { firstFactor } = JSON.parse(layer) as PolicyLayer;
        return firstFactor === undefined ? [] : [{ scope, firstFactor }];
      }),
      ofAccounts,
      open: report === null ? null : Object.fromEntries(open),
    }),
  ];
}
