// IP addresses and prefixes as attribute values, RFC 8044 §3.8 to §3.11.
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

export function ipv4Text(value: Buffer): string | null {
  return value.length === 4 ? `${value[0]}.${value[1]}.${value[2]}.${value[3]}` : null;
}

export function ipv4Octets(text: string): Buffer {
  if (!isIPv4(text)) throw new RangeError('not an IPv4 address');
  return Buffer.from(text.split('.').map(Number));
}

/** RFC 5952 text of 16 octets. */
export function ipv6Text(value: Buffer): string | null {
  return value.length === 16 ? new ipaddr.IPv6([...value]).toRFC5952String() : null;
}

export function ipv6Octets(text: string): Buffer {
  if (!isIPv6(text) || text.includes('%')) throw new RangeError('not an IPv6 address');
  return Buffer.from(ipaddr.IPv6.parse(text).toByteArray());
}

/** Whether every bit behind the first `length` is zero. */
function isMasked(octets: Buffer, length: number): boolean {
  for (let bit = length; bit < octets.length * 8; bit += 1) {
    if (((octets[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) return false;
  }
  return true;
}

/** `address/length` of a reserved octet, a prefix length and as much of the address as the sender cared to send. */
export function ipv6PrefixText(value: Buffer): string | null {
  const length = value[1];
  if (length === undefined || value.length > 18 || value[0] !== 0 || length > 128) return null;
  const sent = value.subarray(2);
  if (sent.length * 8 < length || !isMasked(sent, length)) return null;
  const address = Buffer.alloc(16);
  sent.copy(address);
  return `${ipv6Text(address)}/${length}`;
}

export function ipv6PrefixOctets(text: string): Buffer {
  const { address, length } = splitPrefix(text, 128);
  const octets = ipv6Octets(address);
  if (!isMasked(octets, length)) throw new RangeError('an IPv6 prefix with bits set beyond its length');
  return Buffer.concat([Buffer.from([0, length]), octets.subarray(0, Math.ceil(length / 8))]);
}

/** `address/length` of a reserved octet, a prefix length and 4 octets of address. */
export function ipv4PrefixText(value: Buffer): string | null {
  // The two high bits of the length octet are reserved and ignored on receipt (RFC 8044 §3.11).
  const length = (value[1] ?? 0) & 0x3f;
  if (value.length !== 6 || length > 32 || !isMasked(value.subarray(2), length)) return null;
  return `${ipv4Text(value.subarray(2))}/${length}`;
}

export function ipv4PrefixOctets(text: string): Buffer {
  const { address, length } = splitPrefix(text, 32);
  const octets = ipv4Octets(address);
  if (!isMasked(octets, length)) throw new RangeError('an IPv4 prefix with bits set beyond its length');
  return Buffer.concat([Buffer.from([0, length]), octets]);
}

function splitPrefix(text: string, longest: number): { address: string; length: number } {
  const [address = '', digits = '', ...rest] = text.split('/');
  if (!/^\d{1,3}$/.test(digits) || rest.length > 0 || Number(digits) > longest) {
    throw new RangeError(`not an address and a prefix length of 0 to ${longest}`);
  }
  return { address, length: Number(digits) };
}
