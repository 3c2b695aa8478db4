// Gateways and the RADIUS clients they belong to: declared, shown, changed, removed, all without a restart.
import { OperatorError } from '../../base/errors.ts';
import { nearestName } from '../../base/nearest.ts';
import { type Random, randomCode } from '../../base/random.ts';
import type { Policy, PolicyLayer } from '../../core/policy.ts';
import {
  type ClientRow,
  countOpenSessionsOfGateway,
  deleteGateway,
  findClientByName,
  findClientByPrefix,
  findGatewayDetails,
  forgetCutProofs,
  type GatewayDetails,
  insertGateway,
  insertRadiusClient,
  listGatewayDetails,
  updateGateway,
  updateRadiusClient,
} from '../../store/queries/gateway-changes.ts';
import { listPolicies } from '../../store/queries/gateways.ts';
import { bumpSettingsVersion } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import { type AdministrationDeps, checkReason, recordAct } from '../administration.ts';
import { describeProfile } from '../profiles.ts';
import { contextOf } from '../secrets/keyring.ts';
import { checkSeen } from '../seen.ts';
import { checkControl } from '../settings/control.ts';
import { parseAddress, parsePrefix } from '../settings/prefix.ts';
import type { Settings } from '../settings/settings.ts';
import { takesDisconnect } from '../settings/tls-rule.ts';
import { getUnit } from '../units.ts';
import { createToken } from '../web/api-tokens.ts';
import { type HttpOrder, orderedHttpRule, orderedTlsRule, type TlsOrder } from './tls-order.ts';

export interface GatewayDeps extends AdministrationDeps {
  readonly profiles: ReadonlyMap<string, Profile>;
  /** As in `StagingDeps` (services/organisation/stage.ts). */
  readonly tlsAuthorities: () => readonly string[] | null;
}

/** Octets of a shared secret that is made here: 160 bits in characters that every product takes. */
const secretLength = 32;
const leastSecretLength = 16;
/** Several products cut longer ones off. */
const mostSecretLength = 128;

export function generateSecret(random: Random): string {
  return randomCode(random, secretLength);
}

/** @throws OperatorError, which never repeats the secret */
export function checkSecret(secret: string, at: string): string {
  const { length } = secret;
  const isPlain = /^[\x20-\x7e]+$/.test(secret) && secret.trim() === secret;
  if (isPlain && length >= leastSecretLength && length <= mostSecretLength) return secret;
  throw new OperatorError(
    `${at}: the secret is not ${leastSecretLength} to ${mostSecretLength} printable ASCII characters, without spaces at its ends.`,
    {
      at,
      vi: ['Khóa dùng chung không hợp lệ.', 'Để trống: hệ thống tạo khóa tốt và hiện một lần.'],
      remedy: 'Leave the option out: a good secret is made and shown once.',
    },
  );
}

/** @throws OperatorError that names the nearest profile */
function getProfile(profiles: ReadonlyMap<string, Profile>, name: string): Profile {
  const profile = profiles.get(name);
  if (profile !== undefined) return profile;
  const similar = nearestName(name, profiles.keys());
  throw new OperatorError(`There is no profile ${name}.`, {
    at: '--profile',
    vi: [
      `Không có loại cổng ${name}.`,
      similar === null ? 'Chọn trong danh sách.' : `Có phải ${similar} không?`,
    ],
    remedy: `${similar === null ? '' : `Did you mean ${similar}? `}Installed: ${[...profiles.keys()].join(', ')}.`,
  });
}

/** @throws OperatorError that names the nearest gateway */
async function getGateway(store: Pick<Store, 'read'>, name: string): Promise<GatewayDetails> {
  const gateway = await store.read((db) => findGatewayDetails(db, name));
  if (gateway !== null) return gateway;
  const all = await store.read(listGatewayDetails);
  const similar = nearestName(
    name,
    all.map((one) => one.name),
  );
  throw new OperatorError(`There is no gateway ${name}.`, {
    at: 'GATEWAY',
    vi: [
      `Không có cổng ${name}.`,
      similar === null ? 'Xem danh sách cổng VPN.' : `Có phải ${similar} không?`,
    ],
    remedy: similar === null ? 'See "gatewarden gateway list".' : `Did you mean ${similar}?`,
  });
}

/** What a change of a gateway rests on. */
export function seenOfGateway({ id, name, profile, clientId, unitId, httpTlsRule }: GatewayDetails): unknown {
  return [id, name, profile, clientId, unitId, httpTlsRule];
}

/** What sets the least evidence that a gateway demands of people of no unit. */
export type EvidenceSource = 'gateway' | 'organisation' | 'profile';

async function findEvidenceSource(store: Pick<Store, 'read'>, gatewayId: number): Promise<EvidenceSource> {
  const policies = await store.read(listPolicies);
  const sets = (wanted: string) =>
    policies.some(({ scope, layer }) => {
      return scope === wanted && (JSON.parse(layer) as PolicyLayer).leastEvidence !== undefined;
    });
  if (sets(`gateway:${gatewayId}`)) return 'gateway';
  return sets('organisation') ? 'organisation' : 'profile';
}

/** A gateway with its profile and the policy in force for people of its unit (of no unit: the organisation's). */
export async function showGateway(
  deps: {
    readonly store: Pick<Store, 'read'>;
    readonly settings: Settings;
    readonly profiles: GatewayDeps['profiles'];
  },
  name: string,
): Promise<{
  readonly gateway: GatewayDetails;
  readonly profile: Profile | null;
  readonly policy: Policy;
  readonly evidenceSource: EvidenceSource;
}> {
  const gateway = await getGateway(deps.store, name);
  const snapshot = deps.settings.current();
  const inForce = snapshot.gateways.get(gateway.id);
  return {
    gateway,
    profile: inForce?.profile ?? deps.profiles.get(gateway.profile) ?? null,
    policy: snapshot.policyFor([], gateway.id),
    evidenceSource: await findEvidenceSource(deps.store, gateway.id),
  };
}

interface Identity {
  readonly nasIdentifier: string | null;
  readonly nasIpAddress: string | null;
}

/** Two gateways of a client that call themselves alike could not be told apart. */
async function refuseSameIdentity(
  store: Pick<Store, 'read'>,
  clientId: number,
  identity: Identity,
  except: number | null,
): Promise<void> {
  const others = (await store.read(listGatewayDetails)).filter(
    (one) => one.clientId === clientId && one.id !== except,
  );
  const same = others.find(
    (one) => one.nasIdentifier === identity.nasIdentifier && one.nasIpAddress === identity.nasIpAddress,
  );
  if (same === undefined) return;
  throw new OperatorError(`The gateway ${same.name} of this client calls itself the same.`, {
    at: '--nas-identifier',
    vi: [
      `Cổng ${same.name} cùng địa chỉ này đã dùng NAS-Identifier đó.`,
      'Cho mỗi cổng một NAS-Identifier riêng.',
    ],
    remedy:
      'Give each gateway of a client its own --nas-identifier (or --nas-ip-address), as its requests have it.',
  });
}

function checkName(name: string, what: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return name;
  throw new OperatorError(`${JSON.stringify(name)} can't be the name of a ${what}.`, {
    at: what.toUpperCase(),
    vi: ['Tên không hợp lệ.', 'Dùng chữ không dấu, số, dấu chấm, gạch nối, gạch dưới; nhiều nhất 63 ký tự.'],
    remedy: 'Use letters, digits, dots, dashes and underscores, up to 63.',
  });
}

/** @throws OperatorError for certificates of a gateway that is never answered over HTTP */
function checkHttpRule(rule: string | null, profile: Profile | null): string | null {
  if (rule === null || profile === null || profile.http !== undefined) return rule;
  throw refuseHttp(profile);
}

function refuseHttp(profile: Profile): OperatorError {
  return new OperatorError(`${profile.title} asks by RADIUS, not over HTTP.`, {
    at: '--profile',
    remedy: 'Choose a profile with a section http, such as openvpn-script.',
    vi: [
      `${describeProfile(profile, 'vi').title} hỏi bằng RADIUS, không qua HTTPS.`,
      'Chọn sản phẩm hỏi qua HTTPS, ví dụ OpenVPN dùng script.',
    ],
  });
}

/**
 * Makes a token with which a gateway asks over HTTPS. Those it has stay in force: the former one is revoked once the new one is in its place.
 * @returns its text, which is nowhere kept
 * @throws OperatorError when the gateway does not ask over HTTP
 */
export async function createGatewayToken(
  deps: GatewayDeps,
  order: { readonly gateway: string; readonly days: number; readonly createdBy: number | null },
): Promise<{ readonly id: number; readonly token: string; readonly expiresAt: number }> {
  const gateway = await getGateway(deps.store, order.gateway);
  const profile = getProfile(deps.profiles, gateway.profile);
  if (profile.http === undefined) throw refuseHttp(profile);
  const { days, createdBy } = order;
  return await createToken(deps, {
    name: gateway.name,
    scopes: ['decisions'],
    days,
    gatewayId: gateway.id,
    createdBy,
  });
}

export interface GatewayAdded {
  readonly name: string;
  readonly client: string;
  /** Null: the client sends no datagrams. */
  readonly prefix: string | null;
  /** Made here and shown this once; null when it was given, the client has one already, or it needs none. */
  readonly secret: string | null;
}

/**
 * Declares a gateway; its client too, unless there is one of that name. Whether Message-Authenticator is required follows the profile.
 * @throws OperatorError when a name or an address is taken, or the gateway could not be told from another
 */
export async function addGateway(
  deps: GatewayDeps,
  order: {
    readonly name: string;
    readonly client: string;
    readonly address?: string;
    readonly profile: string;
    readonly nasIdentifier?: string;
    readonly nasIpAddress?: string;
    readonly unit?: string;
    readonly secret?: string;
  } & TlsOrder &
    HttpOrder,
): Promise<GatewayAdded> {
  const { store, clock, by } = deps;
  const name = checkName(order.name, 'gateway');
  const profile = getProfile(deps.profiles, order.profile);
  const identity = identityOf(order);
  const httpTlsRule = checkHttpRule(orderedHttpRule(order, null), profile);
  const unit = order.unit === undefined ? null : await getUnit(store, order.unit);
  if ((await store.read((db) => findGatewayDetails(db, name))) !== null) {
    throw new OperatorError(`There is a gateway ${name} already.`, {
      at: 'GATEWAY',
      vi: [`Đã có cổng ${name}.`, 'Chọn tên khác.'],
      remedy: `See "gatewarden gateway show ${name}"; "gateway set" changes it.`,
    });
  }
  const client = await store.read((db) => findClientByName(db, order.client));
  if (client !== null) await refuseSameIdentity(store, client.id, identity, null);
  const plan = client === null ? await planClient(deps, order, profile) : adopt(client, order);
  await store.write(async (db) => {
    const clientId = client?.id ?? (await insertRadiusClient(db, { ...plan.row, createdAt: clock.now() }));
    const gatewayId = await insertGateway(db, {
      name,
      clientId,
      ...identity,
      profile: profile.name,
      unitId: unit?.id ?? null,
      httpTlsRule,
      createdAt: clock.now(),
    });
    await bumpSettingsVersion(db);
    await recordAct(db, by, {
      verb: 'gateway.add',
      at: clock.now(),
      gatewayId,
      body: {
        gateway: name,
        client: plan.row.name,
        prefix: plan.row.prefix,
        profile: profile.name,
        ...identity,
        newClient: client === null,
        httpTlsRule,
      },
    });
  });
  return { name, client: plan.row.name, prefix: plan.row.prefix, secret: plan.shown };
}

function identityOf(order: { readonly nasIdentifier?: string; readonly nasIpAddress?: string }): Identity {
  const { nasIdentifier, nasIpAddress } = order;
  if (nasIdentifier !== undefined && (nasIdentifier === '' || Buffer.byteLength(nasIdentifier) > 253)) {
    throw new OperatorError('--nas-identifier is empty or longer than an attribute can be.', {
      at: '--nas-identifier',
      vi: ['NAS-Identifier để trống hoặc quá dài.', 'Nhập đúng NAS-Identifier mà cổng gửi.'],
      remedy: "Give the text of NAS-Identifier in the gateway's requests.",
    });
  }
  return {
    nasIdentifier: nasIdentifier ?? null,
    nasIpAddress: nasIpAddress === undefined ? null : parseAddress(nasIpAddress, '--nas-ip-address'),
  };
}

function adopt(client: ClientRow, order: { readonly address?: string; readonly secret?: string } & TlsOrder) {
  const { tlsNames, tlsPins, tlsIssuer, tlsRadiusVersions, tlsDisconnect } = order;
  if ([tlsNames, tlsPins, tlsIssuer, tlsRadiusVersions, tlsDisconnect].some((given) => given !== undefined)) {
    throw new OperatorError(`The client ${client.name} is declared already.`, {
      at: '--tls-names',
      remedy:
        'Leave the option out, and change the certificates of the client with "gatewarden gateway set".',
    });
  }
  if (order.address !== undefined && parsePrefix(order.address, '--address') !== client.prefix) {
    throw new OperatorError(
      `The client ${client.name} has the address ${client.prefix ?? 'of no packet: it comes over TLS'}.`,
      {
        at: '--address',
        remedy: 'Leave --address out, or give another --client for another address.',
      },
    );
  }
  if (order.secret !== undefined) {
    throw new OperatorError(`The client ${client.name} has a secret already.`, {
      at: '--secret-file',
      remedy: `Leave the option out; "gatewarden gateway rotate-secret ${client.name}" replaces it.`,
    });
  }
  return { row: client, shown: null };
}

async function planClient(
  { store, keyring, random, tlsAuthorities }: GatewayDeps,
  order: { readonly client: string; readonly address?: string; readonly secret?: string } & TlsOrder,
  profile: Profile,
) {
  const name = checkName(order.client, 'client');
  const tlsRule = orderedTlsRule(order, null, tlsAuthorities);
  const common = {
    name,
    tlsRule,
    requireMessageAuthenticator: profile.messageAuthenticator,
    limitProxyState: profile.limitProxyState,
  };
  if (order.address === undefined && (tlsRule !== null || profile.http !== undefined)) {
    if (order.secret === undefined) return { row: { ...common, prefix: null }, shown: null };
    throw new OperatorError('A client that sends no datagrams has no secret of its own.', {
      at: '--secret-file',
      remedy: 'Leave the option out (over TLS the secret is "radsec"), or give --address too.',
    });
  }
  if (order.address === undefined) {
    throw new OperatorError(`The client ${name} is new, and its address is not given.`, {
      at: '--address',
      vi: ['Chưa nhập địa chỉ của cổng.', 'Nhập địa chỉ IP mà cổng gửi gói tin RADIUS.'],
      remedy:
        'Give the address that its packets come from, such as --address 192.0.2.10; or, over TLS, a name of its certificate: --tls-names vpn1.example.org.',
    });
  }
  const prefix = parsePrefix(order.address, '--address');
  const holder = await store.read((db) => findClientByPrefix(db, prefix));
  if (holder !== null) {
    throw new OperatorError(`${prefix} is the address of the client ${holder.name}.`, {
      at: '--address',
      vi: [
        `${prefix} là địa chỉ của thiết bị ${holder.name}.`,
        'Dùng địa chỉ khác, hoặc khai báo thêm cổng ở thiết bị đó.',
      ],
      remedy: `Give --client ${holder.name} to declare one more gateway behind it.`,
    });
  }
  const secret =
    order.secret === undefined ? generateSecret(random) : checkSecret(order.secret, '--secret-file');
  return {
    row: {
      ...common,
      prefix,
      sealedSecret: keyring.seal(Buffer.from(secret, 'utf8'), contextOf.clientSecret(name)),
    },
    shown: order.secret === undefined ? secret : null,
  };
}

export interface GatewayChange extends TlsOrder, HttpOrder {
  readonly name: string;
  readonly profile?: string;
  /** An empty text takes it away. */
  readonly nasIdentifier?: string;
  readonly nasIpAddress?: string;
  readonly unit?: string;
  readonly address?: string;
  readonly requireMessageAuthenticator?: ClientRow['requireMessageAuthenticator'];
  readonly limitProxyState?: boolean;
  readonly reason?: string;
  /** 0: the default of the configuration. */
  readonly requestsPerSecond?: number;
  readonly accountRequestsPerMinute?: number;
  /** Where Disconnect-Requests go; an empty text: where its own packets come from. */
  readonly coaAddress?: string;
  /** 0: the profile's. */
  readonly coaPort?: number;
  /** An empty text: the client's. The password of OpenVPN's management interface too. */
  readonly coaSecret?: string;
  /** `method:address`; an empty text: as the profile says. */
  readonly control?: string;
}

/** Changes a gateway and its client. @throws OperatorError; then nothing was changed */
export async function changeGateway(
  deps: GatewayDeps,
  change: GatewayChange,
): Promise<{ readonly name: string; readonly changed: readonly string[] }> {
  const { store, clock, by } = deps;
  const gateway = await getGateway(store, change.name);
  const { client } = gateway;
  const profile = change.profile === undefined ? null : getProfile(deps.profiles, change.profile);
  const reason = change.reason === undefined ? null : checkReason(change.reason);
  if (change.requireMessageAuthenticator === 'never' && reason === null) {
    throw new OperatorError('Never requiring Message-Authenticator needs a reason.', {
      at: '--reason',
      remedy:
        'Without it an attacker on the path can forge answers (CVE-2024-3596). Give --reason with who decided it.',
    });
  }
  const unit = change.unit === undefined || change.unit === '' ? null : await getUnit(store, change.unit);
  const given = identityOf({
    ...(change.nasIdentifier ? { nasIdentifier: change.nasIdentifier } : {}),
    ...(change.nasIpAddress ? { nasIpAddress: change.nasIpAddress } : {}),
  });
  const identity: Identity = {
    nasIdentifier: change.nasIdentifier === undefined ? gateway.nasIdentifier : given.nasIdentifier,
    nasIpAddress: change.nasIpAddress === undefined ? gateway.nasIpAddress : given.nasIpAddress,
  };
  await refuseSameIdentity(store, gateway.clientId, identity, gateway.id);
  const tlsRule = orderedTlsRule(change, client.tlsRule, deps.tlsAuthorities);
  const profileAfter = profile ?? deps.profiles.get(gateway.profile) ?? null;
  const httpTlsRule = checkHttpRule(orderedHttpRule(change, gateway.httpTlsRule), profileAfter);
  const isOverHttp = profileAfter?.http !== undefined;
  const { prefix, sealedSecret } = await changedAddress(
    store,
    change,
    client,
    tlsRule !== null || isOverHttp,
  );
  const limit = (value: number | undefined, former: number | null) =>
    value === undefined ? former : value === 0 ? null : value;

  const after = {
    profile: profile?.name ?? gateway.profile,
    ...identity,
    unitId: change.unit === undefined ? gateway.unitId : (unit?.id ?? null),
    requestsPerSecond: limit(change.requestsPerSecond, gateway.requestsPerSecond),
    accountRequestsPerMinute: limit(change.accountRequestsPerMinute, gateway.accountRequestsPerMinute),
    coaAddress:
      change.coaAddress === undefined
        ? gateway.coaAddress
        : change.coaAddress === ''
          ? null
          : parseAddress(change.coaAddress, '--coa-address'),
    coaPort: limit(change.coaPort, gateway.coaPort),
    sealedCoaSecret: sealCoaSecret(deps, gateway, change.coaSecret),
    control:
      change.control === undefined
        ? gateway.control
        : change.control === ''
          ? null
          : checkControl(change.control, profile ?? getProfile(deps.profiles, gateway.profile), '--control'),
    httpTlsRule,
  };
  const requireMessageAuthenticator =
    change.requireMessageAuthenticator ?? client.requireMessageAuthenticator;
  const clientAfter = {
    prefix,
    sealedSecret,
    tlsRule,
    requireMessageAuthenticator,
    limitProxyState: change.limitProxyState ?? client.limitProxyState,
    neverReason: requireMessageAuthenticator === 'never' ? (reason ?? client.neverReason) : null,
  };
  const changed = [...differences(gateway, after), ...differences(client, clientAfter)];
  if (changed.length === 0) {
    throw new OperatorError('There is nothing to change.', {
      at: 'GATEWAY',
      remedy: `"gatewarden gateway show ${gateway.name}" prints what is set; "gateway set --help" what can be.`,
    });
  }
  await store.write(async (db) => {
    const present = await findGatewayDetails(db, gateway.name);
    checkSeen(deps, present === null ? null : seenOfGateway(present), `The gateway ${gateway.name}`);
    const isOtherWay = waysToCut.some((key) => changed.includes(key));
    await updateGateway(db, gateway.id, { ...after, ...(isOtherWay ? { cutProvenAt: null } : {}) });
    await updateRadiusClient(db, client.id, clientAfter);
    if (takesDisconnect(tlsRule) !== takesDisconnect(client.tlsRule)) await forgetCutProofs(db, client.id);
    await bumpSettingsVersion(db);
    const { neverReason: _, sealedSecret: _secret, ...recorded } = clientAfter;
    const { sealedCoaSecret: _sealed, ...gatewayRecorded } = after;
    await recordAct(db, by, {
      verb: 'gateway.set',
      at: clock.now(),
      gatewayId: gateway.id,
      body: {
        gateway: gateway.name,
        client: client.name,
        ...gatewayRecorded,
        ...recorded,
        changed: changed.join(', '),
      },
      ...(reason === null ? {} : { personal: { reason } }),
    });
  });
  return { name: gateway.name, changed };
}

/** Where its datagrams come from after the change: an empty text is for a client that sends none from now on. */
async function changedAddress(
  store: Pick<Store, 'read'>,
  { address }: { readonly address?: string },
  client: ClientRow,
  hasOtherWay: boolean,
): Promise<Pick<ClientRow, 'prefix' | 'sealedSecret'>> {
  const { prefix, sealedSecret } = client;
  if (address === undefined || address === '') {
    const after = address === '' ? { prefix: null, sealedSecret: null } : { prefix, sealedSecret };
    if (after.prefix !== null || hasOtherWay) return after;
    throw new OperatorError(`The client ${client.name} would have neither an address nor a certificate.`, {
      at: address === '' ? '--address' : '--tls-names',
      remedy: 'Give --address, --tls-names or --tls-pins; or remove its gateways.',
    });
  }
  if (sealedSecret === null) {
    throw new OperatorError(`The client ${client.name} sends no datagrams and has no secret for them.`, {
      at: '--address',
      remedy:
        'Declare a client of its own for datagrams: "gatewarden gateway add" with --client and --address.',
    });
  }
  return { prefix: await freePrefix(store, address, client), sealedSecret };
}

function sealCoaSecret(
  { keyring }: GatewayDeps,
  gateway: GatewayDetails,
  secret: string | undefined,
): Buffer | null {
  if (secret === undefined) return gateway.sealedCoaSecret;
  if (secret === '') return null;
  const checked = checkSecret(secret, '--coa-secret-file');
  return keyring.seal(Buffer.from(checked, 'utf8'), contextOf.coaSecret(gateway.name));
}

/** Changed, the doctor has to prove anew that the gateway ends sessions when told to. */
const waysToCut = ['profile', 'coaAddress', 'coaPort', 'sealedCoaSecret', 'control'];

function differences<T extends object>(before: T, after: Partial<T>): string[] {
  return (Object.keys(after) as (keyof T & string)[]).filter((key) => before[key] !== after[key]);
}

async function freePrefix(store: Pick<Store, 'read'>, address: string, client: ClientRow): Promise<string> {
  const prefix = parsePrefix(address, '--address');
  const holder = await store.read((db) => findClientByPrefix(db, prefix));
  if (holder === null || holder.id === client.id) return prefix;
  throw new OperatorError(`${prefix} is the address of the client ${holder.name}.`, {
    at: '--address',
    remedy: 'An address or prefix belongs to one client; a longer prefix may lie inside a shorter one.',
  });
}

/**
 * Removes a gateway, and its client when it was the last one behind it.
 * @throws OperatorError while sessions may be up, unless they are to be forgotten
 */
export async function removeGateway(
  deps: GatewayDeps,
  order: { readonly name: string; readonly forgetSessions: boolean },
): Promise<{ readonly name: string; readonly clientRemoved: string | null }> {
  const { store, clock, by } = deps;
  const gateway = await getGateway(store, order.name);
  return await store.write(async (db: Db) => {
    const open = await countOpenSessionsOfGateway(db, gateway.id, clock.now());
    if (open > 0 && !order.forgetSessions) {
      throw new OperatorError(`${open} sessions of ${gateway.name} may be up.`, {
        at: 'GATEWAY',
        remedy: 'Cut them at the gateway first; with --forget-sessions the broker stops caring about them.',
      });
    }
    const clientRemoved = (await deleteGateway(db, gateway)) ? gateway.client.name : null;
    await bumpSettingsVersion(db);
    await recordAct(db, by, {
      verb: 'gateway.remove',
      at: clock.now(),
      gatewayId: gateway.id,
      body: { gateway: gateway.name, client: gateway.client.name, clientRemoved, forgottenSessions: open },
    });
    return { name: gateway.name, clientRemoved };
  });
}
