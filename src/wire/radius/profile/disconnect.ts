// What a gateway knows a session by, taken from its packets and sent back in a Disconnect-Request: RFC 5176 §3.
import type { EncodedAttribute } from '../attribute.ts';
import { parseAttributeText } from '../dictionary.ts';
import type { Packet } from '../packet.ts';
import { textOf, valuesOf } from './attribute-reference.ts';
import type { Profile } from './parse.ts';

/** Texts by name of attribute. */
export type Identification = Readonly<Record<string, string>>;

/** What a packet says of the attributes that the profile identifies sessions by. */
export function readIdentification(profile: Profile, packet: Packet): Identification {
  const found: Record<string, string> = {};
  for (const { reference, startsWith } of profile.disconnect.identify) {
    for (const value of valuesOf(packet, reference)) {
      const text = textOf(reference, value);
      if (text === null || text === '' || !text.startsWith(startsWith)) continue;
      found[reference.name] = text;
      break;
    }
  }
  return found;
}

/**
 * The attributes that name a session to its gateway, in the profile's order.
 * @returns `missing`: those required and not known; nothing may be sent then
 */
export function identifyingAttributes(
  profile: Profile,
  known: Identification,
): { readonly attributes: readonly EncodedAttribute[]; readonly missing: readonly string[] } {
  const attributes: EncodedAttribute[] = [];
  const missing: string[] = [];
  for (const { reference, startsWith, required } of profile.disconnect.identify) {
    const text = known[reference.name];
    if (text?.startsWith(startsWith)) attributes.push(parseAttributeText(reference.name, text));
    else if (required) missing.push(reference.name);
  }
  return { attributes, missing };
}
