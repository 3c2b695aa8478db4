// Requests as gateways send them, written by attribute name.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { EncodedAttribute } from '../../../../src/wire/radius/attribute.ts';
import { parseAttributeText } from '../../../../src/wire/radius/dictionary.ts';
import { codes, type Packet, parsePacket } from '../../../../src/wire/radius/packet.ts';
import { type Interpretation, interpretRequest } from '../../../../src/wire/radius/profile/interpret.ts';
import { type Profile, parseProfile } from '../../../../src/wire/radius/profile/parse.ts';
import { encodeRequest } from '../../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../../src/wire/radius/secret.ts';
import { hideUserPassword, revealUserPassword } from '../../../../src/wire/radius/user-password.ts';

const secret = createSecret(Buffer.from('profile-test-secret'));
const authenticator = Buffer.alloc(16, 0x21);

/** `Password` stands for User-Password in clear. */
export type Line = readonly [name: string, value: string];

function encode([name, value]: Line): EncodedAttribute {
  if (name !== 'Password') return parseAttributeText(name, value);
  return { type: 2, value: hideUserPassword(Buffer.from(value), authenticator, secret) };
}

export function capture(lines: readonly Line[]): Packet {
  const attributes = lines.map(encode);
  return parsePacket(
    encodeRequest({
      code: codes.AccessRequest,
      identifier: 1,
      authenticator,
      secret,
      messageAuthenticator: false,
      attributes,
    }),
  );
}

export function interpret(profile: Profile, packet: Packet): Interpretation {
  return interpretRequest(profile, packet, (hidden) => revealUserPassword(hidden, authenticator, secret));
}

const folder = 'config/gateways';

export const profileNames = readdirSync(folder)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

export function readProfile(name: string): unknown {
  return parse(readFileSync(`${folder}/${name}.yaml`, 'utf8'));
}

export const profileOf = (name: string): Profile => parseProfile(readProfile(name), `${folder}/${name}.yaml`);
