// A proof by the workstation's key: DPoP (RFC 9449 §4.2) as a JWS (RFC 7515) that is put together here, since the key signs elsewhere.
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { DeviceKey } from './keys/key-store.ts';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A proof for one request; `subject` is the account that it is for. */
export async function makeProof(
  key: DeviceKey,
  about: { readonly url: string; readonly nonce: string; readonly subject?: string },
  deps: { readonly clock: Clock; readonly random: Random },
): Promise<string> {
  const { url, nonce, subject } = about;
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: key.publicJwk };
  const claims = {
    jti: deps.random.bytes(16).toString('base64url'),
    htm: 'POST',
    htu: url,
    iat: Math.floor(deps.clock.now() / 1000),
    nonce,
    ...(subject === undefined ? {} : { sub: subject }),
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = await key.sign(Buffer.from(signed));
  return `${signed}.${signature.toString('base64url')}`;
}
