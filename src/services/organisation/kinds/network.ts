// RADIUS clients, gateways and policies. Any change to them makes every node load its settings anew.
import type { PolicyLayer } from '../../../core/policy.ts';
import { canonical } from '../../../store/audit/record.ts';
import { forgetCutProofs } from '../../../store/queries/gateway-changes.ts';
import { listPolicies } from '../../../store/queries/gateways.ts';
import {
  insertClient,
  insertGateway,
  type KnownClient,
  type KnownGateway,
  listClients,
  listKnownGateways,
  updateClient,
  updateGateway,
} from '../../../store/queries/import/network.ts';
import { findUnitIds, listUnits } from '../../../store/queries/import/units.ts';
import { putPolicy } from '../../../store/queries/policies.ts';
import { markSessionsToJudge } from '../../../store/queries/sessions.ts';
import { bumpSettingsVersion } from '../../../store/queries/settings.ts';
import type { Db } from '../../../store/tables.ts';
import { contextOf } from '../../secrets/keyring.ts';
import { takesDisconnect } from '../../settings/tls-rule.ts';
import { policyKey, type StagedGateway, type StagedPolicy, type StagedRadiusClient } from '../staged.ts';
import { createComparison, defineKind, mustGet } from './kind.ts';

interface OpenClient extends KnownClient {
  /** Null: it comes over TLS only. */
  readonly secret: Buffer | null;
}

const sealedOf = ({ sealedSecret }: StagedRadiusClient): Buffer | null =>
  sealedSecret === undefined ? null : Buffer.from(sealedSecret, 'base64');

/** What the profiles ask for never weakens what is in force: that takes a word in the file. */
function requirementOf(
  current: KnownClient,
  entry: StagedRadiusClient,
): KnownClient['requireMessageAuthenticator'] {
  const isWeaker = current.requireMessageAuthenticator === 'always';
  return entry.isRequirementStated || !isWeaker ? entry.requireMessageAuthenticator : 'always';
}

function limitOf(current: KnownClient, entry: StagedRadiusClient): boolean {
  return entry.isLimitStated || !current.limitProxyState ? entry.limitProxyState : true;
}

export const radiusClientKind = defineKind('radiusClient', {
  async load(db, entries, { keyring }): Promise<ReadonlyMap<string, OpenClient>> {
    const wanted = new Set(entries.map(({ name }) => name));
    const clients = (await listClients(db)).filter(({ name }) => wanted.has(name));
    const open = clients.map(async (client) => ({
      ...client,
      secret:
        client.sealedSecret === null
          ? null
          : await keyring.openReloading(client.sealedSecret, contextOf.clientSecret(client.name)),
    }));
    return new Map((await Promise.all(open)).map((client) => [client.name, client]));
  },
  compare(current, entry, { keyring }) {
    const { fields, field, secret } = createComparison();
    field('address', current.prefix, entry.prefix);
    field<string>(
      'requireMessageAuthenticator',
      current.requireMessageAuthenticator,
      requirementOf(current, entry),
    );
    field('reason', current.neverReason, entry.neverReason);
    field('limitProxyState', current.limitProxyState, limitOf(current, entry));
    const sealed = sealedOf(entry);
    field('tls', current.tlsRule, entry.tlsRule);
    const { secret: former } = current;
    const isSame = (opened: Buffer) => former !== null && opened.equals(former);
    if (sealed !== null && !isSame(keyring.open(sealed, contextOf.clientSecret(entry.name)))) {
      secret('secret');
    }
    return fields;
  },
  async write(db, created, changed, { now }) {
    for (const entry of created) {
      const sealedSecret = sealedOf(entry);
      const { name, prefix, tlsRule, requireMessageAuthenticator, neverReason, limitProxyState } = entry;
      if (sealedSecret === null && prefix !== null) throw new Error(`the client ${name} has no secret`);
      await insertClient(db, {
        name,
        prefix,
        tlsRule,
        sealedSecret,
        requireMessageAuthenticator,
        neverReason,
        limitProxyState,
        createdAt: now,
      });
    }
    for (const { entry, current, fields } of changed) {
      const isNewSecret = fields.some(({ field }) => field === 'secret');
      await updateClient(db, current.id, {
        prefix: entry.prefix,
        tlsRule: entry.tlsRule,
        ...(entry.prefix === null ? { sealedSecret: null, sealedNextSecret: null } : {}),
        requireMessageAuthenticator: requirementOf(current, entry),
        neverReason: entry.neverReason,
        limitProxyState: limitOf(current, entry),
        ...(isNewSecret ? { sealedSecret: sealedOf(entry) ?? current.sealedSecret } : {}),
      });
      if (takesDisconnect(entry.tlsRule) !== takesDisconnect(current.tlsRule))
        await forgetCutProofs(db, current.id);
    }
    if (created.length + changed.length > 0) await bumpSettingsVersion(db);
  },
});

const waysToCut = ['profile', 'profileOverrides', 'coaAddress', 'coaPort', 'control'];

export const gatewayKind = defineKind('gateway', {
  async load(db): Promise<ReadonlyMap<string, KnownGateway>> {
    return new Map((await listKnownGateways(db)).map((gateway) => [gateway.name, gateway]));
  },
  compare(current, entry) {
    const { fields, field } = createComparison();
    for (const name of ['client', 'profile', 'nasIdentifier', 'nasIpAddress', 'unit'] as const) {
      field(name, current[name], entry[name]);
    }
    if (entry.coaAddress !== null) field('coaAddress', current.coaAddress, entry.coaAddress);
    if (entry.coaPort !== null) field('coaPort', current.coaPort, entry.coaPort);
    if (entry.control !== null) field('control', current.control, entry.control);
    const overrides =
      current.profileOverrides === null ? null : canonical(JSON.parse(current.profileOverrides));
    field('profileOverrides', overrides, entry.profileOverrides);
    return fields;
  },
  async write(db, created, changed, { now }) {
    const entries = [...created, ...changed.map(({ entry }) => entry)];
    if (entries.length === 0) return;
    const clientIds = new Map((await listClients(db)).map(({ name, id }) => [name, id]));
    const unitIds = await findUnitIds(
      db,
      entries.flatMap(({ unit }) => unit ?? []),
    );
    const columnsOf = ({
      client,
      unit,
      coaAddress,
      coaPort,
      control,
      name: _name,
      ...rest
    }: StagedGateway) => ({
      ...rest,
      ...(coaAddress === null ? {} : { coaAddress }),
      ...(coaPort === null ? {} : { coaPort }),
      ...(control === null ? {} : { control }),
      clientId: mustGet(clientIds, client),
      unitId: unit === null ? null : mustGet(unitIds, unit),
    });
    for (const entry of created)
      await insertGateway(db, { name: entry.name, ...columnsOf(entry), createdAt: now });
    for (const { entry, current, fields } of changed) {
      // Another way to end sessions is one that nobody has tried yet.
      const isOtherWay = fields.some(({ field }) => waysToCut.includes(field));
      await updateGateway(db, current.id, {
        ...columnsOf(entry),
        ...(isOtherWay ? { cutProvenAt: null } : {}),
      });
    }
    await bumpSettingsVersion(db);
  },
});

/** Scopes as stored, in the words of the file. */
async function readScopes(db: Db) {
  const units = new Map(
    (await listUnits(db)).map(({ id, code }) => [`unit:${id}`, policyKey({ unit: code })]),
  );
  const gateways = (await listKnownGateways(db)).map(
    ({ id, name }) => [`gateway:${id}`, policyKey({ gateway: name })] as const,
  );
  return new Map([['organisation', policyKey({})], ...units, ...gateways]);
}

/** A layer whose units are codes: the form in which two are compared. */
type ReadableLayer = Readonly<Record<string, unknown>>;

function readable(
  { gatewayUnits, ...layer }: PolicyLayer,
  codes: ReadonlyMap<number, string>,
): ReadableLayer {
  if (gatewayUnits === undefined) return layer;
  return { ...layer, gatewayUnits: gatewayUnits?.map((id) => codes.get(id) ?? String(id)).sort() ?? null };
}

function readableStaged({ layer, gatewayUnits }: StagedPolicy): ReadableLayer {
  if (gatewayUnits === undefined) return layer;
  return { ...layer, gatewayUnits: gatewayUnits === null ? null : [...new Set(gatewayUnits)].sort() };
}

export const policyKind = defineKind('policy', {
  async load(db): Promise<ReadonlyMap<string, ReadableLayer>> {
    const scopes = await readScopes(db);
    const codes = new Map((await listUnits(db)).map(({ id, code }) => [id, code]));
    const rows = await listPolicies(db);
    return new Map(
      rows.flatMap(({ scope, layer }) => {
        const key = scopes.get(scope);
        return key === undefined ? [] : [[key, readable(JSON.parse(layer) as PolicyLayer, codes)] as const];
      }),
    );
  },
  compare(current, entry) {
    const { fields, field } = createComparison();
    const wanted = readableStaged(entry);
    for (const name of new Set([...Object.keys(current), ...Object.keys(wanted)])) {
      const [before, after] = [current[name], wanted[name]].map((value) =>
        value === undefined ? null : canonical(value),
      );
      field(name, before ?? null, after ?? null);
    }
    return fields;
  },
  async write(db, created, changed, { now, by }) {
    const entries = [...created, ...changed.map(({ entry }) => entry)];
    if (entries.length === 0) return;
    const scopes = new Map([...(await readScopes(db))].map(([scope, key]) => [key, scope]));
    for (const entry of entries) {
      const units = await findUnitIds(db, entry.gatewayUnits ?? []);
      const layer: PolicyLayer = {
        ...entry.layer,
        ...(entry.gatewayUnits === undefined
          ? {}
          : { gatewayUnits: entry.gatewayUnits?.map((code) => mustGet(units, code)) ?? null }),
      };
      await putPolicy(db, {
        scope: mustGet(scopes, policyKey(entry.scope)),
        layer: JSON.stringify(layer),
        at: now,
        by,
        reason: null,
      });
    }
    await bumpSettingsVersion(db);
    await markSessionsToJudge(db, undefined);
  },
});
