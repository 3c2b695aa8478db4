// Addresses and prefixes of RADIUS clients in one spelling (CIDR; IPv6 by RFC 5952).
import ipaddr from 'ipaddr.js';
import { OperatorError } from '../../base/errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

const spelt = (address: Address): string =>
  address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();

/** IPv4 in four decimal parts or IPv6; IPv4-mapped addresses are IPv4, as a dual-stack socket reports them. */
function readAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || text.includes('%') || !ipaddr.IPv6.isValid(text)) return null;
  return ipaddr.process(text);
}

function refusal(text: string, at: string | undefined, message: string, remedy: string): OperatorError {
  const quoted = JSON.stringify(text);
  if (at === undefined) return new OperatorError(`${quoted} ${message}.`, { remedy });
  return new OperatorError(`${at}: ${quoted} ${message}.`, { at, remedy });
}

/** The one spelling of an address. @throws OperatorError that names the option `at`, if one is given */
export function parseAddress(text: string, at?: string): string {
  const address = readAddress(text.trim());
  if (address !== null) return spelt(address);
  throw refusal(text, at, 'is no address', 'Write it as 192.0.2.10 or 2001:db8::10.');
}

/** The canonical CIDR of an address or prefix. @throws OperatorError that names the option `at`, if one is given */
export function parsePrefix(text: string, at?: string): string {
  const refuse = (message: string, remedy: string): never => {
    throw refusal(text, at, message, remedy);
  };
  const [host = '', digits, ...more] = text.trim().split('/');
  const address = readAddress(host);
  if (address === null || more.length > 0 || (digits !== undefined && !/^\d{1,3}$/.test(digits))) {
    return refuse('is no address or prefix', 'Write 192.0.2.10, 192.0.2.0/24 or 2001:db8::/64.');
  }
  const widest = address.kind() === 'ipv4' ? 32 : 128;
  const mapped = address.kind() === 'ipv4' && host.includes(':') ? 96 : 0;
  const length = digits === undefined ? widest : Number(digits) - mapped;
  if (length < 0 || length > widest) {
    return refuse('has an impossible prefix length', `Give a length from ${mapped} to ${widest + mapped}.`);
  }
  const cidr = `${spelt(address)}/${length}`;
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  if (spelt(network) !== spelt(address)) {
    return refuse(
      'has bits set beyond its prefix',
      `Write ${spelt(network)}/${length}, or the address alone.`,
    );
  }
  return cidr;
}
