// Tokens of privacyIDEA: the tables token, tokeninfo and tokenowner, whose seeds are sealed with the key file `enckey`.
import { createDecipheriv } from 'node:crypto';
import { OperatorError } from '../../base/errors.ts';
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
import type { SqlRow, SqlTables } from './sql-dump.ts';

export const privacyideaTables = ['token', 'tokeninfo', 'tokenowner'];

/** Three keys of 32 octets; the first is that of tokens. */
const keyFileOctets = 96;
const tokenKeyOctets = 32;
/** Ends the text inside; zeros fill the block up. */
const endMark = Buffer.from([1, 2]);

/** @throws OperatorError for a key file that is itself encrypted, or is none */
export function readEncKey(octets: Buffer): Buffer {
  if (octets.length === keyFileOctets) return octets.subarray(0, tokenKeyOctets);
  const isEncrypted = /^[0-9a-f]{32}:[0-9a-f]+\s*$/i.test(octets.toString('latin1'));
  throw new OperatorError(
    isEncrypted
      ? 'The key file is encrypted with a password.'
      : `The key file has ${octets.length} octets, not ${keyFileOctets}.`,
    {
      at: '--enckey',
      remedy: isEncrypted
        ? 'Decrypt it with privacyIDEA itself first, into a file for you alone.'
        : 'Give the file that PI_ENCFILE names in pi.cfg (/etc/privacyidea/enckey). Keys in an HSM do not leave it.',
    },
  );
}

/** The seed of a token; null when it can't be opened with this key. */
export function openSeed(key: Buffer, sealedHex: string, ivHex: string): Buffer | null {
  const sealed = Buffer.from(sealedHex, 'hex');
  const iv = Buffer.from(ivHex, 'hex');
  if (iv.length !== 16 || sealed.length === 0 || sealed.length % 16 !== 0) return null;
  const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(sealed), decipher.final()]);
  const end = plain.lastIndexOf(endMark);
  // Twice hexadecimal: the text of the seed, and that text made safe for padding.
  const outer = plain.subarray(0, end === -1 ? plain.length : end).toString('latin1');
  const inner = /^([0-9a-f]{2})+$/i.test(outer) ? Buffer.from(outer, 'hex').toString('latin1') : '';
  plain.fill(0);
  return /^([0-9a-f]{2})+$/i.test(inner) ? Buffer.from(inner, 'hex') : null;
}

const isSet = (value: string | null | undefined): boolean =>
  value === '1' || value === 't' || value === 'true';

interface Info {
  readonly hash: string;
  readonly period: string;
  readonly isHardware: boolean;
}

function infoOf(rows: readonly SqlRow[]): Info {
  const value = (name: string) => rows.find((row) => row['key']?.toLowerCase() === name)?.['value'] ?? null;
  return {
    hash: (value('hashlib') ?? 'sha1').toUpperCase(),
    period: value('timestep') ?? '30',
    isHardware: value('tokenkind') === 'hardware',
  };
}

/** Null, and a line in what is left out, unless it is a time-based token that works. */
function readToken(
  token: SqlRow,
  info: Info,
  key: Buffer,
  leftOut: LeftOutList,
): MigratedAuthenticator | null {
  const serial = token['serial'] ?? 'a token without a serial number';
  const leave = (why: string, remedy: string): null => {
    leftOut.add(serial, why, remedy);
    return null;
  };
  const type = (token['tokentype'] ?? '').toLowerCase();
  if (type !== 'totp')
    return leave(`a token of the type ${type || 'HOTP'}`, 'enrol an authenticator with codes by time');
  if (!isSet(token['active']) || isSet(token['revoked']) || isSet(token['locked'])) {
    return leave(
      'it is disabled, revoked or locked there',
      'nothing to do, or enable it there and export again',
    );
  }
  const { hash, period, isHardware } = info;
  const digits = Number(token['otplen'] ?? 6);
  const isKnown =
    (hash === 'SHA1' || hash === 'SHA256' || hash === 'SHA512') &&
    (period === '30' || period === '60') &&
    (digits === 6 || digits === 8);
  if (!isKnown) {
    return leave(
      `${hash}, ${digits} digits, ${period} s: not a form that is used here`,
      'enrol an authenticator anew',
    );
  }
  const seed = openSeed(key, token['key_enc'] ?? '', token['key_iv'] ?? '');
  if (seed === null)
    return leave('its seed does not open with this key file', 'give the enckey of the same installation');
  const checked = checkSeed(seed);
  seed.fill(0);
  if ('fault' in checked) return leave(checked.fault, 'enrol an authenticator anew');
  return {
    kind: isHardware ? 'token' : 'app',
    ...(isHardware ? { serialNumber: serial } : {}),
    algorithm: hash,
    digits,
    periodSeconds: period === '30' ? 30 : 60,
    seed: checked.seed,
  };
}

/** Owners by token id, as `user@resolver`; before version 3 they stood in the table of tokens. */
function ownersOf(tables: SqlTables): (token: SqlRow) => { user: string; resolver: string } | null {
  const owners = new Map<string, { user: string; resolver: string }>();
  for (const row of tables.get('tokenowner') ?? []) {
    const user = row['user_id'] ?? '';
    if (user !== '') owners.set(row['token_id'] ?? '', { user, resolver: row['resolver'] ?? '' });
  }
  return (token) => {
    const user = token['user_id'] ?? '';
    const own = user === '' ? null : { user, resolver: token['resolver'] ?? '' };
    return owners.get(token['id'] ?? '') ?? own;
  };
}

/** Translates. Passwords and PINs are not in these tables (or only hashed): every account sets a new one. */
export function migratePrivacyidea(tables: SqlTables, holders: readonly Holder[], key: Buffer): Migration {
  const leftOut = createLeftOut();
  const bySource = holdersBySource(holders);
  const ownerOf = ownersOf(tables);
  const infos = new Map<string, SqlRow[]>();
  for (const row of tables.get('tokeninfo') ?? []) {
    const id = row['token_id'] ?? '';
    infos.set(id, [...(infos.get(id) ?? []), row]);
  }
  const authenticators = new Map<Holder, MigratedAuthenticator[]>();
  for (const token of tables.get('token') ?? []) {
    const serial = token['serial'] ?? 'a token without a serial number';
    const owner = ownerOf(token);
    if (owner === null) {
      leftOut.add(serial, 'it belongs to nobody', 'export spare hardware tokens as PSKC instead');
      continue;
    }
    const { user, resolver } = owner;
    const holder = bySource.get(`${user}@${resolver}`.toLowerCase()) ?? bySource.get(user.toLowerCase());
    if (holder === undefined) {
      leftOut.add(`${serial}, of ${user}@${resolver}`, ...noHolder);
      continue;
    }
    const all = authenticators.get(holder) ?? [];
    authenticators.set(holder, all);
    const read = readToken(token, infoOf(infos.get(token['id'] ?? '') ?? []), key, leftOut);
    if (read !== null) all.push(read);
  }
  const users: FoundUser[] = [...authenticators].map(([holder, found]) => ({
    holder,
    password: null,
    authenticators: found,
    isSuspended: false,
    lastDay: null,
    identifiers: [],
  }));
  return assemble(users, leftOut);
}
