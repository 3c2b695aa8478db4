// Settings in force: clients, gateways, policies, realms, as one immutable snapshot that is replaced when they change.
import type { Log } from '../../base/log.ts';
import type { EvidenceLevel } from '../../core/evidence.ts';
import { mergePolicy, type Policy, type PolicyLayer } from '../../core/policy.ts';
import { dayOfIsoDate, type WorkingCalendar } from '../../core/working-calendar.ts';
import { type CalendarDayRow, listCalendarDays } from '../../store/queries/calendar.ts';
import { type EvidenceExceptionRow, listOpenExceptions } from '../../store/queries/evidence.ts';
import {
  type GatewayRow,
  listGateways,
  listPolicies,
  listRadiusClients,
  type RadiusClientRow,
} from '../../store/queries/gateways.ts';
import { findSetting, findSettings, settingKeys } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';
import { overrideProfile, type Profile } from '../../wire/radius/profile/parse.ts';
import { createSecret } from '../../wire/radius/secret.ts';
import { contextOf, type Keyring } from '../secrets/keyring.ts';
import type { ControlTarget } from '../sessions/control.ts';
import { createClientLookup, type Gateway, type RadiusClient } from './clients.ts';
import { type CoaTarget, openCoaTargets, openControls } from './coa-targets.ts';
import { createTlsLookup, type TlsLookup } from './tls-clients.ts';
import { decodeTlsRule, takesDisconnect } from './tls-rule.ts';

interface SettingsSnapshot {
  readonly version: number;
  readonly organisationName: string;
  readonly timeZone: string;
  /** Realms that belong to the organisation: `user@realm` and `REALM\user` are `user`. */
  readonly realms: readonly string[];
  readonly clients: readonly RadiusClient[];
  readonly gateways: ReadonlyMap<number, Gateway>;
  findClient(sourceAddress: string): RadiusClient | null;
  /** Over TLS. The client is as its packets are to be judged there: signed with the secret of RFC 6614, or not at all. */
  findTlsClient: TlsLookup;
  /** Over HTTPS, by its certificate. */
  findHttpGateway: TlsLookup<Gateway>;
  /** Whether its token is good only beside its certificate. */
  needsHttpCertificate(gatewayId: number): boolean;
  /** Where a gateway is told to end sessions; null when no address of it is known. */
  findCoaTarget(gatewayId: number): CoaTarget | null;
  /** The client on whose own TLS connections a gateway is told to end sessions, before its address is tried; null: none. */
  findDisconnectClient(gatewayId: number): number | null;
  /** How it is controlled otherwise, which goes before; null: it is not. */
  findControl(gatewayId: number): ControlTarget | null;
  /**
   * Organisation, then units from the root down, then the gateway. Where none of them says which evidence is the least, it is
   * the best that the gateway's profile can carry, up to E2. At a gateway that has not been proven to end sessions they are short.
   */
  policyFor(unitPath: readonly number[], gatewayId: number): Policy;
  /** The same if a scope's policy were another; null: if it had none. */
  policyIf(scope: string, layer: PolicyLayer | null): SettingsSnapshot['policyFor'];
}

export interface Settings {
  current(): SettingsSnapshot;
  /** A snapshot of this version or a later one. Rejects with StoreUnavailableError. */
  atLeast(version: number): Promise<SettingsSnapshot>;
  /** Loads a new snapshot if the store's version differs; calls at the same time share one. */
  refresh(): Promise<void>;
  /** Refreshes every `intervalMs`, so that a listener knows new clients; the answer stops it. */
  watch(intervalMs: number): () => void;
}

interface SettingsDeps {
  readonly store: Pick<Store, 'read'>;
  readonly keyring: Keyring;
  /** Gateway profiles by name, ready for use. */
  readonly findProfile: (name: string) => Profile | null;
  readonly log: Log;
}

const mostCachedPolicies = 10_000;

async function readRows(store: Pick<Store, 'read'>) {
  return await store.read(async (db) => {
    // First: when something changes in between, the number is older than the rest and the next look loads again.
    const values = await findSettings(db, Object.values(settingKeys));
    return {
      values,
      clients: await listRadiusClients(db),
      gateways: await listGateways(db),
      policies: await listPolicies(db),
      exceptions: await listOpenExceptions(db),
      calendar: readCalendar(await listCalendarDays(db, null)),
    };
  });
}

function readCalendar(rows: readonly CalendarDayRow[]): WorkingCalendar {
  return new Map(rows.map(({ day, worksLike, name }) => [dayOfIsoDate(day), { worksLike, name }]));
}

/** What carries a proof of the machine demands it: E3 or E2 where the profile can, else the most that it can carry. */
function defaultEvidence(profile: Profile): EvidenceLevel {
  if (profile.eap?.clientCertificate === 'require') return 3;
  const levels = [...profile.workstation.map(({ level }) => level), ...Object.values(profile.http ?? {})];
  const best = Math.max(0, ...levels);
  return best >= 2 ? 2 : best >= 1 ? 1 : 0;
}

function createPolicies(
  rows: readonly { scope: string; layer: string }[],
  exceptions: readonly Pick<EvidenceExceptionRow, 'scope' | 'leastEvidence' | 'validUntil'>[],
  { rulesVersion, calendar }: Pick<Policy, 'rulesVersion' | 'calendar'>,
  gateways: ReadonlyMap<number, Gateway>,
): SettingsSnapshot['policyFor'] {
  const layers = new Map(rows.map(({ scope, layer }) => [scope, JSON.parse(layer) as PolicyLayer]));
  const cache = new Map<string, Policy>();
  return (unitPath, gatewayId) => {
    const key = `${unitPath.join('/')}:${gatewayId}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const scopes = ['organisation', ...unitPath.map((id) => `unit:${id}`), `gateway:${gatewayId}`];
    const profile = gateways.get(gatewayId)?.profile;
    const ofGateway = profile === undefined ? {} : { leastEvidence: defaultEvidence(profile) };
    const stored = scopes.flatMap((scope) => layers.get(scope) ?? []);
    // The narrowest scope's paper counts; whether it is over is for the decision to say.
    const paper = scopes.flatMap((scope) => exceptions.find((one) => one.scope === scope) ?? []).at(-1);
    const evidenceException =
      paper === undefined ? null : { leastEvidence: paper.leastEvidence, until: paper.validUntil };
    const merged = {
      ...mergePolicy([{ rulesVersion, ...ofGateway }, ...stored]),
      evidenceException,
      calendar,
    };
    const isProven = gateways.get(gatewayId)?.cutProvenAt !== null;
    const policy = isProven
      ? merged
      : { ...merged, sessionMs: Math.min(merged.sessionMs, merged.uncutSessionMs) };
    if (cache.size >= mostCachedPolicies) cache.clear();
    cache.set(key, policy);
    return policy;
  };
}

function toGateway(row: GatewayRow, deps: SettingsDeps): Gateway | null {
  const profile = deps.findProfile(row.profile);
  if (profile === null) {
    deps.log.error(
      { gateway: row.name, profile: row.profile },
      'a gateway has a profile that is not installed',
    );
    return null;
  }
  const { id, profileOverrides, profile: _name, coaAddress: _host, coaPort: _port, ...more } = row;
  const { sealedCoaSecret: _sealed, control: _control, httpTlsRule: _rule, ...rest } = more;
  try {
    return {
      ...rest,
      gatewayId: id,
      profile:
        profileOverrides === null
          ? profile
          : overrideProfile(profile, JSON.parse(profileOverrides), `overrides of gateway ${row.name}`),
    };
  } catch (error) {
    deps.log.error({ gateway: row.name, err: error }, "a gateway's changes to its profile cannot be used");
    return null;
  }
}

async function toClient(
  row: RadiusClientRow,
  gateways: readonly Gateway[],
  deps: SettingsDeps,
): Promise<RadiusClient | null> {
  const context = contextOf.clientSecret(row.name);
  try {
    const secrets = [];
    for (const sealed of [row.sealedSecret, row.sealedNextSecret]) {
      if (sealed === null) continue;
      const octets = await deps.keyring.openReloading(sealed, context);
      secrets.push(createSecret(octets));
      octets.fill(0);
    }
    const { id, sealedSecret: _sealed, sealedNextSecret: _next, tlsRule: _tls, ...rest } = row;
    return {
      ...rest,
      clientId: id,
      secrets,
      gateways: gateways.filter((gateway) => gateway.clientId === id),
    };
  } catch (error) {
    // One damaged row must not silence every other gateway.
    deps.log.error(
      { client: row.name, err: error },
      "a RADIUS client's secret cannot be opened; the client is not served",
    );
    return null;
  }
}

/** RFC 6614 §2.3: TLS protects what MD5 can't, so that the secret is known to everybody. */
const tlsSecrets = [createSecret(Buffer.from('radsec'))];

/** Signatures against forgery (CVE-2024-3596) are for packets in the clear. */
function overTls(client: RadiusClient): RadiusClient {
  return { ...client, secrets: tlsSecrets, requireMessageAuthenticator: 'never', limitProxyState: false };
}

function createFindTlsClient(rows: readonly RadiusClientRow[], clients: readonly RadiusClient[]): TlsLookup {
  const rules = new Map(rows.map(({ id, tlsRule }) => [id, tlsRule]));
  return createTlsLookup(
    clients.flatMap((client) => {
      const rule = rules.get(client.clientId) ?? null;
      return rule === null ? [] : [{ client: overTls(client), rule: decodeTlsRule(rule) }];
    }),
  );
}

/** A gateway whose profile says nothing of HTTP is not answered over it, whatever certificate it has. */
function createFindHttpGateway(
  rows: readonly GatewayRow[],
  gateways: ReadonlyMap<number, Gateway>,
): TlsLookup<Gateway> {
  return createTlsLookup(
    rows.flatMap(({ id, httpTlsRule }) => {
      const gateway = gateways.get(id);
      if (gateway?.profile.http === undefined || httpTlsRule === null) return [];
      return [{ client: gateway, rule: decodeTlsRule(httpTlsRule) }];
    }),
  );
}

function parseRealms(text: string | undefined): string[] {
  const value: unknown = text === undefined ? [] : JSON.parse(text);
  return Array.isArray(value) ? value.filter((realm) => typeof realm === 'string') : [];
}

async function loadSnapshot(deps: SettingsDeps): Promise<SettingsSnapshot> {
  const { values, clients: clientRows, gateways: gatewayRows, ...stored } = await readRows(deps.store);
  const gateways = gatewayRows.flatMap((row) => toGateway(row, deps) ?? []);
  const clients: RadiusClient[] = [];
  for (const row of clientRows) {
    const client = await toClient(row, gateways, deps);
    if (client !== null) clients.push(client);
  }
  const byId = new Map(gateways.map((gateway) => [gateway.gatewayId, gateway]));
  const coaTargets = await openCoaTargets(gatewayRows, clients, deps);
  const controls = await openControls(gatewayRows, deps);
  const takers = new Set(clientRows.filter(({ tlsRule }) => takesDisconnect(tlsRule)).map(({ id }) => id));
  const rulesVersion = Number(values.get(settingKeys.rulesVersion) ?? 0);
  const policiesOf = (rows: typeof stored.policies) =>
    createPolicies(rows, stored.exceptions, { rulesVersion, calendar: stored.calendar }, byId);
  return {
    version: Number(values.get(settingKeys.settingsVersion) ?? 0),
    organisationName: values.get(settingKeys.organisationName) ?? '',
    timeZone: values.get(settingKeys.timeZone) ?? 'Asia/Ho_Chi_Minh',
    realms: parseRealms(values.get(settingKeys.realms)),
    clients,
    gateways: byId,
    findClient: createClientLookup(clients),
    findTlsClient: createFindTlsClient(clientRows, clients),
    findHttpGateway: createFindHttpGateway(gatewayRows, byId),
    needsHttpCertificate: (gatewayId) =>
      gatewayRows.some(({ id, httpTlsRule }) => id === gatewayId && httpTlsRule !== null),
    findCoaTarget: (gatewayId) => coaTargets.get(gatewayId) ?? null,
    findDisconnectClient: (gatewayId) => {
      const { clientId = null } = byId.get(gatewayId) ?? {};
      return clientId !== null && takers.has(clientId) ? clientId : null;
    },
    findControl: (gatewayId) => controls.get(gatewayId) ?? null,
    policyFor: policiesOf(stored.policies),
    policyIf: (scope, layer) =>
      policiesOf([
        ...stored.policies.filter((one) => one.scope !== scope),
        ...(layer === null ? [] : [{ scope, layer: JSON.stringify(layer) }]),
      ]),
  };
}

/** Loads the first snapshot. Rejects with StoreUnavailableError. */
export async function openSettings(deps: SettingsDeps): Promise<Settings> {
  let snapshot = await loadSnapshot(deps);
  let loading: Promise<void> | null = null;

  function reload(): Promise<void> {
    loading ??= loadSnapshot(deps)
      .then((loaded) => {
        snapshot = loaded;
      })
      .finally(() => {
        loading = null;
      });
    return loading;
  }

  const settings: Settings = {
    current: () => snapshot,
    async atLeast(version) {
      // A load that is under way may have begun before the change: then a second one is needed.
      for (let loads = 0; snapshot.version < version && loads < 2; loads += 1) await reload();
      return snapshot;
    },
    async refresh() {
      const version = await deps.store.read((db) => findSetting(db, settingKeys.settingsVersion));
      if (Number(version ?? 0) !== snapshot.version) await reload();
    },
    watch(intervalMs) {
      let isRunning = false;
      let hasFailed = false;
      const timer = setInterval(() => {
        if (isRunning) return;
        isRunning = true;
        settings
          .refresh()
          .then(
            () => {
              hasFailed = false;
            },
            (error: unknown) => {
              if (!hasFailed)
                deps.log.warn({ err: error }, 'settings cannot be refreshed; the last ones stay in force');
              hasFailed = true;
            },
          )
          .finally(() => {
            isRunning = false;
          });
      }, intervalMs);
      timer.unref();
      return () => clearInterval(timer);
    },
  };
  return settings;
}
