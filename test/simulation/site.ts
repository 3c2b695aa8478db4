// The organisation of one run: a few accounts with their phones and machines, three gateways, one policy.
import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { mergePolicy, type Policy } from '../../src/core/policy.ts';
import { contextOf, type Keyring } from '../../src/services/secrets/keyring.ts';
import { openWith, sealWith } from '../../src/services/secrets/sealing.ts';
import { createClientLookup, type Gateway, type RadiusClient } from '../../src/services/settings/clients.ts';
import type { Settings } from '../../src/services/settings/settings.ts';
import { overrideProfile, type Profile, parseProfile } from '../../src/wire/radius/profile/parse.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import type { ModelDatabase } from '../store/model-store/database.ts';
import type { SeededRandom } from './seeded-random.ts';

/** The instant at which every run begins. */
export const epoch = Date.UTC(2026, 2, 2, 1);
const day = 86_400_000;
export const periodMs = 30_000;

export type Style = 'appended' | 'code-only' | 'challenge';
export const styles: readonly Style[] = ['appended', 'code-only', 'challenge'];

const genericFile = 'config/gateways/generic.yaml';
const generic = parseProfile(parse(readFileSync(genericFile, 'utf8')), genericFile);
const profiles = new Map<Style, Profile>(
  styles.map((style) => [
    style,
    overrideProfile(generic, { credentials: { style }, reply: { class: 'opaque' } }, `simulated ${style}`),
  ]),
);

const dataKey = { id: 1, key: createSecretKey(Buffer.alloc(32, 0x17)) };
const clusterKeys = new Map(
  ['challenge-cipher', 'challenge-tags'].map((purpose, index) => [
    purpose,
    [{ id: 1, key: createSecretKey(Buffer.alloc(32, 0x51 + index)) }],
  ]),
);

function createKeyring(random: SeededRandom): Keyring {
  const open: Keyring['open'] = (sealed, context) => openWith(() => dataKey.key, sealed, context);
  return {
    seal: (plain, context) => sealWith(dataKey, random, plain, context),
    open,
    openReloading: async (sealed, context) => open(sealed, context),
    isCurrent: () => true,
    clusterKeys: (purpose) => clusterKeys.get(purpose) ?? [],
    reload: async () => {},
  };
}

/** Stands for the PHC string of a password: hashing is not what is simulated. */
export const recordOfPassword = (password: string): string => `simulated:${password}`;

export interface Staff {
  readonly accountId: number;
  readonly userName: string;
  /** What the holder knows at present. */
  password: string;
  /** The machine at hand, as gateways report it. */
  mac: string;
  /** The code of a time step. */
  codeAt(step: number): string;
}

export interface PlayedGatewayFacts {
  readonly gatewayId: number;
  readonly style: Style;
  readonly address: string;
}

export const secret = createSecret(Buffer.from('a shared secret of the simulation'));
export const gateways: readonly PlayedGatewayFacts[] = styles.map((style, index) => ({
  gatewayId: index + 1,
  style,
  address: `192.0.2.${index + 1}`,
}));

export const stepAt = (instant: number): number => timeStepAt(epoch + instant, periodMs / 1000);

export interface Site {
  readonly staff: readonly Staff[];
  readonly policy: Policy;
  readonly hasRateLimits: boolean;
  readonly keyring: Keyring;
  readonly settings: Settings;
  /** A machine that nobody is assigned yet. */
  newMac(): string;
}

/** Fills the database and makes what brokers know besides it. */
export function createSite(
  database: ModelDatabase,
  random: SeededRandom,
  options: { readonly hasRateLimits: boolean },
): Site {
  const { rows } = database;
  const keyring = createKeyring(random);
  const policy = mergePolicy([
    {
      workstationMode: random.chance(0.5) ? 'enforce' : 'observe',
      lockout: {
        codeAttempts: 3,
        lockMs: 40_000,
        maxLockMs: 120_000,
        passwordAttempts: 3,
        passwordDelayMs: 5_000,
        maxPasswordDelayMs: 60_000,
        forgetMs: 600_000,
      },
    },
  ]);
  let machines = 0;
  const newMac = () => {
    machines += 1;
    const mac = `0200000000${machines.toString(16).padStart(2, '0')}`;
    const identifiers = [`mac:${mac}`];
    rows.workstations.set(machines, {
      workstationId: machines,
      assetTag: `MT-${machines}`,
      state: 'active',
      identifiers,
    });
    return mac;
  };
  const staff = Array.from({ length: random.between(2, 4) }, (_, index): Staff => {
    const accountId = index + 1;
    const mac = newMac();
    const seed = random.bytes(20);
    const key = seedKey(seed);
    const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const password = `mat khau ${accountId}`;
    rows.accounts.set(accountId, {
      accountId,
      userName: `staff${accountId}`,
      revision: 1,
      status: 'active',
      suspension: null,
      validFrom: epoch - 30 * day,
      validUntil: random.chance(0.2) ? epoch + random.between(20_000, 170_000) : epoch + 30 * day,
      passwordPhc: recordOfPassword(password),
      passwordState: 'usable',
      firstFactor: null,
      rulesVersionAccepted: 0,
      unitPath: [1],
      unitId: 1,
      employment: [{ kind: 'hired', detail: null, effectiveAt: epoch - 900 * day }],
      assignments: [{ assignmentId: accountId, validFrom: epoch - 60 * day, validUntil: null }],
      workstations: [{ workstationId: machines, validFrom: epoch - 30 * day, validUntil: null }],
    });
    rows.authenticators.set(accountId, {
      authenticatorId: accountId,
      accountId,
      state: 'active',
      parameters,
      sealedSeed: keyring.seal(seed, contextOf.seed(accountId)),
      driftSteps: 0,
      lastStep: -1,
      lastClaim: null,
    });
    const codes = new Map<number, string>();
    const codeAt = (step: number) => {
      const code = codes.get(step) ?? hotp(key, step, parameters);
      codes.set(step, code);
      return code;
    };
    return { accountId, userName: `staff${accountId}`, password, mac, codeAt };
  });
  for (const { gatewayId } of gateways) rows.gateways.add(gatewayId);
  rows.settingsVersion = 1;
  return {
    staff,
    policy,
    keyring,
    newMac,
    hasRateLimits: options.hasRateLimits,
    settings: createSettings(policy, options.hasRateLimits ? 6 : 1_000_000),
  };
}

function createSettings(policy: Policy, accountRequestsPerMinute: number): Settings {
  const clients = gateways.map(({ gatewayId, style, address }): RadiusClient => {
    const profile = profiles.get(style) ?? generic;
    const gateway: Gateway = {
      gatewayId,
      name: style,
      clientId: gatewayId,
      nasIdentifier: null,
      nasIpAddress: null,
      profile,
      unitId: null,
      requestsPerSecond: null,
      accountRequestsPerMinute,
      cutProvenAt: null,
    };
    return {
      clientId: gatewayId,
      name: style,
      prefix: `${address}/32`,
      secrets: [secret],
      requireMessageAuthenticator: style === 'code-only' ? 'auto' : 'always',
      seenMessageAuthenticator: true,
      limitProxyState: true,
      gateways: [gateway],
    };
  });
  const snapshot = {
    version: 1,
    organisationName: 'Simulated',
    timeZone: 'Asia/Ho_Chi_Minh',
    realms: [],
    clients,
    gateways: new Map(clients.flatMap((client) => client.gateways.map((one) => [one.gatewayId, one]))),
    findClient: createClientLookup(clients),
    findTlsClient: () => ({ fault: 'name-unknown' as const }),
    findHttpGateway: () => ({ fault: 'name-unknown' as const }),
    needsHttpCertificate: () => false,
    findCoaTarget: () => null,
    findDisconnectClient: () => null,
    findControl: () => null,
    policyFor: () => policy,
    policyIf: () => () => policy,
  };
  return {
    current: () => snapshot,
    atLeast: async () => snapshot,
    refresh: async () => {},
    watch: () => () => {},
  };
}
