// Units, clients, gateways and policies of a file, checked against each other and against what the store holds.
import {
  type KnownClient,
  type KnownGateway,
  listClients,
  listKnownGateways,
} from '../../store/queries/import/network.ts';
import { type KnownUnit, listUnits } from '../../store/queries/import/units.ts';
import type { Store } from '../../store/store.ts';
import { overrideProfile, type Profile } from '../../wire/radius/profile/parse.ts';
import { faultOfUpstream } from '../first-factor/known-upstream.ts';
import { EntryFaults, type FaultCollector } from './faults.ts';
import { entryName } from './form.ts';
import type { NormalisedClient } from './normalise/network.ts';
import type { EntryKind } from './schema.ts';
import {
  keyOf,
  policyKey,
  type StagedGateway,
  type StagedPolicy,
  type StagedRadiusClient,
  type StagedUnit,
} from './staged.ts';

export interface Lined<T> {
  readonly line: number;
  readonly entry: T;
}

/** What a file says about the frame: few entries, held in memory while the many are streamed. */
export interface FileFrame {
  readonly units: Lined<StagedUnit>[];
  readonly clients: Lined<NormalisedClient>[];
  readonly gateways: (Lined<StagedGateway> & { readonly profile: Profile })[];
  readonly policies: Lined<StagedPolicy>[];
  /** Names of entries with faults of their own: what refers to them is not reported too. */
  readonly faulty: { readonly [kind in 'unit' | 'radiusClient' | 'gateway']: Set<string> };
}

export function emptyFrame(): FileFrame {
  const faulty = { unit: new Set<string>(), radiusClient: new Set<string>(), gateway: new Set<string>() };
  return { units: [], clients: [], gateways: [], policies: [], faulty };
}

export interface ResolvedFrame {
  readonly units: readonly Lined<StagedUnit>[];
  readonly clients: readonly Lined<StagedRadiusClient>[];
  readonly gateways: readonly Lined<StagedGateway>[];
  readonly policies: readonly Lined<StagedPolicy>[];
  /** Codes of all units that there will be. */
  readonly unitCodes: ReadonlySet<string>;
}

interface Known {
  readonly units: readonly KnownUnit[];
  readonly clients: readonly KnownClient[];
  readonly gateways: readonly KnownGateway[];
}

interface Report {
  readonly file: string;
  readonly faults: FaultCollector;
}

function faultsAt(report: Report, line: number, kind: EntryKind, value: object): EntryFaults {
  return new EntryFaults(report.faults, `${report.file}:${line}`, entryName({ kind, value }));
}

/** Reports entries that have a key of an earlier one; `what` says what they share. */
function refuseTwice<T extends Lined<object>>(
  entries: readonly T[],
  keyOfEntry: (entry: T) => string,
  kind: EntryKind,
  what: string,
  report: Report,
): void {
  const first = new Map<string, number>();
  for (const entry of entries) {
    const key = keyOfEntry(entry);
    const before = first.get(key);
    if (before === undefined) first.set(key, entry.line);
    else {
      faultsAt(report, entry.line, kind, entry.entry).add(
        null,
        `${what} is that of line ${before}`,
        'Keep one of the two entries, or correct the name',
      );
    }
  }
}

/** Parents before children; units in a circle are faults, and so are parents that nobody knows. */
function sortUnits(
  units: readonly Lined<StagedUnit>[],
  known: readonly KnownUnit[],
  faulty: ReadonlySet<string>,
  report: Report,
): Lined<StagedUnit>[] {
  const parents = new Map(known.map(({ code, parent }) => [code, parent]));
  for (const code of faulty) parents.set(code, null);
  for (const { entry } of units) {
    parents.set(entry.code, entry.parent === undefined ? (parents.get(entry.code) ?? null) : entry.parent);
  }
  const depths = new Map<string, number>();
  /** Null: in a circle, or below one. */
  const depthOf = (code: string): number | null => {
    const path: string[] = [];
    const onPath = new Set<string>();
    let at: string | null = code;
    while (at !== null && !depths.has(at)) {
      if (onPath.has(at)) return null;
      onPath.add(at);
      path.push(at);
      at = parents.get(at) ?? null;
    }
    let depth = at === null ? -1 : (depths.get(at) ?? -1);
    for (const unit of path.reverse()) depths.set(unit, ++depth);
    return depths.get(code) ?? null;
  };
  const sorted = units.map((unit) => {
    const { parent } = unit.entry;
    const faults = faultsAt(report, unit.line, 'unit', unit.entry);
    if (parent !== undefined && parent !== null && !parents.has(parent)) {
      faults.add('parent', ...noUnit(parent));
    }
    const depth = depthOf(unit.entry.code);
    if (depth === null) {
      faults.add(
        'parent',
        'it lies below itself, or below units that do',
        'Correct the parents of these units',
      );
    }
    return { unit, depth: depth ?? 0 };
  });
  return sorted.sort((a, b) => a.depth - b.depth || a.unit.line - b.unit.line).map(({ unit }) => unit);
}

/** Fault and remedy of a code that no unit has. */
export function noUnit(code: string): [message: string, remedy: string] {
  return [`there is no unit ${JSON.stringify(code)}`, 'Add the unit to the file, or correct the code'];
}

const clientNameOf = ({ entry }: Lined<{ readonly name: string }>): string => entry.name;

function checkClients(clients: readonly Lined<NormalisedClient>[], known: Known, report: Report): void {
  refuseTwice(clients, clientNameOf, 'radiusClient', 'its name', report);
  refuseTwice(
    clients.filter(({ entry }) => entry.prefix !== null),
    ({ entry }) => entry.prefix ?? '',
    'radiusClient',
    'its address',
    report,
  );
  for (const { line, entry } of clients) {
    const faults = faultsAt(report, line, 'radiusClient', entry);
    const holder = known.clients.find(
      ({ prefix, name }) => prefix !== null && prefix === entry.prefix && name !== entry.name,
    );
    if (holder !== undefined) {
      faults.add(
        'address',
        `${entry.prefix} is that of the client ${JSON.stringify(holder.name)}`,
        'Give that one another address first, in an import of its own, or correct this one',
      );
    }
    const hasSecret = known.clients.some(
      ({ name, sealedSecret }) => name === entry.name && sealedSecret !== null,
    );
    if (entry.prefix !== null && entry.sealedSecret === undefined && !hasSecret) {
      faults.add('secret', 'it is missing', 'Give secret or secretFile: the secret shared with the device');
    }
  }
}

/** Takes what the file leaves out from the profiles of the client's gateways: `always` and `true` only if all say so. */
function completeClient(
  { line, entry }: Lined<NormalisedClient>,
  profiles: readonly Profile[],
): Lined<StagedRadiusClient> {
  const { requireMessageAuthenticator: stated, limitProxyState: limit, ...rest } = entry;
  const allSign = profiles.every((profile) => profile.messageAuthenticator === 'always');
  return {
    line,
    entry: {
      ...rest,
      requireMessageAuthenticator: stated ?? (allSign ? 'always' : 'auto'),
      isRequirementStated: stated !== null,
      limitProxyState: limit ?? profiles.every((profile) => profile.limitProxyState),
      isLimitStated: limit !== null,
    },
  };
}

/** Two gateways of one client that say the same of themselves could not be told apart. */
const callsItself = (gateway: Pick<StagedGateway, 'client' | 'nasIdentifier' | 'nasIpAddress'>): string =>
  JSON.stringify([gateway.client, gateway.nasIdentifier, gateway.nasIpAddress]);

function checkGateways(frame: FileFrame, known: Known, unitCodes: ReadonlySet<string>, report: Report): void {
  const { gateways } = frame;
  refuseTwice(gateways, clientNameOf, 'gateway', 'its name', report);
  refuseTwice(
    gateways,
    ({ entry }) => callsItself(entry),
    'gateway',
    'what it calls itself (nasIdentifier, nasIpAddress)',
    report,
  );
  const clients = new Set([
    ...known.clients.map(({ name }) => name),
    ...frame.clients.map(clientNameOf),
    ...frame.faulty.radiusClient,
  ]);
  const named = new Set(gateways.map(clientNameOf));
  const others = new Map(
    known.gateways
      .filter(({ name }) => !named.has(name))
      .map((gateway) => [callsItself(gateway), gateway.name]),
  );
  for (const { line, entry } of gateways) {
    const faults = faultsAt(report, line, 'gateway', entry);
    if (!clients.has(entry.client)) {
      faults.add(
        'client',
        `there is no RADIUS client ${JSON.stringify(entry.client)}`,
        'Add it under radiusClients, or correct the name',
      );
    }
    if (entry.unit !== null && !unitCodes.has(entry.unit)) faults.add('unit', ...noUnit(entry.unit));
    const other = others.get(callsItself(entry));
    if (other !== undefined) {
      faults.add(
        'nasIdentifier',
        `the gateway ${JSON.stringify(other)} of the same client calls itself the same`,
        'Give each gateway of a client its own nasIdentifier or nasIpAddress',
      );
    }
  }
}

function checkPolicies(
  frame: FileFrame,
  known: Known & { readonly upstreams: readonly string[] },
  unitCodes: ReadonlySet<string>,
  report: Report,
): void {
  refuseTwice(frame.policies, ({ entry }) => policyKey(entry.scope), 'policy', 'its scope', report);
  const gateways = new Set([
    ...known.gateways.map(({ name }) => name),
    ...frame.gateways.map(clientNameOf),
    ...frame.faulty.gateway,
  ]);
  for (const { line, entry } of frame.policies) {
    const faults = faultsAt(report, line, 'policy', entry);
    const { unit, gateway } = entry.scope;
    const unknown = faultOfUpstream(entry.layer.firstFactor ?? 'own', known.upstreams);
    if (unknown !== null) faults.add('firstFactor', ...unknown);
    if (unit !== undefined && !unitCodes.has(unit)) faults.add('scope.unit', ...noUnit(unit));
    if (gateway !== undefined && !gateways.has(gateway)) {
      faults.add(
        'scope.gateway',
        `there is no gateway ${JSON.stringify(gateway)}`,
        'Add it under gateways, or correct the name',
      );
    }
    for (const code of entry.gatewayUnits ?? []) {
      if (!unitCodes.has(code)) faults.add('gatewayUnits', ...noUnit(code));
    }
  }
}

/** The profile that a gateway has that is in the store and not in the file; null when it is not installed any more. */
function knownProfile(gateway: KnownGateway, profiles: ReadonlyMap<string, Profile>): Profile | null {
  const profile = profiles.get(gateway.profile) ?? null;
  if (profile === null || gateway.profileOverrides === null) return profile;
  return overrideProfile(profile, JSON.parse(gateway.profileOverrides), `overrides of ${gateway.name}`);
}

/** Checks the frame and completes it; faults go to the collector. */
export async function resolveFrame(
  frame: FileFrame,
  deps: {
    readonly store: Store;
    readonly profiles: ReadonlyMap<string, Profile>;
    readonly upstreams: readonly string[];
  },
  report: Report,
): Promise<ResolvedFrame> {
  const known: Known = await deps.store.read(async (db) => ({
    units: await listUnits(db),
    clients: await listClients(db),
    gateways: await listKnownGateways(db),
  }));
  refuseTwice(frame.units, ({ entry }) => keyOf.unit(entry), 'unit', 'its code', report);
  const units = sortUnits(frame.units, known.units, frame.faulty.unit, report);
  const unitCodes = new Set([
    ...[...known.units, ...units.map(({ entry }) => entry)].map(({ code }) => code),
    ...frame.faulty.unit,
  ]);
  checkClients(frame.clients, known, report);
  checkGateways(frame, known, unitCodes, report);
  checkPolicies(frame, { ...known, upstreams: deps.upstreams }, unitCodes, report);

  const named = new Set(frame.gateways.map(clientNameOf));
  const profilesOf = (client: string): Profile[] => [
    ...frame.gateways.filter(({ entry }) => entry.client === client).map(({ profile }) => profile),
    ...known.gateways
      .filter((gateway) => gateway.client === client && !named.has(gateway.name))
      .flatMap((gateway) => knownProfile(gateway, deps.profiles) ?? []),
  ];
  return {
    units,
    clients: frame.clients.map((client) => completeClient(client, profilesOf(client.entry.name))),
    gateways: frame.gateways,
    policies: frame.policies,
    unitCodes,
  };
}
