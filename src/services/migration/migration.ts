// What comes of another system's accounts: entries for an organisation file, and everything that could not be carried over.
import { decodeBase32, encodeBase32 } from '../../core/otp.ts';
import type { Holder } from './holders.ts';

/** Seeds below RFC 4226's least strength are not taken over. */
const leastSeedOctets = 16;

export interface LeftOut {
  /** A user, or a token by its serial number. */
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
}

export interface MigratedAuthenticator {
  readonly kind: 'app' | 'token';
  readonly serialNumber?: string;
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  readonly digits: 6 | 8;
  readonly periodSeconds: 30 | 60;
  readonly seed: string;
}

interface MigratedAccount {
  readonly userName: string;
  readonly staffCode: string;
  readonly status: 'active' | 'pending';
  readonly validFrom: string;
  readonly validUntil: string;
  readonly password?: { readonly plain: string };
  readonly passwordState?: 'change-required';
  readonly suspended?: 'by-centre';
  readonly authenticators: readonly MigratedAuthenticator[];
  readonly assignments: readonly string[];
  readonly workstations: readonly string[];
}

interface MigratedWorkstation {
  readonly assetTag: string;
  readonly kind: 'personal';
  readonly unit: string;
  readonly keeper: string;
  readonly identifiers: readonly { readonly type: 'mac' | 'source-address'; readonly value: string }[];
}

export interface Migration {
  readonly accounts: readonly MigratedAccount[];
  readonly workstations: readonly MigratedWorkstation[];
  readonly leftOut: readonly LeftOut[];
}

/** What was found of one user. */
export interface FoundUser {
  readonly holder: Holder;
  /** Null: none that can be read. */
  readonly password: string | null;
  readonly authenticators: readonly MigratedAuthenticator[];
  readonly isSuspended: boolean;
  /** Last day by the older system; null: it says none. As `YYYY-MM-DD`. */
  readonly lastDay: string | null;
  readonly identifiers: MigratedWorkstation['identifiers'];
}

/** Collects what could not be carried over. */
export function createLeftOut() {
  const all: LeftOut[] = [];
  return {
    all,
    add(what: string, why: string, remedy: string): void {
      all.push({ what, why, remedy });
    },
  };
}

export type LeftOutList = ReturnType<typeof createLeftOut>;

export const noHolder = [
  'nobody is named as its holder',
  'add a row for it to the file of holders, or let it go',
] as const;

/** `02/01/2026` and `2026-01-02` as `2026-01-02`; null for anything else. */
function isoDay(text: string): string | null {
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  if (year !== '') return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
}

/** The seed in base32 if it is strong enough; otherwise why not. */
export function checkSeed(seed: string | Buffer): { readonly seed: string } | { readonly fault: string } {
  let octets: Buffer;
  try {
    octets = typeof seed === 'string' ? decodeBase32(seed) : seed;
  } catch {
    return { fault: 'its seed is not base32' };
  }
  return octets.length < leastSeedOctets
    ? { fault: `its seed has ${octets.length} octets, fewer than ${leastSeedOctets}` }
    : { seed: encodeBase32(octets) };
}

/** Authenticators whose codes have one length; the others are left out. */
function ofOneLength(user: FoundUser, leftOut: LeftOutList): readonly MigratedAuthenticator[] {
  const [first] = user.authenticators;
  return user.authenticators.filter((authenticator) => {
    if (authenticator.digits === first?.digits) return true;
    leftOut.add(
      user.holder.userName,
      `a code of ${authenticator.digits} digits beside one of ${first?.digits}`,
      'enrol that authenticator anew: all of an account have codes of one length',
    );
    return false;
  });
}

function workstationOf(user: FoundUser, leftOut: LeftOutList): MigratedWorkstation | null {
  const { holder, identifiers } = user;
  if (holder.assetTag !== '' && holder.unit !== '') {
    const { assetTag, unit, staffCode: keeper } = holder;
    return { assetTag, kind: 'personal', unit, keeper, identifiers };
  }
  for (const { value } of identifiers) {
    leftOut.add(
      holder.userName,
      `its Calling-Station-Id ${value}`,
      'give assetTag and unit in the file of holders, or register the workstation by hand',
    );
  }
  return null;
}

/** One account for each user; one that no term can be found for is left out. */
export function assemble(users: readonly FoundUser[], leftOut: LeftOutList): Migration {
  const accounts: MigratedAccount[] = [];
  const workstations: MigratedWorkstation[] = [];
  for (const user of users) {
    const { holder, password, lastDay } = user;
    const given = holder.validUntil === '' ? null : holder.validUntil;
    const givenDay = given === null ? null : isoDay(given);
    // The earlier of both: a migration must not lengthen anybody's term.
    const validUntil = lastDay !== null && (givenDay === null || lastDay < givenDay) ? lastDay : given;
    if (validUntil === null) {
      leftOut.add(holder.userName, 'no end of its term is known', 'give validUntil in the file of holders');
      continue;
    }
    if (holder.assignments.length === 0) {
      leftOut.add(
        holder.userName,
        'no written assignment is named: the account is made, and denied until there is one',
        'give assignments in the file of holders, or add them afterwards',
      );
    }
    const authenticators = ofOneLength(user, leftOut);
    const workstation = workstationOf(user, leftOut);
    if (workstation !== null && workstation.identifiers.length > 0) workstations.push(workstation);
    accounts.push({
      userName: holder.userName,
      staffCode: holder.staffCode,
      // With a password and an authenticator there is nothing left to activate.
      status: password !== null && authenticators.length > 0 ? 'active' : 'pending',
      validFrom: holder.validFrom,
      validUntil,
      ...(password === null
        ? { passwordState: 'change-required' as const }
        : { password: { plain: password } }),
      ...(user.isSuspended ? { suspended: 'by-centre' as const } : {}),
      authenticators,
      assignments: holder.assignments,
      workstations: holder.assetTag === '' ? [] : [holder.assetTag],
    });
  }
  return { accounts, workstations, leftOut: leftOut.all };
}
