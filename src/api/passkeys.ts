// Passkeys of operators in the API: registering, signing in, proving oneself once more (WebAuthn's JSON forms).
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { type Static, Type } from 'typebox';
import { closed, instant, nullable } from './common.ts';

const encoded = Type.String({ maxLength: 20_000, pattern: '^[A-Za-z0-9_-]*$', description: 'base64url' });
const credential = {
  id: encoded,
  rawId: encoded,
  type: Type.Literal('public-key'),
  clientExtensionResults: Type.Object({}),
  authenticatorAttachment: Type.Optional(Type.String({ maxLength: 40 })),
};

const registrationResponse = Type.Unsafe<RegistrationResponseJSON>(
  Type.Object({
    ...credential,
    response: Type.Object({
      clientDataJSON: encoded,
      attestationObject: encoded,
      transports: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })),
    }),
  }),
);

const authenticationResponse = Type.Unsafe<AuthenticationResponseJSON>(
  Type.Object({
    ...credential,
    response: Type.Object({
      clientDataJSON: encoded,
      authenticatorData: encoded,
      signature: encoded,
      userHandle: Type.Optional(encoded),
    }),
  }),
);

const ticket = Type.String({ minLength: 1, maxLength: 4_000 });

export const ceremonySchema = Type.Object({
  options: Type.Record(Type.String(), Type.Unknown(), {
    description: 'for navigator.credentials, in the JSON form of WebAuthn',
  }),
  ticket: Type.String({ description: 'to be sent back with the answer, within five minutes' }),
});
export type Ceremony = Static<typeof ceremonySchema>;

export const newPasskeySchema = Type.Object(
  { ticket, name: Type.String({ minLength: 1, maxLength: 60 }), response: registrationResponse },
  closed,
);

export const passkeyProofSchema = Type.Object({ ticket, response: authenticationResponse }, closed);

export const passkeysSchema = Type.Object({
  isPossible: Type.Boolean({ description: 'under the host name that was asked' }),
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      createdAt: instant('registration'),
      lastUsedAt: nullable(instant('last use')),
    }),
  ),
});
export type Passkeys = Static<typeof passkeysSchema>;

export const passkeyParams = Type.Object({
  passkeyId: Type.String({ minLength: 1, maxLength: 1_400, pattern: '^[A-Za-z0-9_-]+$' }),
});
