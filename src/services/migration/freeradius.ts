// Accounts of FreeRADIUS' SQL module: radcheck (passwords, Expiration, TOTP-Secret, Calling-Station-Id …) and radusergroup.
import { isIP } from 'node:net';
import { type Holder, holdersBySource } from './holders.ts';
import {
  assemble,
  checkSeed,
  createLeftOut,
  type FoundUser,
  type LeftOutList,
  type MigratedAuthenticator,
  type Migration,
  noHolder,
} from './migration.ts';
import type { SqlTables } from './sql-dump.ts';

export const freeradiusTables = ['radcheck', 'radusergroup', 'usergroup'];

const clearText = new Set(['cleartext-password', 'user-password']);
const hashed =
  /^(crypt|md5|smd5|sha|ssha|sha1|sha2|ssha2?(-\d+)?|nt|lm|pbkdf2|.*-with-header)-?password$|^password-with-header$/;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * The last whole day before an Expiration. FreeRADIUS lets a date without a time begin at 00:00, when the account is over;
 * here a last day ends at 24:00. Null: no date of a form that it writes.
 */
export function lastDayOf(expiration: string): { readonly day: string; readonly isCut: boolean } | null {
  const text = expiration.trim();
  const clockForm = String.raw`(?:[ T]+(?<clock>\d{1,2}:\d{2}(?::\d{2})?))?`;
  const forms = [
    String.raw`^(?<day>\d{1,2})[ -](?<month>[A-Za-z]{3})[A-Za-z]*[ -](?<year>\d{4})`,
    String.raw`^(?<month>[A-Za-z]{3})[A-Za-z]*[ -](?<day>\d{1,2})[ ,-]+(?<year>\d{4})`,
    String.raw`^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})`,
  ];
  const found = forms.map((form) => new RegExp(form + clockForm).exec(text)?.groups).find((groups) => groups);
  if (found === undefined) return null;
  const { day = '', month = '', year = '' } = found;
  const y = Number(year);
  const d = Number(day);
  const m = /^\d+$/.test(month) ? Number(month) - 1 : months.indexOf(month.toLowerCase());
  if (!(y >= 1970 && m >= 0 && m < 12 && d >= 1 && d <= 31)) return null;
  const time = found['clock'] ?? '00:00';
  const isWhole = time.startsWith('23:59');
  const isMidnight = /^0?0:00(:00)?$/.test(time);
  const end = new Date(Date.UTC(y, m, d - (isWhole ? 0 : 1)));
  return { day: end.toISOString().slice(0, 10), isCut: !isWhole && !isMidnight };
}

interface Check {
  readonly attribute: string;
  readonly op: string;
  readonly value: string;
}

function identifierOf(value: string): FoundUser['identifiers'][number] | null {
  if (isIP(value) !== 0) return { type: 'source-address', value };
  const hex = value.replaceAll(/[-:.]/g, '');
  return /^[0-9A-Fa-f]{12}$/.test(hex) ? { type: 'mac', value } : null;
}

/** Everything that radcheck says of one user. */
function readUser(holder: Holder, checks: readonly Check[], leftOut: LeftOutList): FoundUser {
  const { userName } = holder;
  const found = {
    password: null as string | null,
    authenticators: [] as MigratedAuthenticator[],
    isSuspended: false,
    lastDay: null as string | null,
    identifiers: [] as FoundUser['identifiers'][number][],
  };
  for (const { attribute, op, value } of checks) {
    const name = attribute.toLowerCase();
    if (clearText.has(name)) found.password = value === '' ? null : value;
    else if (hashed.test(name)) {
      leftOut.add(
        userName,
        `its ${attribute}: a hash of another kind`,
        'nothing to do: the holder sets a new password when activating the account',
      );
    } else if (name === 'totp-secret') {
      const checked = checkSeed(value);
      if ('seed' in checked) {
        found.authenticators.push({
          kind: 'app',
          algorithm: 'SHA1',
          digits: 6,
          periodSeconds: 30,
          seed: checked.seed,
        });
      } else leftOut.add(userName, `its TOTP-Secret: ${checked.fault}`, 'enrol an authenticator anew');
    } else if (name === 'expiration') {
      const end = lastDayOf(value);
      if (end === null)
        leftOut.add(userName, `its Expiration ${value}: no date`, 'give validUntil in the file of holders');
      else {
        found.lastDay = end.day;
        if (end.isCut) {
          leftOut.add(
            userName,
            `the hour of its Expiration ${value}`,
            `its term ends with the day before: ${end.day}`,
          );
        }
      }
    } else if (name === 'auth-type' && /^reject$/i.test(value)) found.isSuspended = true;
    else if (name === 'calling-station-id' && (op === '==' || op === ':=')) {
      const identifier = identifierOf(value);
      if (identifier !== null) found.identifiers.push(identifier);
      else
        leftOut.add(
          userName,
          `its Calling-Station-Id ${value}: neither a MAC nor an address`,
          'register the workstation by hand',
        );
    } else {
      const remedy =
        name === 'simultaneous-use'
          ? 'set sessionLimit in a policy'
          : name === 'login-time'
            ? 'set hours in a policy'
            : 'see whether a policy or the profile of the gateway takes its place';
      leftOut.add(userName, `the check item ${attribute} ${op}`, remedy);
    }
  }
  return { holder, ...found };
}

/** Translates. Nothing of a password or seed is in what is left out. */
export function migrateFreeradius(tables: SqlTables, holders: readonly Holder[]): Migration {
  const leftOut = createLeftOut();
  const bySource = holdersBySource(holders);
  const checks = new Map<string, Check[]>();
  for (const row of tables.get('radcheck') ?? []) {
    const user = row['username'] ?? '';
    const of = checks.get(user) ?? [];
    of.push({ attribute: row['attribute'] ?? '', op: row['op'] ?? '', value: row['value'] ?? '' });
    checks.set(user, of);
  }
  const users: FoundUser[] = [];
  for (const [user, of] of checks) {
    const holder = bySource.get(user.toLowerCase());
    if (holder === undefined) leftOut.add(user, ...noHolder);
    else users.push(readUser(holder, of, leftOut));
  }
  const groups = new Map<string, number>();
  for (const row of [...(tables.get('radusergroup') ?? []), ...(tables.get('usergroup') ?? [])]) {
    const group = row['groupname'] ?? '';
    groups.set(group, (groups.get(group) ?? 0) + 1);
  }
  for (const [group, members] of groups) {
    leftOut.add(
      `group ${group}`,
      `${members} members: there are no groups here`,
      'what it allowed belongs to units, gateways and policies',
    );
  }
  return assemble(users, leftOut);
}
