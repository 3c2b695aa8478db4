// Lines of OpenVPN's management interface (management-notes.txt): the list of clients (`status 3`), and arguments of commands.

/** A client as `status 3` lists it. */
export interface OpenvpnClient {
  readonly commonName: string;
  /** What was typed, or the common name where OpenVPN lists none. */
  readonly userName: string;
  /** Address and port as OpenVPN writes them: `192.0.2.1:1194`, `[2001:db8::1]:1194`, with a protocol before it in later versions. */
  readonly realAddress: string;
  readonly virtualAddresses: readonly string[];
  /** The number that `client-kill` takes. */
  readonly clientId: string;
}

/** A status that is not of the form 3, or without the columns that are needed. */
export class UnreadableStatusError extends Error {}

/** OpenVPN writes this where a client has no user name, and as a common name before there is one. */
const undefinedName = 'UNDEF';

/**
 * Reads the lines between `status 3` and `END`. Columns are found by the header, since versions differ.
 * @throws UnreadableStatusError
 */
export function parseStatus(lines: readonly string[]): OpenvpnClient[] {
  const header = lines
    .find((line) => line.startsWith('HEADER\tCLIENT_LIST\t'))
    ?.split('\t')
    .slice(1);
  if (header === undefined) throw new UnreadableStatusError('the status has no list of clients');
  const columnOf = (name: string) => header.indexOf(name);
  const columns = {
    commonName: columnOf('Common Name'),
    realAddress: columnOf('Real Address'),
    userName: columnOf('Username'),
    clientId: columnOf('Client ID'),
  };
  if (Object.values(columns).some((column) => column < 0))
    throw new UnreadableStatusError('the list of clients has no Client ID: OpenVPN 2.4 or later is needed');
  const virtual = [columnOf('Virtual Address'), columnOf('Virtual IPv6 Address')];
  return lines
    .filter((line) => line.startsWith('CLIENT_LIST\t'))
    .map((line) => {
      const fields = line.split('\t');
      if (fields.length !== header.length)
        throw new UnreadableStatusError('a line of the list has other columns than its header');
      const at = (column: number) => fields[column] ?? '';
      const commonName = at(columns.commonName);
      const userName = at(columns.userName);
      const clientId = at(columns.clientId);
      if (!/^\d{1,20}$/.test(clientId)) throw new UnreadableStatusError('a client has no number');
      return {
        commonName,
        userName: userName === '' || userName === undefinedName ? commonName : userName,
        realAddress: at(columns.realAddress),
        virtualAddresses: virtual
          .map((column) => (column < 0 ? '' : at(column)))
          .filter((address) => address !== ''),
        clientId,
      };
    });
}

/** The address in a real address, without protocol, brackets and port; null when there is none. */
export function addressOf(realAddress: string): string | null {
  const bare = realAddress.replace(/^(?:udp|tcp)[46]?(?:-server)?:/, '');
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(bare)?.[1];
  if (bracketed !== undefined) return bracketed;
  const colons = bare.split(':').length - 1;
  if (colons === 1) return bare.split(':')[0] ?? null;
  return bare === '' ? null : bare;
}

/** What `kill` takes to end one client at once: an IPv4 address with its port; null: it can't name this one. */
export function killableAddress(realAddress: string): string | null {
  const bare = realAddress.replace(/^(?:udp|tcp)4?(?:-server)?:/, '');
  return /^\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}$/.test(bare) ? bare : null;
}

/**
 * An argument as the interface reads it: in quotes, with backslashes before quotes and backslashes. Null for one that would end
 * the line: nothing may be sent then.
 */
export function quoteArgument(text: string): string | null {
  if (/[\u0000-\u001f\u007f]/.test(text)) return null;
  return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
}
