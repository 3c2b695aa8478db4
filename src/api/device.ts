// The interface of workstations (/device/v1): what gatewarden-agent sends and gets. Proofs travel in the header `dpop`.
import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false };

/** Header with the proof of the workstation's key (RFC 9449). */
export const proofHeader = 'dpop';

export const devicePaths = {
  nonces: '/device/v1/nonces',
  registrations: '/device/v1/registrations',
  registration: '/device/v1/registrations/status',
  renewals: '/device/v1/renewals',
  tickets: '/device/v1/tickets',
} as const;

const keyStorages = ['pkcs11', 'tpm', 'file', 'unknown'] as const;

const base64 = (maxLength: number) =>
  Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$', maxLength, description: 'base64' });

export const nonceSchema = Type.Object({ nonce: Type.String() });
export type Nonce = Static<typeof nonceSchema>;

const ofKey = {
  storage: Type.Enum([...keyStorages]),
  /** Name of the computer, for whoever approves. */
  label: Type.String({ minLength: 1, maxLength: 64 }),
  /** PKCS #10, DER: a certificate is wanted too. */
  signingRequest: Type.Optional(base64(8_192)),
};

export const registrationBodySchema = Type.Object(
  { code: Type.String({ minLength: 12, maxLength: 32 }), ...ofKey },
  strict,
);

/** `replacedBy`, `former`: during a renewal both keys count. */
export const registrationSchema = Type.Object({
  state: Type.Enum(['pending', 'active', 'refused', 'revoked', 'unknown']),
  /** Null while nothing is known of the key. */
  assetTag: Type.Union([Type.String(), Type.Null()]),
  /** DER; null: none was asked for, or not yet issued. */
  certificate: Type.Union([Type.String(), Type.Null()]),
  /** Epoch ms; null: no end. */
  validUntil: Type.Union([Type.Integer(), Type.Null()]),
});
export type Registration = Static<typeof registrationSchema>;

export const renewalBodySchema = Type.Object(
  {
    /** The new key's proof; the header carries that of the former. */
    proof: Type.String({ minLength: 1, maxLength: 8_192 }),
    ...ofKey,
  },
  strict,
);

export const ticketBodySchema = Type.Object(
  {
    userName: Type.String({ minLength: 1, maxLength: 253 }),
    delivery: Type.Enum(['address', 'token']),
    /** With a code: the ticket stands for both (EAP-TLS). */
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    code: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
    /** Without a proof: which of the account's workstations. */
    workstation: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  strict,
);

export const ticketSchema = Type.Object({
  /** Where the ticket was bought from, as the server sees it: the VPN must be reached from there. */
  address: Type.String(),
  /** Epoch ms. */
  expiresAt: Type.Integer(),
  /** Ends the password field, behind `~`; null with delivery by address. */
  token: Type.Union([Type.String(), Type.Null()]),
});
export type Ticket = Static<typeof ticketSchema>;

export const refusalSchema = Type.Object({
  /** Closed: `device-proof-invalid` with its detail, or `refused`, whose reason the help desk finds by the lookup code. */
  reason: Type.Enum(['device-proof-invalid', 'refused', 'code-refused', 'key-known', 'undecided']),
  detail: Type.Union([Type.String(), Type.Null()]),
  lookupCode: Type.Union([Type.String(), Type.Null()]),
  /** A fresh one, to try again with. */
  nonce: Type.String(),
});
export type Refusal = Static<typeof refusalSchema>;
