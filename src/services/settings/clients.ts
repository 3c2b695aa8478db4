// RADIUS clients by source address (longest prefix), and the gateways declared for each.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Profile } from '../../wire/radius/profile/parse.ts';
import type { Secret } from '../../wire/radius/secret.ts';

export interface Gateway {
  readonly gatewayId: number;
  readonly name: string;
  readonly clientId: number;
  readonly nasIdentifier: string | null;
  readonly nasIpAddress: string | null;
  readonly profile: Profile;
  readonly unitId: number | null;
  /** Null: the default of the configuration. */
  readonly requestsPerSecond: number | null;
  readonly accountRequestsPerMinute: number | null;
  /** When it was seen that it can be told to end sessions; null: it was not. */
  readonly cutProvenAt: number | null;
}

export interface RadiusClient {
  readonly clientId: number;
  readonly name: string;
  /** Null: over TLS only. */
  readonly prefix: string | null;
  /** The secret, and while one is being rotated the next one too. */
  readonly secrets: readonly Secret[];
  readonly requireMessageAuthenticator: 'always' | 'auto' | 'never';
  /** In `auto`: whether it has ever sent a valid one, so that it must from then on. */
  readonly seenMessageAuthenticator: boolean;
  readonly limitProxyState: boolean;
  readonly gateways: readonly Gateway[];
}

/** Source addresses whose client is remembered, for as long as the settings last. */
const mostRemembered = 4_096;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** IPv4-mapped IPv6 addresses are IPv4 (a dual-stack socket reports them so); null when it is no address. */
function parseAddress(text: string): Address | null {
  const bare = text.replace(/%.*$/, '');
  // Node's own check: the library also takes `10/8` for 0.0.0.10, and octal numbers.
  return isIP(bare) === 0 ? null : ipaddr.process(bare);
}

function networkKey(address: Address, length: number): string {
  const octets = address.toByteArray();
  for (let at = 0; at < octets.length; at += 1) {
    const bits = Math.min(8, Math.max(0, length - at * 8));
    octets[at] = (octets[at] ?? 0) & (0xff00 >> bits) & 0xff;
  }
  return `${length}:${octets.join('.')}`;
}

/**
 * Finds clients by address. A prefix that can't be read belongs to nobody (the store's writers check them).
 * @returns the client with the longest prefix that contains the address, or null
 */
export function createClientLookup(
  clients: readonly RadiusClient[],
): (sourceAddress: string) => RadiusClient | null {
  const byNetwork = new Map<string, RadiusClient>();
  const lengths = { ipv4: new Set<number>(), ipv6: new Set<number>() };
  for (const client of clients) {
    const [text = '', digits] = client.prefix?.split('/') ?? [];
    const address = parseAddress(text);
    if (address === null) continue;
    const family = address.kind();
    const widest = family === 'ipv4' ? 32 : 128;
    const mapped = family === 'ipv4' && text.includes(':') ? 96 : 0;
    const length = digits === undefined ? widest : Number(digits) - mapped;
    if (!(length >= 0 && length <= widest)) continue;
    lengths[family].add(length);
    byNetwork.set(`${family}/${networkKey(address, length)}`, client);
  }
  const longestFirst = {
    ipv4: [...lengths.ipv4].sort((a, b) => b - a),
    ipv6: [...lengths.ipv6].sort((a, b) => b - a),
  };

  function find(sourceAddress: string): RadiusClient | null {
    const address = parseAddress(sourceAddress);
    if (address === null) return null;
    const family = address.kind();
    for (const length of longestFirst[family]) {
      const client = byNetwork.get(`${family}/${networkKey(address, length)}`);
      if (client !== undefined) return client;
    }
    return null;
  }

  // Parsing an address costs more than checking a signature, and the same few gateways ask again and again.
  const known = new Map<string, RadiusClient | null>();
  return (sourceAddress) => {
    const found = known.get(sourceAddress);
    if (found !== undefined) return found;
    const client = find(sourceAddress);
    // Addresses can be forged: whoever does so makes this as slow as if nothing were remembered, and no larger.
    if (known.size >= mostRemembered) known.clear();
    known.set(sourceAddress, client);
    return client;
  };
}

/**
 * Picks the gateway inside a client by what the request calls itself, and by nothing else. Every value that a gateway declares
 * must be in the request; the one that declares most wins, NAS-Identifier before NAS-IP-Address. A gateway that
 * declares none takes what no other does. Null: no gateway of this client.
 */
export function findGateway(
  client: RadiusClient,
  nasIdentifier: string | null,
  nasIpAddress: string | null,
): Gateway | null {
  let best: { readonly gateway: Gateway; readonly rank: number } | null = null;
  for (const gateway of client.gateways) {
    if (gateway.nasIdentifier !== null && gateway.nasIdentifier !== nasIdentifier) continue;
    if (gateway.nasIpAddress !== null && gateway.nasIpAddress !== nasIpAddress) continue;
    const rank = (gateway.nasIdentifier === null ? 0 : 2) + (gateway.nasIpAddress === null ? 0 : 1);
    if (best === null || rank > best.rank) best = { gateway, rank };
  }
  return best?.gateway ?? null;
}
