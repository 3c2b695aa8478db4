// Who counts as one asker when requests are counted by where they come from.
import ipaddr from 'ipaddr.js';

/**
 * The network that one subscriber holds: an IPv4 address, also a mapped one, or the /64 of an IPv6 address, within which
 * everybody may choose a new address for each request (RFC 4291 section 2.5.4, RFC 8981). What is no address stays as it is.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%');
  if (!ipaddr.isValid(bare)) return address;
  const parsed = ipaddr.process(bare);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toRFC5952String()}/64`;
}
