// VPN accounts: from the file's spelling to the store's. Seeds are sealed here; passwords are hashed by the caller.
import { parseTermDate } from '../../../core/dates.ts';
import { decodeBase32, seedKey } from '../../../core/otp.ts';
import { canonicalUserName, userNameFaultTexts } from '../../../core/user-name.ts';
import { findPhcFault } from '../../passwords/phc.ts';
import type { Keyring } from '../../secrets/keyring.ts';
import type { EntryFaults } from '../faults.ts';
import type { Entry } from '../schema.ts';
import { type StagedAccount, type StagedAuthenticator, stagedSeedContext } from '../staged.ts';
import { normaliseTerm, type OrganisationContext } from './people.ts';

export interface AccountContext extends OrganisationContext {
  readonly keyring: Keyring;
  readonly importId: string;
}

/** Of the password's UTF-8 form; longer ones cannot be typed in front of a code in one RADIUS attribute. */
const passwordOctets = { least: 8, most: 106 };

function normaliseUserName(text: string, faults: EntryFaults, realms: readonly string[]): string | null {
  const canonical = canonicalUserName(text, { realms });
  if (canonical.ok) return canonical.userName;
  faults.add(
    'userName',
    userNameFaultTexts[canonical.fault],
    'Write the name as it is typed in the VPN client',
  );
  return null;
}

/** The password in clear, to be hashed, and the hash if that was given; at most one of them is not null. */
function readPassword(
  given: Entry<'account'>['password'],
  faults: EntryFaults,
): { readonly plain: string | null; readonly phc: string | null } {
  const { plain = null, phc = null } = given ?? {};
  if (given !== undefined && (plain === null) === (phc === null)) {
    faults.add('password', 'exactly one of plain and phc is needed', 'Give the password itself, or its hash');
  }
  const octets = plain === null ? passwordOctets.least : Buffer.byteLength(plain);
  if (octets < passwordOctets.least || octets > passwordOctets.most) {
    faults.add(
      'password.plain',
      `it has ${octets} octets in UTF-8`,
      `Use a password of ${passwordOctets.least} to ${passwordOctets.most} octets`,
    );
  }
  const fault = phc === null ? null : findPhcFault(phc);
  if (fault === 'not-argon2') {
    faults.add(
      'password.phc',
      'it is no argon2 hash in PHC form',
      'Give "$argon2id$v=19$m=…", or the password itself',
    );
  } else if (fault === 'too-costly') {
    faults.add('password.phc', 'it costs too much to verify', 'Use at most 256 MiB, 64 passes and 16 lanes');
  }
  return { plain, phc };
}

function readSeed(text: string, field: string, faults: EntryFaults): Buffer | null {
  return faults.attempt(field, () => {
    const seed = decodeBase32(text);
    seedKey(seed);
    return seed;
  });
}

function normaliseAuthenticators(
  given: NonNullable<Entry<'account'>['authenticators']>,
  faults: EntryFaults,
  { keyring, importId }: AccountContext,
): StagedAuthenticator[] {
  const seeds: Buffer[] = [];
  const staged = given.flatMap((value, index): StagedAuthenticator[] => {
    const field = `authenticators[${index}]`;
    const seed = readSeed(value.seed, `${field}.seed`, faults);
    if (seed === null) return [];
    if (seeds.some((other) => other.equals(seed))) {
      faults.add(
        `${field}.seed`,
        'it is that of another authenticator of this account',
        'Give each its own seed',
      );
    }
    seeds.push(seed);
    return [
      {
        kind: value.kind,
        serialNumber: value.serialNumber ?? null,
        algorithm: value.algorithm ?? 'SHA1',
        digits: value.digits ?? 6,
        periodSeconds: value.periodSeconds ?? 30,
        sealedSeed: keyring.seal(seed, stagedSeedContext(importId)).toString('base64'),
      },
    ];
  });
  for (const seed of seeds) seed.fill(0);
  if (new Set(staged.map(({ digits }) => digits)).size > 1) faults.add('authenticators', ...mixedLengths);
  return staged;
}

/** Password and code come in one text: where the code begins must not depend on the authenticator. */
export const mixedLengths = [
  'their codes have different lengths',
  'Give an account authenticators of 6 digits or of 8, not both',
] as const;

function normaliseWorkstations(
  given: Entry<'account'>['workstations'],
  term: { readonly validFrom: number } | null,
  faults: EntryFaults,
  timeZone: string,
): StagedAccount['workstations'] {
  const staged = given.flatMap(({ assetTag, validFrom, validUntil }, index) => {
    const field = `workstations[${index}]`;
    const from =
      validFrom === undefined
        ? (term?.validFrom ?? 0)
        : faults.attempt(`${field}.validFrom`, () => parseTermDate(validFrom, 'from', timeZone));
    const until =
      validUntil === undefined
        ? null
        : faults.attempt(`${field}.validUntil`, () => parseTermDate(validUntil, 'until', timeZone));
    if (from !== null && until !== null && until <= from) {
      faults.add(
        `${field}.validUntil`,
        'it is not after validFrom',
        'Give a last day that is not before the first',
      );
    }
    return from === null ? [] : [{ assetTag, validFrom: from, validUntil: until }];
  });
  const seen = new Set<string>();
  for (const { assetTag, validFrom } of staged) {
    const key = `${validFrom} ${assetTag}`;
    if (seen.has(key))
      faults.add('workstations', `${JSON.stringify(assetTag)} stands there twice`, 'Keep one');
    seen.add(key);
  }
  return staged;
}

/** The entry, and its password in clear if that is what the file gives. */
export function normaliseAccount(
  value: Entry<'account'>,
  faults: EntryFaults,
  context: AccountContext,
): { readonly entry: StagedAccount; readonly plainPassword: string | null } | null {
  const { timeZone, realms } = context;
  const userName = normaliseUserName(value.userName, faults, realms);
  const term = normaliseTerm(value, '', faults, timeZone);
  const { plain, phc } = readPassword(value.password, faults);
  const authenticators = normaliseAuthenticators(value.authenticators ?? [], faults, context);
  const workstations = normaliseWorkstations(value.workstations, term, faults, timeZone);
  const papers = new Set<string>();
  for (const { number, unit } of value.assignments) {
    const key = JSON.stringify([number, unit]);
    if (papers.has(key))
      faults.add('assignments', `${JSON.stringify(number)} stands there twice`, 'Keep one');
    papers.add(key);
  }
  if (userName === null || term === null || faults.count > 0) return null;
  const { status, passwordState, firstFactor, rulesVersionAccepted, suspended } = value;
  return {
    plainPassword: plain,
    entry: {
      userName,
      staffCode: value.staffCode,
      ...(status === undefined ? {} : { status }),
      ...term,
      ...(phc === null ? {} : { phc }),
      ...(passwordState === undefined ? {} : { passwordState }),
      ...(firstFactor === undefined ? {} : { firstFactor }),
      ...(rulesVersionAccepted === undefined ? {} : { rulesVersionAccepted }),
      ...(suspended === undefined ? {} : { suspended }),
      authenticators,
      assignments: value.assignments,
      workstations,
    },
  };
}
