// The doctor's case of a declared gateway: its settings in force beside what the listener has seen of it.
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import { type GatewayRow, listGateways, listRadiusClients } from '../../store/queries/gateways.ts';
import type { Store } from '../../store/store.ts';
import type { Settings } from '../settings/settings.ts';
import type { Finding } from './finding.ts';
import { examineGateway, type GatewaySeen } from './gateway.ts';

/** What the listener says of all gateways. */
export interface GatewayObservations {
  readonly observations: Readonly<Record<string, GatewaySeen>>;
  readonly counters: { readonly dropped: Readonly<Record<string, number>> };
}

interface Deps {
  readonly store: Pick<Store, 'read'>;
  readonly settings: Settings;
  readonly rejectDelayMs: number;
}

/** @throws OperatorError that names the nearest gateway, when there is none of that name; `report` is not asked then */
export async function examineGatewayByName(
  { store, settings, rejectDelayMs }: Deps,
  name: string,
  report: () => Promise<GatewayObservations>,
): Promise<{ readonly gateway: GatewayRow; readonly findings: Finding[] }> {
  const { gateways, clients } = await store.read(async (db) => ({
    gateways: await listGateways(db),
    clients: await listRadiusClients(db),
  }));
  const gateway = gateways.find((candidate) => candidate.name === name);
  const client = clients.find(({ id }) => id === gateway?.clientId);
  if (gateway === undefined || client === undefined) {
    const nearest = nearestName(
      name,
      gateways.map((candidate) => candidate.name),
    );
    throw new OperatorError(`There is no gateway "${name}".`, {
      at: name,
      remedy: nearest === null ? 'See "gatewarden gateway list".' : `Did you mean ${nearest}?`,
    });
  }
  const { observations, counters } = await report();
  const snapshot = settings.current();
  const profile = snapshot.gateways.get(gateway.id)?.profile;
  const findings = examineGateway({
    name,
    profile: gateway.profile,
    clientName: client.name,
    clientPrefix: client.prefix,
    hasTls: client.tlsRule !== null,
    requireMessageAuthenticator: client.requireMessageAuthenticator,
    hasSigned: client.seenMessageAuthenticator,
    sharesClient: gateways.filter(({ clientId }) => clientId === client.id).length > 1,
    seen: observations[name] ?? null,
    dropped: counters.dropped,
    rejectDelayMs,
    sendsWorkstation: (profile?.workstation.length ?? 0) > 0,
    timeZone: snapshot.timeZone,
    leastEvidence: snapshot.policyFor([], gateway.id).leastEvidence,
    carriesProof:
      (profile?.eap ?? { clientCertificate: 'none' }).clientCertificate !== 'none' ||
      (profile?.workstation.some(({ level }) => level >= 2) ?? false),
    sessionTimeout: profile?.reply.sessionTimeout ?? null,
    isCutProven: gateway.cutProvenAt !== null,
  });
  return { gateway, findings };
}
