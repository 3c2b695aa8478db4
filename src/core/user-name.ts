// User names in one spelling: what a VPN client sends and what an administrator types meet under the same key.

export type UserNameFault = 'empty' | 'too-long' | 'space' | 'control' | 'character' | 'realm';

export type CanonicalUserName =
  | { readonly ok: true; readonly userName: string }
  | { readonly ok: false; readonly fault: UserNameFault };

/** What is wrong, to be put behind the name of the field. */
export const userNameFaultTexts: Readonly<Record<UserNameFault, string>> = {
  empty: 'the user name is empty',
  'too-long': 'the user name has more than 64 characters',
  space: 'the user name has a space in it',
  control: 'the user name has a control character in it',
  character:
    'the user name may hold the letters a to z, digits, and . _ - @ only, with a letter, digit or _ at its start',
  realm: 'the user name has a realm twice, or one before a backslash that is not configured',
};

const longest = 64;

/**
 * The canonical form of a user name, or why there is none. Idempotent.
 *
 * In the spirit of PRECIS UsernameCaseMapped (RFC 8265 §3.3): full-width forms become ASCII, letters lower case; a
 * configured realm is removed, `name@realm` or `REALM\name`, once. What remains is 1 to 64 of `a`–`z`, `0`–`9` and
 * `. _ - @`, which is what OpenVPN lets through (it rewrites everything else to `_`) and every gateway can send.
 *
 * Only ASCII is taken, before any folding of case, because then no two names look alike: no Cyrillic а, no Kelvin
 * sign or dotless i that folds into a letter, no invisible character, no second way to compose an accent. A name
 * begins with a letter, digit or `_` and does not end in `.` or `@`: gateways put it into file names and commands.
 */
export function canonicalUserName(
  text: string,
  { realms }: { realms: readonly string[] },
): CanonicalUserName {
  if (/\p{Cc}/u.test(text)) return { ok: false, fault: 'control' };
  if (/\s/u.test(text)) return { ok: false, fault: 'space' };
  const ascii = text.replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  if (ascii === '') return { ok: false, fault: 'empty' };
  if (!/^[!-~]+$/.test(ascii)) return { ok: false, fault: 'character' };

  const known = realms.map((realm) => realm.replace(/^@/, '').toLowerCase()).filter((realm) => realm !== '');
  const realmAfter = (name: string) => known.find((realm) => name.endsWith(`@${realm}`));
  let name = ascii.toLowerCase();
  const backslash = name.indexOf('\\');
  if (backslash !== -1) {
    if (!known.includes(name.slice(0, backslash))) return { ok: false, fault: 'realm' };
    name = name.slice(backslash + 1);
  }
  const suffix = realmAfter(name);
  if (suffix !== undefined) name = name.slice(0, -suffix.length - 1);
  if (name.includes('\\') || realmAfter(name) !== undefined) return { ok: false, fault: 'realm' };

  if (name === '') return { ok: false, fault: 'empty' };
  if (name.length > longest) return { ok: false, fault: 'too-long' };
  return /^[a-z0-9_]([a-z0-9._@-]*[a-z0-9_-])?$/.test(name)
    ? { ok: true, userName: name }
    : { ok: false, fault: 'character' };
}
