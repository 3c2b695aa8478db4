// RADIUS clients, gateways and policies: from the file's spelling to the store's.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { nearestName } from '../../../base/nearest.ts';
import { parseAccessHours } from '../../../core/hours.ts';
import type { LockoutPolicy, PolicyLayer } from '../../../core/policy.ts';
import { canonical } from '../../../store/audit/record.ts';
import { overrideProfile, type Profile } from '../../../wire/radius/profile/parse.ts';
import { contextOf, type Keyring } from '../../secrets/keyring.ts';
import { checkControl } from '../../settings/control.ts';
import { parseAddress, parsePrefix } from '../../settings/prefix.ts';
import { encodeTlsRule, faultOfIssuer, parseFingerprint, parseTlsName } from '../../settings/tls-rule.ts';
import type { EntryFaults } from '../faults.ts';
import type { Entry } from '../schema.ts';
import type { StagedGateway, StagedPolicy } from '../staged.ts';

const leastSecretCharacters = 16;

/** A client whose defaults are still to be taken from the profiles of its gateways. */
export interface NormalisedClient {
  readonly name: string;
  readonly prefix: string | null;
  readonly tlsRule: string | null;
  readonly sealedSecret?: string;
  readonly requireMessageAuthenticator: 'always' | 'auto' | 'never' | null;
  readonly neverReason: string | null;
  readonly limitProxyState: boolean | null;
}

async function readSecret(
  value: Entry<'radiusClient'>,
  faults: EntryFaults,
  directory: string | null,
): Promise<string | null> {
  const { secret, secretFile } = value;
  if (secret !== undefined && secretFile !== undefined) {
    faults.add('secretFile', 'secret and secretFile are both given', 'Keep one of them');
    return null;
  }
  if (secretFile === undefined) return secret ?? null;
  if (directory === null) {
    faults.add(
      'secretFile',
      'only the command line reads such a file',
      'Give secret, or use gatewarden import on the host',
    );
    return null;
  }
  const file = resolve(directory, secretFile);
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    faults.add('secretFile', `${file} cannot be read (${code})`, 'Give a file that the broker may read');
    return null;
  }
}

function readTlsRule(
  tls: NonNullable<Entry<'radiusClient'>['tls']>,
  faults: EntryFaults,
  authorities: () => readonly string[] | null,
): string | null {
  const { names = [], issuer, pins = [], radiusVersions = [], takesDisconnect = false } = tls;
  const fingerprint =
    issuer === undefined ? null : faults.attempt('tls.issuer', () => parseFingerprint(issuer));
  const unknown = fingerprint === null ? null : faultOfIssuer(fingerprint, authorities());
  if (unknown !== null) faults.add('tls.issuer', ...unknown);
  const rule = faults.attempt('tls', () =>
    encodeTlsRule({
      names: names.map((name) => parseTlsName(name)),
      issuer: fingerprint,
      pins: pins.map((pin) => parseFingerprint(pin)),
      radiusVersions,
      takesDisconnect,
    }),
  );
  if (names.length === 0 && (pins.length === 0 || issuer !== undefined)) {
    faults.add('tls', 'it names no certificate', 'Give names (with an authority) or pins');
  }
  return rule;
}

/** `secretsIn`: where a secretFile is looked for; null: none is read. */
export async function normaliseRadiusClient(
  value: Entry<'radiusClient'>,
  faults: EntryFaults,
  context: {
    readonly keyring: Keyring;
    readonly secretsIn: string | null;
    readonly tlsAuthorities: () => readonly string[] | null;
  },
): Promise<NormalisedClient | null> {
  const { address, tls } = value;
  const prefix = address === undefined ? null : faults.attempt('address', () => parsePrefix(address));
  const tlsRule = tls === undefined ? null : readTlsRule(tls, faults, context.tlsAuthorities);
  if (address === undefined && tls === undefined) {
    faults.add('address', 'it is missing', 'Give address, or tls for a client that comes over TLS');
  }
  if (address === undefined && (value.secret !== undefined || value.secretFile !== undefined)) {
    const at = value.secret === undefined ? 'secretFile' : 'secret';
    faults.add(at, 'it is for a client with an address', 'Leave it out: over TLS the secret is "radsec"');
  }
  const secret = await readSecret(value, faults, context.secretsIn);
  const from = value.secretFile === undefined ? 'secret' : 'secretFile';
  if (secret !== null && [...secret].length < leastSecretCharacters) {
    faults.add(
      from,
      `it has fewer than ${leastSecretCharacters} characters`,
      'Use a longer one, drawn at random',
    );
  }
  if (secret !== null && /[\p{Cc}]/u.test(secret)) {
    faults.add(from, 'it holds a control character or more than one line', 'Write the secret on one line');
  }
  const { requireMessageAuthenticator = null, reason = null, limitProxyState = null } = value;
  if (requireMessageAuthenticator === 'never' && reason === null) {
    faults.add('reason', 'it is missing', 'Say why this client can never send Message-Authenticator');
  }
  if (requireMessageAuthenticator !== 'never' && reason !== null) {
    faults.add('reason', 'it is for requireMessageAuthenticator: never only', 'Leave it out');
  }
  if (faults.count > 0) return null;
  return {
    name: value.name,
    prefix,
    tlsRule,
    ...(secret === null
      ? {}
      : {
          sealedSecret: context.keyring
            .seal(Buffer.from(secret, 'utf8'), contextOf.clientSecret(value.name))
            .toString('base64'),
        }),
    requireMessageAuthenticator,
    neverReason: reason,
    limitProxyState,
  };
}

/** The gateway, and the profile that it will have, changes included. */
export function normaliseGateway(
  value: Entry<'gateway'>,
  faults: EntryFaults,
  profiles: ReadonlyMap<string, Profile>,
): { readonly entry: StagedGateway; readonly profile: Profile } | null {
  const { profileOverrides } = value;
  const base = profiles.get(value.profile) ?? null;
  if (base === null) {
    const nearest = nearestName(value.profile, profiles.keys());
    const known = `Installed are ${[...profiles.keys()].sort().join(', ')}`;
    faults.add(
      'profile',
      `there is no profile ${JSON.stringify(value.profile)}`,
      nearest === null ? known : `Did you mean ${nearest}? ${known}`,
    );
  }
  const profile =
    base === null || profileOverrides === undefined
      ? base
      : faults.attempt('profileOverrides', () => overrideProfile(base, profileOverrides, 'profileOverrides'));
  const given = value.nasIpAddress;
  const nasIpAddress = given === undefined ? null : faults.attempt('nasIpAddress', () => parseAddress(given));
  const coa = value.coaAddress;
  const coaAddress = coa === undefined ? null : faults.attempt('coaAddress', () => parseAddress(coa));
  const { control: way } = value;
  const control =
    way === undefined || profile === null
      ? null
      : faults.attempt('control', () => checkControl(way, profile, 'control'));
  if (profile === null || faults.count > 0) return null;
  return {
    profile,
    entry: {
      name: value.name,
      client: value.client,
      profile: value.profile,
      profileOverrides: profileOverrides === undefined ? null : canonical(profileOverrides),
      nasIdentifier: value.nasIdentifier ?? null,
      nasIpAddress,
      coaAddress,
      coaPort: value.coaPort ?? null,
      control,
      unit: value.unit ?? null,
    },
  };
}

const minute = 60_000;

function readLockout(given: NonNullable<Entry<'policy'>['lockout']>): Partial<LockoutPolicy> {
  const times = (value: number | undefined, unit: number) => (value === undefined ? undefined : value * unit);
  return withoutAbsent({
    codeAttempts: given.codeAttempts,
    lockMs: times(given.lockMinutes, minute),
    maxLockMs: times(given.maxLockMinutes, minute),
    passwordAttempts: given.passwordAttempts,
    passwordDelayMs: times(given.passwordDelaySeconds, 1000),
    maxPasswordDelayMs: times(given.maxPasswordDelayMinutes, minute),
    forgetMs: times(given.forgetHours, 60 * minute),
  });
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Present<T>;
}

export function normalisePolicy(
  value: Entry<'policy'>,
  faults: EntryFaults,
  timeZone: string,
): StagedPolicy | null {
  const { scope, hours, sessionMinutes, uncutSessionMinutes, gatewayUnits, lockout, ...rest } = value;
  if (scope.unit !== undefined && scope.gateway !== undefined) {
    faults.add('scope', 'it names a unit and a gateway', 'Write one policy for each');
  }
  for (const field of ['longestTermDays', 'usualTermDays', 'fourEyes'] as const) {
    if (scope.gateway !== undefined && rest[field] !== undefined)
      faults.add(field, 'it is not for a gateway', 'Set it for the organisation or a unit');
  }
  const parsedHours =
    hours === undefined || hours === null
      ? hours
      : faults.attempt('hours', () => parseAccessHours(hours, 'hours', timeZone));
  const parsedLockout = lockout === undefined ? undefined : readLockout(lockout);
  if (faults.count > 0) return null;
  const layer: PolicyLayer = withoutAbsent({
    ...rest,
    hours: parsedHours,
    sessionMs: sessionMinutes === undefined ? undefined : sessionMinutes * minute,
    uncutSessionMs: uncutSessionMinutes === undefined ? undefined : uncutSessionMinutes * minute,
    lockout: parsedLockout,
  });
  return {
    scope: withoutAbsent(scope),
    layer,
    ...(gatewayUnits === undefined ? {} : { gatewayUnits }),
  };
}
