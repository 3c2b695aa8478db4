// OpenVPN through its management interface: the clients of `status 3`, told to halt and then ended at once.
import { StringDecoder } from 'node:string_decoder';
import type { ControlTarget, GatewayControl, ListedTunnel } from '../services/sessions/control.ts';
import {
  addressOf,
  killableAddress,
  type OpenvpnClient,
  parseStatus,
  quoteArgument,
} from '../wire/openvpn/management.ts';
import { type ControlConnection, openConnection } from './connection.ts';
import type { ControlLimits } from './limits.ts';

/** A client that obeys HALT is gone in this time; one that does not is ended all the same. */
const haltMs = 150;
const prompt = 'ENTER PASSWORD:';

/** No line of its is longer; whoever goes on without an end is not OpenVPN. */
const longestLine = 64 << 10;

/** The lines that OpenVPN writes, and the prompt for the password, which none ends. */
function createReader() {
  const decoder = new StringDecoder('utf8');
  let buffered = '';

  async function more(connection: ControlConnection): Promise<void> {
    if (buffered.length > longestLine) throw new Error('OpenVPN writes a line without an end');
    buffered += decoder.write(await connection.read());
  }

  async function anyLine(connection: ControlConnection): Promise<string> {
    for (;;) {
      const end = buffered.indexOf('\n');
      if (end >= 0) {
        const line = buffered.slice(0, end).replace(/\r$/, '');
        buffered = buffered.slice(end + 1);
        return line;
      }
      await more(connection);
    }
  }

  return {
    /** Whether it asks for the password. Where it does not, it greets with a line of news. */
    async isAsked(connection: ControlConnection): Promise<boolean> {
      for (;;) {
        if (buffered.startsWith(prompt)) {
          buffered = buffered.slice(prompt.length);
          return true;
        }
        if (buffered.startsWith('>INFO:')) return false;
        await more(connection);
      }
    },
    /** Lines that begin with `>` are news in between. */
    async line(connection: ControlConnection): Promise<string> {
      for (;;) {
        const line = await anyLine(connection);
        if (!line.startsWith('>')) return line;
      }
    },
  };
}

/**
 * `client-kill … HALT` lets the client's program end instead of coming back, but leaves the tunnel up for five seconds (OpenVPN
 * 2.6); so whoever is still listed a moment later is ended by `kill`, which takes effect at once. The interface serves one connection at
 * a time: this one is short.
 */
export async function openOpenvpn(target: ControlTarget, limits: ControlLimits): Promise<GatewayControl> {
  const reader = createReader();
  const connection = await openConnection(target.address, limits, enter);
  const readLine = () => reader.line(connection);

  async function enter(opened: ControlConnection): Promise<void> {
    if (!(await reader.isAsked(opened))) return;
    const { password } = target;
    if (password === null) throw new Error('OpenVPN asks for the password of its management interface');
    opened.write(Buffer.concat([password(), Buffer.from('\n')]));
    const answer = await reader.line(opened);
    if (!answer.startsWith('SUCCESS:'))
      throw new Error('OpenVPN refuses the password of its management interface');
  }

  async function command(text: string): Promise<boolean> {
    connection.write(`${text}\n`);
    const line = await readLine();
    if (line.startsWith('SUCCESS:')) return true;
    if (line.startsWith('ERROR:')) return false;
    throw new Error('OpenVPN answers something else than was asked');
  }

  async function listClients(): Promise<OpenvpnClient[]> {
    connection.write('status 3\n');
    const lines: string[] = [];
    for (;;) {
      const line = await readLine();
      if (line === 'END') return parseStatus(lines);
      if (line.startsWith('ERROR:')) throw new Error('OpenVPN gives no status');
      lines.push(line);
    }
  }

  const toTunnel = (client: OpenvpnClient): ListedTunnel => ({
    id: client.clientId,
    userName: client.userName,
    remoteAddress: addressOf(client.realAddress),
    addresses: client.virtualAddresses.map((address) => address.split('/')[0] ?? address),
    acctSessionId: null,
    isUp: true,
  });

  /** IPv6 clients have no address that `kill` takes; their common name ends all of the name, so only where all are meant. */
  async function kill(
    client: OpenvpnClient,
    left: readonly OpenvpnClient[],
    ids: ReadonlySet<string>,
  ): Promise<void> {
    const address = killableAddress(client.realAddress);
    const areAllMeant = left.every(
      ({ commonName, clientId }) => commonName !== client.commonName || ids.has(clientId),
    );
    const name = areAllMeant ? quoteArgument(client.commonName) : null;
    const argument = address ?? name;
    if (argument !== null) await command(`kill ${argument}`);
  }

  async function end(ids: ReadonlySet<string>): Promise<void> {
    for (const id of ids) await command(`client-kill ${id} HALT`);
    await new Promise((resolve) => setTimeout(resolve, haltMs));
    const left = await listClients();
    for (const client of left) if (ids.has(client.clientId)) await kill(client, left, ids);
  }

  return {
    list: async () => (await connection.within(limits.listing, listClients)).map(toTunnel),
    end: (tunnels) => connection.within(limits.ending, () => end(new Set(tunnels.map(({ id }) => id)))),
    close() {
      connection.write('quit\n');
      connection.close();
    },
  };
}
