// Policies for whoever looks after them: as the organisation file spells them, with their history, and what a change would deny.
import { OperatorError } from '../base/errors.ts';
import type { EvidenceLevel } from '../core/evidence.ts';
import { isOpen } from '../core/hours.ts';
import { leastEvidenceAt, type Policy, type PolicyLayer } from '../core/policy.ts';
import type { Reason } from '../core/reasons.ts';
import { canonical } from '../store/audit/record.ts';
import { listAcceptedLogins } from '../store/queries/evidence.ts';
import { listPolicies } from '../store/queries/gateways.ts';
import { findUnitIds, listUnits } from '../store/queries/import/units.ts';
import {
  findPolicyLayer,
  listPlacesOfAccounts,
  listPolicyVersions,
  noLayer,
  type PolicyVersionRow,
  putPolicy,
} from '../store/queries/policies.ts';
import { listUnitsWithin } from '../store/queries/search.ts';
import { markSessionsToJudge } from '../store/queries/sessions.ts';
import { bumpSettingsVersion } from '../store/queries/settings.ts';
import type { Store } from '../store/store.ts';
import type { Db } from '../store/tables.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  readOrganisation,
  recordAct,
} from './administration.ts';
import { checkUpstream } from './first-factor/known-upstream.ts';
import { EntryFaults, FaultCollector } from './organisation/faults.ts';
import { normalisePolicy } from './organisation/normalise/network.ts';
import type { Entry } from './organisation/schema.ts';
import type { Settings } from './settings/settings.ts';

/** A policy's fields as the organisation file spells them: minutes, codes of units. */
export type ReadableLayer = Readonly<Record<string, unknown>>;

/** The same without the scope, as it is given. */
export type GivenLayer = Omit<Entry<'policy'>, 'scope'>;

const minute = 60_000;

/** A stored layer in the words of the organisation file; `codes` are those of units by id. */
function readable(layer: PolicyLayer, codes: ReadonlyMap<number, string>): ReadableLayer {
  const { sessionMs, uncutSessionMs, gatewayUnits, lockout, ...rest } = layer;
  const times = (value: number | undefined, unit: number) => (value === undefined ? undefined : value / unit);
  const shown = {
    ...rest,
    sessionMinutes: times(sessionMs, minute),
    uncutSessionMinutes: times(uncutSessionMs, minute),
    gatewayUnits: gatewayUnits?.map((id) => codes.get(id) ?? String(id)) ?? gatewayUnits,
    lockout:
      lockout === undefined
        ? undefined
        : withoutAbsent({
            codeAttempts: lockout.codeAttempts,
            lockMinutes: times(lockout.lockMs, minute),
            maxLockMinutes: times(lockout.maxLockMs, minute),
            passwordAttempts: lockout.passwordAttempts,
            passwordDelaySeconds: times(lockout.passwordDelayMs, 1_000),
            maxPasswordDelayMinutes: times(lockout.maxPasswordDelayMs, minute),
            forgetHours: times(lockout.forgetMs, 60 * minute),
          }),
  };
  return withoutAbsent(shown);
}

function withoutAbsent(value: object): ReadableLayer {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

const codesOf = async (db: Db) => new Map((await listUnits(db)).map(({ id, code }) => [id, code]));

interface FieldDifference {
  readonly field: string;
  /** As JSON; null: the policy did not say. */
  readonly before: string | null;
  readonly after: string | null;
}

function differences(before: ReadableLayer, after: ReadableLayer): FieldDifference[] {
  const flat = (layer: ReadableLayer) => {
    const { lockout, ...rest } = layer;
    const inner = Object.entries((lockout ?? {}) as object).map(([key, value]) => [`lockout.${key}`, value]);
    return new Map([...Object.entries(rest), ...inner] as [string, unknown][]);
  };
  const [was, is] = [flat(before), flat(after)];
  const text = (value: unknown) => (value === undefined ? null : canonical(value));
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((field) => {
    const pair = { field, before: text(was.get(field)), after: text(is.get(field)) };
    return pair.before === pair.after ? [] : [pair];
  });
}

/** What a scope's policy is for. */
export interface PolicyScope {
  /** `organisation`, `unit:<id>` or `gateway:<id>`. */
  readonly scope: string;
  readonly kind: 'organisation' | 'unit' | 'gateway';
  /** Of the unit or gateway; empty for the organisation. */
  readonly name: string;
  /** Path of the unit; null for other scopes. */
  readonly path: string | null;
}

/** Every scope that can have a policy, units in the order of the tree. */
export async function listPolicyScopes(store: Pick<Store, 'read'>): Promise<PolicyScope[]> {
  return await store.read(async (db) => {
    const { gateways } = db.tables;
    const units = await listUnitsWithin(db, 'everywhere');
    const named = await db.select({ id: gateways.id, name: gateways.name }).from(gateways);
    return [
      { scope: 'organisation', kind: 'organisation', name: '', path: null },
      ...units.map(({ id, name, path }) => ({ scope: `unit:${id}`, kind: 'unit' as const, name, path })),
      ...named.map(({ id, name }) => ({
        scope: `gateway:${id}`,
        kind: 'gateway' as const,
        name,
        path: null,
      })),
    ];
  });
}

/** Scopes that have a policy of their own, with its last change. */
export async function listOwnPolicies(store: Pick<Store, 'read'>) {
  return await store.read(async (db) => {
    const codes = await codesOf(db);
    const found = new Map<string, { fields: string[]; at: number | null; by: string | null }>();
    for (const { scope, layer } of await listPolicies(db)) {
      const [last] = await listPolicyVersions(db, scope, { before: null, limit: 1 });
      const fields = Object.keys(readable(JSON.parse(layer) as PolicyLayer, codes));
      found.set(scope, { fields, at: last?.at ?? null, by: last?.by ?? null });
    }
    return found;
  });
}

/** The policy of a scope as it is (empty: none), what is in force there, and its last version (0: never changed here). */
export async function showPolicy(
  { store, settings }: { readonly store: Pick<Store, 'read'>; readonly settings: Settings },
  { scope, path }: PolicyScope,
) {
  await settings.refresh();
  const unitIds = path === null ? [] : path.slice(1, -1).split('/').map(Number);
  const gatewayId = scope.startsWith('gateway:') ? Number(scope.slice('gateway:'.length)) : 0;
  const {
    evidenceException: _,
    calendar: _calendar,
    rulesVersion: _rules,
    ...inForce
  } = settings.current().policyFor(unitIds, gatewayId);
  return await store.read(async (db) => {
    const [last] = await listPolicyVersions(db, scope, { before: null, limit: 1 });
    const codes = await codesOf(db);
    return {
      layer: readable(await storedLayer(db, scope), codes),
      inForce: readable(inForce, codes),
      version: last?.id ?? 0,
    };
  });
}

async function storedLayer(db: Db, scope: string): Promise<PolicyLayer> {
  return JSON.parse((await findPolicyLayer(db, scope)) ?? noLayer) as PolicyLayer;
}

export interface PolicyVersion {
  readonly id: number;
  readonly at: number;
  readonly by: string;
  readonly reason: string | null;
  /** Against the version before. */
  readonly changes: readonly FieldDifference[];
}

/** Who changed a scope's policy, when, and what; the newest first. */
export async function tellPolicyHistory(
  store: Pick<Store, 'read'>,
  scope: string,
  query: { readonly before: number | null; readonly limit: number },
): Promise<{ readonly versions: readonly PolicyVersion[]; readonly next: number | null }> {
  const { rows, codes } = await store.read(async (db) => ({
    rows: await listPolicyVersions(db, scope, { ...query, limit: query.limit + 1 }),
    codes: await codesOf(db),
  }));
  const layerOf = (row: PolicyVersionRow | undefined) =>
    readable(JSON.parse(row?.layer ?? noLayer) as PolicyLayer, codes);
  const shown = rows.slice(0, query.limit);
  return {
    versions: shown.map((row, i) => ({
      id: row.id,
      at: row.at,
      by: row.by,
      reason: row.reason,
      changes: differences(layerOf(rows[i + 1]), layerOf(row)),
    })),
    next: rows.length > query.limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** A policy as it is given, checked. @throws OperatorError that names the first field that is wrong */
async function readLayer(
  { store, upstreams }: { readonly store: Pick<Store, 'read'>; readonly upstreams: readonly string[] },
  scope: string,
  given: GivenLayer,
): Promise<PolicyLayer> {
  checkUpstream(given.firstFactor ?? 'own', upstreams, 'firstFactor');
  const { timeZone } = await readOrganisation(store);
  const collector = new FaultCollector();
  const faults = new EntryFaults(collector, 'policy', 'policy');
  const named = scope.startsWith('gateway:') ? { gateway: scope } : {};
  const staged = normalisePolicy({ ...given, scope: named } as Entry<'policy'>, faults, timeZone);
  if (staged === null) {
    const [first] = collector.faults;
    throw new OperatorError(first?.message ?? 'The policy cannot be read.', {
      at: /^policy: (\w+)/.exec(first?.message ?? '')?.[1] ?? 'layer',
      remedy: first?.remedy ?? 'Look at docs/organisation-file.md.',
      vi: ['Chính sách có giá trị không hợp lệ.', 'Kiểm tra lại giờ truy cập và các giá trị đã nhập.'],
    });
  }
  const { gatewayUnits } = staged;
  if (gatewayUnits === undefined || gatewayUnits === null) {
    return { ...staged.layer, ...(gatewayUnits === null ? { gatewayUnits } : {}) };
  }
  const ids = await store.read((db) => findUnitIds(db, gatewayUnits));
  const unknown = gatewayUnits.find((code) => !ids.has(code));
  if (unknown !== undefined) {
    throw new OperatorError(`There is no unit ${unknown}.`, {
      at: 'gatewayUnits',
      remedy: 'Choose among the units.',
      vi: [`Không có đơn vị ${unknown}.`, 'Chọn đơn vị trong danh sách.'],
    });
  }
  return { ...staged.layer, gatewayUnits: [...ids.values()].sort((a, b) => a - b) };
}

/**
 * Puts a scope's policy in the place of the one that was seen (`version`); live sessions are judged by it at once.
 * @throws OperatorError when somebody else was faster, nothing differs, or a field is wrong
 */
export async function changePolicy(
  deps: AdministrationDeps & { readonly upstreams: readonly string[] },
  order: {
    readonly scope: string;
    readonly layer: GivenLayer;
    readonly version: number;
    readonly reason: string;
  },
): Promise<{ readonly version: number }> {
  const { store, clock, by } = deps;
  const { scope } = order;
  const reason = checkReason(order.reason, 'reason');
  const layer = await readLayer(deps, scope, order.layer);
  const at = clock.now();
  return await store.write(async (db) => {
    const [last] = await listPolicyVersions(db, scope, { before: null, limit: 1 });
    if ((last?.id ?? 0) !== order.version) throw changedMeanwhile('The policy');
    const codes = await codesOf(db);
    const former = await storedLayer(db, scope);
    const changes = differences(readable(former, codes), readable(layer, codes));
    if (changes.length === 0) {
      throw new OperatorError('The policy says this already.', {
        at: 'layer',
        remedy: 'Nothing needs to be done.',
        vi: ['Chính sách đang đúng như vậy.', 'Không cần làm gì.'],
      });
    }
    const version = await putPolicy(db, {
      scope,
      layer: canonical(layer) === noLayer ? noLayer : JSON.stringify(layer),
      at,
      by: by.name,
      reason,
    });
    await bumpSettingsVersion(db);
    await markSessionsToJudge(db, undefined);
    await recordAct(db, by, {
      verb: 'policy.change',
      at,
      body: {
        scope,
        version,
        ...Object.fromEntries(changes.map(({ field, after }) => [`field.${field}`, after])),
      },
      personal: { reason },
    });
    return { version };
  });
}

const page = 5_000;
const mostLogins = 50_000;
const mostNamed = 20;

/** What of the accepted logins of some days a changed policy would deny: looked at only, nothing is changed. */
export async function previewPolicy(
  deps: {
    readonly store: Pick<Store, 'read'>;
    readonly settings: Settings;
    readonly upstreams: readonly string[];
    readonly now: number;
  },
  order: { readonly scope: string; readonly layer: GivenLayer; readonly days: number },
) {
  const { store, settings, now } = deps;
  const layer = await readLayer(deps, order.scope, order.layer);
  await settings.refresh();
  const policyFor = settings.current().policyIf(order.scope, layer);
  const since = now - order.days * 86_400_000;
  const logins = await readLogins(store, since);
  const ids = [...new Set(logins.flatMap(({ accountId }) => accountId ?? []))];
  const places = new Map(
    (await store.read((db) => listPlacesOfAccounts(db, ids))).map((row) => [row.id, row]),
  );
  const denied = new Map<Reason, { logins: number; accounts: Set<number> }>();
  for (const { at, accountId, gatewayId, evidence } of logins) {
    const place = accountId === null ? undefined : places.get(accountId);
    if (place === undefined || gatewayId === null) continue;
    const unitIds = place.path.slice(1, -1).split('/').map(Number);
    const reason = denialBy(policyFor(unitIds, gatewayId), { at, unitIds, evidence });
    if (reason === null) continue;
    const of = denied.get(reason) ?? { logins: 0, accounts: new Set<number>() };
    of.logins += 1;
    of.accounts.add(place.id);
    denied.set(reason, of);
  }
  return {
    since,
    logins: logins.length,
    isCapped: logins.length >= mostLogins,
    denied: [...denied].map(([reason, of]) => ({
      reason,
      logins: of.logins,
      accounts: of.accounts.size,
      named: [...of.accounts].slice(0, mostNamed).flatMap((id) => {
        const place = places.get(id);
        return place === undefined
          ? []
          : [{ id, userName: place.userName, fullName: place.fullName, unitName: place.unitName }];
      }),
    })),
  };
}

async function readLogins(store: Pick<Store, 'read'>, since: number) {
  const logins = [];
  let after = since - 1;
  while (logins.length < mostLogins) {
    const rows = await store.read((db) => listAcceptedLogins(db, { since, after, limit: page }));
    const last = rows.at(-1)?.at ?? after;
    // The last instant of a full page may go on in the next one.
    const whole = rows.length < page ? rows : rows.filter(({ at }) => at < last);
    for (const { body, ...row } of whole) logins.push({ ...row, evidence: evidenceOf(body) });
    if (rows.length < page || whole.length === 0) break;
    after = last - 1;
  }
  return logins;
}

function evidenceOf(body: string): EvidenceLevel {
  const { data } = JSON.parse(body) as { data?: { evidence?: unknown } };
  const level = Number(String(data?.evidence ?? 'E0').slice(1));
  return level === 1 || level === 2 || level === 3 ? level : 0;
}

/** What of a policy would have denied a login that was accepted; in the order of checking. */
function denialBy(
  policy: Policy,
  login: { readonly at: number; readonly unitIds: readonly number[]; readonly evidence: EvidenceLevel },
): Reason | null {
  const { gatewayUnits, hours, calendar, workstationMode } = policy;
  if (gatewayUnits !== null && !login.unitIds.some((id) => gatewayUnits.includes(id)))
    return 'gateway-not-allowed';
  if (!isOpen(hours, calendar, login.at)) return 'outside-hours';
  if (workstationMode === 'enforce' && login.evidence < leastEvidenceAt(policy, login.at))
    return 'workstation-evidence-too-weak';
  return null;
}
