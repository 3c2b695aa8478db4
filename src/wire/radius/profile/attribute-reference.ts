// An attribute that a profile names: where it is found in a packet and how its values read.
import { decodeTaggedInteger, decodeValue, splitTag } from '../attribute.ts';
import type { AttributeDefinition } from '../dictionary-definition.ts';
import type { Packet } from '../packet.ts';
import { vendorAttributes } from '../vendor.ts';

export type AttributeReference = Pick<
  AttributeDefinition,
  'name' | 'type' | 'vendorId' | 'vendorType' | 'dataType' | 'tagged' | 'values'
>;

/** The values of all instances, in order; views into the packet. */
export function valuesOf(packet: Packet, reference: AttributeReference): Buffer[] {
  const { type, vendorId, vendorType } = reference;
  if (vendorId !== undefined) return vendorAttributes(packet, vendorId, vendorType).map(({ value }) => value);
  return packet.attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
}

/** The number of an integer or enum; null for other types and wrong lengths. */
export function numberOf(reference: AttributeReference, value: Buffer): number | null {
  if (reference.dataType !== 'integer' && reference.dataType !== 'enum') return null;
  if (reference.tagged) return decodeTaggedInteger(value)?.value ?? null;
  return decodeValue('integer', value);
}

/** The value as text: addresses in their usual spelling, numbers in decimal; null when it is none. */
export function textOf(reference: AttributeReference, value: Buffer): string | null {
  switch (reference.dataType) {
    case 'integer':
    case 'enum':
      return numberOf(reference, value)?.toString() ?? null;
    case 'ipv4addr':
    case 'ipv6addr':
      return decodeValue(reference.dataType, value);
    case 'text':
    case 'string': {
      const octets = reference.tagged ? splitTag(value).value : value;
      // RRAS ends its texts with a NUL.
      return decodeValue('text', octets.at(-1) === 0 ? octets.subarray(0, -1) : octets);
    }
    default:
      return null;
  }
}
