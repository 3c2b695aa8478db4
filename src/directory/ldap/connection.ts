// Connections to a directory over LDAPS (RFC 4511, RFC 4513): one for each piece of work, never unencrypted, never without end.
import { Client, InvalidCredentialsError, ResultCodeError } from 'ldapts';

/** A directory server, and how its certificate is checked. */
export interface DirectoryServer {
  /** `ldaps://host[:port]`; nothing else is taken. */
  readonly url: string;
  /** PEM of the authorities that may sign the server; null: those of the system. */
  readonly ca: string | null;
  /** For connecting with its TLS handshake, and for each answer. */
  readonly timeoutMs: number;
}

export interface DirectoryCredentials {
  /** A distinguished name; Active Directory takes `user@domain` as well. */
  readonly name: string;
  readonly password: string;
}

export type DirectoryFault =
  /** No connection, a broken one, or no answer in time. */
  | 'unreachable'
  /** The certificate is not one that may be trusted. */
  | 'untrusted'
  /** Name or password of our own bind were refused. */
  | 'bind-refused'
  /** The server answered with an error. */
  | 'refused'
  /** The answer can't be taken for the whole. */
  | 'incomplete';

/** The directory can't be asked, or its answer can't be used: nothing may be concluded from it. Holds no password. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
  readonly fault: DirectoryFault;

  constructor(fault: DirectoryFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

/** Why a directory does not take a password, as far as it says. */
type BindRefusal =
  | 'wrong'
  | 'password-expired'
  | 'password-change-required'
  | 'disabled'
  | 'account-expired'
  | 'locked'
  | 'not-now';

export type BindOutcome =
  | { readonly outcome: 'accepted' }
  | { readonly outcome: 'refused'; readonly refusal: BindRefusal };

/** Active Directory's `data` codes in the diagnostic message of a refused bind. */
const activeDirectoryRefusals: Readonly<Record<string, BindRefusal>> = {
  '530': 'not-now',
  '531': 'not-now',
  '532': 'password-expired',
  '533': 'disabled',
  '701': 'account-expired',
  '773': 'password-change-required',
  '775': 'locked',
};

function refusalOf(error: InvalidCredentialsError): BindRefusal {
  const [, data = ''] = /, data ([0-9a-f]+),/.exec(error.message) ?? [];
  return activeDirectoryRefusals[data] ?? 'wrong';
}

const certificateErrors =
  /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECODE)|ERR_TLS_CERT|INVALID_(CA|PURPOSE)|PATH_LENGTH)/;

/** @param error whatever a client threw @param asked what was asked, for the message */
function asDirectoryError(error: unknown, server: DirectoryServer, asked: string): DirectoryError {
  if (error instanceof DirectoryError) return error;
  if (error instanceof ResultCodeError)
    return new DirectoryError(
      'refused',
      `${server.url} refused to ${asked}: ${error.name} (result ${error.code})`,
    );
  const { code = '', message } = error as NodeJS.ErrnoException;
  return certificateErrors.test(code)
    ? new DirectoryError('untrusted', `the certificate of ${server.url} is not trusted: ${code}`, error)
    : new DirectoryError(
        'unreachable',
        `${server.url} did not ${asked}: ${code || message.split('\n')[0]}`,
        error,
      );
}

function connect({ url, ca, timeoutMs }: DirectoryServer): Client {
  const { protocol } = new URL(url);
  if (protocol !== 'ldaps:') throw new DirectoryError('untrusted', `${url} is not ldaps://`);
  return new Client({
    url,
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    tlsOptions: { minVersion: 'TLSv1.2', ...(ca === null ? {} : { ca }) },
  });
}

async function close(client: Client): Promise<void> {
  // The connection is of no use any more: how it ends is nobody's concern.
  await client.unbind().catch(() => {});
}

/**
 * Asks the directory whether a password is right, by a bind of its own. An empty name or password is refused unasked: to a
 * directory that is an anonymous bind, which succeeds (RFC 4513 §5.1.2).
 * @throws DirectoryError when the directory can't be asked: that is no refusal
 */
export async function bindOnce(
  server: DirectoryServer,
  credentials: DirectoryCredentials,
): Promise<BindOutcome> {
  const { name, password } = credentials;
  if (name === '' || password === '') return { outcome: 'refused', refusal: 'wrong' };
  const client = connect(server);
  try {
    await client.bind(name, password);
    return { outcome: 'accepted' };
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return { outcome: 'refused', refusal: refusalOf(error) };
    throw asDirectoryError(error, server, 'take a bind');
  } finally {
    await close(client);
  }
}

/** A bound connection. */
export interface BoundDirectory {
  /**
   * Every entry that matches, page by page (RFC 2696).
   * @throws DirectoryError when the answer is not whole: nothing of it may be used then
   */
  search(query: DirectoryQuery): Promise<DirectoryEntry[]>;
}

export interface DirectoryQuery {
  readonly base: string;
  /** RFC 4515. Values that come from outside must be escaped (`filterValue`). */
  readonly filter: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly attributes: readonly string[];
  /** Attributes whose values are octets. */
  readonly binary?: readonly string[];
  readonly pageSize: number;
  /** More entries than this are an error. */
  readonly mostEntries: number;
}

export interface DirectoryEntry {
  readonly dn: string;
  /** Values by the names asked for; an attribute that the entry lacks has none. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly octets: ReadonlyMap<string, readonly Buffer[]>;
}

/** A value inside a filter, RFC 4515 §3. */
export function filterValue(text: string): string {
  return text.replaceAll(/[\\*()\0]/g, (sign) => `\\${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * Does work on a connection bound with our own credentials, and closes it.
 * @throws DirectoryError when the server can't be reached or trusted, or refuses the bind
 */
export async function withDirectory<T>(
  server: DirectoryServer,
  credentials: DirectoryCredentials,
  work: (directory: BoundDirectory) => Promise<T>,
): Promise<T> {
  const client = connect(server);
  try {
    await bindOurselves(client, server, credentials);
    return await work({ search: (query) => searchAll(client, server, query) });
  } finally {
    await close(client);
  }
}

async function bindOurselves(
  client: Client,
  server: DirectoryServer,
  { name, password }: DirectoryCredentials,
): Promise<void> {
  if (password === '') throw new DirectoryError('bind-refused', `there is no password for ${server.url}`);
  try {
    await client.bind(name, password);
  } catch (error) {
    if (error instanceof InvalidCredentialsError)
      throw new DirectoryError(
        'bind-refused',
        `${server.url} refused the bind of ${name}: ${refusalOf(error)}`,
      );
    throw asDirectoryError(error, server, 'take a bind');
  }
}

interface Answer {
  readonly entries: DirectoryEntry[];
  /** The last page was empty: the library stops there even if the server has more. */
  readonly endedEmpty: boolean;
}

async function searchAll(
  client: Client,
  server: DirectoryServer,
  query: DirectoryQuery,
): Promise<DirectoryEntry[]> {
  const first = await searchOnce(client, server, query);
  if (!first.endedEmpty || first.entries.length === 0) return first.entries;
  // Pages cut elsewhere: both answers agree only if they are whole.
  const second = await searchOnce(client, server, { ...query, pageSize: query.pageSize + 7 });
  const known = new Set(first.entries.map(({ dn }) => dn));
  if (second.entries.length !== known.size || second.entries.some(({ dn }) => !known.has(dn)))
    throw new DirectoryError('incomplete', `${server.url} gave two different answers to one search`);
  return second.entries;
}

async function searchOnce(client: Client, server: DirectoryServer, query: DirectoryQuery): Promise<Answer> {
  const { base, filter, scope, attributes, binary = [], pageSize, mostEntries } = query;
  const entries: DirectoryEntry[] = [];
  let endedEmpty = false;
  try {
    const pages = client.searchPaginated(base, {
      filter,
      scope,
      attributes: [...attributes],
      explicitBufferAttributes: [...binary],
      paged: { pageSize },
    });
    for await (const { searchEntries } of pages) {
      // A connection that was made anew in between is nobody's: what it shows is not the directory.
      if (!client.isBound) throw new DirectoryError('unreachable', `${server.url} closed the connection`);
      endedEmpty = searchEntries.length === 0;
      for (const { dn, ...values } of searchEntries) entries.push(readEntry(dn, values, attributes, binary));
      if (entries.length > mostEntries)
        throw new DirectoryError('refused', `${server.url} has more than ${mostEntries} entries in ${base}`);
    }
  } catch (error) {
    throw asDirectoryError(error, server, 'answer a search');
  }
  return { entries, endedEmpty };
}

function readEntry(
  dn: string,
  given: Readonly<Record<string, Buffer | Buffer[] | string | string[]>>,
  attributes: readonly string[],
  binary: readonly string[],
): DirectoryEntry {
  // Servers spell attributes as their schema does.
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const values = new Map<string, readonly string[]>();
  const octets = new Map<string, readonly Buffer[]>();
  for (const name of attributes) {
    const all = [byName.get(name.toLowerCase()) ?? []].flat();
    if (binary.includes(name))
      octets.set(
        name,
        all.map((value) => (typeof value === 'string' ? Buffer.from(value) : value)),
      );
    else
      values.set(
        name,
        all.map((value) => (typeof value === 'string' ? value : value.toString('utf8'))),
      );
  }
  return { dn, values, octets };
}
