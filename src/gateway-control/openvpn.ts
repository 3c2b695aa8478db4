// OpenVPN through its management interface: the clients of `status 3`, told to halt and then ended at once.
import type { ControlTarget, GatewayControl, ListedTunnel } from '../services/sessions/control.ts';
import {
  addressOf,
  killableAddress,
  type OpenvpnClient,
  parseStatus,
  quoteArgument,
} from '../wire/openvpn/management.ts';
import { openConnection } from './connection.ts';

/** A client that obeys HALT is gone in this time; one that does not is ended all the same. */
const haltMs = 150;
const longestAnswer = 8 << 20;

/**
 * `client-kill … HALT` lets the client's program end instead of coming back, but leaves the tunnel up for five seconds (OpenVPN
 * 2.6); so whoever is still listed a moment later is ended by `kill`, which takes effect at once. The interface serves one connection at
 * a time: this one is short.
 */
export async function openOpenvpn(target: ControlTarget): Promise<GatewayControl> {
  const connection = await openConnection(target.address);
  let buffered = '';

  /** Reads on until `isEnd` finds the end of what is wanted; what is behind it is kept. */
  async function readUntil(isEnd: (text: string) => number): Promise<string> {
    for (;;) {
      const end = isEnd(buffered);
      if (end >= 0) {
        const found = buffered.slice(0, end);
        buffered = buffered.slice(end);
        return found;
      }
      if (buffered.length > longestAnswer) throw new Error('OpenVPN answers without an end');
      buffered += (await connection.read()).toString('utf8');
    }
  }

  /** Lines that begin with `>` are news in between. */
  async function readLine(): Promise<string> {
    for (;;) {
      const line = (await readUntil((text) => text.indexOf('\n') + 1 || -1)).replace(/\r?\n$/, '');
      if (!line.startsWith('>')) return line;
    }
  }

  async function command(text: string): Promise<boolean> {
    connection.write(`${text}\n`);
    const line = await readLine();
    if (line.startsWith('SUCCESS:')) return true;
    if (line.startsWith('ERROR:')) return false;
    throw new Error('OpenVPN answers something else than was asked');
  }

  async function enter(): Promise<void> {
    const prompt = 'ENTER PASSWORD:';
    const { password } = target;
    // Without a password it greets with a line of news.
    await readUntil((text) => {
      if (text.startsWith(prompt)) return prompt.length;
      return text.startsWith('>INFO:') ? 0 : -1;
    });
    const wantsPassword = !buffered.startsWith('>INFO:');
    if (!wantsPassword) return;
    if (password === null) throw new Error('OpenVPN asks for the password of its management interface');
    connection.write(Buffer.concat([password(), Buffer.from('\n')]));
    const answer = await readLine();
    if (!answer.startsWith('SUCCESS:'))
      throw new Error('OpenVPN refuses the password of its management interface');
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

  try {
    await enter();
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    list: async () => (await listClients()).map(toTunnel),
    async end(tunnels) {
      const ids = new Set(tunnels.map(({ id }) => id));
      for (const id of ids) await command(`client-kill ${id} HALT`);
      await new Promise((resolve) => setTimeout(resolve, haltMs));
      const left = await listClients();
      for (const client of left) if (ids.has(client.clientId)) await kill(client, left, ids);
    },
    close() {
      connection.write('quit\n');
      connection.close();
    },
  };
}
