// What ocserv's `occtl -j` prints: connected users, and sessions whose cookie would still bring a client back.

export interface OcservUser {
  /** The number that `disconnect id` takes. */
  readonly id: string;
  readonly userName: string;
  readonly remoteAddress: string | null;
  readonly addresses: readonly string[];
  /** Acct-Session-Id of its accounting. */
  readonly session: string | null;
}

export interface OcservSession {
  readonly userName: string;
  readonly remoteAddress: string | null;
  readonly session: string | null;
}

export class UnreadableOcctlError extends Error {}

/** occtl leaves a comma behind the last field of some objects; texts in quotes stay as they are. */
function withoutTrailingCommas(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (found) => (found === ',' ? '' : found));
}

function parseList(text: string): Record<string, unknown>[] {
  let value: unknown;
  try {
    value = JSON.parse(withoutTrailingCommas(text));
  } catch {
    throw new UnreadableOcctlError('occtl printed no JSON');
  }
  if (!Array.isArray(value)) throw new UnreadableOcctlError('occtl printed no list');
  return value.map((one: unknown) => {
    if (typeof one !== 'object' || one === null) throw new UnreadableOcctlError('occtl listed no object');
    return one as Record<string, unknown>;
  });
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** @throws UnreadableOcctlError */
export function parseUsers(text: string): OcservUser[] {
  return parseList(text).map((user) => {
    const id = user['ID'];
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0)
      throw new UnreadableOcctlError('a connected user has no ID');
    return {
      id: String(id),
      userName: textOf(user['Username']) ?? '',
      remoteAddress: textOf(user['Remote IP']),
      addresses: [user['IPv4'], user['IPv6']].flatMap((address) => textOf(address) ?? []),
      session: textOf(user['Full session']),
    };
  });
}

/** Sessions with a cookie that is good. @throws UnreadableOcctlError */
export function parseSessions(text: string): OcservSession[] {
  return parseList(text).map((session) => ({
    userName: textOf(session['Username']) ?? '',
    remoteAddress: textOf(session['Remote IP']),
    session: textOf(session['Full session']),
  }));
}
