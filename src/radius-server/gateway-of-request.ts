// Which of a client's gateways a request belongs to, by what it says of its NAS: RFC 2865 §5.4, §5.32, RFC 3162 §2.1.
import ipaddr from 'ipaddr.js';
import { findGateway, type Gateway, type RadiusClient } from '../services/settings/clients.ts';
import { decodeValue } from '../wire/radius/attribute.ts';
import { first, type Packet } from '../wire/radius/packet.ts';

const nasIpAddressType = 4;
const nasIdentifierType = 32;
const nasIpv6AddressType = 95;

/** One spelling for every address that a socket reports: IPv4-mapped is IPv4 (RFC 4291 §2.5.5.2), no zone. */
export function canonicalAddress(address: string): string {
  // A dotted address is what it is; parsing every one of them costs more than checking a signature.
  if (!address.includes(':')) return address;
  const plain = address.replace(/%.*$/, '');
  return ipaddr.isValid(plain) ? ipaddr.process(plain).toString() : plain;
}

/** Null: none that is declared. The names in the request are trusted no further than its client. */
export function gatewayOfRequest(client: RadiusClient, packet: Packet): Gateway | null {
  const identifier = first(packet, nasIdentifierType)?.value.toString('utf8') ?? null;
  const four = first(packet, nasIpAddressType);
  const six = first(packet, nasIpv6AddressType);
  const address =
    (four === undefined ? null : decodeValue('ipv4addr', four.value)) ??
    (six === undefined ? null : decodeValue('ipv6addr', six.value));
  return findGateway(client, identifier, address);
}
